"""The cost of idle consoles for a node: `python -m bench consoles --against COMMIT`.

Full mode: PostgreSQL, Valkey and one node, which is measured. Its consoles are programs
after docs/console-websocket.md that say hello and then beat every 2 s. The baseline is
another revision of this repository, measured the same way in the same run.
"""

import argparse
import asyncio
import json
import os
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.commits import ROOT, WORSE, checked_out
from bench.run import cpu_seconds, ended, free_port, wait_for
from tests.servers import Postgres, Valkey

RESULTS = ROOT / "bench" / "results-consoles.md"
HEAD = """\
# What idle consoles cost a node

Written by `python -m bench consoles{words}`, {cores} cores: a node in full mode whose
consoles say hello and then beat every 2 s. The cost of a beat is all of the node's CPU
by beats, its fixed costs included.

| node of | consoles | of a core | CPU of a beat | reply p50 | no reply |
|---|---|---|---|---|---|
"""
BEAT_EVERY = 2.0
SETTLE = 5.0  # seconds from the last console's first reply to the first figure
SETTLES_WITHIN = 60.0  # seconds from a hello to the first reply
PROOF = {"gesture": True, "audio": "running", "microphone": "live", "rtt_ms": 8}

# Run in the tree that is measured; prints a session cookie for each agent.
CAST = """
import sys
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from agents.models import Agent, Membership, Queue
queue = Queue.objects.create(name="Support")
for number in range(int(sys.argv[1])):
    user = User.objects.create(username=f"agent{number}", password="!")
    agent = Agent.objects.create(user=user, name=f"Agent {number}")
    Membership.objects.create(queue=queue, agent=agent)
    client = Client()
    client.force_login(user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    print(f"{cookie.key}={cookie.value}")
"""
DJANGO = "import django; django.setup(); exec(sys.stdin.read())"


@dataclass(frozen=True)
class Idle:
    """A node with so many consoles that do nothing but beat."""

    consoles: int
    of_a_core: float
    reply_p50: float  # milliseconds
    beats: int
    lost: int

    @property
    def a_beat(self) -> float:
        """Return the CPU of the node in milliseconds."""
        return 1000 * self.of_a_core * BEAT_EVERY / self.consoles


