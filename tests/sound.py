"""An agent's ears and mouth: the audio websocket with tones and a spectrum."""

import io
import socket
import threading
import time
import wave
from collections import Counter, deque
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Self

import av
import numpy
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from calls.media.socket import wire
from calls.media.sounds.player import Sound

RATE = 48000
FRAME = 960  # samples in 20 ms
PIECE = 3200  # samples at 8 kHz: 0.4 s of a prompt
WINDOW = 0.6  # seconds: what was heard just now
KEPT = 500  # frames
# Of full scale: a voice of one tone is far above this, what leaks from others below.
AUDIBLE = 0.02
SILENCE = 0.003


class Headset:
    """Sends a tone as a browser does, every 20 ms, and keeps what it hears."""

    def __init__(self, socket: ClientConnection, tone: float) -> None:
        self.close_code: int | None = None
        self._socket = socket
        self._stopped = threading.Event()
        self._heard: deque[tuple[float, numpy.ndarray]] = deque(maxlen=KEPT)
        self.numbers: Counter[int] = Counter()  # of the frames that came
        self._packets = _tone_packets(tone)
        self._threads = [
            threading.Thread(target=self._listen, daemon=True),
            threading.Thread(target=self._speak, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def _speak(self) -> None:
        started = time.monotonic()
        for number in range(10**6):
            payload = self._packets[number % len(self._packets)]
            stamp = (number * FRAME) & 0xFFFFFFFF
            frame = wire.pack(wire.OPUS, 0, number & 0xFFFF, stamp, payload)
            pause = started + number * 0.02 - time.monotonic()
            if self._stopped.wait(max(0.0, pause)):
                return
            try:
                self._socket.send(frame)
            except ConnectionClosed:
                return

    def _listen(self) -> None:
        decoder = av.CodecContext.create("libopus", "r")
        try:
            for message in self._socket:
                assert isinstance(message, bytes)
                frame = wire.unpack(message)
                self.numbers[frame.sequence] += 1
                for sound in decoder.decode(av.Packet(frame.payload)):
                    self._heard.append((time.monotonic(), _one_ear(sound)))
        except ConnectionClosed:
            pass
        self.close_code = self._socket.close_code

    def hears(self, tone: float) -> bool:
        """Whether the last half second holds mainly this tone."""
        recent = list(self._heard)[-25:]
        if len(recent) < 25:
            return False
        sound = numpy.concatenate([samples for _, samples in recent])
        return abs(dominant_frequency(sound) - tone) < 25

    def tones(self, of: Iterable[float]) -> set[float]:
        """Which of these are heard now; none where nothing comes."""
        since = time.monotonic() - WINDOW
        recent = [samples for at, samples in list(self._heard) if at > since]
        if len(recent) < 10:
            return set()
        sound = numpy.concatenate(recent)
        return {tone for tone in of if level_of(sound, tone) > AUDIBLE}

    def first_sound(self, since: float) -> float | None:
        """Seconds from this instant (time.monotonic) to the first audible frame."""
        for at, samples in list(self._heard):
            if at >= since and numpy.abs(samples).max() > AUDIBLE:
                return at - since
        return None

    @property
    def is_closed(self) -> bool:
        return not self._threads[0].is_alive()

    def stop_speaking(self) -> None:
        """The microphone is dead; the ears are not."""
        self._stopped.set()

    def cut(self) -> Self:
        """The network is gone: no good-bye reaches the node."""
        self._stopped.set()
        cut(self._socket)
        return self

    def close(self) -> Self:
        self._stopped.set()
        self._socket.close()
        for thread in self._threads:
            thread.join(10)
        return self


def cut(connection: ClientConnection) -> None:
    """End the connection below the websocket, as a lost network or a crash does."""
    with suppress(OSError):
        connection.socket.shutdown(socket.SHUT_RDWR)


def level_of(sound: numpy.ndarray, tone: float) -> float:
    """How loud one tone is, as the peak of a sine; 1.0 at full scale."""
    turns = numpy.exp(-2j * numpy.pi * tone * numpy.arange(len(sound)) / RATE)
    window = numpy.hanning(len(sound))
    return float(abs((sound * window * turns).sum()) * 2 / window.sum())


def samples_of(wav: bytes) -> numpy.ndarray:
    """What a phone heard, 1.0 at full scale."""
    with wave.open(io.BytesIO(wav)) as file:
        assert (file.getframerate(), file.getnchannels()) == (RATE, 1)
        frames = file.readframes(file.getnframes())
    return numpy.frombuffer(frames, dtype="<i2").astype(float) / 32768


def longest_silence(sound: numpy.ndarray) -> float:
    """Seconds, after the first sound."""
    longest = silent = 0
    blocks = sound[: len(sound) // FRAME * FRAME].reshape(-1, FRAME)
    loud = numpy.abs(blocks).max(axis=1) > SILENCE
    for is_loud in loud[int(loud.argmax()) :]:
        silent = 0 if is_loud else silent + 1
        longest = max(longest, silent)
    return longest * FRAME / RATE


def holds_prompt(sound: numpy.ndarray, prompt: Path) -> bool:
    """Whether this very prompt was played: most of what is its own is found.

    By pieces, for a crowded machine may leave a hole in a prompt, and shift the rest.
    """
    own, heard = _own_pieces(prompt), _slower(sound)
    return sum(_is_in(piece, heard) for piece in own) > len(own) / 2


@cache
def _own_pieces(prompt: Path) -> list[numpy.ndarray]:
    """What no other prompt says; they share words."""
    said = _samples(prompt)
    pieces = [said[at : at + PIECE] for at in range(0, len(said) - PIECE + 1, PIECE)]
    loud = [piece for piece in pieces if numpy.abs(piece).max() > AUDIBLE]
    others = [_samples(path) for path in prompt.parent.iterdir() if path != prompt]
    return [p for p in loud if not any(_is_in(p, other) for other in others)]


def _is_in(piece: numpy.ndarray, heard: numpy.ndarray) -> bool:
    if len(heard) < len(piece):
        return False
    size = 1 << (len(heard) + len(piece)).bit_length()
    both = numpy.fft.rfft(heard, size) * numpy.fft.rfft(piece, size).conj()
    places = numpy.fft.irfft(both, size)[: len(heard) - len(piece) + 1]
    sums = numpy.concatenate([[0.0], numpy.cumsum(heard**2)])
    energy = numpy.sqrt(numpy.maximum(sums[len(piece) :] - sums[: -len(piece)], 0))
    length = numpy.linalg.norm(piece)
    # Silence would be like anything.
    likeness = places / (numpy.maximum(energy, length / 10) * length)
    return bool(likeness.max() > 0.8)


@cache
def _samples(prompt: Path) -> numpy.ndarray:
    return _slower(_decoded(Sound.load(prompt)))


def _slower(sound: numpy.ndarray) -> numpy.ndarray:
    """At 8 kHz, which is enough to compare."""
    return sound[: len(sound) // 6 * 6].reshape(-1, 6).mean(axis=1)


def _decoded(sound: Sound) -> numpy.ndarray:
    decoder = av.CodecContext.create("libopus", "r")
    frames = [frame for p in sound.packets for frame in decoder.decode(av.Packet(p))]
    return numpy.concatenate([_one_ear(frame) for frame in frames])


def _one_ear(frame: av.AudioFrame) -> numpy.ndarray:
    """The left side of what the decoder makes, 1.0 at full scale."""
    return frame.to_ndarray().reshape(-1)[::2].astype(float) / 32768


def dominant_frequency(sound: numpy.ndarray) -> float:
    """The loudest frequency in Hz; 0 for silence."""
    if numpy.abs(sound).max() < 1e-3:
        return 0.0
    spectrum = numpy.abs(numpy.fft.rfft(sound * numpy.hanning(len(sound))))
    return float(spectrum.argmax() * RATE / len(sound))


def _tone_packets(tone: float) -> list[bytes]:
    """One second of a tone as Opus packets of 20 ms."""
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate = RATE
    encoder.layout = "mono"
    encoder.format = "s16"
    encoder.open()
    wave = numpy.sin(2 * numpy.pi * tone * numpy.arange(RATE) / RATE)
    samples = (wave * 12000).astype(numpy.int16)
    packets: list[bytes] = []
    for start in range(0, RATE, FRAME):
        part = samples[start : start + FRAME].reshape(1, -1)
        sound = av.AudioFrame.from_ndarray(part, format="s16", layout="mono")
        sound.sample_rate, sound.pts = RATE, start
        packets += [bytes(packet) for packet in encoder.encode(sound)]
    return packets
