"""One measurement: a server on a core of its own, its load on the others."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

WARM_UP = 3.0
HERE = Path(__file__).parents[1]
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Result:
    """Core and other work are in cores; delays are milliseconds, None if not timed.

    `others` is what the rest of the machine did meanwhile: with more than a few
    hundredths the delays and losses are those of a crowd, and wake-ups that are shared
    by more packets make the relay look cheaper than it is. `late_p99` is how late the
    load generators were themselves, in milliseconds; `memory_per_call` is in bytes.
    """

    kind: str
    server: str
    calls: int
    core: float
    delay_p50: float | None
    delay_p99: float | None
    lost: float
    others: float
    late_p99: float
    memory_per_call: float

    @property
    def core_per_call(self) -> float:
        return self.core / self.calls


def measure(
    kind: str, server: str, calls: int, seconds: float, tree: Path = HERE
) -> Result:
    """Run `calls` calls and return what they cost the server process.

    The server runs from the sources in `tree`, the load always from these.
    """
    port = free_port()
    with running("bench.server", kind, server, str(port), core=0, cwd=tree) as serving:
        wait_for(port)
        empty = resident_bytes(serving.pid)
        with (
            running("bench.phones", kind, str(port), str(calls)) as phones,
            ready(phones),
            running(
                "bench.agents", kind, str(port), str(agents_of(kind, calls))
            ) as agents,
            ready(agents),
        ):
            begin = time.monotonic() + WARM_UP
            for generator in (phones, agents):
                tell(generator, f"{begin} {begin + seconds}")
            time.sleep(begin - time.monotonic())
            ours = [process.pid for process in (serving, phones, agents)]
            before, busy = [cpu_seconds(pid) for pid in ours], busy_seconds()
            time.sleep(begin + seconds - time.monotonic())
            used = [
                cpu_seconds(pid) - cpu for pid, cpu in zip(ours, before, strict=True)
            ]
            core = used[0] / seconds
            others = max(0.0, busy_seconds() - busy - sum(used)) / seconds
            memory = (resident_bytes(serving.pid) - empty) / calls
            heard = [json.loads(read(generator)) for generator in (phones, agents)]
            for generator in (phones, agents):
                tell(generator, "end")
    p50, p99 = percentiles(delays_of(kind, *heard))
    _, late_p99 = percentiles([late for tally in heard for late in tally["late"]])
    return Result(
        kind,
        server,
        calls,
        core,
        p50,
        p99,
        loss_of(*heard),
        others,
        late_p99 or 0.0,
        memory,
    )


def agents_of(kind: str, calls: int) -> int:
    return calls * {"three-way": 2, "queue": 0}.get(kind, 1)


def percentiles(delays: list[float]) -> tuple[float | None, float | None]:
    if not delays:
        return None, None
    p50, p99 = np.percentile(np.array(delays) * 1000, [50, 99])
    return float(p50), float(p99)


def delays_of(kind: str, phones: Any, agents: Any) -> list[float]:
    if kind == "passthrough":
        return [*phones["delays"], *agents["delays"]]
    delays = []
    for sender, hearer in ((phones, agents), (agents, phones)):
        for number, sent in sender["sent_bursts"].items():
            for heard in hearer["heard_bursts"].get(number, []):
                before = [instant for instant in sent if instant <= heard]
                if before:
                    delays.append(heard - before[-1])
    return delays


def loss_of(phones: Any, agents: Any) -> float:
    sent = phones["sent"] + agents["sent"]
    return max(0.0, 1 - (phones["received"] + agents["received"]) / sent)


@contextmanager
def running(
    module: str, *words: str, core: int | None = None, cwd: Path = HERE
) -> Iterator[subprocess.Popen[str]]:
    others = sorted(os.sched_getaffinity(0))
    cores = [others[0]] if core == 0 else others[1:] or others
    process = subprocess.Popen(
        [sys.executable, "-m", module, *words],
        cwd=cwd,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    os.sched_setaffinity(process.pid, cores)
    with ended(process):
        yield process


@contextmanager
def ended(process: subprocess.Popen[Any], seconds: float = 10) -> Iterator[None]:
    """End the process at last; it is killed if it takes longer than this."""
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def ready(generator: subprocess.Popen[str]) -> Iterator[None]:
    line = read(generator)
    if line.strip() != "ready":
        raise RuntimeError(f"A load generator failed: {line!r}")
    yield


def tell(generator: subprocess.Popen[str], line: str) -> None:
    assert generator.stdin is not None
    generator.stdin.write(line + "\n")
    generator.stdin.flush()


def read(generator: subprocess.Popen[str]) -> str:
    assert generator.stdout is not None
    return generator.stdout.readline()


def cpu_seconds(pid: int) -> float:
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


def resident_bytes(pid: int) -> int:
    with open(f"/proc/{pid}/statm") as pages:
        return int(pages.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def busy_seconds() -> float:
    """Return what all processes of the machine have used."""
    with open("/proc/stat") as stat:
        ticks = [int(word) for word in stat.readline().split()[1:]]
    idle, waiting = ticks[3:5]
    return (sum(ticks[:8]) - idle - waiting) / TICKS_PER_SECOND


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("The server did not come up.")
