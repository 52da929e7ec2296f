"""Opus packets for the calls in which sound is decoded, encoded beforehand."""

import av
import numpy as np

RATE = 48000
FRAME = 960


def encode(sounds: list[np.ndarray], bit_rate: int) -> list[bytes]:
    """Return one packet for each 20 ms of samples."""
    encoder = av.CodecContext.create("libopus", "w")
    encoder.format, encoder.layout, encoder.sample_rate = "s16", "mono", RATE
    encoder.bit_rate = bit_rate
    packets = []
    for number, sound in enumerate(sounds):
        frame = av.AudioFrame.from_ndarray(
            sound.reshape(1, -1), format="s16", layout="mono"
        )
        frame.sample_rate, frame.pts = RATE, number * FRAME
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    return packets


def voice(seconds: int = 4) -> list[bytes]:
    """Return something that costs a codec what speech does: vowels, breath, pauses."""
    at = np.arange(seconds * RATE) / RATE
    melody = 2 * np.pi * np.cumsum(130 + 25 * np.sin(2 * np.pi * 0.7 * at)) / RATE
    vowels = sum(np.sin(melody * partial) / partial for partial in range(1, 20))
    breath = np.random.default_rng(3).normal(0, 0.15, len(at))
    syllables = np.maximum(0, np.sin(2 * np.pi * 2.5 * at)) ** 0.5
    sound = 5000 * syllables * (vowels + breath)
    return encode(list(sound.astype(np.int16).reshape(-1, FRAME)), 24000)
