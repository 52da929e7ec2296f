"""Opus to PCM and back, where a packet cannot be passed on as it is.

PCM is signed 16 bit little endian, 48 kHz, mono, in frames of 960 samples (1920 bytes).
"""

from fractions import Fraction

import av
from av.audio.codeccontext import AudioCodecContext

from calls.media.socket.wire import PCM_BYTES
from calls.media.transport.rtp import FRAME_SAMPLES, OPUS_SILENCE, SAMPLES_PER_SECOND

BITS_PER_SECOND = 24_000
PCM_SILENCE = bytes(PCM_BYTES)


class OpusDecoder:
    """Decodes one stream; what is left over of a frame waits for the next packet."""

    def __init__(self) -> None:
        self._codec = _as_mono(av.CodecContext.create("libopus", "r"))
        self._rest = b""
        self._last = b""

    @property
    def rest_samples(self) -> int:
        """Return how many samples wait for the next packet to complete a frame."""
        return len(self._rest) // 2

    def decode(self, payload: bytes) -> list[bytes]:
        """Return the frames that one packet completes; none if it is no Opus."""
        try:
            decoded = self._codec.decode(av.Packet(payload))
        except av.FFmpegError:
            return []
        self._last = payload[:1]
        sound = self._rest + b"".join(
            bytes(frame.planes[0])[: frame.samples * 2] for frame in decoded
        )
        whole = len(sound) - len(sound) % PCM_BYTES
        self._rest = sound[whole:]
        return [sound[at : at + PCM_BYTES] for at in range(0, whole, PCM_BYTES)]

    def conceal(self) -> list[bytes]:
        """Return what stands for one lost packet, as libopus guesses it.

        A packet of nothing but the first byte of the one before, its frame count
        cleared, counts as lost and is concealed.
        """
        if not self._last:
            return []
        return self.decode(bytes([self._last[0] & 0xFC]))


class OpusEncoder:
    """Encodes one stream of 20 ms frames."""

    def __init__(self) -> None:
        self._codec = _as_mono(av.CodecContext.create("libopus", "w"))
        self._codec.bit_rate = BITS_PER_SECOND
        self._codec.options = {
            "application": "voip",
            "compression_level": "5",
            "fec": "1",
            "packet_loss": "5",
        }
        self._encoded = 0

    def encode(self, sound: bytes) -> bytes:
        """Return one Opus packet for 960 samples."""
        frame = av.AudioFrame(format="s16", layout="mono", samples=FRAME_SAMPLES)
        frame.planes[0].update(sound)
        frame.sample_rate = SAMPLES_PER_SECOND
        frame.pts = self._encoded
        frame.time_base = Fraction(1, SAMPLES_PER_SECOND)
        self._encoded += FRAME_SAMPLES
        packets = self._codec.encode(frame)
        return bytes(packets[0]) if packets else OPUS_SILENCE


def _as_mono(codec: AudioCodecContext) -> AudioCodecContext:
    codec.format = "s16"
    codec.layout = "mono"
    codec.sample_rate = SAMPLES_PER_SECOND
    return codec
