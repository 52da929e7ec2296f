"""Opus to PCM and back, where a packet cannot be passed on as it is.

PCM is signed 16 bit little endian, 48 kHz, mono, in frames of 960 samples (1920 bytes).
"""

import av
from av.audio.codeccontext import AudioCodecContext

from calls.media.socket.wire import PCM_BYTES
from calls.media.transport.rtp import FRAME_SAMPLES, OPUS_SILENCE, SAMPLES_PER_SECOND

BITS_PER_SECOND = 32_000
PCM_SILENCE = bytes(PCM_BYTES)
SETTLED_FRAMES = 10

_FORMAT = av.AudioFormat("s16")
_LAYOUT = av.AudioLayout("mono")


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
    """Encodes one stream of 20 ms frames.

    Once it has fallen silent, which takes a few frames of silence, the packet for more
    silence is known and nothing is encoded; a decoder then is as silent as it is.
    """

    def __init__(self) -> None:
        self.encoded = 0
        """Frames that took the encoder's work."""
        self._codec = _as_mono(av.CodecContext.create("libopus", "w"))
        self._codec.bit_rate = BITS_PER_SECOND
        # CELT alone: half the work of Opus for speech, closer to the original at this
        # rate, and 4 ms less delay. It repairs no losses; decoders conceal them.
        self._codec.options = {"application": "lowdelay", "compression_level": "2"}
        self._silent = 0
        self._silence = OPUS_SILENCE

    def encode(self, sound: bytes) -> bytes:
        """Return one Opus packet for 960 samples."""
        if sound != PCM_SILENCE:
            self._silent = 0
            return self._encode(sound)
        if self._silent < SETTLED_FRAMES:
            self._silent += 1
            self._silence = self._encode(sound)
        return self._silence

    def _encode(self, sound: bytes) -> bytes:
        frame = av.AudioFrame(_FORMAT, _LAYOUT, FRAME_SAMPLES)
        frame.planes[0].update(sound)
        frame.sample_rate = SAMPLES_PER_SECOND
        frame.pts = self.encoded * FRAME_SAMPLES
        self.encoded += 1
        packets = self._codec.encode(frame)
        return bytes(packets[0]) if packets else OPUS_SILENCE


def _as_mono(codec: AudioCodecContext) -> AudioCodecContext:
    codec.format = _FORMAT
    codec.layout = _LAYOUT
    codec.sample_rate = SAMPLES_PER_SECOND
    return codec
