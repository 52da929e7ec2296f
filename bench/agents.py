"""Agents on audio sockets: `python -m bench.agents KIND PORT AGENTS`.

A websocket client of a few lines, so that the load costs less than what it measures.
"""

import asyncio
import os
import struct
import sys
import time
from functools import partial
from typing import cast

import numpy as np

from bench.load import BURST_EVERY, BURST_FRAMES, Rhythm, Tally, Window, report, run
from bench.voices import voice
from calls.media.socket import wire

PAYLOAD_BYTES = 75
MASK = os.urandom(4)
_INSTANT = struct.Struct("!d")
_NOISE = np.random.default_rng(2).integers(-20000, 20000, 320, dtype=np.int16).tobytes()
_QUIET = bytes(640)
VOICE = voice()


class Agent(asyncio.Protocol):
    def __init__(self, number: int, kind: str, tally: Tally, window: Window) -> None:
        self.number, self.kind, self.tally, self.window = number, kind, tally, window
        self.is_open = asyncio.Event()
        self.received = b""
        self.was_loud = False
        tally.sent_bursts[number], tally.heard_bursts[number] = [], []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        call, participant = self.number, 0
        if self.kind == "three-way":
            call, participant = divmod(self.number, 2)
        path = f"/ws/nodes/bench/calls/{call}/audio/?participant={participant}"
        transport.write(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        self.received += data
        if not self.is_open.is_set():
            head, end, rest = self.received.partition(b"\r\n\r\n")
            if not end:
                return
            if not head.startswith(b"HTTP/1.1 101"):
                sys.exit(f"The server refused the audio socket: {head!r}")
            self.is_open.set()
            self.received = rest
        self.received = self.take_frames(self.received, now)

    def take_frames(self, data: bytes, now: float) -> bytes:
        at = 0
        while len(data) >= at + 4:
            start, length = at + 2, data[at + 1]
            if length == 126:
                start, length = at + 4, int.from_bytes(data[at + 2 : at + 4], "big")
            if len(data) < start + length:
                break
            if data[at] == 0x82:
                self.hear(data[start : start + length], now)
            at = start + length
        return data[at:]

    def hear(self, frame: bytes, now: float) -> None:
        if self.kind == "passthrough":
            if len(frame) <= wire.HEADER_BYTES + 8:
                return
            (sent,) = _INSTANT.unpack_from(frame, wire.HEADER_BYTES)
            if self.window.holds(sent):
                self.tally.received += 1
                self.tally.delays.append(now - sent)
            return
        if self.window.holds(now):
            self.tally.received += 1
        if self.kind != "transcode":
            return
        is_loud = int(np.abs(np.frombuffer(frame, np.int16)).max()) > 2000
        if is_loud and not self.was_loud and self.window.holds(now):
            self.tally.heard_bursts[self.number].append(now)
        self.was_loud = is_loud

    def speak(self, number: int) -> None:
        now = time.monotonic()
        if self.window.holds(now):
            self.tally.sent += 1
        if self.kind == "passthrough":
            frame = opus(number, _INSTANT.pack(now).ljust(PAYLOAD_BYTES, b"\xbb"))
        elif self.kind != "transcode":
            frame = opus(number, VOICE[number % len(VOICE)])
        else:
            frame = _NOISE if number % BURST_EVERY < BURST_FRAMES else _QUIET
            if number % BURST_EVERY == 0 and self.window.holds(now):
                self.tally.sent_bursts[self.number].append(now)
        self.transport.write(masked(frame))


def opus(number: int, payload: bytes) -> bytes:
    timestamp = (number * 960) & 0xFFFFFFFF
    return wire.pack(wire.OPUS, 0, number & 0xFFFF, timestamp, payload)


def masked(frame: bytes) -> bytes:
    """Return one binary websocket message as a client must send it."""
    repeated = (MASK * (len(frame) // 4 + 1))[: len(frame)]
    body = int.from_bytes(frame, "big") ^ int.from_bytes(repeated, "big")
    if len(frame) < 126:
        head = struct.pack("!BB", 0x82, 0x80 | len(frame))
    else:
        head = struct.pack("!BBH", 0x82, 0x80 | 126, len(frame))
    return head + MASK + body.to_bytes(len(frame), "big")


def _same(agent: Agent) -> Agent:
    return agent


async def main(kind: str, port: int, calls: int) -> None:
    tally, window = Tally(), Window()
    loop = asyncio.get_running_loop()
    agents = []
    for number in range(calls):
        agent = Agent(number, kind, tally, window)
        await loop.create_connection(partial(_same, agent), "127.0.0.1", port)
        await agent.is_open.wait()
        agents.append(agent)
    rhythms = [
        Rhythm(0.02 * agent.number / calls, agent.speak, tally.late) for agent in agents
    ]
    await report(window, tally)
    for rhythm in rhythms:
        rhythm.stop()
    for agent in agents:
        agent.transport.close()


if __name__ == "__main__":
    run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
