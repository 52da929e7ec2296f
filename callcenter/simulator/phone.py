"""A WhatsApp phone behind Meta's relay: lite ICE, DTLS, Opus each way.

It shares no code with the call center's own media, so that mistakes of one do not
cancel out those of the other. Only DTLS, SRTP and packet formats are aiortc's.
"""

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from aiortc import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters
from aiortc.clock import current_ntp_time
from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtp import (
    RtcpReceiverInfo,
    RtcpSenderInfo,
    RtcpSrPacket,
    RtpPacket,
    clamp_packets_lost,
)

from callcenter.simulator import sdp, sound
from callcenter.simulator.ear import DTMF_PAYLOAD, Ear
from callcenter.simulator.ice import IceLite
from callcenter.simulator.link import Link

logger = logging.getLogger(__name__)

TICK = 0.02
STALL = 0.2
REPORT_EVERY = 50
DIGITS = "0123456789*#ABCD"
EVENT_PACKETS = 8


class Phone(Protocol):
    """The far end of a call: scripted, in a browser, or on paper only."""

    async def write_offer(self) -> str: ...
    async def take_answer(self, answer: str) -> None: ...
    async def write_answer(self, offer: str) -> str: ...
    def pick_up(self) -> None: ...
    async def close(self) -> None: ...


@dataclass(frozen=True)
class Script:
    """The audio of a scripted phone, and its relay's behaviour before the accept.

    ``ice``: ``silent`` ignores checks until the accept, ``stun`` answers them from
    the start but drops DTLS until then, ``eager`` besides sends checks of its own.
    """

    says: str = "voice"
    frequency: int = 440
    ice: str = "silent"
    pace: float = TICK
    first_media_limit: float = 20.0
    media_gap_limit: float = 30.0
    link: Link = Link()


class PhoneDtls(RTCDtlsTransport):
    """DTLS that hands all RTP to one ear and routes nothing."""

    def __init__(self, ice: IceLite, certificate: RTCCertificate, ear: Ear) -> None:
        super().__init__(ice, [certificate])  # type: ignore[arg-type]  # stands for it
        self.ear = ear

    async def _handle_rtp_data(self, data: bytes, arrival_time_ms: int) -> None:
        with contextlib.suppress(ValueError):
            self.ear.hear(RtpPacket.parse(data))

    async def _handle_rtcp_data(self, data: bytes) -> None:
        """Note a report: RTCP is enough to show a silent business alive (Meta)."""
        self.ear.note_report()


