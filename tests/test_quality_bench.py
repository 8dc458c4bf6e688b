"""bench/quality.py measures what its definition says."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
DEFINITION = SHARED / "checks/quality.py"

pytestmark = pytest.mark.skipif(not DEFINITION.is_file(), reason="needs the definition and data")


def module(path):
    spec = importlib.util.spec_from_file_location(f"{path.parent.name}_{path.stem}", path)
    found = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = found
    spec.loader.exec_module(found)
    return found


@pytest.fixture(scope="module")
def figures():
    """Of one photograph, drawn as itself but darker, by the bench and by the definition."""
    import torch

    bench, definition = module(ROOT / "bench/quality.py"), module(DEFINITION)
    torch.set_grad_enabled(True)  # the definition turns it off for all
    photograph = sorted((SHARED / "data/content/kodak").iterdir())[0]
    style = SHARED / "data/style/candy.jpg"
    content = bench.picture(photograph, bench.SIZE)
    drawn = (content * 0.7).astype(np.uint8)
    judge = bench.Judge(SHARED / "data", [photograph], [style])
    ours = judge.figures(drawn, content, judge.seen(content), judge.styles[0][1])
    with torch.no_grad():
        features = definition.loss_networks(SHARED / "data")
        made = features(definition.tensor(drawn))
        wanted = features(definition.tensor(definition.picture(style, (384, 384))))
        shown = features(definition.tensor(content))
        theirs = {
            "style": definition.style_loss(made, wanted),
            "sliced": definition.sliced(made, wanted),
            "content": definition.content_loss(made, shown),
            "grid": definition.grid(definition.tensor(drawn), definition.tensor(content)),
        }
    return ours, theirs


@pytest.mark.parametrize("name", ["style", "sliced", "content", "grid"])
def test_a_figure_is_that_of_the_definition(figures, name):
    ours, theirs = figures
    assert ours[name] == pytest.approx(theirs[name], rel=0.01, abs=1e-4)  # N against N - 1
