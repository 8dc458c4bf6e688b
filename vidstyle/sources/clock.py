"""The clock of a stream, laid on ours, so that sound and pictures tell one time."""

from __future__ import annotations

_LATE = 1.0  # seconds; what is later than that has paused, or begun to count anew
_SLOWER = 1e-3  # seconds a second by which another clock may go slow; quartz differs by 1e-4


class StreamClock:
    """Tells for times that a stream gives when they were here, in seconds of time.monotonic().

    Some packets are held up on their way, and none comes before its time: what came quickest says
    how the clocks stand, and what comes later is dated back.
    """

    def __init__(self) -> None:
        self._difference: float | None = None  # ours minus the stream's
        self._now = 0.0

    @property
    def runs(self) -> bool:
        """Whether something has come."""
        return self._difference is not None

    def came(self, time: float, now: float) -> None:
        """Something with the stream's `time` came when ours was `now`."""
        difference = now - time
        if self._difference is None or difference - self._difference > _LATE:
            self._difference = difference
        slow = _SLOWER * max(0.0, now - self._now)
        self._difference += min(difference - self._difference, slow)
        self._now = now

    def moment(self, time: float) -> float:
        """When the stream's `time` was here; something must have come."""
        assert self._difference is not None
        return time + self._difference
