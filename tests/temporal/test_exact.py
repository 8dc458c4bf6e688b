"""Flow that is known."""

import numpy as np
import pytest

from vidstyle.errors import InputError
from vidstyle.temporal.exact import Exact
from vidstyle.temporal.flo import read_flo, write_flo

HEIGHT, WIDTH = 6, 8
FLOWS = np.random.default_rng(0).normal(0, 1, (3, HEIGHT, WIDTH, 2)).astype(np.float32)
PIXELS = np.zeros((HEIGHT, WIDTH, 3), np.uint8)


def flow_of(path, *numbers):
    return Exact(path).flow(PIXELS, PIXELS, numbers or (0, 1))


def check_refused(path, match, *numbers):
    with pytest.raises(InputError, match=match) as caught:
        flow_of(path, *numbers)
    assert "\n" not in str(caught.value)


def constant(x, y):
    return np.tile(np.float32([x, y]), (HEIGHT, WIDTH, 1))


def test_a_flo_file_comes_back_as_it_was(tmp_path):
    write_flo(tmp_path / "a.flo", FLOWS[0])
    assert np.array_equal(read_flo(tmp_path / "a.flo"), FLOWS[0])
    assert np.array_equal(flow_of(tmp_path / "a.flo"), FLOWS[0])


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (0, 3, 1, 2)], ids=["NHW2", "N2HW"])
def test_one_file_can_hold_many(tmp_path, order):
    np.savez(tmp_path / "a.npz", flow=FLOWS.transpose(order))
    assert np.array_equal(flow_of(tmp_path / "a.npz", 1, 2), FLOWS[1])


def test_files_of_a_folder_are_taken_by_their_numbers(tmp_path):
    for number, flow in zip((9, 10, 11), FLOWS, strict=True):
        write_flo(tmp_path / f"flow_{number}.flo", flow)
    found = [flow_of(tmp_path, number - 1, number) for number in (1, 2, 3)]
    assert np.array_equal(found, FLOWS)


def test_flows_between_distant_frames_are_composed(tmp_path):
    np.savez(tmp_path / "a.npz", flow=[constant(1, 0), constant(2, 1), constant(-1, 3)])
    assert np.allclose(flow_of(tmp_path / "a.npz", 0, 3), constant(2, 4))


def test_what_a_file_says_is_occluded_is(tmp_path):
    occluded = np.zeros((2, HEIGHT, WIDTH), bool)
    occluded[0, 2, 5] = occluded[1, 4, 1] = True
    np.savez(tmp_path / "a.npz", flow=[constant(1, 0), constant(2, 0)], occluded=occluded)
    motion = Exact(tmp_path / "a.npz").motion(PIXELS, PIXELS, (0, 2))
    assert motion.occluded[2, 3] and motion.occluded[4, 1]
    assert motion.occluded[:, -3:].all() and motion.occluded.sum() == 2 + 3 * HEIGHT


def test_where_no_file_says_so_edges_of_motion_are_occluded(tmp_path):
    flow = constant(0, 0)
    flow[:, 4:, 0] = -2
    write_flo(tmp_path / "a.flo", flow)
    occluded = Exact(tmp_path / "a.flo").motion(PIXELS, PIXELS).occluded
    assert occluded[:, 3:5].all() and not occluded[:, :3].any()


def test_a_missing_file_is_said(tmp_path):
    check_refused(tmp_path / "a.flo", "no file or folder .*a.flo")
    check_refused(tmp_path, "no .flo or .npz files")


def test_flow_of_another_size_is_said(tmp_path):
    write_flo(tmp_path / "a.flo", np.zeros((4, 5, 2), np.float32))
    check_refused(tmp_path / "a.flo", "is 5x4, and the frames are 8x6")


def test_a_frame_without_flow_is_said(tmp_path):
    np.savez(tmp_path / "a.npz", flow=FLOWS)
    check_refused(tmp_path / "a.npz", "has 3 flows.*frame 4 has none", 3, 4)


@pytest.mark.parametrize("keep", [0, 7, 40], ids=["empty", "in its head", "in its numbers"])
def test_a_cut_file_is_said(tmp_path, keep):
    write_flo(tmp_path / "a.flo", FLOWS[0])
    np.savez(tmp_path / "a.npz", flow=FLOWS)
    for name in ("a.flo", "a.npz"):
        path = tmp_path / name
        path.write_bytes(path.read_bytes()[:keep])
        check_refused(path, f"{name}' is (damaged|no .flo file)")


@pytest.mark.parametrize(
    "arrays", [{"other": FLOWS}, {"flow": FLOWS[0, 0]}, {"flow": FLOWS[..., 0]}]
)
def test_a_file_with_no_flow_is_said(tmp_path, arrays):
    np.savez(tmp_path / "a.npz", **arrays)
    check_refused(tmp_path / "a.npz", "a.npz' is damaged, or no .npz with an array 'flow'")
