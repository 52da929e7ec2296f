"""Agents' consoles as programs: `python -m bench.floor.consoles`.

Each speaks the console websocket as docs/console-websocket.md has it: beats every 2 s,
confirms each ring, answers, holds, transfers, hangs up and finishes the wrap-up. Audio
is a websocket on which a packet goes each second; what audio costs is another bench.

Reads one line of JSON (the seats and the habits), prints `ready` once all are
available, and prints what was seen and done, one line of JSON, when told to end.
"""

import asyncio
import json
import random
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from itertools import count
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from bench.voices import voice
from calls.media.socket import wire

BEAT_EVERY = 2.0  # seconds
PROOF = {
    "gesture": True,
    "audio": "running",
    "microphone": "live",
    "rtt_ms": 8,
    "page_ms": 20,
}
PACKET_EVERY = 1.0  # seconds
LOOKS_AGAIN = 5.0
PACKET = voice(1)[25]


@dataclass(frozen=True)
class Seat:
    """One agent: where they sign in, and as whom."""

    agent: int
    url: str
    cookie: str


@dataclass(frozen=True)
class Habits:
    """The agents' behaviour, in seconds and in shares of the calls."""

    think: float = 1.5
    talk: float = 20.0
    wrap_up: float = 2.0
    holds: float = 0.15
    transfers: float = 0.1
    queues: tuple[int, ...] = ()


@dataclass
class Seen:
    """Events as (instant in unix seconds, agent, word), and failures."""

    rings: list[tuple[float, int, str]] = field(default_factory=list)
    clicks: list[tuple[float, int, str]] = field(default_factory=list)
    talks: list[tuple[float, int, str]] = field(default_factory=list)
    hang_ups: list[tuple[float, int, str]] = field(default_factory=list)
    states: list[tuple[float, int, str]] = field(default_factory=list)
    problems: list[tuple[float, int, str]] = field(default_factory=list)
    reconnects: int = 0


def digits(call: dict[str, Any]) -> str:
    """Return the caller's number, by which both ends of a call know it."""
    return "".join(c for c in call["contact"]["number"] if c.isdigit())


def caller_hangs_up(waid: str) -> bool:
    """Pick every second call; callers and consoles agree on it by the number."""
    return int(waid) % 2 == 1


