"""`python -m bench`: the relay beside its baseline, in one run; writes results.md."""

import argparse
import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.run import Result, measure

RESULTS = Path(__file__).parent / "results.md"

HEAD = """\
# What one call costs

Written by `make bench` on {when}: {processor}, {cores} cores, Python {python}.

A call is two-way: 50 packets a second from a WhatsApp-like phone (DTLS, SRTP, Opus) to
an agent's websocket, and 50 back. The server process has one core to itself; the phones
and the agents run in two other processes on what is left. CPU is user and system time
of the server process alone, delay is what the relay adds from one socket to the other,
the generators' own lateness included. Where the last column shows other work, delay and
loss are those of a crowded machine, and the cost is underestimated, most of all at 60
calls: packets that wait together share a wake-up.

In a three-way call two agents and a phone send speech, and the node decodes three
streams and encodes three. In the queue nobody but the phone is there, and hears music.
"""
COLUMNS = (
    "relay",
    "server",
    "calls",
    "of a core per call",
    "calls per core, by division",
    "added delay p50",
    "p99",
    "lost",
    "other work, cores",
)


@dataclass(frozen=True)
class Run:
    kind: str
    server: str
    calls: int


RUNS = (
    Run("transcode", "daphne", 8),
    Run("transcode", "uvicorn", 8),
    Run("passthrough", "daphne", 8),
    Run("passthrough", "uvicorn", 8),
    Run("passthrough", "daphne", 20),
    Run("passthrough", "uvicorn", 20),
    Run("passthrough", "daphne", 60),
    Run("passthrough", "uvicorn", 60),
    Run("three-way", "daphne", 8),
    Run("three-way", "uvicorn", 8),
    Run("queue", "daphne", 8),
)


def row(result: Result) -> str:
    server = {"daphne": "Daphne", "uvicorn": "uvicorn + uvloop"}[result.server]
    kind = {
        "passthrough": "pass-through",
        "three-way": "three-way, mixed",
        "queue": "in the queue, music",
        "transcode": "decode, resample, encode",
    }
    return (
        f"| {kind[result.kind]} | {server} | {result.calls} "
        f"| {result.core_per_call:.2%} | {1 / result.core_per_call:.0f} "
        f"| {milliseconds(result.delay_p50)} | {milliseconds(result.delay_p99)} "
        f"| {result.lost:.2%} | {result.others:.2f} |"
    )


def milliseconds(delay: float | None) -> str:
    return "–" if delay is None else f"{delay:.1f} ms"


def ratios(results: list[Result]) -> str:
    lines = []
    for server in ("daphne", "uvicorn"):
        baseline = next(
            r for r in results if (r.kind, r.server) == ("transcode", server)
        )
        ours = next(r for r in results if (r.kind, r.server) == ("passthrough", server))
        times = baseline.core_per_call / ours.core_per_call
        lines.append(
            f"Under {server}, {baseline.calls} calls each, the usual way costs"
            f" {times:.1f} times as much."
        )
    return "\n".join(lines)


def head() -> str:
    table = f"\n| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|\n"
    return (
        HEAD.format(
            when=datetime.now(UTC).strftime("%Y-%m-%d"),
            processor=platform.machine(),
            cores=os.cpu_count(),
            python=platform.python_version(),
        )
        + table
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=15.0, help="of each run")
    seconds = parser.parse_args().seconds
    text, results = head(), []
    for run in RUNS:
        result = measure(run.kind, run.server, run.calls, seconds)
        results.append(result)
        print(row(result), flush=True)
        text += row(result) + "\n"
    text += "\n" + ratios(results) + "\n"
    RESULTS.write_text(text)
    print(ratios(results))


if __name__ == "__main__":
    main()
