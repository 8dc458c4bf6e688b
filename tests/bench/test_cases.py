"""Which rows are measured, and which are refused."""

import pytest

from vidstyle.bench.cases import cases
from vidstyle.errors import DeviceError, UsageError


def test_where_nothing_is_asked_for_there_are_the_usual_rows():
    names = [(case.network, case.size) for case in cases()]
    assert names[:2] == [("swift", "640x360"), ("swift-lite", "640x360")]
    assert ("swift", "1280x720") in names


def test_all_that_is_asked_for_is_combined_once():
    found = cases(["swift", "microast"], ["64x48", "360p", "64x48"], batches=[1, 2])
    assert len(found) == 8
    assert {case.size for case in found} == {"64x48", "640x360"}


def test_a_clip_is_drawn_at_its_own_size():
    (case,) = cases(own_size=(48, 64))
    assert (case.network, case.width, case.height) == ("swift", 64, 48)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"networks": ["swit"]}, "Did you mean 'swift'"),
        ({"networks": ["gatys"]}, "draws by optimization"),
        ({"sizes": ["large"]}, "A size is"),
        ({"precisions": ["fp8"]}, "--precision is"),
        ({"batches": [0]}, "--batch is 1 to 64; got 0"),
    ],
)
def test_what_cannot_be_is_refused(asked, said):
    with pytest.raises(UsageError, match=said):
        cases(**asked)


def test_a_device_that_is_not_there_is_refused():
    with pytest.raises(DeviceError):
        cases(runtimes=["openvino"], device="cuda:7")