class Console:
    """One page of one agent."""

    def __init__(self, seat: Seat, habits: Habits, seen: Seen) -> None:
        self.seat, self.habits, self.seen = seat, habits, seen
        self.random = random.Random(seat.agent)
        self.is_available = asyncio.Event()
        self.state = ""
        self._calls: dict[str, dict[str, Any]] = {}
        self._rung: set[str] = set()
        self._talked: set[str] = set()
        self._acts: dict[str, asyncio.Task[None]] = {}
        self._page = f"floor-{seat.agent}"
        self._socket: ClientConnection | None = None

    async def work(self) -> None:
        """Be there until cancelled; what breaks is opened again, as a page does."""
        try:
            while True:
                with suppress(OSError, WebSocketException, TimeoutError):
                    await self._sit_down()
                self.seen.reconnects += 1
                await asyncio.sleep(1)
        finally:
            for act in self._acts.values():
                act.cancel()

    async def _sit_down(self) -> None:
        address = "/ws/console/"
        while address:
            async with self._open(address) as self._socket:
                address = await self._serve(self._socket)

    async def _serve(self, socket: ClientConnection) -> str:
        """Listen and beat until the line ends; return the address to go to, if any."""
        await self._say("hello", console=self._page, since="")
        await self._say("available")
        beats = asyncio.create_task(self._beat())
        try:
            async for text in socket:
                message = json.loads(text)
                if message["type"] == "move":
                    return str(message["address"])
                if message["type"] == "test_ring":
                    await self._say("test_rang")
                self._hear(message)
        finally:
            beats.cancel()
        return ""

    def _open(self, address: str) -> connect:
        root = self.seat.url.replace("http", "ws", 1)
        full = address if address.startswith("ws") else root + address
        return connect(
            full,
            additional_headers={"Cookie": self.seat.cookie},
            # Of the audio's node: all have one address where the pages come from.
            origin=full.split("/ws/")[0].replace("ws", "http", 1),
            compression=None,
            proxy=None,
            ping_interval=None,
            open_timeout=30,
        )

    async def _say(self, kind: str, **fields: Any) -> None:
        if self._socket is not None:
            await self._socket.send(json.dumps({"type": kind, **fields}))

    async def _insist(self, kind: str, **fields: Any) -> None:
        """Say it as soon as there is a line, as a page does with what was clicked."""
        while True:
            with suppress(WebSocketException):
                await self._say(kind, **fields)
                return
            await asyncio.sleep(0.5)

    async def _beat(self) -> None:
        await asyncio.sleep(self.random.uniform(0, BEAT_EVERY) if self.state else 0)
        while True:
            await self._say("beat", proof=PROOF)
            await asyncio.sleep(BEAT_EVERY)

    # --- What the server says ---

    def _hear(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "console":
                self._be(message["agent"]["state"])
                for call in message["calls"]:
                    self._take(call)
            case "agent":
                self._be(message["agent"]["state"])
            case "call":
                self._take(message["call"])
            case "problem":
                note = (time.time(), self.seat.agent, message["text"])
                self.seen.problems.append(note)

    def _be(self, state: str) -> None:
        if state == self.state:
            return
        self.state = state
        self.seen.states.append((time.time(), self.seat.agent, state))
        if state == "available":
            self.is_available.set()
        elif state == "wrap_up":
            self._act("wrap-up", self._wrap_up())

    def _take(self, call: dict[str, Any]) -> None:
        known = self._calls.get(call["id"], {"version": -1})
        if call["version"] <= known["version"]:
            return
        self._calls[call["id"]] = call
        self._look(call)
        if call["status"] == "ended":
            del self._calls[call["id"]]

    def _look(self, call: dict[str, Any]) -> None:
        is_mine = bool(call["agent"]) and call["agent"]["id"] == self.seat.agent
        is_over = call["status"] == "ended"
        if self.seat.agent in call["offered_to"] and not is_over:
            if call["id"] not in self._rung:
                self._rung.add(call["id"])
                self._act(f"ring {call['id']}", self._ring(call))
        else:
            self._rung.discard(call["id"])
        if is_mine and not is_over and call["audio_url"]:
            self._act(f"audio {call['id']}", self._audio(call))
        if is_mine and call["status"] == "active" and call["id"] not in self._talked:
            self._talked.add(call["id"])
            self._act(f"talk {call['id']}", self._talk(call))
        if is_over or not is_mine:
            self._stop(f"audio {call['id']}")
            self._stop(f"talk {call['id']}")

    def _act(self, name: str, work: Any) -> None:
        """Begin something, once until it is over."""
        if name in self._acts:
            work.close()
            return
        task = asyncio.create_task(work)
        self._acts[name] = task
        task.add_done_callback(lambda _: self._acts.pop(name, None))

    def _stop(self, name: str) -> None:
        if task := self._acts.get(name):
            task.cancel()

    def _note(self, where: list[tuple[float, int, str]], call: dict[str, Any]) -> None:
        where.append((time.time(), self.seat.agent, digits(call)))

    # --- What an agent does ---

    async def _ring(self, call: dict[str, Any]) -> None:
        self._note(self.seen.rings, call)
        with suppress(WebSocketException):
            await self._say("rings", call=call["id"])
            await asyncio.sleep(self.random.uniform(0.5, 2) * self.habits.think)
            now = self._calls.get(call["id"])
            if now is not None and self.seat.agent in now["offered_to"]:
                self._note(self.seen.clicks, call)
                await self._say("answer", call=call["id"])

    async def _audio(self, call: dict[str, Any]) -> None:
        with suppress(OSError, WebSocketException, TimeoutError):
            async with self._open(call["audio_url"]) as socket:
                listening = asyncio.create_task(_listen(socket))
                try:
                    for number in count():
                        at = (number * 48000) & 0xFFFFFFFF
                        frame = wire.pack(wire.OPUS, 0, number & 0xFFFF, at, PACKET)
                        await socket.send(frame)
                        await asyncio.sleep(PACKET_EVERY)
                finally:
                    listening.cancel()

    async def _talk(self, call: dict[str, Any]) -> None:
        """Talk, perhaps with a hold; then transfer, hang up, or let the caller."""
        self._note(self.seen.talks, call)
        choice, call_id = self.random.random(), call["id"]
        length = self.random.uniform(0.5, 1.5) * self.habits.talk
        await asyncio.sleep(length / 2)
        if choice < self.habits.holds:
            await self._insist("hold", call=call_id)
            await asyncio.sleep(min(3.0, length / 4))
            await self._insist("resume", call=call_id)
        elif choice < self.habits.holds + self.habits.transfers:
            queue = self.random.choice(self.habits.queues)
            await self._insist("transfer", call=call_id, queue=queue)
            return
        await asyncio.sleep(length / 2)
        if caller_hangs_up(digits(call)):
            return  # theirs to end
        self._note(self.seen.hang_ups, call)
        # Again until the call is over, which ends this: a line may break just now.
        while True:
            await self._insist("hang_up", call=call_id)
            await asyncio.sleep(LOOKS_AGAIN)

    async def _wrap_up(self) -> None:
        await asyncio.sleep(self.random.uniform(0.5, 1.5) * self.habits.wrap_up)
        await self._insist("finish")


async def _listen(socket: ClientConnection) -> None:
    with suppress(WebSocketException):
        async for _ in socket:
            pass


async def main() -> None:
    given = json.loads(await asyncio.to_thread(sys.stdin.readline))
    habits = Habits(**given["habits"] | {"queues": tuple(given["habits"]["queues"])})
    seen = Seen()
    consoles = [Console(Seat(**seat), habits, seen) for seat in given["seats"]]
    tasks = []
    for console in consoles:
        tasks.append(asyncio.create_task(console.work()))
        await asyncio.sleep(0.01)  # a floor does not sign in within one second
    async with asyncio.timeout(120):
        for console in consoles:
            await console.is_available.wait()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    print(json.dumps(asdict(seen)), flush=True)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(main())
