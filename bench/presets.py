"""What x264's presets make of drawn frames: time, size and closeness.

    python bench/presets.py

60 frames of the sample clip at 1280x720, drawn by the default network, are encoded on one thread.
"""

from __future__ import annotations

import io
import time
from itertools import islice

import av
import numpy as np

import vidstyle

CLIP = "samples/clips/big-buck-bunny.mp4"
FRAMES = 60
CHOICES = (
    ("medium", 18), ("fast", 18), ("faster", 18), ("veryfast", 18), ("veryfast", 17),
    ("superfast", 17),
)  # fmt: skip


def main() -> None:
    """Print a line for each choice."""
    drawn = vidstyle.frames(CLIP, style="starry-night", size="1280x720")
    frames = [
        av.VideoFrame.from_ndarray(frame.pixels, format="rgb24").reformat(format="yuv420p")
        for frame in islice(drawn, FRAMES)
    ]
    for preset, crf in CHOICES:
        began = time.process_time()
        file = encoded(frames, preset, crf)
        milliseconds = (time.process_time() - began) / len(frames) * 1000
        kilobytes = len(file.getvalue()) / len(frames) / 1000
        print(
            f"{preset:<10} crf {crf}: {milliseconds:5.1f} ms, {kilobytes:5.1f} kB a frame, "
            f"{closeness(frames, file):.2f} dB of luma",
            flush=True,
        )


def encoded(frames: list[av.VideoFrame], preset: str, crf: int) -> io.BytesIO:
    """The frames as an MP4 in memory."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as out:
        options = {"preset": preset, "crf": str(crf), "threads": "1"}
        stream = out.add_stream("libx264", rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
        for number, frame in enumerate(frames):
            frame.pts = number
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return file


def closeness(frames: list[av.VideoFrame], file: io.BytesIO) -> float:
    """PSNR of the luma in dB."""
    file.seek(0)
    with av.open(file) as clip:
        errors = [
            np.square(luma(read).astype(float) - luma(frame)).mean()
            for read, frame in zip(clip.decode(video=0), frames, strict=True)
        ]
    return float(10 * np.log10(255**2 / np.mean(errors)))


def luma(frame: av.VideoFrame) -> np.ndarray:
    """The first plane of a yuv420p frame, [H, W]."""
    return frame.to_ndarray()[: frame.height]


if __name__ == "__main__":
    main()
