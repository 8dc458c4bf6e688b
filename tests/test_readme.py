"""What the README shows works as it stands there."""

import re
import shlex
from pathlib import Path

import pytest
from media import clip
from models import picture

from vidstyle.cli.commands import vidstyle

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
COMMANDS = [
    shlex.split(line.split(" && ")[-1].split(" | ")[0], comments=True)[1:]
    for block in re.findall(r"```bash\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
    if "vidstyle " in line and not line.startswith("eval")
]


@pytest.mark.parametrize("code", PYTHON, ids=range(len(PYTHON)))
def test_a_python_example_runs(code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    clip(tmp_path / "in.mp4", frames=5)
    names = {"picture": picture(48, 64)}
    exec(compile(code, "README.md", "exec"), names)
    assert "vidstyle" in names


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_command_is_understood(arguments):
    command, context = vidstyle, None
    while hasattr(command, "commands") or hasattr(command, "get_command"):
        context = command.make_context("vidstyle", [arguments[0]], resilient_parsing=True)
        command, arguments = command.get_command(context, arguments[0]), arguments[1:]
    settings = command.make_context(command.name, list(arguments), parent=context).params
    assert any(value is not None for value in settings.values())


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#]+)\)", README))
def test_a_link_leads_somewhere(link):
    assert (ROOT / link).exists()
