"""A video: file or standard output, encoded by FFmpeg, with the sound it came with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol, Self

import av
from av.container import OutputContainer

from vidstyle.avfile import reason
from vidstyle.contracts import ErrorType, Frame, VideoInfo
from vidstyle.errors import UsageError
from vidstyle.sinks.codecs import (
    Container,
    Encoding,
    codec_for,
    container_for,
    options_for,
    pixel_format_for,
)
from vidstyle.sinks.draft import Draft, keeps_part
from vidstyle.sinks.encoder import Encoder
from vidstyle.sinks.tracks import Tracks
from vidstyle.sinks.writing import writing
from vidstyle.yuv import PACKINGS


class Beside(Protocol):
    """What is written beside the pictures, such as sound."""

    @property
    def notes(self) -> Sequence[str]:
        """What was done with each track."""

    def write_until(self, time: Fraction | None) -> None:
        """Write all up to `time`, in seconds of the output; None: all there is."""

    def finish(self) -> None:
        """Write what encoders still hold."""

    def close(self) -> None:
        """Leave nothing open."""


class VideoSink:
    """Encodes frames at their own times and copies sound, subtitles and chapters beside them.

    Args:
        place: a file's path, or an open file such as standard output.
        info: what the frames are like.
        encoding: what is asked for.
        beside: makes what goes beside the pictures; None: the tracks of `info.origin`.

    Raises:
        UsageError: what is asked for cannot be, such as a codec that the container does not hold.
    """

    def __init__(
        self,
        place: Path | Any,
        info: VideoInfo,
        encoding: Encoding,
        beside: Callable[[OutputContainer, Container], Beside] | None = None,
    ) -> None:
        self._make_beside = beside or self._own_tracks
        suffix = place.suffix if isinstance(place, Path) else None
        self._draft = Draft(place) if isinstance(place, Path) else None
        self._target = str(place) if isinstance(place, Path) else "standard output"
        self._file = str(self._draft.path) if self._draft else place
        self._info, self._encoding = info, encoding
        self._kind = container_for(suffix, encoding)
        self._codec = codec_for(self._kind, encoding)
        self._pix_fmt = pixel_format_for(self._kind, self._codec, encoding, info)
        options = options_for(self._codec, encoding, self._pix_fmt).items()
        words = [self._codec.encoder, *(f"{name}={value}" for name, value in options)]
        self.how = f"{self._kind.format}, {' '.join(words)}, {self._pix_fmt}"
        packing = PACKINGS.get(self._pix_fmt)
        self.takes_tensors = packing is not None and not packing.pairs and not info.alpha
        self.notes: Sequence[str] = []
        self._opened = ExitStack()
        self._end = Fraction(0)  # of the last frame, in seconds

    @property
    def destination(self) -> str:
        """What was written, once closed."""
        return self._draft.destination if self._draft else self._target

    def __enter__(self) -> Self:
        if self._draft is not None:
            self._draft.check()
        try:
            self._open()
        except BaseException as error:
            self._close(error)
            raise
        return self

    def __exit__(self, kind: ErrorType, error: Any, trace: Any) -> None:
        try:
            if error is None or (keeps_part(error) and self._encoder.frames):
                with writing(self._target):
                    self._finish(None if error is None else self._end)
            elif self._draft is not None:
                self._draft.path.unlink(missing_ok=True)
        except BaseException as failure:
            error = failure
            raise
        finally:
            self._close(error)

    def write(self, frame: Frame) -> None:
        """Encode one frame; sound up to its time is written first."""
        self._end = frame.time + (frame.duration or 0)
        with writing(self._target):
            self._beside.write_until(frame.time)
            self._encoder.write(frame)

    def _open(self) -> None:
        kind, info = self._kind, self._info
        with writing(self._target):
            self._output = av.open(self._file, "w", format=kind.format, options={**kind.options})
        self._opened.callback(_close_quietly, self._output)
        self._encoder = Encoder(
            self._output, kind, self._codec, self._pix_fmt, info, self._encoding
        )
        self._beside = self._make_beside(self._output, kind)
        self._opened.callback(self._beside.close)
        self.notes = self._beside.notes
        with writing(self._target):
            try:
                self._output.start_encoding()
            except (av.ArgumentError, av.InvalidDataError, ValueError) as error:
                raise UsageError(
                    f"A {kind.format} file cannot hold what {self._codec.encoder!r} makes: "
                    f"{reason(error)}."
                ) from None

    def _own_tracks(self, output: OutputContainer, kind: Container) -> Tracks:
        return Tracks(self._info, output, kind, self._encoding.audio)

    def _finish(self, sound_until: Fraction | None) -> None:
        self._encoder.finish()
        self._beside.write_until(sound_until)
        self._beside.finish()
        self._output.close()

    def _close(self, error: BaseException | None) -> None:
        self._opened.close()
        if self._draft is not None:
            self._draft.settle(error)


def _close_quietly(output: OutputContainer) -> None:
    try:
        output.close()
    except (av.FFmpegError, OSError, ValueError):
        pass  # the file is thrown away; a full disk fails here a second time
