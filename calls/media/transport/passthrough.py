"""Opus packets in and out of aiortc, without decoding, queueing or a task per packet.

aiortc decodes whatever it receives, in a thread and behind a jitter buffer of 80 ms,
and sends what a task pulls from a track. A relay needs neither. So the transceiver
negotiates as usual, keeps its RTCP reports, and never sees a packet of sound: those go
from the media socket through SRTP to a callback, and from a call straight to SRTP and
the socket. Every private name of aiortc 1.16 that this takes stands in this file, and
a test checks that each still exists.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, cast

import pylibsrtp
from aiortc import MediaStreamTrack, RTCRtpTransceiver, clock
from aiortc.rtcrtpparameters import RTCRtpReceiveParameters, RTCRtpSendParameters
from aiortc.rtcrtpreceiver import StreamStatistics

from calls.media.transport.ice import IceGuard
from calls.media.transport.rtp import (
    SAMPLES_PER_SECOND,
    IncomingCounters,
    IncomingStream,
    OutgoingCounters,
    OutgoingStream,
    Packet,
)
from calls.media.transport.srtp import Restarts, Srtp

logger = logging.getLogger(__name__)

MAX_SOURCES = 8
REPORT_EVERY_PACKETS = 10
REFUSED_SINCE = 0.5
"""Seconds without an authentic packet before a sender may have begun to count anew."""

RECEIVER_CODECS = "_RTCRtpReceiver__codecs"
RECEIVER_RTCP_TASK = "_RTCRtpReceiver__rtcp_task"
RECEIVER_STARTED = "_RTCRtpReceiver__started"
RECEIVER_STREAMS = "_RTCRtpReceiver__remote_streams"
SENDER_NTP_TIMESTAMP = "_RTCRtpSender__ntp_timestamp"
SENDER_RTP_TIMESTAMP = "_RTCRtpSender__rtp_timestamp"
SENDER_OCTETS = "_RTCRtpSender__octet_count"
SENDER_PACKETS = "_RTCRtpSender__packet_count"


class SilentTrack(MediaStreamTrack):
    """The track that is negotiated; nothing is ever pulled out of it.

    While it waits here, aiortc's own sending task sleeps and no encoder is made.
    """

    kind = "audio"

    async def recv(self) -> Any:
        """Wait until the sender is stopped, which cancels the wait."""
        await asyncio.get_running_loop().create_future()


class Passthrough:
    """The sound of one transceiver; make it before the connection is negotiated.

    `on_up` is called once, when DTLS is done and sound may flow both ways; `on_packet`
    for each Opus packet from the far end; `on_heard` for each RTP or RTCP packet whose
    authenticity SRTP has proved.
    """

    def __init__(
        self,
        transceiver: RTCRtpTransceiver,
        guard: IceGuard,
        *,
        on_up: Callable[[], None],
        on_packet: Callable[[Packet], None],
        on_heard: Callable[[], None],
    ) -> None:
        self.outgoing: OutgoingStream | None = None
        self.incoming_counters = IncomingCounters()
        self.outgoing_counters = OutgoingCounters()
        self.refused = 0
        self._incoming: IncomingStream | None = None
        self._receiver = cast(Any, transceiver.receiver)
        self._sender = cast(Any, transceiver.sender)
        self._dtls = cast(Any, transceiver.receiver.transport)
        self._guard = guard
        self._on_up = on_up
        self.on_packet = on_packet
        self._on_heard = on_heard
        self._loop = asyncio.get_running_loop()
        self._statistics: Any = None
        self._authentic_at = 0.0
        self._payload_type = 0
        self._pair: Any = None
        self._send_parameters = self._sender.send
        self._handle_rtcp_data = self._dtls._handle_rtcp_data
        self._sender.send = self._start_sending
        self._receiver.receive = self._start_receiving
        self._dtls._handle_rtcp_data = self._rtcp_received

    def close(self) -> None:
        """Pass nothing on any more, in either direction."""
        self._guard.on_rtp = None
        self.outgoing = None

    def send(self, rtp: bytes) -> None:
        """Encrypt and send one packet of `outgoing`; nothing if there is no path.

        Losses on the way out look like losses on the network, which is what they are.
        """
        stream = self.outgoing
        if stream is None or (pair := self._nominated.get(1)) is None:
            return
        if pair is not self._pair:
            self._pair, self._remote = pair, pair.remote_addr
            self._sendto = pair.protocol.transport.sendto
            self._guard.settle(pair)
        self._sendto(self._protect(rtp), self._remote)
        if stream.counters.packets % REPORT_EVERY_PACKETS == 1:
            self._note_sent(stream)

    async def _start_sending(self, parameters: RTCRtpSendParameters) -> None:
        self._payload_type = cast(int, parameters.codecs[0].payloadType)
        await self._send_parameters(parameters)

    async def _start_receiving(self, parameters: RTCRtpReceiveParameters) -> None:
        """Do what the receiver does at its start, save the decoder and its thread."""
        receiver = self._receiver
        codecs = getattr(receiver, RECEIVER_CODECS)
        codecs.update({codec.payloadType: codec for codec in parameters.codecs})
        self._dtls._register_rtp_receiver(receiver, parameters)
        setattr(receiver, RECEIVER_RTCP_TASK, asyncio.create_task(receiver._run_rtcp()))
        setattr(receiver, RECEIVER_STARTED, True)
        self._open_streams(cast(int, parameters.codecs[0].payloadType))

    def _open_streams(self, payload_type: int) -> None:
        now = self._authentic_at = self._loop.time()
        self._restarts = Restarts(self._new_context)
        self._unprotect = Srtp(self._dtls._rx_srtp).unprotect
        self._protect = Srtp(self._dtls._tx_srtp).protect
        self._nominated = self._dtls.transport._connection._nominated
        self._incoming = IncomingStream(
            payload_type, self._source_appeared, self.incoming_counters
        )
        self.outgoing = OutgoingStream(
            self._sender._ssrc, self._payload_type, now, self.outgoing_counters
        )
        self._guard.on_rtp = self._rtp_received
        self._on_up()

    def _rtp_received(self, data: bytes) -> None:
        stream, now = self._incoming, self._loop.time()
        if stream is None:
            return
        try:
            packet = stream.read(self._unprotect(data), now)
        except (pylibsrtp.Error, ValueError):
            self.refused += 1
            if now - self._authentic_at > REFUSED_SINCE:
                self._look_for_a_restart(data)
            return
        self._authentic_at = now
        if stream.is_in_row:
            self._statistics.add(stream)
        self._on_heard()
        if packet is not None:
            self.on_packet(packet)

    def _look_for_a_restart(self, data: bytes) -> None:
        """Go on with the SRTP context that opens what ours refuses."""
        session = self._restarts.find(data, self._dtls._rx_srtp)
        if session is not None:
            logger.info("The far end counts its packets anew")
            self._dtls._rx_srtp = session
            self._unprotect = Srtp(session).unprotect

    def _new_context(self) -> Any:
        """Return one more context for what comes in, with the keys of the handshake."""
        dtls = self._dtls
        kept = dtls._rx_srtp, dtls._tx_srtp
        try:
            dtls._setup_srtp()
            return dtls._rx_srtp
        finally:
            dtls._rx_srtp, dtls._tx_srtp = kept

    async def _rtcp_received(self, data: bytes) -> None:
        self._on_heard()
        await self._handle_rtcp_data(data)

    def _source_appeared(self, ssrc: int) -> None:
        """Let the receiver's RTCP reports speak of this source, from here on."""
        streams: dict[int, StreamStatistics] = getattr(self._receiver, RECEIVER_STREAMS)
        routes: dict[int, Any] = self._dtls._rtp_router.ssrc_table
        streams.pop(ssrc, None)
        while len(streams) >= MAX_SOURCES:
            oldest = next(iter(streams))
            del streams[oldest]
            routes.pop(oldest, None)
        streams[ssrc] = StreamStatistics(SAMPLES_PER_SECOND)
        routes[ssrc] = self._receiver
        self._statistics = streams[ssrc]

    def _note_sent(self, stream: OutgoingStream) -> None:
        """Give the sender's RTCP reports their numbers."""
        sender = self._sender
        setattr(sender, SENDER_NTP_TIMESTAMP, clock.current_ntp_time())
        setattr(sender, SENDER_RTP_TIMESTAMP, stream.timestamp)
        setattr(sender, SENDER_OCTETS, stream.counters.bytes)
        setattr(sender, SENDER_PACKETS, stream.counters.packets)
