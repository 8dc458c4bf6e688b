"""The sample clip at the size and length that is measured."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

CLIP = Path(__file__).parents[1] / "samples/clips/big-buck-bunny.mp4"
RATE = 25  # frames a second


def make_clip(path: Path, width: int, height: int, frames: int = 120) -> str:
    """The sample clip at another size, without sound, run through as often as needed."""
    import av  # only here, since much is measured without it

    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=Fraction(RATE), options={"crf": "18"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        written = 0
        while written < frames:
            with av.open(str(CLIP)) as clip:
                for frame in clip.decode(video=0):
                    if written == frames:
                        break
                    scaled = frame.reformat(width, height, "yuv420p", interpolation="AREA")
                    scaled.pts, scaled.time_base = written, Fraction(1, RATE)
                    out.mux(stream.encode(scaled))
                    written += 1
        out.mux(stream.encode(None))
    return str(path)
