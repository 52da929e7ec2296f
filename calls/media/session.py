"""One call's sound: the peer towards WhatsApp, and the listener who talks with it."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from calls.media.pacer import Pacer
from calls.media.peer import Peer
from calls.media.rtp import MAX_BURST_FRAMES, Packet
from calls.media.settings import MediaSettings

logger = logging.getLogger(__name__)

CALL_OVER = 1000
NODE_GOES_AWAY = 1001
TAKEN_OVER = 4001


class SessionEvents(Protocol):
    """What a session reports, synchronously and on the loop; none of it may block."""

    def media_up(self, session: "Session") -> None:
        """ICE and DTLS are done; silence flows to WhatsApp from now on."""

    def media_quiet(self, session: "Session", seconds: float) -> None:
        """Nothing has come from WhatsApp for so long; nothing is lost yet."""

    def media_back(self, session: "Session") -> None:
        """Something came again after `media_quiet` or `media_lost`."""

    def media_lost(self, session: "Session") -> None:
        """Nothing has come for `quiet_lost` seconds; it may still return."""

    def media_failed(self, session: "Session", reason: str) -> None:
        """The sound will not come up or back, told once; the call should end."""

    def listener_joined(self, session: "Session") -> None:
        """A listener is attached; if it replaced one, only this is reported."""

    def listener_left(self, session: "Session") -> None:
        """The listener is gone and nobody has taken its place."""


class ListenerPort(Protocol):
    """What a session needs of a listener."""

    def deliver(self, packet: Packet) -> None:
        """Take one Opus packet from WhatsApp; must not wait or raise."""

    def close(self, code: int) -> None:
        """Close the socket with `code`; may be called again."""


@dataclass(frozen=True, slots=True)
class SessionCounters:
    """A call's sound in numbers; instants are monotonic loop seconds."""

    media_up_at: float | None
    first_packet_in_at: float | None
    first_frame_out_at: float | None
    packets_in: int
    bytes_in: int
    lost_in: int
    not_audio_in: int
    refused_in: int
    packets_out: int
    bytes_out: int
    silences_out: int
    dropped_out: int
    quiet_seconds: float


