"""Opus to PCM and back, for a listener that cannot do it itself."""

from fractions import Fraction

import av
from av.audio.codeccontext import AudioCodecContext

from calls.media.rtp import (
    FRAME_SAMPLES,
    OPUS_SILENCE,
    SAMPLES_PER_SECOND,
    Packet,
)
from calls.media.wire import PCM_BYTES

BITS_PER_SECOND = 24_000
_MAX_GAP = 100


class PcmTranscoder:
    """One libopus decoder and encoder; both keep the state of their stream.

    PCM is signed 16 bit little endian, 48 kHz, mono, 960 samples (1920 bytes).
    """

    def __init__(self) -> None:
        self._decoder = _as_mono(av.CodecContext.create("libopus", "r"))
        self._encoder = _as_mono(av.CodecContext.create("libopus", "w"))
        self._encoder.bit_rate = BITS_PER_SECOND
        self._encoder.options = {
            "application": "voip",
            "compression_level": "5",
            "fec": "1",
            "packet_loss": "5",
        }
        self._encoded = 0
        self._last_sequence: int | None = None
        self._sequence = 0

    def decode(self, packet: Packet) -> list[Packet]:
        """Return the sound of one Opus packet in frames of 20 ms.

        They are numbered anew, as a packet may hold more than one; a gap stays a gap.
        A packet that cannot be decoded is a gap too.
        """
        try:
            frames = self._decoder.decode(av.Packet(packet.payload))
        except av.FFmpegError:
            return []
        sound = b"".join(
            bytes(frame.planes[0])[: frame.samples * 2] for frame in frames
        )
        count = len(sound) // PCM_BYTES
        first = self._sequence + self._missing(packet.sequence) * count
        self._sequence = first + count
        return [
            Packet(
                packet.flags if number == 0 else 0,
                (first + number) & 0xFFFF,
                (packet.timestamp + number * FRAME_SAMPLES) & 0xFFFFFFFF,
                sound[number * PCM_BYTES : (number + 1) * PCM_BYTES],
            )
            for number in range(count)
        ]

    def encode(self, sound: bytes) -> bytes:
        """Return one Opus packet for 960 samples."""
        frame = av.AudioFrame(format="s16", layout="mono", samples=FRAME_SAMPLES)
        frame.planes[0].update(sound)
        frame.sample_rate = SAMPLES_PER_SECOND
        frame.pts = self._encoded
        frame.time_base = Fraction(1, SAMPLES_PER_SECOND)
        self._encoded += FRAME_SAMPLES
        packets = self._encoder.encode(frame)
        return bytes(packets[0]) if packets else OPUS_SILENCE

    def _missing(self, sequence: int) -> int:
        last, self._last_sequence = self._last_sequence, sequence
        if last is None:
            return 0
        step = (sequence - last) & 0xFFFF
        return step - 1 if 0 < step <= _MAX_GAP else 0


def _as_mono(codec: AudioCodecContext) -> AudioCodecContext:
    codec.format = "s16"
    codec.layout = "mono"
    codec.sample_rate = SAMPLES_PER_SECOND
    return codec
