"""The one stream to WhatsApp, for every speaker and for playback."""

import asyncio
from collections import deque
from collections.abc import Callable

from calls.media.transport.passthrough import Passthrough
from calls.media.transport.rtp import MAX_BURST_FRAMES


class Uplink:
    """Sends the speaker's frames as they come, and by the clock what the node makes."""

    def __init__(self, sound: Passthrough) -> None:
        self.dropped = 0
        self.first_frame_out_at: float | None = None
        self._sound = sound
        self._loop = asyncio.get_running_loop()
        self._burst: deque[tuple[int, int, bytes]] = deque(maxlen=MAX_BURST_FRAMES)
        self._burst_timer: asyncio.Handle | None = None

    def speak(self, sequence: int, timestamp: int, payload: bytes) -> None:
        """Send one Opus packet of the speaker at once.

        Before the media is up it is dropped. After a pause the frames of a whole stall
        may come together; then the newest 300 ms of them are sent.
        """
        stream = self._sound.outgoing
        if stream is None:
            self.dropped += 1
        elif stream.is_silent or self._burst:
            self._collect((sequence, timestamp, payload))
        else:
            rtp = stream.frame(sequence, timestamp, payload, self._loop.time())
            if rtp is not None:
                self._sound.send(rtp)

    def tick(self, now: float, make: Callable[[], bytes]) -> None:
        """Send what is due while no frames come; `make` is asked for each 20 ms."""
        stream = self._sound.outgoing
        if stream is not None:
            for rtp in stream.fill(now, make):
                self._sound.send(rtp)

    def forget(self) -> None:
        """Expect another speaker, or none; what waits of the last one is not sent."""
        self._burst.clear()
        if self._burst_timer is not None:
            self._burst_timer.cancel()
            self._burst_timer = None
        if self._sound.outgoing is not None:
            self._sound.outgoing.forget()

    def _collect(self, frame: tuple[int, int, bytes]) -> None:
        if len(self._burst) == MAX_BURST_FRAMES:
            self.dropped += 1
        self._burst.append(frame)
        if self._burst_timer is None:
            self._burst_timer = self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._burst_timer = None
        stream = self._sound.outgoing
        now = self._loop.time()
        if self.first_frame_out_at is None:
            self.first_frame_out_at = now
        while self._burst and stream is not None:
            rtp = stream.frame(*self._burst.popleft(), now)
            if rtp is not None:
                self._sound.send(rtp)