class Session:
    """The sound of one call on this node; made by `Hub.open`, closed once."""

    def __init__(
        self,
        call_id: str,
        settings: MediaSettings,
        events: SessionEvents,
        pacer: Pacer,
        on_closed: Callable[["Session"], None],
    ) -> None:
        self.call_id = call_id
        self.close_reason: str | None = None
        self._settings = settings
        self._events = events
        self._pacer = pacer
        self._on_closed = on_closed
        self._loop = asyncio.get_running_loop()
        self._peer = Peer(call_id, settings, self)
        self._listener: ListenerPort | None = None
        self._burst: deque[tuple[int, int, bytes]] = deque(maxlen=MAX_BURST_FRAMES)
        self._burst_timer: asyncio.Handle | None = None
        self._has_failed = False
        self._heard = False
        self._heard_at = 0.0
        self._quiet_steps = 0
        self._quiet_seconds = 0.0
        self._media_up_at: float | None = None
        self._first_packet_in_at: float | None = None
        self._first_frame_out_at: float | None = None
        self._dropped = 0

    @property
    def is_up(self) -> bool:
        """Tell whether sound can flow to WhatsApp now."""
        return self._peer.sound.outgoing is not None

    @property
    def listener(self) -> ListenerPort | None:
        """The listener attached now."""
        return self._listener

    @property
    def counters(self) -> SessionCounters:
        """The numbers up to now; they stay readable after the close."""
        sound = self._peer.sound
        into, out = sound.incoming_counters, sound.outgoing_counters
        return SessionCounters(
            media_up_at=self._media_up_at,
            first_packet_in_at=self._first_packet_in_at,
            first_frame_out_at=self._first_frame_out_at,
            packets_in=into.packets,
            bytes_in=into.bytes,
            lost_in=max(0, into.lost - into.late),
            not_audio_in=into.not_audio,
            refused_in=sound.refused,
            packets_out=out.packets,
            bytes_out=out.bytes,
            silences_out=out.silences,
            dropped_out=self._dropped + out.late + out.too_fast,
            quiet_seconds=self._quiet_seconds,
        )

    async def answer(self, offer_sdp: str) -> str:
        """Return our answer to WhatsApp's offer; raises `RefusedSdp`.

        The connection is made after `release_ice`, or `ice_hold_limit` later.
        """
        return await self._peer.answer(offer_sdp)

    async def offer(self) -> str:
        """Return our offer for an outbound call."""
        return await self._peer.offer()

    async def apply_answer(self, sdp: str) -> None:
        """Take WhatsApp's answer to our offer; raises `RefusedSdp`."""
        await self._peer.apply_answer(sdp)

    def release_ice(self) -> None:
        """Make the connection now: WhatsApp has our answer."""
        self._peer.release_ice()

    def attach(self, listener: ListenerPort) -> None:
        """Let `listener` hear and speak; the one before it is closed with 4001."""
        if self.close_reason is not None:
            listener.close(CALL_OVER)
            return
        replaced, self._listener = self._listener, listener
        self._forget_speaker()
        if replaced is not None and replaced is not listener:
            replaced.close(TAKEN_OVER)
        self._events.listener_joined(self)

    def detach(self, listener: ListenerPort) -> None:
        """Let `listener` go; nothing happens if it was replaced before."""
        if listener is self._listener:
            self._listener = None
            self._forget_speaker()
            if self.close_reason is None:
                self._events.listener_left(self)

    def speak(
        self, listener: ListenerPort, sequence: int, timestamp: int, payload: bytes
    ) -> None:
        """Send one Opus packet of the attached listener to WhatsApp, at once.

        Before the media is up, and from a listener that was replaced, it is dropped.
        After a pause the frames of a whole stall may come together; then the newest
        300 ms of them are sent.
        """
        stream = self._peer.sound.outgoing
        if stream is None or listener is not self._listener:
            self._dropped += 1
        elif stream.is_silent or self._burst:
            self._collect((sequence, timestamp, payload))
        else:
            rtp = stream.frame(sequence, timestamp, payload, self._loop.time())
            if rtp is not None:
                self._peer.sound.send(rtp)

    async def close(self, reason: str, code: int = CALL_OVER) -> None:
        """End the sound for good and close the listener with `code`; never raises."""
        if self.close_reason is None:
            self.close_reason = reason
            logger.info("Call %s: media closed: %s", self.call_id, reason)
            self._pacer.remove(self)
            self._forget_speaker()
            if self._listener is not None:
                self._listener.close(code)
            self._on_closed(self)
        await self._peer.close()

    def tick(self, now: float) -> None:
        """Send the silence that is due and watch for WhatsApp's; each 20 ms."""
        stream = self._peer.sound.outgoing
        if stream is not None:
            for rtp in stream.silence(now):
                self._peer.sound.send(rtp)
        if self._heard:
            self._note_heard(now)
        elif now - self._heard_at >= self._settings.quiet_warning:
            self._note_quiet(now - self._heard_at)

    def peer_up(self) -> None:
        """Begin with silence and with the watch; called by the peer."""
        self._media_up_at = self._heard_at = self._loop.time()
        self._pacer.add(self)
        self.tick(self._heard_at)
        self._events.media_up(self)

    def peer_failed(self, reason: str) -> None:
        """Report a failure; called by the peer."""
        if not self._has_failed and self.close_reason is None:
            self._has_failed = True
            logger.info("Call %s: media failed: %s", self.call_id, reason)
            self._events.media_failed(self, reason)

    def peer_heard(self) -> None:
        """Note a sign of life; called by the peer for every packet."""
        self._heard = True

    def peer_packet(self, packet: Packet) -> None:
        """Hand one Opus packet to the listener; called by the peer."""
        if self._first_packet_in_at is None:
            self._first_packet_in_at = self._loop.time()
        if self._listener is not None:
            self._listener.deliver(packet)

    def _collect(self, frame: tuple[int, int, bytes]) -> None:
        if len(self._burst) == MAX_BURST_FRAMES:
            self._dropped += 1
        self._burst.append(frame)
        if self._burst_timer is None:
            self._burst_timer = self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._burst_timer = None
        stream = self._peer.sound.outgoing
        now = self._loop.time()
        if self._first_frame_out_at is None:
            self._first_frame_out_at = now
        while self._burst and stream is not None:
            rtp = stream.frame(*self._burst.popleft(), now)
            if rtp is not None:
                self._peer.sound.send(rtp)

    def _forget_speaker(self) -> None:
        self._burst.clear()
        if self._burst_timer is not None:
            self._burst_timer.cancel()
            self._burst_timer = None
        if self._peer.sound.outgoing is not None:
            self._peer.sound.outgoing.forget()

    def _note_heard(self, now: float) -> None:
        self._heard = False
        quiet_for, self._heard_at = now - self._heard_at, now
        if self._quiet_steps:
            self._quiet_steps = 0
            self._quiet_seconds += quiet_for
            self._events.media_back(self)

    def _note_quiet(self, seconds: float) -> None:
        settings = self._settings
        if self._quiet_steps == 0:
            self._quiet_steps = 1
            self._events.media_quiet(self, seconds)
        elif self._quiet_steps == 1 and seconds >= settings.quiet_lost:
            self._quiet_steps = 2
            self._events.media_lost(self)
        elif self._quiet_steps == 2 and seconds >= settings.quiet_end:
            self._quiet_steps = 3
            self._quiet_seconds += seconds
            self.peer_failed(f"Nothing came from WhatsApp for {seconds:.0f} seconds.")
