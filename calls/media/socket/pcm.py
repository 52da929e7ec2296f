"""Opus to PCM and back, for a listener that cannot do it itself."""

from calls.media.sounds.opus import OpusDecoder, OpusEncoder
from calls.media.transport.rtp import FRAME_SAMPLES, Packet

_MAX_GAP = 100


class PcmTranscoder:
    """One decoder and one encoder; both keep the state of their stream."""

    def __init__(self) -> None:
        self._decoder = OpusDecoder()
        self._encoder = OpusEncoder()
        self._last_sequence: int | None = None
        self._sequence = 0

    def decode(self, packet: Packet) -> list[Packet]:
        """Return the sound of one Opus packet in frames of 20 ms.

        They are numbered anew, as a packet may hold more than one; a gap stays a gap.
        A packet that cannot be decoded is a gap too.
        """
        begin = packet.timestamp - self._decoder.rest_samples
        frames = self._decoder.decode(packet.payload)
        first = self._sequence + self._missing(packet.sequence) * len(frames)
        self._sequence = first + len(frames)
        return [
            Packet(
                packet.flags if number == 0 else 0,
                (first + number) & 0xFFFF,
                (begin + number * FRAME_SAMPLES) & 0xFFFFFFFF,
                sound,
            )
            for number, sound in enumerate(frames)
        ]

    def encode(self, sound: bytes) -> bytes:
        """Return one Opus packet for 960 samples."""
        return self._encoder.encode(sound)

    def _missing(self, sequence: int) -> int:
        last, self._last_sequence = self._last_sequence, sequence
        if last is None:
            return 0
        step = (sequence - last) & 0xFFFF
        return step - 1 if 0 < step <= _MAX_GAP else 0
