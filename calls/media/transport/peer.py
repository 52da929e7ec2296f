"""One WebRTC connection to WhatsApp: description in, description out, sound both ways.

Full ICE, no STUN or TURN server, one audio line. Nothing here fails by raising once
the descriptions are exchanged: what happens is told through `PeerEvents`.
"""

import asyncio
import enum
import logging
from functools import partial
from typing import Any, Protocol, cast

from aiortc import (
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpReceiver,
    RTCSessionDescription,
)

from calls.media.settings import MediaSettings
from calls.media.transport.ice import IceGuard
from calls.media.transport.media_lines import only_audio, with_declined
from calls.media.transport.passthrough import Passthrough, SilentTrack
from calls.media.transport.rtp import Packet
from calls.media.transport.sdp import Kind, RefusedSdp, gate, sanitise

logger = logging.getLogger(__name__)

SEARCHES = 4
SEARCH_PAUSE = 2.0
"""Attempts to find another way, and the seconds between them: the whole of the time
between `quiet_lost` and `quiet_end`."""


class PeerState(enum.Enum):
    """The state of the connection; it only moves down this list."""

    NEW = "new"
    HELD = "held"
    CONNECTING = "connecting"
    UP = "up"
    FAILED = "failed"
    CLOSED = "closed"


class PeerEvents(Protocol):
    """The events of a peer, reported synchronously on the loop."""

    def peer_up(self) -> None:
        """Called when audio may flow both ways."""

    def peer_failed(self, reason: str) -> None:
        """Called when the connection is lost for good; close it."""

    def peer_heard(self) -> None:
        """Called when an authentic RTP or RTCP packet came."""

    def peer_packet(self, packet: Packet) -> None:
        """Called when an Opus packet came."""


class Peer:
    """One connection, used for either `answer` or `offer`, and closed once."""

    def __init__(
        self, call_id: str, settings: MediaSettings, events: PeerEvents
    ) -> None:
        self.state = PeerState.NEW
        self._call_id = call_id
        self._settings = settings
        self._events = events
        self._timers: list[asyncio.TimerHandle] = []
        self._closing: asyncio.Task[None] | None = None
        self._search: asyncio.Task[None] | None = None
        # An empty list, because without one aiortc asks a public STUN server.
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        transceiver = self._connection.addTransceiver(SilentTrack())
        transceiver.setCodecPreferences(_opus())
        ice: Any = transceiver.receiver.transport.transport
        self._guard = IceGuard(ice._connection, settings.bind_addresses)
        self.sound = Passthrough(
            transceiver,
            self._guard,
            on_up=self._is_up,
            on_packet=events.peer_packet,
            on_heard=events.peer_heard,
        )
        self._connection.on("connectionstatechange", self._connection_changed)

    async def answer(self, offer: str) -> str:
        """Return our answer; ICE waits for `release_ice` or `ice_hold_limit`.

        Raises `RefusedSdp` for an offer that does not pass the gate.
        """
        safe = await self._apply(offer, "offer")
        await self._connection.setLocalDescription(
            await self._connection.createAnswer()
        )
        self._set_state(PeerState.HELD)
        self._after(self._settings.ice_hold_limit, self.release_ice)
        return with_declined(sanitise(self._connection.localDescription.sdp), safe)

    async def offer(self) -> str:
        """Return our offer, for `apply_answer` to complete."""
        await self._connection.setLocalDescription(await self._connection.createOffer())
        return sanitise(self._connection.localDescription.sdp)

    async def apply_answer(self, answer: str) -> None:
        """Take the far end's answer and connect at once; raises `RefusedSdp`."""
        await self._apply(answer, "answer")
        self._set_state(PeerState.HELD)
        self._connect_within(self._settings.ringing_media_deadline)

    def release_ice(self) -> None:
        """Begin to connect: the far end has our description. May be called again."""
        self._connect_within(self._settings.media_deadline)

    def find_another_way(self) -> None:
        """Look for another way to a far end that is not heard any more."""
        if self.state is PeerState.UP and self._search is None:
            self._search = asyncio.create_task(self._find_another_way())

    def end_search(self) -> None:
        """Stop looking: the far end is heard."""
        if self._search is not None:
            self._search.cancel()
            self._search = None

    async def _find_another_way(self) -> None:
        for _ in range(SEARCHES):
            if await self._guard.find_another_way():
                return
            await asyncio.sleep(SEARCH_PAUSE)

    def _connect_within(self, seconds: float) -> None:
        if self.state is PeerState.HELD:
            self._set_state(PeerState.CONNECTING)
            self._after(seconds, partial(self._deadline_passed, seconds))
            self._guard.release()

    async def close(self) -> None:
        """End the connection within `close_limit`; never raises; may be repeated."""
        if self._closing is None:
            self._set_state(PeerState.CLOSED)
            for timer in self._timers:
                timer.cancel()
            self.sound.close()
            self._guard.close()
            self.end_search()
            self._closing = asyncio.create_task(self._close_connection())
        await asyncio.shield(self._closing)

    async def _close_connection(self) -> None:
        try:
            await asyncio.wait_for(self._connection.close(), self._settings.close_limit)
        except Exception as error:
            logger.warning("Call %s: closing its media: %r", self._call_id, error)

    async def _apply(self, text: str, kind: Kind) -> str:
        """Have the engine take their audio; return all that passed the gate."""
        safe = gate(text, allowed=self._settings.allowed_networks, kind=kind)
        try:
            await self._connection.setRemoteDescription(
                RTCSessionDescription(sdp=only_audio(safe), type=kind)
            )
        except Exception as error:
            logger.info("Call %s: its %s was not taken: %r", self._call_id, kind, error)
            raise RefusedSdp("The media engine could not use the SDP.") from error
        return safe

    def _is_up(self) -> None:
        if self.state is PeerState.CONNECTING:
            self._set_state(PeerState.UP)
            for timer in self._timers:
                timer.cancel()
            self._events.peer_up()

    def _connection_changed(self) -> None:
        state = self._connection.connectionState
        if state == "failed":
            self._fail("The media connection could not be made or was lost.")
        elif state == "closed":
            self._fail("The far end closed the media connection.")

    def _deadline_passed(self, seconds: float) -> None:
        if self.state is PeerState.CONNECTING:
            self._fail(f"The media connection was not made within {seconds:g} seconds.")

    def _fail(self, reason: str) -> None:
        if self.state not in (PeerState.FAILED, PeerState.CLOSED):
            self._set_state(PeerState.FAILED)
            self._events.peer_failed(reason)

    def _set_state(self, state: PeerState) -> None:
        if state is not self.state:
            old, self.state = self.state, state
            logger.debug(
                "Call %s: media %s -> %s", self._call_id, old.value, state.value
            )

    def _after(self, seconds: float, act: Any) -> None:
        self._timers.append(asyncio.get_running_loop().call_later(seconds, act))


def _opus() -> list[Any]:
    capabilities = cast(Any, RTCRtpReceiver.getCapabilities("audio"))
    return [codec for codec in capabilities.codecs if codec.mimeType == "audio/opus"]
