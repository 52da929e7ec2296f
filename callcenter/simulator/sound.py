"""The audio of a scripted phone: Opus packets of 20 ms, encoded beforehand.

Encoding once per tone, and decoding only what is asked for, keeps a phone cheap
enough to place many calls beside a server under test.
"""

from __future__ import annotations

import cmath
import io
import math
import wave
from array import array
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

import av
from av.audio.codeccontext import AudioCodecContext

SPOKEN_RATE = 16_000
SPOKEN_SAMPLES = 320
HEARD_RATE = 48_000
TICKS = 960
PACKETS_PER_SECOND = 50
VOICE_FILE = Path(__file__).with_name("voice.ogg")
FULL_SCALE = 32768.0
Packets = tuple[bytes, ...]


def encode(samples: array[int]) -> list[bytes]:
    """Encode 16 kHz mono samples as Opus like WhatsApp's: wide-band, 20 kbit/s."""
    encoder = av.CodecContext.create("libopus", "w")
    assert isinstance(encoder, AudioCodecContext)
    encoder.sample_rate = SPOKEN_RATE
    encoder.format, encoder.layout = "s16", "mono"
    encoder.bit_rate = 20_000
    encoder.options = {"application": "voip", "frame_duration": "20"}
    packets: list[bytes] = []
    for start in range(0, len(samples) - SPOKEN_SAMPLES + 1, SPOKEN_SAMPLES):
        frame = av.AudioFrame(format="s16", layout="mono", samples=SPOKEN_SAMPLES)
        frame.sample_rate = SPOKEN_RATE
        frame.planes[0].update(samples[start : start + SPOKEN_SAMPLES].tobytes())
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    return packets


@lru_cache(maxsize=256)
def tone(frequency: int) -> Packets:
    """Encode one second of a tone at -12 dBFS, to be repeated without a seam.

    Whole hertz fit a second exactly, and the third second is taken, when the
    encoder's own state repeats too.
    """
    step = 2 * math.pi * frequency / SPOKEN_RATE
    samples = array("h", (round(8192 * math.sin(step * n)) for n in range(50_000)))
    return tuple(encode(samples)[100 : 100 + PACKETS_PER_SECOND])


@lru_cache(maxsize=1)
def silence() -> Packets:
    return tuple(encode(array("h", bytes(2 * SPOKEN_RATE)))[:PACKETS_PER_SECOND])


@lru_cache(maxsize=1)
def voice() -> Packets:
    """Encode the recorded caller, about twenty seconds."""
    samples = array("h")
    resampler = av.AudioResampler(format="s16", layout="mono", rate=SPOKEN_RATE)
    with av.open(str(VOICE_FILE)) as recording:
        for frame in recording.decode(audio=0):
            for part in resampler.resample(frame):
                samples.frombytes(bytes(part.planes[0])[: 2 * part.samples])
    return tuple(encode(samples))


def choose(words: str, frequency: int) -> Packets:
    """Return ``voice``, ``tone`` or ``silence`` as packets; else raise ValueError."""
    match words:
        case "tone":
            return tone(frequency)
        case "voice":
            return voice()
        case "silence":
            return silence()
    raise ValueError("a phone says voice, tone or silence")


def decode(packets: Iterable[tuple[int, bytes]]) -> array[int]:
    """Decode (RTP timestamp, Opus packet) pairs to 48 kHz mono, gaps as silence."""
    decoder = av.CodecContext.create("libopus", "r")
    assert isinstance(decoder, AudioCodecContext)
    decoder.sample_rate = HEARD_RATE
    decoder.format, decoder.layout = "s16", "mono"
    samples = array("h")
    expected: int | None = None
    for timestamp, payload in packets:
        ahead = 0 if expected is None else (timestamp - expected) & 0xFFFFFFFF
        if ahead >= 1 << 31:
            continue
        samples.frombytes(bytes(2 * min(ahead, HEARD_RATE)))
        decoded = decode_one(decoder, payload)
        samples.extend(decoded)
        expected = (timestamp + len(decoded)) & 0xFFFFFFFF
    return samples


def decode_one(decoder: AudioCodecContext, payload: bytes) -> array[int]:
    """Decode one packet; one that is not Opus is heard as 20 ms of nothing."""
    samples = array("h")
    try:
        for frame in decoder.decode(av.Packet(payload)):
            samples.frombytes(bytes(frame.planes[0])[: 2 * frame.samples])
    except av.FFmpegError:
        samples.frombytes(bytes(2 * TICKS))
    return samples


def loudness(samples: Sequence[int]) -> float:
    """Return the root mean square, 1.0 at full scale; a full-scale sine has 0.71."""
    if not samples:
        return 0.0
    return math.sqrt(sum(s * s for s in samples) / len(samples)) / FULL_SCALE


def level(samples: Sequence[int], frequency: float) -> float:
    """Measure one frequency (Goertzel) at 48 kHz, in the unit of loudness()."""
    if not samples:
        return 0.0
    turn = 2 * math.cos(2 * math.pi * frequency / HEARD_RATE)
    before = last = 0.0
    for sample in samples:
        before, last = last, sample + turn * last - before
    power = before * before + last * last - turn * before * last
    return math.sqrt(max(power, 0.0) * 2) / len(samples) / FULL_SCALE


def dominant_frequency(samples: Sequence[int]) -> float:
    """Find the strongest frequency in hertz of at most the last half second, or 0.

    The peak of a 16 kHz spectrum of 8192 points or fewer, refined by a parabola:
    good to about one hertz for a steady tone.
    """
    slow = [sum(samples[n : n + 3]) / 3 for n in range(0, len(samples) - 2, 3)]
    size = min(8192, 1 << (len(slow).bit_length() - 1)) if slow else 0
    if size < 256 or loudness(samples[-size * 3 :]) < 1e-4:
        return 0.0
    window = 2 * math.pi / size
    recent = enumerate(slow[-size:])
    points = [complex(s * (1 - math.cos(window * n))) for n, s in recent]
    sizes = [abs(value) for value in spectrum(points)[: size // 2]]
    peak = max(range(2, size // 2 - 1), key=sizes.__getitem__)
    left, middle, right = sizes[peak - 1 : peak + 2]
    bend = left - 2 * middle + right
    shift = 0.5 * (left - right) / bend if bend else 0.0
    return (peak + shift) * SPOKEN_RATE / size


def spectrum(points: list[complex]) -> list[complex]:
    """Return the Fourier transform; the number of points is a power of two."""
    size = len(points)
    if size == 1:
        return points
    even, odd = spectrum(points[::2]), spectrum(points[1::2])
    turned = [cmath.rect(1, -2 * math.pi * n / size) * odd[n] for n in range(size // 2)]
    return [e + t for e, t in zip(even, turned, strict=True)] + [
        e - t for e, t in zip(even, turned, strict=True)
    ]


def as_wav(samples: array[int]) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(HEARD_RATE)
        file.writeframes(samples.tobytes())
    return buffer.getvalue()
