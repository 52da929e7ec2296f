"""The baseline: the usual way to join aiortc and a websocket.

Decode with aiortc, resample to 16 kHz, send PCM through a stock consumer; the other
way round take PCM frames, resample and let aiortc encode them.
"""

import asyncio
import fractions
from typing import Any, cast

import av
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
)
from channels.generic.websocket import AsyncWebsocketConsumer

PCM_RATE = 16000
PCM_SAMPLES = 320


class AgentTrack(MediaStreamTrack):
    """The agent's audio, paced, with silence where nothing came."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self.frames: asyncio.Queue[bytes] = asyncio.Queue(15)
        self._number = 0
        self._begin: float | None = None

    def push(self, frame: bytes) -> None:
        if self.frames.full():
            self.frames.get_nowait()
        self.frames.put_nowait(frame)

    async def recv(self) -> av.AudioFrame:
        loop = asyncio.get_running_loop()
        if self._begin is None:
            self._begin = loop.time()
        self._number += 1
        await asyncio.sleep(self._begin + self._number * 0.02 - loop.time())
        sound = bytes(2 * PCM_SAMPLES)
        if not self.frames.empty():
            sound = self.frames.get_nowait()
        frame = av.AudioFrame(format="s16", layout="mono", samples=PCM_SAMPLES)
        frame.planes[0].update(sound)
        frame.sample_rate = PCM_RATE
        frame.pts = self._number * PCM_SAMPLES
        frame.time_base = fractions.Fraction(1, PCM_RATE)
        return frame


class Call:
    def __init__(self) -> None:
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.agent = AgentTrack()
        self.consumer: AsyncWebsocketConsumer | None = None
        self.connection.addTrack(self.agent)
        self.connection.on("track", self._heard)

    def _heard(self, track: MediaStreamTrack) -> None:
        self._pump = asyncio.create_task(self._send(track))

    async def _send(self, track: MediaStreamTrack) -> None:
        resampler = av.AudioResampler("s16", "mono", PCM_RATE, frame_size=PCM_SAMPLES)
        while True:
            frame = cast(av.AudioFrame, await track.recv())
            for part in resampler.resample(frame):
                if self.consumer is not None:
                    sound = bytes(part.planes[0])[: 2 * PCM_SAMPLES]
                    await self.consumer.send(bytes_data=sound)


class TranscodeRelay:
    def __init__(self) -> None:
        self._calls: dict[str, Call] = {}
        calls = self._calls

        class Consumer(AsyncWebsocketConsumer):
            async def connect(self) -> None:
                call_id = self.scope["url_route"]["kwargs"]["call_id"]
                self.call = calls[call_id]
                self.call.consumer = self
                await self.accept()

            async def receive(
                self, text_data: str | None = None, bytes_data: bytes | None = None
            ) -> None:
                if bytes_data is not None:
                    self.call.agent.push(bytes_data)

        self.consumer = Consumer.as_asgi()

    async def answer(self, call_id: str, offer: str) -> str:
        call = self._calls[call_id] = Call()
        connection: Any = call.connection
        await connection.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        await connection.setLocalDescription(await connection.createAnswer())
        return str(connection.localDescription.sdp)
