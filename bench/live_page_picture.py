"""Pictures of the live page for the docs: python bench/live_page_picture.py [live-page.jpg]

Needs Chromium, whose camera is fed with a clip of the samples.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
import threading
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from playwright.sync_api import sync_playwright

from vidstyle.live.controls import Controls
from vidstyle.stylizer import Drawing
from vidstyle.web.server import serving
from vidstyle.web.serving import Serving

ROOT = Path(__file__).parents[1]
CLIP = ROOT / "samples/clips/tabletop.mp4"
SIZES = {"": (1360, 860), "-phone": (390, 844)}


def camera(folder: Path) -> Path:
    """The clip as Chromium's camera takes it."""
    path = folder / "camera.mjpeg"
    with av.open(str(CLIP)) as clip, av.open(str(path), "w") as output:
        stream: Any = output.add_stream("mjpeg", rate=30)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuvj420p"
        stream.bit_rate = 40_000_000
        for number, frame in enumerate(clip.decode(video=0)):
            frame = frame.reformat(640, 360, "yuvj420p")
            frame.pts, frame.time_base = number, Fraction(1, 30)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def take(address: str, clip: Path, path: Path) -> None:
    """One picture for each size, after some seconds of drawing."""
    options = [
        "--no-sandbox",
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={clip}",
    ]
    chromium = shutil.which("chromium")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=options)
        page = browser.new_page()
        page.goto(address)
        page.click("#start")
        page.wait_for_function("() => document.getElementById('stylized').currentTime > 5")
        for name, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(2000)
            picture = path.with_stem(path.stem + name)
            page.screenshot(path=picture, type="jpeg", quality=82)
        browser.close()


def main() -> None:
    """Serve on a thread, look from here."""
    path = Path(sys.argv[1]) if sys.argv[1:] else ROOT / "docs/pictures/live-page.jpg"
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    page = serving(Serving(Drawing(), Controls({"starry-night": 1.0}), port=0))
    address = asyncio.run_coroutine_threadsafe(page.__aenter__(), loop).result()
    with tempfile.TemporaryDirectory() as folder:
        take(address, camera(Path(folder)), path)
    asyncio.run_coroutine_threadsafe(page.__aexit__(None, None, None), loop).result()


if __name__ == "__main__":
    main()
