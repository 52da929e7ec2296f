"""Carla's phone: WhatsApp's side of a call, as its relay would speak it."""

import asyncio
import fractions
import re
from collections.abc import Callable
from typing import Any

import av
import numpy as np
from aioice.ice import CandidatePair
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpReceiver,
    RTCSessionDescription,
)

FRAME = 960
RATE = 48000


def tone(frequency: float, frame: int) -> np.ndarray:
    at = np.arange(frame * FRAME, (frame + 1) * FRAME)
    return (8000 * np.sin(2 * np.pi * frequency * at / RATE)).astype(np.int16)


def loudest(samples: np.ndarray) -> float:
    """Return the frequency that is strongest in a mono signal."""
    window = samples * np.hanning(len(samples))
    spectrum = np.abs(np.fft.rfft(window))
    return float(np.argmax(spectrum) * RATE / len(samples))


def level(samples: np.ndarray, frequency: float) -> float:
    """Return the amplitude of one tone in a mono signal."""
    window = np.hanning(len(samples))
    at = np.arange(len(samples))
    turn = np.exp(-2j * np.pi * frequency * at / RATE)
    return float(2 * abs(np.sum(samples * window * turn)) / np.sum(window))


def is_silent(samples: np.ndarray) -> bool:
    return bool(np.max(np.abs(samples)) < 100)


def opus_tone(frequency: float, frames: int) -> list[bytes]:
    encoder = av.CodecContext.create("libopus", "w")
    encoder.format, encoder.layout, encoder.sample_rate = "s16", "mono", RATE
    encoder.bit_rate = 24000
    packets = []
    for number in range(frames):
        frame = av.AudioFrame.from_ndarray(
            tone(frequency, number).reshape(1, -1), format="s16", layout="mono"
        )
        frame.sample_rate, frame.pts = RATE, number * FRAME
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    return packets


def decode_opus(packets: list[bytes]) -> np.ndarray:
    decoder = av.CodecContext.create("libopus", "r")
    decoder.format, decoder.layout, decoder.sample_rate = "s16", "mono", RATE
    frames = [frame for data in packets for frame in decoder.decode(av.Packet(data))]
    return np.concatenate([frame.to_ndarray()[0] for frame in frames])


class Voice(MediaStreamTrack):
    """Sends the packets of a tone over and over, each 20 ms; None skips one."""

    kind = "audio"

    def __init__(self, packets: list[bytes]) -> None:
        super().__init__()
        self.packets = packets
        self.muted = False
        self._number = 0
        self._begin: float | None = None

    async def recv(self) -> av.Packet:
        loop = asyncio.get_running_loop()
        if self._begin is None:
            self._begin = loop.time()
        while True:
            self._number += 1
            await asyncio.sleep(self._begin + self._number * 0.02 - loop.time())
            if not self.muted:
                break
        packet = av.Packet(self.packets[self._number % len(self.packets)])
        packet.pts = self._number * FRAME
        packet.time_base = fractions.Fraction(1, RATE)
        return packet


