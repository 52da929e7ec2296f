"""The audio websocket of one listener: docs/audio-websocket.md.

A bare ASGI application, because a consumer with a task for each message costs more than
the sound does. It runs between `websocket.accept`, which it sends, and the close.
"""

import asyncio
import enum
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from calls.media.events import ListenerPort
from calls.media.socket import wire
from calls.media.socket.eager import Rest, begin
from calls.media.socket.fast_path import FastPath, close_behind, find_fast_path
from calls.media.socket.pcm import AsItIs, InThread, Transcoding
from calls.media.socket.wire import STREAM_MASK
from calls.media.transport.rtp import FRAME_SECONDS, SAMPLES_PER_SECOND, Packet

logger = logging.getLogger(__name__)

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

MAX_WAITING_SAMPLES = int(0.400 * SAMPLES_PER_SECOND)
MAX_STUCK_SECONDS = 10.0
MAX_BAD_FRAMES = 100
CLOSE_SECONDS = 2.0
# A stalled network hands over seconds of sound at once; that much is honest.
MAX_SPEED = 2.0
BURST_SECONDS = 10.0

GOING_AWAY = 1001
POLICY = 1008
TOO_BIG = 1009


class Dropped:
    """Counts the frames of all listeners of this process that found no room."""

    frames = 0


class Codec(enum.Enum):
    """The codec that a listener receives and sends."""

    OPUS = "opus"
    PCM16 = "pcm16"


class CallAudio(Protocol):
    """The session, as a listener sees it."""

    def attach(self, listener: ListenerPort, participant: str) -> None:
        """Begin to deliver to `listener`, which stands for `participant`."""

    def detach(self, listener: ListenerPort) -> None:
        """Deliver no longer."""

    def speak(
        self, listener: ListenerPort, sequence: int, timestamp: int, payload: bytes
    ) -> None:
        """Take one Opus packet."""


