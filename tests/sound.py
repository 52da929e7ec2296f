"""An agent's ears and mouth: the audio websocket with tones and a spectrum."""

import threading
import time
from typing import Self

import av
import numpy
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from calls.media import wire

RATE = 48000
FRAME = 960  # samples in 20 ms


class Headset:
    """Sends a tone as a browser does, every 20 ms, and keeps what it hears."""

    def __init__(self, socket: ClientConnection, tone: float) -> None:
        self.close_code: int | None = None
        self._socket = socket
        self._stopped = threading.Event()
        self._heard: list[numpy.ndarray] = []
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
                packet = av.Packet(wire.unpack(message).payload)
                for sound in decoder.decode(packet):
                    self._heard.append(sound.to_ndarray().reshape(-1)[::2])
                    del self._heard[:-200]
        except ConnectionClosed:
            pass
        self.close_code = self._socket.close_code

    def hears(self, tone: float) -> bool:
        """Whether the last half second holds mainly this tone."""
        recent = self._heard[-25:]
        if len(recent) < 25:
            return False
        sound = numpy.concatenate(recent).astype(float)
        return abs(dominant_frequency(sound) - tone) < 25

    @property
    def is_closed(self) -> bool:
        return not self._threads[0].is_alive()

    def close(self) -> Self:
        self._stopped.set()
        self._socket.close()
        for thread in self._threads:
            thread.join(10)
        return self


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
