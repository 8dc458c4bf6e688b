"""What `import vidstyle` promises, and what it costs."""

import subprocess
import sys

import pytest

import vidstyle


@pytest.mark.parametrize("name", vidstyle.__all__)
def test_a_public_name_can_be_imported(name):
    assert getattr(vidstyle, name) is not None


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nonsense"):
        vidstyle.nonsense  # noqa: B018


def loaded_after(code: str) -> set[str]:
    """The top-level packages that are loaded once `code` has run in a fresh process."""
    code += "\nimport sys; print(*{name.split('.')[0] for name in sys.modules})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(run.stdout.splitlines()[-1].split())


def test_help_loads_nothing_heavy():
    loaded = loaded_after("from vidstyle.cli.commands import vidstyle")
    assert not loaded & {"torch", "av", "cv2", "numpy", "openvino", "rich", "PIL"}


def test_drawing_on_the_cpu_loads_no_torch():
    pytest.importorskip("openvino")
    code = (
        "import numpy, vidstyle\n"
        "paint = vidstyle.load('microast', style='ink', runtime='openvino', device='cpu')\n"
        "paint(numpy.zeros((32, 32, 3), numpy.uint8))"
    )
    assert "torch" not in loaded_after(code)
