"""Joules of processor packages, from files as Linux has them."""

from vidstyle.bench.energy import joules


def counter(root, zone, microjoules):
    (root / zone).mkdir()
    (root / zone / "energy_uj").write_text(f"{microjoules}\n")


def test_packages_are_summed_up_and_their_parts_are_not(tmp_path):
    counter(tmp_path, "intel-rapl:0", 2_000_000)
    counter(tmp_path, "intel-rapl:1", 500_000)
    counter(tmp_path, "intel-rapl:0:0", 1_000_000)
    assert joules(tmp_path) == 2.5


def test_where_it_is_not_told_nothing_is_made_up(tmp_path):
    assert joules(tmp_path) is None
    (tmp_path / "intel-rapl:0").mkdir()
    assert joules(tmp_path) is None
