"""Sound as it comes: pieces of samples, each with the moment at which it sounded."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

import av
import numpy as np

from vidstyle.contracts import HostArray

RATE = 48_000  # samples a second, of all sound that is live


class Sound(NamedTuple):
    """A piece of sound."""

    samples: HostArray  # float32 [N, 2], -1..1, RATE a second
    time: float  # of the first sample, in seconds on the clock of its pictures

    @property
    def end(self) -> float:
        """When its last sample has sounded."""
        return self.time + len(self.samples) / RATE

    def after(self, count: int) -> Sound:
        """What follows its first `count` samples."""
        return Sound(self.samples[count:], self.time + count / RATE)


class SoundReader:
    """Decodes the packets of one stream to Sounds.

    Args:
        stream: of FFmpeg.
        shift: seconds that are taken off each time.
    """

    def __init__(self, stream: Any, shift: Fraction = Fraction(0)) -> None:
        self.stream, self._shift = stream, float(shift)
        self._resampler, self._end = _resampler(), 0.0

    def read(self, packet: Any) -> Iterator[Sound]:
        """What a packet holds; a damaged one is a gap."""
        try:
            frames = packet.decode()
        except av.FFmpegError:
            return
        for frame in frames:
            for piece in self._resampled(frame):
                samples = piece.to_ndarray().reshape(-1, 2)
                time = self._end if piece.time is None else piece.time - self._shift
                sound = Sound(samples, time)
                self._end = sound.end
                yield sound

    def _resampled(self, frame: Any) -> Iterator[Any]:
        try:
            yield from self._resampler.resample(frame)
        except ValueError:  # rate or layout have changed
            self._resampler = _resampler()
            yield from self._resampler.resample(frame)


class Heard:
    """The newest sound, for all who write it down. One thread puts, and no one ever waits."""

    def __init__(self, seconds: float = 10.0) -> None:
        self._most, self._samples = round(seconds * RATE), 0
        self._pieces: deque[Sound] = deque()
        self._count = 0  # pieces that were ever put
        self._lock = threading.Lock()

    def put(self, sound: Sound) -> None:
        """Add a piece; what is too old is forgotten."""
        with self._lock:
            self._pieces.append(sound)
            self._count += 1
            self._samples += len(sound.samples)
            while self._samples > self._most and len(self._pieces) > 1:
                self._samples -= len(self._pieces.popleft().samples)

    def since(self, seen: int) -> tuple[list[Sound], int]:
        """The pieces after the first `seen` that are still known; how many there ever were."""
        with self._lock:
            new = min(self._count - seen, len(self._pieces))
            return list(self._pieces)[len(self._pieces) - new :], self._count


def _resampler() -> Any:
    return av.AudioResampler("flt", "stereo", RATE)


def unheard(samples: int) -> HostArray:
    """Silence: float32 [N, 2]."""
    return np.zeros((samples, 2), np.float32)