class ScriptedPhone:
    """Speaks, listens, and calls ``on_failure`` with Meta's code when media fails."""

    def __init__(
        self, script: Script, on_failure: Callable[[int], object] | None = None
    ) -> None:
        self.script = script
        self.ear = Ear()
        self.muted = ""
        self.on_failure = on_failure
        self._certificate = RTCCertificate.generateCertificate()
        self._ice = IceLite(script.link)
        self._dtls = PhoneDtls(self._ice, self._certificate, self.ear)
        self._packets = sound.silence()
        self._ssrc = secrets.randbits(32)
        self._sequence = secrets.randbits(16)
        self._timestamp = secrets.randbits(32)
        self._ticks = round(script.pace * sound.HEARD_RATE)
        self._sent = self._octets = self._said = 0
        self._digits: list[RtpPacket] = []
        self._event_timestamp = 0
        self._opus = 111
        self._picked_up = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def connected(self) -> bool:
        return self._dtls.state == "connected"

    @property
    def dropped(self) -> int:
        """Count datagrams thrown away: strangers', too early, or too many."""
        return self._ice.dropped

    @property
    def network_lost(self) -> bool:
        return self._ice.network_lost

    @network_lost.setter
    def network_lost(self, lost: bool) -> None:
        self._ice.network_lost = lost

    async def write_offer(self) -> str:
        """Open the sockets and describe them, for a call to the business."""
        await self._prepare()
        self._ice.answers_checks = self.script.ice != "silent"
        return sdp.write_offer(self._endpoint())

    async def take_answer(self, answer: str) -> None:
        """Begin the media of an accepted call; ``answer`` must be without complaint."""
        self._connect(sdp.read_remote(answer), role="server")
        self.pick_up()

    async def write_answer(self, offer: str) -> str:
        """Answer a call from the business; audio starts at :meth:`pick_up`."""
        await self._prepare()
        remote = sdp.read_remote(offer)
        answer = sdp.write_answer(self._endpoint(), remote)
        self._connect(remote, role="client")
        return answer

    def pick_up(self) -> None:
        self._picked_up.set()

    async def _prepare(self) -> None:
        """Encode what will be said, once and off the loop, which may carry audio."""
        self._packets = await asyncio.to_thread(
            sound.choose, self.script.says, self.script.frequency
        )
        await self._ice.listen()

    def send_digits(self, digits: str) -> None:
        """Press keys: RFC 4733 events in place of audio. ValueError at a wrong key."""
        for digit in digits:
            self._digits += event_packets(DIGITS.index(digit.upper()))

    def _endpoint(self) -> sdp.Endpoint:
        prints = self._certificate.getFingerprints()
        return sdp.Endpoint(
            addresses=self._ice.addresses,
            ufrag=self._ice.ufrag,
            password=self._ice.password,
            fingerprint=next(p.value for p in prints if p.algorithm == "sha-256"),
            ssrc=self._ssrc,
        )

    def _connect(self, remote: sdp.Remote, role: str) -> None:
        self._opus = self.ear.opus = remote.opus
        self._ice.answers_checks = self._ice.passes_media = True
        self._dtls._set_role(role)
        self._task = asyncio.create_task(self._live(remote))

    async def _live(self, remote: sdp.Remote) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._talk(remote))
                group.create_task(self._watch())
                if self.script.ice == "eager":
                    group.create_task(self._probe(remote))
        except* Exception:
            logger.exception("a phone broke")

    async def _probe(self, remote: sdp.Remote) -> None:
        for _ in range(20):
            if self.connected:
                return
            self._ice.probe(remote)
            await asyncio.sleep(0.1)

    async def _talk(self, remote: sdp.Remote) -> None:
        await self._ice.nominated.wait()
        fingerprint = RTCDtlsFingerprint("sha-256", remote.fingerprint)
        await self._dtls.start(RTCDtlsParameters([fingerprint]))
        if not self.connected:
            logger.debug("a phone's DTLS handshake failed")
            return
        await self._picked_up.wait()
        # The business may close the media first; the phone goes on waiting for it.
        with contextlib.suppress(ConnectionError):
            await self._speak()

    async def _speak(self) -> None:
        loop = asyncio.get_running_loop()
        due, pace = loop.time(), self.script.pace
        while self.connected:
            await self._send_tick()
            due += pace
            if loop.time() - due > STALL:
                # A stalled process must not make up for it with a burst.
                missed = int((loop.time() - due) / pace)
                self._timestamp += missed * self._ticks
                due += missed * pace
            await asyncio.sleep(max(0.0, due - loop.time()))

    async def _send_tick(self) -> None:
        packet = self._next_packet()
        self._timestamp = (self._timestamp + self._ticks) & 0xFFFFFFFF
        if packet is None:
            return
        packet.ssrc, packet.sequence_number = self._ssrc, self._sequence
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._sent += 1
        self._octets += len(packet.payload)
        await self._dtls._send_rtp(packet.serialize())
        if self._sent % REPORT_EVERY == 0:
            await self._dtls._send_rtp(bytes(self._report()))

    def _next_packet(self) -> RtpPacket | None:
        if self._digits:
            packet = self._digits.pop(0)
            if packet.marker:
                self._event_timestamp = self._timestamp
            packet.timestamp = self._event_timestamp
            return packet
        if self.muted == "stop":
            return None
        source = sound.silence() if self.muted else self._packets
        payload = source[self._said % len(source)]
        self._said += 1
        return RtpPacket(
            payload_type=self._opus,
            timestamp=self._timestamp,
            marker=int(self._said == 1),
            payload=payload,
        )

    def _report(self) -> RtcpSrPacket:
        reports = []
        statistics = self.ear.statistics
        if self.ear.packets:
            heard = RtcpReceiverInfo(
                ssrc=next(iter(self.ear.sources)),
                fraction_lost=statistics.fraction_lost,
                packets_lost=clamp_packets_lost(statistics.packets_lost),
                highest_sequence=(statistics.max_seq or 0) + statistics.cycles,
                jitter=statistics.jitter,
                lsr=0,
                dlsr=0,
            )
            reports.append(heard)
        info = RtcpSenderInfo(
            ntp_timestamp=current_ntp_time(),
            rtp_timestamp=self._timestamp,
            packet_count=self._sent & 0xFFFFFFFF,
            octet_count=self._octets & 0xFFFFFFFF,
        )
        return RtcpSrPacket(ssrc=self._ssrc, sender_info=info, reports=reports)

    async def _watch(self) -> None:
        """Hang up as WhatsApp does when the business is not heard (error 138021)."""
        await self._picked_up.wait()
        start = time.monotonic()
        while True:
            await asyncio.sleep(0.1)
            now = time.monotonic()
            if self.ear.packets:
                failed = now - self.ear.alive_at > self.script.media_gap_limit
            else:
                failed = now - start > self.script.first_media_limit
            if failed and self.on_failure is not None:
                self.on_failure(138021)
            if failed:
                return

    async def close(self) -> None:
        """End the media as a phone does that hangs up. May be called again."""
        if self._closed:
            return
        self._closed = True
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        with contextlib.suppress(ConnectionError):
            await self._dtls.stop()
        self._ice.close()


def event_packets(event: int) -> list[RtpPacket]:
    """Pack one key, 160 ms at 8 kHz, its last packet three times (RFC 4733 2.5.1.4)."""
    packets = []
    for number in range(1, EVENT_PACKETS + 3):
        is_last = 0x80 if number >= EVENT_PACKETS else 0
        duration = 160 * min(number, EVENT_PACKETS)
        payload = bytes([event, is_last | 10]) + duration.to_bytes(2, "big")
        packets.append(
            RtpPacket(
                payload_type=DTMF_PAYLOAD, marker=int(number == 1), payload=payload
            )
        )
    return packets


class PaperPhone:
    """A far end without sound, for tests about signalling alone."""

    ENDPOINT = sdp.Endpoint(
        addresses=(sdp.Address("127.0.0.1", 3484),),
        ufrag="aGVsbG9waG9uZQab",
        password="cGFwZXJwaG9uZXBhc3M5OQ==",
        fingerprint=":".join(["A1"] * 32),
        ssrc=1,
    )

    def __init__(self, offer: str = "") -> None:
        self._offer = offer

    async def write_offer(self) -> str:
        return self._offer or sdp.write_offer(self.ENDPOINT)

    async def take_answer(self, answer: str) -> None:
        """Do nothing: nothing will be heard."""

    async def write_answer(self, offer: str) -> str:
        return sdp.write_answer(self.ENDPOINT, sdp.read_remote(offer))

    def pick_up(self) -> None:
        """Do nothing: nothing will be said."""

    async def close(self) -> None:
        """Do nothing: nothing is open."""
