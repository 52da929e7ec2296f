"""A plain aiortc peer in the business's place: sends a tone, keeps what it hears."""

from __future__ import annotations

import asyncio
import fractions
from array import array
from collections import deque

import av
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from aiortc.rtcrtpsender import RTCRtpSender

from callcenter.simulator import sound


class Tone(MediaStreamTrack):
    """A tone as Opus packets, in real time; nothing at all while it is paused."""

    kind = "audio"

    def __init__(self, frequency: int) -> None:
        super().__init__()
        self.sounding = asyncio.Event()
        self.sounding.set()
        self._packets = sound.tone(frequency)
        self._count = 0

    async def recv(self) -> av.Packet:
        await asyncio.sleep(0.02)
        await self.sounding.wait()
        packet = av.Packet(self._packets[self._count % len(self._packets)])
        packet.pts, packet.time_base = self._count * 960, fractions.Fraction(1, 48_000)
        self._count += 1
        return packet


class Business:
    """One call's peer. ``heard`` holds the last two seconds, 48 kHz mono."""

    def __init__(self, frequency: int) -> None:
        self.tone = Tone(frequency)
        self.heard: deque[int] = deque(maxlen=96_000)
        self._peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._peer.addTrack(self.tone)
        self._peer.on("track", self._listen)
        self._task: asyncio.Task[None] | None = None

    def _listen(self, track: MediaStreamTrack) -> None:
        self._task = asyncio.create_task(self._hear(track))

    async def _hear(self, track: MediaStreamTrack) -> None:
        try:
            while True:
                frame = await track.recv()
                samples = array("h", bytes(frame.planes[0])[: 4 * frame.samples])
                self.heard.extend(samples[::2])
        except MediaStreamError:
            return

    async def answer(self, offer: str) -> str:
        await self._peer.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        await self._peer.setLocalDescription(await self._peer.createAnswer())
        return only_sha256(self._peer.localDescription.sdp)

    async def offer(self) -> str:
        codecs = RTCRtpSender.getCapabilities("audio").codecs
        opus = [codec for codec in codecs if codec.mimeType == "audio/opus"]
        self._peer.getTransceivers()[0].setCodecPreferences(opus)
        await self._peer.setLocalDescription(await self._peer.createOffer())
        return only_sha256(self._peer.localDescription.sdp)

    async def take(self, answer: str) -> None:
        await self._peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    @property
    def frequency(self) -> float:
        return sound.dominant_frequency(list(self.heard)[-24_000:])

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        await self._peer.close()


def only_sha256(sdp: str) -> str:
    lines = sdp.splitlines(keepends=True)
    wrong = ("a=fingerprint:sha-384", "a=fingerprint:sha-512")
    return "".join(line for line in lines if not line.startswith(wrong))