class Listener:
    """One websocket, served once; the session must outlive the call of `serve`."""

    def __init__(
        self,
        session: CallAudio,
        participant: str,
        codec: Codec = Codec.OPUS,
        *,
        transcodes: bool = True,
        takes_streams: bool = False,
    ) -> None:
        """Set up; `transcodes`: whether the session speaks Opus in any case.

        `takes_streams`: whether it tells several streams apart; others get the first.
        """
        self.bad_frames = 0
        self.dropped = 0
        self._session = session
        self._participant = participant
        self._transcoding: Transcoding | None = None
        self._further: dict[int, Transcoding] = {}  # of the streams after the first
        self._takes_streams = takes_streams
        self._speaks = {wire.OPUS}
        if codec is Codec.PCM16:
            self._transcoding = InThread() if transcodes else AsItIs()
            self._speaks = {wire.OPUS, wire.PCM} if transcodes else {wire.PCM}
        self._loop = asyncio.get_running_loop()
        self._send: Send | None = None
        self._fast_path: FastPath | None = None
        self._ended: asyncio.Future[int] = self._loop.create_future()
        self._waiting: deque[tuple[bytes, int]] = deque()
        self._pump: asyncio.Task[None] | None = None
        self._stuck_since: float | None = None
        self._allowed_at = 0.0

    async def serve(self, receive: Receive, send: Send) -> None:
        """Accept the websocket and carry sound until one side closes it.

        Who cancels this closes it, and knows the code.
        """
        await send({"type": "websocket.accept"})
        self._send, self._fast_path = send, find_fast_path(send)
        if self._fast_path is not None:
            self._fast_path.open(self.hear)
        reader = asyncio.create_task(self._read(receive))
        self._session.attach(self, self._participant)
        try:
            ends: set[asyncio.Future[Any]] = {reader, self._ended}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._send = None
            if self._fast_path is not None:
                self._fast_path.close()
            self._session.detach(self)
            is_gone = reader.done()
            await _end(reader, self._pump)
            if self._ended.done() and not is_gone:
                await self._say_goodbye(send, self._ended.result())

    def close(self, code: int) -> None:
        """Close the websocket with `code`; the first code counts."""
        if not self._ended.done():
            self._ended.set_result(code)

    def deliver(self, packet: Packet) -> None:
        """Send one packet now, or keep it while the socket is full."""
        stream = packet.flags & STREAM_MASK
        if stream and not self._takes_streams:
            return
        if self._transcoding is None:
            self._deliver(wire.OPUS, packet)
        elif stream:  # a decoder keeps the state of one stream
            if stream not in self._further:
                self._further[stream] = InThread()
            self._further[stream].decode(packet, self._deliver_pcm)
        else:
            self._transcoding.decode(packet, self._deliver_pcm)

    def _deliver_pcm(self, frames: list[Packet]) -> None:
        for frame in frames:
            self._deliver(wire.PCM, frame)

    def _deliver(self, kind: int, packet: Packet) -> None:
        if self._send is None:
            return
        frame = wire.pack(kind, *packet)
        if self._fast_path is not None:
            self._send_fast(self._fast_path, frame, packet.timestamp)
        elif self._pump is not None:
            self._keep(frame, packet.timestamp)
        else:
            self._send_now(frame)

    def _send_fast(self, path: FastPath, frame: bytes, timestamp: int) -> None:
        """Send what waits and then this; the next packet tries again what is left."""
        waiting = self._waiting
        try:
            while waiting and path.write(waiting[0][0]):
                waiting.popleft()
            if not waiting and path.write(frame):
                self._stuck_since = None
                return
        except OSError:
            self.close(GOING_AWAY)
            return
        self._keep(frame, timestamp)
        now = self._loop.time()
        self._stuck_since = self._stuck_since or now
        if now - self._stuck_since > MAX_STUCK_SECONDS:
            self.close(GOING_AWAY)

    async def _read(self, receive: Receive) -> None:
        """Take messages until the listener is gone."""
        while True:
            message = await receive()
            if message["type"] == "websocket.receive":
                self.hear(message.get("bytes"))
            elif message["type"] == "websocket.disconnect":
                return

    def hear(self, data: bytes | None) -> None:
        """Take one binary message from the listener; None stands for a text."""
        if data is None:
            self.close(POLICY)
        elif len(data) > wire.MAX_MESSAGE_BYTES:
            self.close(TOO_BIG)
        elif not self._is_allowed():
            self._count_bad()
        else:
            self._speak(data)

    def _speak(self, data: bytes) -> None:
        try:
            kind, _, sequence, timestamp, payload = wire.unpack(data)
        except wire.BadFrame:
            self._count_bad()
            return
        if kind not in self._speaks:
            self._count_bad()
        elif kind == wire.PCM and self._transcoding is not None:
            packet = Packet(0, sequence, timestamp, payload)
            self._transcoding.encode(packet, self._speak_pcm)
        else:
            self._session.speak(self, sequence, timestamp, payload)

    def _speak_pcm(self, packets: list[Packet]) -> None:
        if self._send is not None:  # else it left meanwhile
            for _, sequence, timestamp, payload in packets:
                self._session.speak(self, sequence, timestamp, payload)

    def _is_allowed(self) -> bool:
        now = self._loop.time()
        allowed_at = max(self._allowed_at, now - BURST_SECONDS)
        if allowed_at > now:
            return False
        self._allowed_at = allowed_at + FRAME_SECONDS / MAX_SPEED
        return True

    def _count_bad(self) -> None:
        self.bad_frames += 1
        if self.bad_frames >= MAX_BAD_FRAMES:
            self.close(POLICY)

    def _send_now(self, frame: bytes) -> None:
        """Send without a task; only a socket that is full gets one."""
        assert self._send is not None
        try:
            rest = begin(self._send({"type": "websocket.send", "bytes": frame}))
        except Exception as error:
            logger.debug("An audio socket is gone: %r", error)
            self.close(GOING_AWAY)
        else:
            if rest is not None:
                self._pump = asyncio.create_task(self._drain(rest))

    async def _drain(self, rest: Rest) -> None:
        """Wait until the socket takes frames again, then send what was kept."""
        try:
            async with asyncio.timeout(MAX_STUCK_SECONDS):
                await rest
                while self._waiting and self._send is not None:
                    frame, _ = self._waiting.popleft()
                    await self._send({"type": "websocket.send", "bytes": frame})
        except Exception as error:
            logger.debug("An audio socket takes nothing: %r", error)
            self.close(GOING_AWAY)
        finally:
            self._pump = None

    def _keep(self, frame: bytes, timestamp: int) -> None:
        """Keep a frame for later; each stream counts its time by a clock of its own."""
        waiting = self._waiting
        same = [kept for kept in waiting if not (kept[0][1] ^ frame[1]) & STREAM_MASK]
        for kept in same:
            if (timestamp - kept[1]) & 0xFFFFFFFF <= MAX_WAITING_SAMPLES:
                break
            waiting.remove(kept)
            self.dropped += 1
            Dropped.frames += 1
        waiting.append((frame, timestamp))

    async def _say_goodbye(self, send: Send, code: int) -> None:
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                if not close_behind(send, code):
                    await send({"type": "websocket.close", "code": code})
        except Exception as error:
            logger.debug("An audio socket was closed already: %r", error)


async def _end(*tasks: asyncio.Task[None] | None) -> None:
    running = [task for task in tasks if task is not None]
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