class Console(asyncio.Protocol):
    """One console: a hello, then beats; it counts the replies."""

    def __init__(self, number: int, cookie: str, port: int) -> None:
        self.number, self.cookie, self.port = number, cookie, port
        self.received = b""
        self.is_open = False
        self.is_heard = asyncio.Event()
        self.beats = self.replies = 0
        self.sent_at = 0.0
        self.round_trips: list[float] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        site = f"127.0.0.1:{self.port}"
        transport.write(
            f"GET /ws/console/ HTTP/1.1\r\nHost: {site}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nOrigin: http://{site}"
            f"\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            f"Cookie: {self.cookie}\r\n\r\n".encode()
        )

    def say(self, kind: str, **fields: object) -> None:
        text = json.dumps({"type": kind, **fields}).encode()
        # A key of zeros: the server unmasks all the same, and this side need not mask.
        size = len(text)
        head = struct.pack("!BB", 0x81, 0x80 | min(size, 126))
        if size >= 126:
            head += struct.pack("!H", size)
        self.transport.write(head + bytes(4) + text)

    def beat(self) -> None:
        self.beats += 1
        self.sent_at = time.monotonic()
        self.say("beat", proof=PROOF)

    def data_received(self, data: bytes) -> None:
        self.received += data
        if not self.is_open:
            head, end, self.received = self.received.partition(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 101"):
                sys.exit(f"The node refused a console: {head!r}")
            self.is_open = True
            self.say("hello", console=f"page {self.number}", since="")
            self.beat()
        while message := self.next_message():
            if b'"type": "beat"' in message[:80]:
                self.replies += 1
                self.is_heard.set()
                self.round_trips.append(time.monotonic() - self.sent_at)

    def next_message(self) -> bytes:
        """Return one whole message, and drop it from what was received."""
        data, start = self.received, 2
        size = data[1] if len(data) > 1 else 0
        if size == 126 and len(data) >= 4:
            start, size = 4, int.from_bytes(data[2:4], "big")
        if size > 126 and start == 2 or len(data) < start + size:
            return b""
        self.received = data[start + size :]
        if data[0] == 0x88:
            sys.exit(f"The node closed a console: {data[start : start + size]!r}")
        return data[start : start + size] or b"-"


async def shift(cookies: list[str], port: int, node: int, seconds: float) -> Idle:
    """Open all consoles, let them settle, and measure the node for so long."""
    loop = asyncio.get_running_loop()
    consoles: list[Console] = []
    pulse: asyncio.Task[None] | None = None
    for number, cookie in enumerate(cookies):
        make = partial(Console, number, cookie, port)
        _, console = await loop.create_connection(make, "127.0.0.1", port)
        consoles.append(console)
        pulse = pulse or asyncio.create_task(_beat(consoles))
        # One after the other: what a hello costs is another matter.
        await asyncio.wait_for(console.is_heard.wait(), SETTLES_WITHIN)
    assert pulse is not None
    await asyncio.sleep(SETTLE)
    for console in consoles:
        console.round_trips.clear()
        console.beats -= console.replies
        console.replies = 0
    before = cpu_seconds(node)
    await asyncio.sleep(seconds)
    used = cpu_seconds(node) - before
    pulse.cancel()
    await asyncio.gather(pulse, return_exceptions=True)
    await asyncio.sleep(1)
    trips = [trip for console in consoles for trip in console.round_trips]
    beats = sum(console.beats for console in consoles)
    replies = sum(console.replies for console in consoles)
    for console in consoles:
        console.transport.close()
    middle = statistics.median(trips) * 1000 if trips else float("nan")
    return Idle(len(consoles), used / seconds, middle, beats, max(0, beats - replies))


async def _beat(consoles: list[Console]) -> None:
    """Beat for each console once in two seconds, one after the other."""
    while True:
        begin = time.monotonic()
        for number, console in enumerate(list(consoles), 1):
            if console.is_heard.is_set():
                console.beat()
            due = begin + BEAT_EVERY * number / len(consoles)
            await asyncio.sleep(max(0.0, due - time.monotonic()))


def measure(tree: Path, counts: list[int], seconds: float) -> Iterator[Idle]:
    """Measure the product in `tree` with each of these numbers of consoles."""
    with ExitStack() as stack, tempfile.TemporaryDirectory() as folder:
        stores = (Postgres(), Valkey())
        for store in stores:
            store.start()
            stack.callback(store.stop)
        port = free_port()
        environment = os.environ | {
            "ENV_FILE": os.devnull,
            "DEBUG": "1",
            "SECRET_KEY": "only-for-the-bench",
            "DJANGO_SETTINGS_MODULE": "callcenter.settings",
            "VAR_DIR": folder,
            "PORT": str(port),
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "DATABASE_URL": stores[0].url,
            "REDIS_URL": stores[1].url,
            "LOG_LEVEL": "WARNING",
        }
        run = partial(subprocess.run, cwd=tree, env=environment, check=True)
        run([sys.executable, "manage.py", "migrate", "-v", "0"])
        command = [sys.executable, "-c", f"import sys; {DJANGO}", str(max(counts))]
        cast = run(command, input=CAST, text=True, stdout=subprocess.PIPE)
        cookies = cast.stdout.split()
        for count in counts:
            with serving(tree, environment, port) as node:
                try:
                    yield asyncio.run(shift(cookies[:count], port, node, seconds))
                except TimeoutError:
                    print(f"{count} consoles are more than this node takes.")
                    return


@contextmanager
def serving(tree: Path, environment: dict[str, str], port: int) -> Iterator[int]:
    command = [sys.executable, "manage.py", "serve"]
    process = subprocess.Popen(command, cwd=tree, env=environment)
    with ended(process, 20):
        wait_for(port, 60)
        yield process.pid


def row(name: str, idle: Idle) -> str:
    return (
        f"| {name} | {idle.consoles} | {idle.of_a_core:.1%} | {idle.a_beat:.2f} ms "
        f"| {idle.reply_p50:.1f} ms | {idle.lost} of {idle.beats} |"
    )


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench consoles")
    parser.add_argument("--consoles", type=int, nargs="+", default=[20, 100, 500])
    parser.add_argument("--seconds", type=float, default=20.0, help="of each run")
    parser.add_argument("--against", metavar="COMMIT", help="measured beside it")
    wanted = parser.parse_args(words)
    with checked_out(wanted.against) as other:
        trees = [("now", ROOT)] if other is None else [other, ("now", ROOT)]
        found = {
            name: list(measure(tree, wanted.consoles, wanted.seconds))
            for name, tree in trees
        }
    rows = [row(name, idle) for name, idles in found.items() for idle in idles]
    RESULTS.write_text(
        HEAD.format(words="".join(f" {word}" for word in words), cores=os.cpu_count())
        + "\n".join(rows)
        + "\n"
    )
    print("\n".join(rows))
    if other is not None and _is_worse(found[other[0]], found["now"]):
        sys.exit("An idle console costs half as much again as it did.")


def _is_worse(before: list[Idle], now: list[Idle]) -> bool:
    pairs = zip(before, now, strict=False)
    return any(one.a_beat > was.a_beat * WORSE for was, one in pairs)


if __name__ == "__main__":
    main(sys.argv[1:])
