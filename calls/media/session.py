"""One call's audio: the peer towards WhatsApp, and our participants."""

import asyncio
import logging
from collections.abc import Callable

from calls.media.counters import SessionCounters
from calls.media.events import Flow, ListenerPort, SessionEvents
from calls.media.mixing.layout import Layout
from calls.media.mixing.router import Router
from calls.media.mixing.two_way import FlowWatch
from calls.media.mixing.uplink import Uplink
from calls.media.pacer import Pacer
from calls.media.settings import MediaSettings
from calls.media.sounds.player import Sound
from calls.media.standstill import standstill
from calls.media.transport.inactivity import InactivityWatch
from calls.media.transport.peer import Peer
from calls.media.transport.rtp import SAMPLES_PER_SECOND, Packet

logger = logging.getLogger(__name__)

CALL_OVER = 1000
NODE_GOES_AWAY = 1001


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
        self._events = events
        self._pacer = pacer
        self._on_closed = on_closed
        self._loop = asyncio.get_running_loop()
        self._peer = Peer(call_id, settings, self)
        sound = self._peer.sound
        self._uplink = Uplink(sound)
        self._router = Router(self._uplink)
        self._quiet = InactivityWatch(settings, self)
        self._flow = FlowWatch(
            sound.incoming_counters, sound.outgoing_counters, self._flow_changed
        )
        self._has_failed = False
        self._media_up_at: float | None = None
        self._first_packet_in_at: float | None = None

    @property
    def is_up(self) -> bool:
        """Tell whether sound can flow to WhatsApp now."""
        return self._peer.sound.outgoing is not None

    @property
    def is_mixing(self) -> bool:
        """Tell whether sound is decoded here, which only more than two need."""
        return self._router.is_mixing

    @property
    def layout(self) -> Layout:
        """Return what `arrange` was told last."""
        return self._router.layout

    @property
    def participants(self) -> tuple[str, ...]:
        """Return the names of those who are attached."""
        return tuple(self._router.participants)

    @property
    def flow(self) -> Flow:
        """Return who is heard, as far as it is measured."""
        return self._flow.flow

    @property
    def counters(self) -> SessionCounters:
        """Return the numbers up to now; they stay readable after the close."""
        sound = self._peer.sound
        into, out = sound.incoming_counters, sound.outgoing_counters
        dropped = self._uplink.dropped + self._router.dropped
        return SessionCounters(
            media_up_at=self._media_up_at,
            first_packet_in_at=self._first_packet_in_at,
            first_frame_out_at=self._uplink.first_frame_out_at,
            two_way_at=self._flow.two_way_at,
            packets_in=into.packets,
            bytes_in=into.bytes,
            lost_in=into.lost,
            late_in=into.late,
            jitter_in=into.jitter / SAMPLES_PER_SECOND,
            not_audio_in=into.not_audio,
            refused_in=sound.refused,
            packets_out=out.packets,
            bytes_out=out.bytes,
            silences_out=out.silences,
            dropped_out=dropped + out.late + out.too_fast,
            late_out=out.late,
            too_fast_out=out.too_fast,
            quiet_seconds=self._quiet.quiet_seconds,
            one_way_seconds=self._flow.one_way_seconds,
        )

    # --- The connection ---

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

    async def close(self, reason: str, code: int = CALL_OVER) -> None:
        """End the audio and close every listener with `code`; never raises."""
        if self.close_reason is None:
            self.close_reason = reason
            logger.info("Call %s: media closed: %s", self.call_id, reason)
            self._pacer.remove(self)
            self._router.close(code)
            self._on_closed(self)
        await self._peer.close()

    # --- Our participants ---

    def arrange(self, layout: Layout) -> None:
        """Route audio as `layout` says, from now on and for those who come later.

        A playback that plays goes on if the new layout has an equal one.
        """
        if self.close_reason is None:
            self._router.arrange(layout)

    def announce(self, sound: Sound) -> bool:
        """Play `sound` to the customer over the playback; False if that is not on."""
        return self._router.announce(sound)

    def attach(self, listener: ListenerPort, participant: str) -> None:
        """Let `listener` be this participant; the one before it is closed with 4001."""
        if self.close_reason is not None:
            listener.close(CALL_OVER)
            return
        self._router.attach(listener, participant)
        self._events.listener_joined(self, participant)

    def detach(self, listener: ListenerPort) -> None:
        """Let `listener` go; nothing happens if it was replaced or dismissed before."""
        participant = self._router.participant_of(listener)
        if participant is not None:
            self._router.remove(participant, is_expected_back=True)
            self._events.listener_left(self, participant.name)

    def dismiss(self, participant: str, code: int) -> None:
        """Close the participant's listener with `code`; it counts as having left."""
        if (leaving := self._router.participants.get(participant)) is not None:
            self._router.remove(leaving, is_expected_back=False)
            leaving.listener.close(code)
            self._events.listener_left(self, participant)

    def speak(
        self, listener: ListenerPort, sequence: int, timestamp: int, payload: bytes
    ) -> None:
        """Send one Opus packet of an attached listener where the layout says, at once.

        From one that is not named there, or was replaced, it is dropped.
        """
        if standstill.is_shut:
            return
        direct = self._router.direct
        if direct is not None and direct.listener is listener:
            self._uplink.speak(sequence, timestamp, payload)
            if direct.overheard_by:
                packet = Packet(0, sequence, timestamp, payload)
                direct.pass_on(packet, self._router.now)
        else:
            self._router.speak(listener, sequence, timestamp, payload)

    # --- What the pacer and the peer tell ---

    def tick(self, now: float) -> None:
        """Make what is due and watch for what does not come; each 20 ms."""
        self._router.tick(now)
        self._flow.tick(now, self._router.direct)
        self._quiet.tick(now)

    def peer_up(self) -> None:
        """Begin with silence and with the watch; called by the peer."""
        self._media_up_at = self._loop.time()
        self._quiet.begin(self._media_up_at)
        self._pacer.add(self)
        self.tick(self._media_up_at)
        self._events.media_up(self)

    def peer_failed(self, reason: str) -> None:
        """Report a failure; called by the peer."""
        if not self._has_failed and self.close_reason is None:
            self._has_failed = True
            logger.info("Call %s: media failed: %s", self.call_id, reason)
            self._events.media_failed(self, reason)

    def peer_heard(self) -> None:
        """Note a sign of life; called by the peer for every packet."""
        self._quiet.heard = True

    def peer_packet(self, packet: Packet) -> None:
        """Hand one Opus packet to who hears the customer; called by the peer."""
        if standstill.is_shut:
            return
        if self._first_packet_in_at is None:
            self._first_packet_in_at = self._loop.time()
        self._router.customer_spoke(packet)

    def overhear(self, listen: Callable[[bytes], object] | None) -> None:
        """Give `listen` each Opus packet of the customer as well; None ends that."""
        if listen is None:
            self._peer.sound.on_packet = self.peer_packet
            return

        def both(packet: Packet) -> None:
            listen(packet.payload)
            self.peer_packet(packet)

        self._peer.sound.on_packet = both

    # --- What the watches tell ---

    def quiet(self, seconds: float) -> None:
        """Report that nothing has come from WhatsApp for a while."""
        self._events.media_quiet(self, seconds)

    def lost(self) -> None:
        """Report that nothing has come for long, and try the other addresses."""
        self._peer.find_another_way()
        self._events.media_lost(self)

    def gone(self, seconds: float) -> None:
        """Report a failure: nothing will come any more."""
        self.peer_failed(f"Nothing came from WhatsApp for {seconds:.0f} seconds.")

    def back(self) -> None:
        """Report that something has come again."""
        self._peer.end_search()
        self._events.media_back(self)

    def _flow_changed(self, flow: Flow) -> None:
        self._events.flow_changed(self, flow)