class Phone:
    """An ICE-lite end: it offers or answers, and sends no check of its own.

    As a browser it is a full ICE end instead, which checks and decides itself.
    """

    def __init__(self, frequency: float = 440, *, browser: bool = False) -> None:
        self.browser = browser
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.voice = Voice(opus_tone(frequency, 100))
        self.heard: list[np.ndarray] = []
        self.arrived: list[tuple[int, int, int]] = []
        self.deaf = False
        self.on_datagram: Callable[[bytes], None] | None = None
        self.send_twice = False
        self.press_keys = False
        self._counted_from: int | None = None
        self._count_at: int | None = None
        self._lost_of = 0
        self._sent = 0
        self._all_muted = False
        self._ears: asyncio.Task[None] | None = None
        transceiver = self.connection.addTransceiver(self.voice)
        codecs = RTCRtpReceiver.getCapabilities("audio").codecs
        transceiver.setCodecPreferences(
            [codec for codec in codecs if codec.mimeType == "audio/opus"]
        )
        self.sender, self.receiver = transceiver.sender, transceiver.receiver
        self.dtls = transceiver.receiver.transport
        self.ice: Any = self.dtls.transport._connection
        if not browser:
            self.ice.check_start_task = self._answer_only
        self.dtls.transport._send = self._send_unless_lost
        self._plain_send_rtp = self.dtls._send_rtp
        self.dtls._send_rtp = self._send_rtp
        self._handle_rtp = self.receiver._handle_rtp_packet
        self.receiver._handle_rtp_packet = self._note_rtp
        self.connection.on("track", self._listen)

    def _answer_only(self, pair: CandidatePair) -> None:
        pair.state = CandidatePair.State.SUCCEEDED

    def _listen(self, track: MediaStreamTrack) -> None:
        self._ears = asyncio.create_task(self._hear(track))

    async def _hear(self, track: MediaStreamTrack) -> None:
        while True:
            frame = await track.recv()
            self.heard.append(frame.to_ndarray()[0][::2])

    async def offer(self) -> str:
        """Return an offer in the form that WhatsApp sends."""
        await self.connection.setLocalDescription(await self.connection.createOffer())
        if self.browser:
            return self.connection.localDescription.sdp
        # An ICE-lite end is controlled, whoever offers.
        self.ice.ice_controlling = False
        for protocol in self.ice._protocols:
            self._make_deaf(protocol)
        sdp = self.connection.localDescription.sdp
        sdp = re.sub(r"a=fingerprint:sha-(384|512).*\r\n", "", sdp)
        sdp = sdp.replace("a=end-of-candidates\r\n", "").replace(" 96\r\n", " 111\r\n")
        sdp = re.sub(r"a=(rtpmap|fmtp|rtcp-fb):96", r"a=\1:111", sdp)
        return sdp.replace("a=msid-semantic", "a=ice-lite\r\na=msid-semantic", 1)

    async def answer(self, offer: str) -> str:
        """Return an answer as WhatsApp gives it: ICE-lite, DTLS active."""
        await self.connection.setRemoteDescription(
            RTCSessionDescription(offer, "offer")
        )
        self.ice.ice_controlling = False
        await self.connection.setLocalDescription(await self.connection.createAnswer())
        sdp = self.connection.localDescription.sdp
        sdp = re.sub(r"a=fingerprint:sha-(384|512).*\r\n", "", sdp)
        return sdp.replace("a=msid-semantic", "a=ice-lite\r\na=msid-semantic", 1)

    async def accept(self, answer: str) -> None:
        """Take the answer to our offer."""
        await self.connection.setRemoteDescription(
            RTCSessionDescription(answer, "answer")
        )

    def _make_deaf(self, protocol: Any) -> None:
        receive = protocol.datagram_received

        def unless_deaf(data: bytes, address: Any) -> None:
            if self.on_datagram is not None:
                self.on_datagram(data)
            if not self.deaf:
                receive(data, address)

        protocol.datagram_received = unless_deaf

    def lose_every(self, nth: int) -> None:
        """Let every nth RTP packet of ours be lost on its way."""
        self._lost_of = nth

    def mute_all(self) -> None:
        """Send nothing more, neither RTP nor RTCP."""
        self._all_muted = True

    def unmute_all(self) -> None:
        self._all_muted = False

    async def _send_unless_lost(self, data: bytes) -> None:
        self._sent += 1
        lost = self._lost_of and self._sent % self._lost_of == 0
        is_media = 127 < data[0] < 192
        if not is_media or not (self._all_muted or lost):
            await self.ice.send(data)
            if self.send_twice and is_media:
                await self.ice.send(data)

    def count_anew(self, first: int, *, with_new_context: bool) -> None:
        """Number what is sent from `first` on, with the same SSRC, keys and clock.

        With a new SRTP context the rollover counter is 0 again.
        """
        self._counted_from, self._count_at = None, first
        if with_new_context:
            kept = self.dtls._rx_srtp
            self.dtls._setup_srtp()
            self.dtls._rx_srtp = kept

    def _counted(self, data: bytes) -> bytes:
        if self._count_at is None:
            return data
        sequence = int.from_bytes(data[2:4], "big")
        if self._counted_from is None:
            self._counted_from = sequence
        number = (self._count_at + sequence - self._counted_from) & 0xFFFF
        return data[:2] + number.to_bytes(2, "big") + data[4:]

    async def _send_rtp(self, data: bytes) -> None:
        """Turn every other sound into a pressed key while keys are pressed."""
        data = self._counted(data)
        sequence = int.from_bytes(data[2:4], "big")
        if self.press_keys and data[1] & 0x7F == 111 and sequence % 2:
            data = data[:1] + b"\x7e" + data[2:12] + b"\x05\x0a\x00\xa0"
        await self._plain_send_rtp(data)

    async def _note_rtp(self, packet: Any, arrival_time_ms: int) -> None:
        """Write down the SSRC, sequence number and timestamp of what comes."""
        self.arrived.append((packet.ssrc, packet.sequence_number, packet.timestamp))
        await self._handle_rtp(packet, arrival_time_ms=arrival_time_ms)

    def last_heard(self, frames: int) -> np.ndarray:
        return np.concatenate(self.heard[-frames:])

    async def close(self) -> None:
        await self.connection.close()
        if self._ears is not None:
            self._ears.cancel()
            await asyncio.gather(self._ears, return_exceptions=True)
