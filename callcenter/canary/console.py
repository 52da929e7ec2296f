"""The canary's agent: a console and a headset, by the documents of both websockets."""

import asyncio
import json
import ssl
import struct
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self
from uuid import uuid4

from django.conf import settings
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from callcenter.simulator import sound

BEAT_SECONDS = 1.5
PROOF = {
    "gesture": True,
    "audio": "running",
    "microphone": "live",
    "rtt_ms": 10,
    "page_ms": 10,
}
FRAME = struct.Struct("!BBHI")  # docs/audio-websocket.md
OPUS = 1
SAMPLES = 960
KEPT = 100  # packets: two seconds


async def open_socket(address: str, cookie: str) -> ClientConnection:
    """Open a websocket of the site as its own page would."""
    root = settings.PUBLIC_URL.replace("http", "ws", 1)
    full = address if address.startswith("ws") else root + address
    return await connect(
        full,
        additional_headers={"Cookie": f"{settings.SESSION_COOKIE_NAME}={cookie}"},
        origin=Origin(settings.PUBLIC_URL),
        ssl=ssl.create_default_context() if full.startswith("wss:") else None,
        compression=None,
        proxy=None,
        open_timeout=10,
        close_timeout=2,
        max_size=2**20,
    )


class Console:
    """Beats, confirms each ring, and keeps what it was told last."""

    def __init__(self, socket: ClientConnection, agent: int) -> None:
        self.calls: dict[str, dict[str, Any]] = {}
        self.state = ""
        self._socket, self._agent = socket, agent
        self._news = asyncio.Event()
        self._tasks = [
            asyncio.create_task(self._read(), name="canary console"),
            asyncio.create_task(self._beat(), name="canary beat"),
        ]

    @classmethod
    async def open(cls, cookie: str, agent: int) -> Self:
        console = cls(await open_socket("/ws/console/", cookie), agent)
        await console.say("hello", console=uuid4().hex, since="")
        return console

    async def say(self, kind: str, **fields: Any) -> None:
        await self._socket.send(json.dumps({"type": kind, **fields}))

    async def until(self, check: Callable[[], Any]) -> Any:
        """Wait until `check` gives something; the caller bounds the time."""
        while not (found := check()):
            self._news.clear()
            await self._news.wait()
        return found

    def ringing(self) -> str:
        """Return the ID of a call that rings here; empty without one."""
        mine = [c for c in self.calls.values() if self._agent in c["offered_to"]]
        return next((str(c["id"]) for c in mine if c["status"] != "ended"), "")

    def status(self, call_id: str) -> str:
        return str(self.calls.get(call_id, {}).get("status", ""))

    async def close(self) -> None:
        with suppress(ConnectionClosed):
            await self.say("offline")
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._socket.close()

    async def _beat(self) -> None:
        with suppress(ConnectionClosed):
            while True:
                await self.say("beat", proof=PROOF)
                await asyncio.sleep(BEAT_SECONDS)

    async def _read(self) -> None:
        with suppress(ConnectionClosed):
            async for text in self._socket:
                await self._hear(json.loads(text))
                self._news.set()

    async def _hear(self, message: dict[str, Any]) -> None:
        if message["type"] == "test_ring":
            await self.say("test_rang")
        if message["type"] in ("console", "agent"):
            self.state = message["agent"]["state"]
        if message["type"] == "console":
            self.calls = {call["id"]: call for call in message["calls"]}
        for call in message.get("calls") or [message.get("call")]:
            if isinstance(call, dict):
                await self._take(call)

    async def _take(self, call: dict[str, Any]) -> None:
        known = self.calls.get(call["id"], {"version": -1})
        if call["version"] >= known["version"]:
            self.calls[call["id"]] = call
        if self._agent in call["offered_to"]:
            await self.say("rings", call=call["id"])


class Headset:
    """Speaks a tone into the call, and keeps the last two seconds that it hears."""

    def __init__(self, socket: ClientConnection, frequency: int) -> None:
        self._socket = socket
        self._packets = sound.tone(frequency)
        self._heard: deque[tuple[int, bytes]] = deque(maxlen=KEPT)
        self._tasks = [
            asyncio.create_task(self._speak(), name="canary speaks"),
            asyncio.create_task(self._listen(), name="canary listens"),
        ]

    def level(self, frequency: int) -> float:
        """Measure a tone among what was heard last; for a thread."""
        samples = sound.decode(list(self._heard))
        return sound.level(samples[-sound.HEARD_RATE // 2 :], frequency)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._socket.close()

    async def _speak(self) -> None:
        began = time.monotonic()
        with suppress(ConnectionClosed):
            for number in range(10**6):
                payload = self._packets[number % len(self._packets)]
                stamp = (number * SAMPLES) & 0xFFFFFFFF
                header = FRAME.pack(OPUS, 0, number & 0xFFFF, stamp)
                await self._socket.send(header + payload)
                due = began + (number + 1) * 0.02
                await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def _listen(self) -> None:
        with suppress(ConnectionClosed):
            async for message in self._socket:
                assert isinstance(message, bytes)
                stamp = FRAME.unpack_from(message)[3]
                self._heard.append((stamp, message[FRAME.size :]))
