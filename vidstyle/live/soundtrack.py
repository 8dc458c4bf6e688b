"""Sound written beside live pictures, in step with them; where there is none, silence."""

from __future__ import annotations

import logging
from collections import deque
from fractions import Fraction
from typing import Any, Protocol

import av
import numpy as np
from av.container import OutputContainer

from vidstyle.contracts import HostArray
from vidstyle.sources.sound import RATE, Heard, Sound, unheard

log = logging.getLogger(__name__)

_BITS_PER_SECOND = 192_000  # AAC and Opus are transparent there
_PATIENCE = 2.0  # seconds for which sound may come after its picture; broadcasts need one
_LEAD = 0.07  # seconds of sound before pictures in the file: encoders hold two frames of it
_LOOSE = round(0.03 * RATE)  # samples by which clocks may differ before sound is cut or silence put
_CLOSE = round(
    0.002 * RATE
)  # samples by which they may differ before it is stretched or squeezed …
_UNNOTICED = 200  # … by one sample of so many


class Beginning(Protocol):
    """Knows when the first picture came."""

    first: float | None  # seconds of time.monotonic()


class Soundtrack:
    """One track of sound in `output`, on the clock of the pictures beside it.

    Args:
        output: of FFmpeg.
        encoder: FFmpeg's name.
        heard: what sounds.
        beginning: of the pictures; nothing is written before it is known.
    """

    def __init__(
        self, output: OutputContainer, encoder: str, heard: Heard, beginning: Beginning
    ) -> None:
        self._output, self._heard, self._beginning = output, heard, beginning
        added: Any = output.add_stream(encoder, rate=RATE)
        self._stream, self._context = added, added.codec_context
        self._context.layout, self._context.bit_rate = "stereo", _BITS_PER_SECOND
        self._context.format = "fltp" if encoder == "aac" else "flt"
        self._context.time_base = Fraction(1, RATE)
        self._context.open()
        self.notes = [f"sound encoded by {encoder}"]
        self.silence = 0.0  # seconds that were missing
        self._seen = 0  # pieces
        self._waiting: deque[Sound] = deque()
        self._held = unheard(0)  # less than the encoder takes at once
        self._written = 0  # samples, with those held
        self._until = Fraction(0)  # the time of the last picture
        self._lost = False  # no sound has come for long
        self._exact = True  # what comes next is put exactly where it belongs

    def write_until(self, time: Fraction | None) -> None:
        """Write what sounded up to `time`, in seconds since the first picture; None: the rest."""
        if self._beginning.first is None:
            return
        self._until = self._until if time is None else time
        end = round((self._until + Fraction(_LEAD)) * RATE)
        self._listen()
        while self._waiting and self._written < end:
            self._place(self._waiting.popleft(), end)
        lacking = round(self._until * RATE) - self._written
        if lacking > 0 and (self._lost or time is None or lacking > _PATIENCE * RATE):
            self._lost = True
            self._be_silent(lacking)

    def finish(self) -> None:
        """Write what the encoder holds."""
        self.write_until(None)
        if len(self._held):
            self._encode(self._held)
        self._output.mux(self._stream.encode(None))
        if self.silence >= 0.1:
            log.info("%.1f s of the sound are silence: none came.", self.silence)

    def close(self) -> None:
        """Nothing is left open."""

    def _listen(self) -> None:
        """Take what is new. Whoever is too slow misses what was forgotten meanwhile."""
        pieces, self._seen = self._heard.since(self._seen)
        self._waiting.extend(pieces)
        self._lost = self._lost and not pieces

    def _place(self, sound: Sound, end: int) -> None:
        """Write a piece where it belongs, up to the sample `end`; the rest of it waits."""
        assert self._beginning.first is not None
        place = round((sound.time - self._beginning.first) * RATE)
        early = place - self._written  # samples
        if self._exact or abs(early) > _LOOSE:
            if early > 0:
                self._be_silent(min(early, end - self._written))
            sound = sound.after(min(max(0, -early), len(sound.samples)))
        elif abs(early) > _CLOSE:
            sound = _nudged(sound, early)
        room = end - self._written
        if room and len(sound.samples):
            self._exact = False
            self._add(sound.samples[:room])
        if room < len(sound.samples):
            self._waiting.appendleft(sound.after(room))

    def _be_silent(self, samples: int) -> None:
        self._exact = True
        self.silence += samples / RATE
        self._add(unheard(samples))

    def _add(self, samples: HostArray) -> None:
        self._written += len(samples)
        self._held = np.concatenate([self._held, samples])
        size = self._context.frame_size
        while len(self._held) >= size:
            self._encode(self._held[:size])
            self._held = self._held[size:]

    def _encode(self, samples: HostArray) -> None:
        planar = self._context.format.is_planar
        data = samples.T if planar else samples.reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(data), self._context.format.name, "stereo"
        )
        frame.sample_rate, frame.time_base = RATE, Fraction(1, RATE)
        frame.pts = self._written - len(self._held)
        self._output.mux(self._stream.encode(frame))


def _nudged(sound: Sound, samples: int) -> Sound:
    """The same a little longer, or shorter where `samples` is negative; its end stays."""
    count = len(sound.samples)
    most = count // _UNNOTICED
    places = np.linspace(0, count - 1, count + max(-most, min(most, samples)))
    channels = [np.interp(places, np.arange(count), channel) for channel in sound.samples.T]
    return Sound(np.stack(channels, 1).astype(np.float32), sound.end - len(places) / RATE)
