"""Engines in files: found again, and never loaded when anything about them is not right."""

import json
import logging
import subprocess
import sys
import textwrap
from dataclasses import replace

import pytest

from vidstyle import folders
from vidstyle.export.cache import Key, engine_files, engine_for
from vidstyle.folders import cache_folder, engines_folder

KEY = Key(
    "swift.stylize", "768x512", "uint8", "fp16", "tensorrt_rtx", "1.7.1", "sm89",
    "0123456789abcdef", {"strength": [[1], [1], [1]]},
)  # fmt: skip
ENGINE = bytes(range(256)) * 100


@pytest.fixture
def said(caplog):
    caplog.set_level(logging.WARNING)
    return lambda: caplog.messages


def never():
    raise AssertionError("it is there already")


def kept(folder):
    engine_for(KEY, lambda: ENGINE, bytes, folder)
    return engine_files(KEY, folder)


def test_its_name_says_what_it_is_and_its_manifest_all_of_it(tmp_path):
    engine, manifest = kept(tmp_path)
    name = "swift.stylize-768x512-uint8-fp16-tensorrt_rtx-1.7.1-sm89-0123456789ab"
    assert (engine.name, manifest.name) == (f"{name}.engine", f"{name}.json")
    said = json.loads(manifest.read_bytes())
    assert said["onnx_sha256"] == KEY.onnx_sha256 and said["version"] == "1.7.1"
    assert said["engine_bytes"] == len(ENGINE) and said["build_seconds"] >= 0
    assert {"engine_sha256", "made", "shapes"} <= set(said)


def test_what_was_built_is_not_built_again(tmp_path, said):
    kept(tmp_path)
    assert engine_for(KEY, never, bytes, tmp_path) == ENGINE
    assert not said()


@pytest.mark.parametrize(
    "other",
    [{"version": "1.8"}, {"device": "sm120"}, {"size": "64x64"}, {"onnx_sha256": "f" * 64}],
    ids=str,
)
def test_another_one_has_another_name(tmp_path, said, other):
    kept(tmp_path)
    assert engine_for(replace(KEY, **other), lambda: b"another", bytes, tmp_path) == b"another"
    assert engine_for(KEY, never, bytes, tmp_path) == ENGINE
    assert not said()


def cut(engine, manifest):
    engine.write_bytes(ENGINE[:-1])


def flip_a_bit(engine, manifest):
    engine.write_bytes(ENGINE[:999] + bytes([ENGINE[999] ^ 1]) + ENGINE[1000:])


def lose_the_engine(engine, manifest):
    engine.unlink()


def lose_the_manifest(engine, manifest):
    manifest.unlink()


def cut_the_manifest(engine, manifest):
    manifest.write_bytes(manifest.read_bytes()[:100])


def replace_the_manifest(engine, manifest):
    manifest.write_text("[]")


def change(**fields):
    def changed(engine, manifest):
        manifest.write_text(json.dumps(json.loads(manifest.read_bytes()) | fields))

    return changed


def put_a_folder_there(engine, manifest):
    manifest.unlink()
    manifest.mkdir()


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (cut, "25599 bytes of 25600"),
        (flip_a_bit, "sha256 is not that of its manifest"),
        (lose_the_engine, ".engine' is missing"),
        (lose_the_manifest, ".json' is missing"),
        (cut_the_manifest, "cannot be read"),
        (replace_the_manifest, "manifest is damaged"),
        (change(version="1.6"), "of another version"),
        (change(onnx_sha256=KEY.onnx_sha256[:12] + "f"), "of another onnx_sha256"),
        (change(shapes={}), "of another shapes"),
        (change(engine_bytes=None), "bytes of None"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_is_not_right_is_built_anew_and_said_once(tmp_path, said, harm, reason):
    harm(*kept(tmp_path))
    assert engine_for(KEY, lambda: b"new", bytes, tmp_path) == b"new"
    (line,) = said()
    assert reason in line and "\n" not in line and KEY.name in line
    assert engine_for(KEY, never, bytes, tmp_path) == b"new"


def test_a_folder_that_cannot_be_written_is_said_and_the_engine_used(tmp_path, said):
    (tmp_path / "file").touch()
    assert engine_for(KEY, lambda: ENGINE, bytes, tmp_path / "file" / "engines") == ENGINE
    (line,) = said()
    assert "cannot be kept" in line and "\n" not in line


def test_a_place_that_cannot_be_replaced_leaves_no_drafts(tmp_path, said):
    put_a_folder_there(*kept(tmp_path))
    assert engine_for(KEY, lambda: b"new", bytes, tmp_path) == b"new"
    assert len(said()) == 2 and "cannot be kept" in said()[1]
    left = {path.suffix for path in tmp_path.iterdir()} - {".lock"}  # it may stay
    assert left == {".engine", ".json"}


def test_a_build_that_fails_leaves_nothing_and_keeps_nobody_waiting(tmp_path):
    with pytest.raises(ZeroDivisionError):
        engine_for(KEY, lambda: 1 // 0, bytes, tmp_path)
    assert not any(path.exists() for path in engine_files(KEY, tmp_path))
    assert engine_for(KEY, lambda: ENGINE, bytes, tmp_path) == ENGINE


def test_what_the_library_refuses_is_built_anew(tmp_path, said):
    kept(tmp_path)
    load = {ENGINE: None, b"new": "loaded"}.get
    assert engine_for(KEY, lambda: b"new", load, tmp_path) == "loaded"
    (line,) = said()
    assert "tensorrt_rtx refuses it" in line
    assert engine_for(KEY, never, load, tmp_path) == "loaded"


def test_what_is_refused_even_when_new_is_not_kept(tmp_path, said):
    assert engine_for(KEY, lambda: ENGINE, lambda engine: None, tmp_path) is None
    assert not any(path.exists() for path in engine_files(KEY, tmp_path))
    assert not said()


def test_of_two_processes_one_builds_and_the_other_takes_it(tmp_path):
    script = f"""
        import logging, sys
        from pathlib import Path
        from vidstyle.export.cache import Key, engine_for

        def build():
            print("building", flush=True)
            return sys.stdin.readline().encode()

        logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
        print(engine_for({KEY!r}, build, bytes, Path({str(tmp_path)!r})))
    """
    line = [sys.executable, "-c", textwrap.dedent(script)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    both = [subprocess.Popen(line, **pipes) for _ in range(2)]
    try:
        first = [process.stdout.readline() for process in both]
        assert set(first) == {
            "building\n",
            f"Waiting for another process that builds {KEY.name}.\n",
        }
        both[first.index("building\n")].communicate("an engine", timeout=20)
        assert both[1 - first.index("building\n")].communicate(timeout=20) == (
            "b'an engine'\n",
            None,
        )
    finally:
        for process in both:
            process.kill()


def test_engines_lie_in_the_checkout_or_in_the_cache(monkeypatch, tmp_path):
    assert engines_folder() == cache_folder() / "engines"  # the tests have a cache of their own
    monkeypatch.delenv("VIDSTYLE_CACHE")
    monkeypatch.setattr(folders, "_PACKAGE", tmp_path / "vidstyle")
    assert engines_folder() == tmp_path / "engines"
    (tmp_path / "vidstyle" / "configs").mkdir(parents=True)  # as where it is installed
    assert engines_folder() == cache_folder() / "engines"
