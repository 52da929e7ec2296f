"""Opus to PCM and back, for a listener that cannot do it itself.

It costs a hundred times what passing a packet on does, so it has a thread of its own:
the event loop of a process that carries sound never transcodes for a listener.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

from calls.media.socket.wire import STREAM_MASK
from calls.media.sounds.opus import OpusDecoder, OpusEncoder
from calls.media.transport.rtp import FRAME_SAMPLES, Packet

logger = logging.getLogger(__name__)

MAX_PENDING = 50
"""Packets of one listener that wait for the thread, both ways: half a second."""

_MAX_GAP = 100

Take = Callable[[list[Packet]], None]

# One thread: packets stay in their order, and one core is the most that this takes.
_thread = ThreadPoolExecutor(1, thread_name_prefix="pcm")


class Transcoding(Protocol):
    """Makes PCM of Opus packets and back, now or a little later."""

    dropped: int

    def decode(self, packet: Packet, take: Take) -> None:
        """Give `take` the frames of PCM that `packet` holds, numbered anew."""

    def encode(self, packet: Packet, take: Take) -> None:
        """Give `take` the packet with its 960 samples encoded."""


class AsItIs:
    """For a listener that hears itself alone: what it sent is what it takes."""

    dropped = 0

    def decode(self, packet: Packet, take: Take) -> None:
        take([packet])

    def encode(self, packet: Packet, take: Take) -> None:
        take([packet])


class InThread:
    """Transcodes in the one thread for it, and hands over on the loop that made this.

    What comes while MAX_PENDING packets wait is dropped and counted.
    """

    def __init__(self) -> None:
        self.dropped = 0
        self._transcoder = PcmTranscoder()
        self._loop = asyncio.get_running_loop()
        self._pending = 0

    def decode(self, packet: Packet, take: Take) -> None:
        self._start(self._transcoder.decode, packet, take)

    def encode(self, packet: Packet, take: Take) -> None:
        self._start(self._encoded, packet, take)

    def _encoded(self, packet: Packet) -> list[Packet]:
        return [packet._replace(payload=self._transcoder.encode(packet.payload))]

    def _start(
        self, work: Callable[[Packet], list[Packet]], packet: Packet, take: Take
    ) -> None:
        if self._pending >= MAX_PENDING:
            self.dropped += 1
            return
        self._pending += 1

        def done(future: Future[list[Packet]]) -> None:
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._finish, future, take)

        _thread.submit(work, packet).add_done_callback(done)

    def _finish(self, future: Future[list[Packet]], take: Take) -> None:
        self._pending -= 1
        if error := future.exception():
            logger.error("PCM of a listener", exc_info=error)
        else:
            take(future.result())


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
                packet.flags if number == 0 else packet.flags & STREAM_MASK,
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
