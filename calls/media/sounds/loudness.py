"""Loudness of a stream, measured on what a phone would play."""

from array import array
from collections.abc import Iterable

from calls.media.sounds.opus import OpusDecoder

LOUD = 300
"""Root mean square of a frame, -41 dBFS: speech lies above, comfort noise far below."""

_EVERY = 8
"""Samples of which one is looked at: 6 kHz are enough for a level."""


class SpeechMeter:
    """Decodes one stream and counts its loud frames; never on the loop."""

    def __init__(self) -> None:
        self._decoder = OpusDecoder()

    def loud_frames(self, payloads: Iterable[bytes]) -> int:
        """Return how many frames of 20 ms of these Opus packets are loud."""
        frames = (frame for data in payloads for frame in self._decoder.decode(data))
        return sum(map(is_loud, frames))


def is_loud(frame: bytes) -> bool:
    """Say whether a frame of PCM, 960 samples of 16 bits, is louder than silence."""
    samples = array("h", frame)[::_EVERY]
    return sum(sample * sample for sample in samples) >= LOUD * LOUD * len(samples)
