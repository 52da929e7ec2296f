"""`python -m bench door`: webhooks at a steady rate, beside calls that run.

The process that is measured is `manage.py serve` (Daphne, the embedded worker) on a
PostgreSQL that keeps its promises to the disk.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import psycopg

from bench.commits import ROOT, WORSE, checked_out
from bench.run import ended, free_port, ready, running, tell, wait_for
from bench.run import read as read_line
from tests.processes import most_threads
from tests.servers import Postgres

KEY = "bench-key"
RESULTS = ROOT / "bench" / "results-door.md"
HEAD = """\
# What a webhook costs at the door

Written by `python -m bench door{words}`: one process of the product on a PostgreSQL
that keeps its promises to the disk. CPU is that of the whole process, with what the
embedded worker does meanwhile. The usual way is a view that authenticates by a row and
stores by `get_or_create`.

"""
MOST_OPEN = 400  # requests without an answer; Wati would have no patience either
PATIENCE = 30.0  # seconds
COLUMNS = (
    "door",
    "webhooks a second",
    "calls",
    "stored",
    "refused",
    "no answer",
    "CPU of the process a webhook",
    "of it on the event loop",
    "p50",
    "p99",
    "event loop late, p99",
    "worst",
    "threads",
    "frames over 60 ms",
)


@dataclass(frozen=True)
class Run:
    """`effect`: the webhooks end unknown calls; otherwise they say nothing."""

    kind: str
    rate: int
    effect: bool
    calls: int = 0


@dataclass
class Heard:
    """The replies to the webhooks that were sent."""

    statuses: Counter[int] = field(default_factory=Counter)
    delays: list[float] = field(default_factory=list)


class Sender:
    """Posts as Wati does, over connections that are kept."""

    def __init__(self, port: int, heard: Heard) -> None:
        self.port, self.heard = port, heard
        self.idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self.is_open = 0

    async def post(self, name: str, effect: bool) -> None:
        if self.is_open >= MOST_OPEN:
            self.heard.statuses[0] += 1
            return
        self.is_open += 1
        begun = time.monotonic()
        try:
            async with asyncio.timeout(PATIENCE):
                status = await self._exchange(request(name, effect))
        except (OSError, asyncio.IncompleteReadError, ValueError):
            status = 0
        finally:
            self.is_open -= 1
        self.heard.statuses[status] += 1
        if status == 200:
            self.heard.delays.append(time.monotonic() - begun)

    async def _exchange(self, content: bytes) -> int:
        if self.idle:
            reader, writer = self.idle.pop()
        else:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(content)
        head = await reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]
        await reader.readexactly(int(length))
        self.idle.append((reader, writer))
        return int(head[9:12])

    def close(self) -> None:
        for _, writer in self.idle:
            writer.close()


def request(name: str, effect: bool) -> bytes:
    body = json.dumps({"callId" if effect else "about": name}).encode()
    return (
        b"POST /webhooks/wati/terminate-call/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        b"Content-Type: application/json\r\n"
        b"Authorization: Bearer %b\r\nContent-Length: %d\r\n\r\n%b"
    ) % (KEY.encode(), len(body), body)


async def send(run: Run, port: int, seconds: float, name: str) -> Heard:
    """Send at the rate, whether answers come or not."""
    heard = Heard()
    sender = Sender(port, heard)
    posts = set()
    begin = time.monotonic()
    for number in range(round(run.rate * seconds)):
        pause = begin + number / run.rate - time.monotonic()
        if pause > 0:
            await asyncio.sleep(pause)
        posts.add(asyncio.create_task(sender.post(f"{name}.{number}", run.effect)))
    await asyncio.wait(posts)
    sender.close()
    return heard


@contextmanager
def server(run: Run, root: Path, url: str, port: int) -> Iterator[Any]:
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "callcenter.settings",
        "ENV_FILE": os.devnull,
        "PYTHONPATH": str(root),
        "DEBUG": "0",
        "SIMULATOR": "0",
        "SECRET_KEY": "bench",
        "ALLOWED_HOSTS": "127.0.0.1",
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "SECURE_SSL_REDIRECT": "0",
        "LOG_LEVEL": "ERROR",
        "DATABASE_URL": url,
        "WATI_BASE_URL": "http://127.0.0.1:9",
        "WATI_TENANT_ID": "bench",
        "WATI_API_TOKEN": "bench",
        "WATI_WEBHOOK_API_KEY": KEY,
        "WATI_BUSINESS_NUMBER": "15550100000",
    }
    script = Path(__file__).parent / "door_server.py"
    process = subprocess.Popen(
        [sys.executable, script, run.kind, str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
        env=environment,
    )
    with ended(process, 20):
        yield process


@contextmanager
def calls(number: int, port: int, seconds: float) -> Iterator[list[Any]]:
    """Let calls run, whose frames are timed for so long from now on."""
    if not number:
        yield []
        return
    words = ("passthrough", str(port), str(number))
    with (
        running("bench.phones", *words) as phones,
        ready(phones),
        running("bench.agents", *words) as agents,
        ready(agents),
    ):
        begin = time.monotonic() + 1
        for generator in (phones, agents):
            tell(generator, f"{begin} {begin + seconds}")
        yield [phones, agents]
        for generator in (phones, agents):
            tell(generator, "end")


class Measured(NamedTuple):
    """The CPU of the process for each webhook it stored, in seconds, and the row."""

    cpu: float
    row: str


def measure(run: Run, root: Path, url: str, seconds: float) -> Measured:
    port, name = free_port(), f"{time.time()}"
    with server(run, root, url, port) as process:
        wait_for(port, 150)  # which a crowded machine may need
        time.sleep(3)
        asyncio.run(send(Run(run.kind, 20, run.effect), port, 2, f"{name}.warm"))
        settle(url)
        with calls(run.calls, port, seconds) as generators:
            time.sleep(1)
            tell(process, "mark")
            with most_threads(process.pid) as threads:
                heard = asyncio.run(send(run, port, seconds, name))
            at_the_door = report(process)
            frames = [json.loads(read_line(generator)) for generator in generators]
        settle(url)
        in_all = report(process)
    print(json.dumps({"door": at_the_door, "in_all": in_all}), file=sys.stderr)
    delays = [delay for one in frames for delay in one["delays"]]
    cells = row(run, heard, at_the_door, in_all, max(threads), delays)
    return Measured(in_all["cpu"] / max(1, heard.statuses[200]), cells)


def report(process: "subprocess.Popen[str]") -> dict[str, Any]:
    """Return what the process has measured since its mark."""
    tell(process, "report")
    while not (line := read_line(process)).startswith("{"):  # what it has to say
        if not line:
            raise RuntimeError("The server has ended.")
    found: dict[str, Any] = json.loads(line)
    return found


def row(
    run: Run,
    heard: Heard,
    at_the_door: dict[str, Any],
    in_all: dict[str, Any],
    threads: int,
    frames: list[float],
) -> str:
    kept = max(1, heard.statuses[200])
    p50, p99 = np.percentile(heard.delays or [np.nan], [50, 99]) * 1000
    name = "the usual way" if run.kind == "usual" else "the product"
    cells = [
        f"{name}, with effect" if run.effect else f"{name}, storing alone",
        run.rate,
        run.calls,
        heard.statuses[200],
        heard.statuses[503],
        heard.statuses.total() - heard.statuses[200] - heard.statuses[503],
        f"{in_all['cpu'] / kept * 1000:.1f} ms",
        f"{in_all['threads']['MainThread'] / kept * 1000:.1f} ms",
        f"{p50:.0f} ms",
        f"{p99:.0f} ms",
        f"{at_the_door['late_p99'] * 1000:.0f} ms",
        f"{at_the_door['late_worst'] * 1000:.0f} ms",
        threads,
        f"{np.mean(np.array(frames) > 0.06):.3%}" if frames else "–",
    ]
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def settle(url: str) -> None:
    """Wait until all webhooks have had their effect."""
    with psycopg.connect(url) as database:
        until = time.monotonic() + 120
        waiting = "SELECT count(*) FROM calls_webhookdelivery WHERE status = 'new'"
        while time.monotonic() < until:
            (count,) = database.execute(waiting).fetchone() or (0,)
            database.rollback()
            if not count:
                return
            time.sleep(0.2)
    raise RuntimeError("Webhooks had no effect.")


RUNS = [
    *(Run("usual", rate, effect=False) for rate in (50, 200)),
    *(Run("product", rate, effect=False) for rate in (50, 200)),
    *(Run("product", rate, effect=True) for rate in (50, 100)),
    *(Run("product", rate, effect=True, calls=10) for rate in (200, 1000)),
]


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench door")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each run")
    parser.add_argument("--against", metavar="COMMIT", help="measured beside it")
    parser.add_argument("--only", default="", help="kind,rate,effect,calls")
    wanted = parser.parse_args(words)
    runs = RUNS
    if wanted.only:
        kind, rate, effect, number = wanted.only.split(",")
        runs = [Run(kind, int(rate), effect == "1", int(number))]
    postgres = Postgres(durable=True)
    postgres.start()
    rows, worse = [], []
    try:
        with checked_out(wanted.against) as other:
            for run in runs:
                ours = measure(run, ROOT, postgres.url, wanted.seconds)
                if other is not None and run.kind == "product":
                    theirs = measure(run, other[1], postgres.url, wanted.seconds)
                    rows.append(theirs.row.replace("the product", other[0], 1))
                    if ours.cpu > theirs.cpu * WORSE:
                        worse.append(f"{run.rate}/s")
                rows.append(ours.row)
                print(ours.row, flush=True)
    finally:
        postgres.stop()
    if not wanted.only:
        table = [f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|", *rows]
        head = HEAD.format(words="".join(f" {word}" for word in words))
        RESULTS.write_text(head + "\n".join(table) + "\n")
    if worse:
        sys.exit(f"A webhook costs half as much again at {', '.join(worse)}.")


if __name__ == "__main__":
    main(sys.argv[1:])
