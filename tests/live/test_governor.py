"""A governor with a clock of its own, and a machine that takes so long for each pixel."""

import math

import pytest

from vidstyle.live.governor import Governor, ladder

RUNGS = ladder(360, 640, "swift", "swift-lite")


class Machine:
    """Draws as the governor says, on a clock that only it moves."""

    def __init__(self, speed, fps=30.0, rungs=RUNGS, unevenness=0.0):
        self.now, self.speed, self.fps, self.unevenness = 0.0, speed, fps, unevenness
        self.governor = Governor(rungs, fps, lambda: self.now)
        self.rungs = []

    def run(self, seconds):
        until = self.now + seconds
        while self.now < until:
            rung = self.governor.rung
            took = rung.cost / self.speed * (1 + self.unevenness * math.sin(self.now))
            self.now += max(took, 1 / self.fps)
            self.governor.drawn(rung, took)
            self.rungs.append(rung)
        return self.governor.rung


def test_a_ladder_goes_from_the_best_to_the_quickest():
    costs = [rung.cost for rung in RUNGS]
    assert costs == sorted(costs, reverse=True)
    assert (RUNGS[0].width, RUNGS[0].height, RUNGS[0].network) == (640, 360, "swift")
    assert min(rung.height for rung in RUNGS) >= 180 and RUNGS[-1].network == "swift-lite"
    assert all(rung.width % 8 == 0 == rung.height % 8 for rung in RUNGS[1:])


@pytest.mark.parametrize("size", [(90, 120), (1, 1), (2160, 3840)], ids=str)
def test_any_size_has_a_ladder(size):
    rungs = ladder(*size, "adain")
    assert (rungs[0].height, rungs[0].width) == size
    assert {rung.network for rung in rungs} == {"adain"}


def test_a_quick_machine_draws_at_full_size():
    machine = Machine(speed=1e8)
    machine.run(20)
    assert set(machine.rungs) == {RUNGS[0]}


@pytest.mark.parametrize("speed", [1e6, 2e6, 3e6, 5e6])
def test_a_slow_one_settles_within_five_seconds_where_it_is_in_time(speed):
    machine = Machine(speed)
    settled = machine.run(5)
    assert settled.cost / speed < 1 / 30 or settled == RUNGS[-1]
    assert machine.run(60) == settled
    assert set(machine.rungs[-600:]) == {settled}


@pytest.mark.parametrize("speed", [1.5e6, 2e6, 2.5e6, 3e6, 4e6])
def test_one_that_is_now_quicker_now_slower_settles_too(speed):
    machine = Machine(speed, unevenness=0.1)
    settled = machine.run(5)
    machine.run(60)
    assert set(machine.rungs[-600:]) == {settled}


def test_it_goes_up_again_when_there_is_time():
    machine = Machine(speed=2e6)
    low = machine.run(5)
    machine.speed = 2e7
    assert machine.run(10).cost > low.cost


def test_it_swings_less_and_less_where_a_finer_rung_is_too_slow():
    """Costs that are not as the ladder thinks: each try upwards is in vain."""
    machine = Machine(speed=3e6)
    machine.run(5)
    changes = []
    for _ in range(6):
        before = len(machine.rungs)
        machine.run(60)
        seen = machine.rungs[before:]
        changes.append(sum(a != b for a, b in zip(seen, seen[1:], strict=False)))
    assert changes[-1] <= 2


def test_drawings_at_another_rung_do_not_count():
    governor = Governor(RUNGS, 30.0, lambda: 0.0)
    for _ in range(50):
        governor.drawn(RUNGS[3], 1.0)
    assert governor.rung == RUNGS[0]
