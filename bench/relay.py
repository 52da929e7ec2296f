"""The relay beside its baselines, in one run: `python -m bench relay`.

The baselines are the usual way (aiortc decodes, a stock consumer carries PCM) and, with
`--against`, the same relay at another commit.
"""

import argparse
import os
import platform
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean

from bench.commits import WORSE, checked_out
from bench.run import Result, measure

RESULTS = Path(__file__).parent / "results.md"

HEAD = """\
# What one call costs

Written by `python -m bench relay{words}` on {when}: {processor}, {cores} cores, Python
{python}.

A call is two-way: 50 packets a second from a WhatsApp-like phone (DTLS, SRTP, Opus) to
an agent's websocket, and 50 back. The server process has one core to itself; the phones
and the agents run in two other processes on what is left. CPU is user and system time
of the server process alone, delay is what the relay adds from one socket to the other,
including how late the load generators are to read (how late they are to send, at the
99th percentile, is a column of its own). Memory is what the process has grown by for
each call. Where the last column shows other work, delay and loss are those of a crowded
machine.

In a three-way call two agents and a phone send speech, all at once and all the time,
and the node decodes three streams and encodes three. In the queue nobody but the phone
is there, and hears music.
"""
COLUMNS = (
    "relay",
    "server",
    "calls",
    "of a core per call",
    "of the core in all",
    "added delay p50",
    "p99",
    "lost",
    "memory per call",
    "load late p99",
    "other work, cores",
)
SERVERS = {"daphne": "Daphne", "uvicorn": "uvicorn + uvloop"}
KINDS = {
    "passthrough": "pass-through",
    "three-way": "three-way, mixed",
    "queue": "in the queue, music",
    "transcode": "decode, resample, encode",
}


@dataclass(frozen=True)
class Run:
    kind: str
    server: str
    calls: int

    @classmethod
    def read(cls, text: str) -> "Run":
        kind, server, calls = text.split("/")
        return cls(kind, server, int(calls))


RUNS = (
    Run("transcode", "daphne", 8),
    Run("transcode", "uvicorn", 8),
    Run("passthrough", "daphne", 8),
    Run("passthrough", "uvicorn", 8),
    Run("passthrough", "daphne", 20),
    Run("passthrough", "uvicorn", 20),
    Run("passthrough", "daphne", 60),
    Run("passthrough", "uvicorn", 60),
    Run("passthrough", "daphne", 100),
    Run("passthrough", "uvicorn", 120),
    Run("three-way", "daphne", 8),
    Run("three-way", "uvicorn", 8),
    Run("queue", "daphne", 8),
)


@dataclass(frozen=True)
class Pair:
    """A run as it is, and at the other commit if there is one; means of all repeats."""

    ours: Result
    theirs: Result | None

    @property
    def saved(self) -> float | None:
        """Return the other commit's cost over ours; None without another."""
        if self.theirs is None:
            return None
        return self.theirs.core_per_call / self.ours.core_per_call


def measure_pair(
    run: Run, seconds: float, repeat: int, other: tuple[str, Path] | None
) -> Pair:
    """Measure in turns, so that what else the machine does falls on both alike."""
    ours, theirs = [], []
    for _ in range(repeat):
        if other is not None and run.kind != "transcode":
            name, tree = other
            theirs.append(measure(run.kind, run.server, run.calls, seconds, tree))
            print(row(theirs[-1], name), flush=True)
        ours.append(measure(run.kind, run.server, run.calls, seconds))
        print(row(ours[-1]), flush=True)
    return Pair(mean(ours), mean(theirs) if theirs else None)


def mean(results: list[Result]) -> Result:
    first = results[0]
    return Result(
        first.kind,
        first.server,
        first.calls,
        fmean(result.core for result in results),
        optional_mean([result.delay_p50 for result in results]),
        optional_mean([result.delay_p99 for result in results]),
        fmean(result.lost for result in results),
        fmean(result.others for result in results),
        fmean(result.late_p99 for result in results),
        fmean(result.memory_per_call for result in results),
    )


def optional_mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def row(result: Result, commit: str = "") -> str:
    kind = KINDS[result.kind] + (f", {commit}" if commit else "")
    return (
        f"| {kind} | {SERVERS[result.server]} | {result.calls} "
        f"| {result.core_per_call:.2%} | {result.core:.0%} "
        f"| {milliseconds(result.delay_p50)} | {milliseconds(result.delay_p99)} "
        f"| {result.lost:.2%} | {result.memory_per_call / 1e6:.2f} MB "
        f"| {milliseconds(result.late_p99)} | {result.others:.2f} |"
    )


def milliseconds(delay: float | None) -> str:
    return "–" if delay is None else f"{delay:.1f} ms"


def ratios(pairs: list[Pair], commit: str | None) -> list[str]:
    """Return what the table comes to, a sentence for each comparison."""
    lines = []
    for server in SERVERS:
        usual = [
            p.ours
            for p in pairs
            if (p.ours.kind, p.ours.server) == ("transcode", server)
        ]
        ours = [
            p.ours
            for p in pairs
            if (p.ours.kind, p.ours.server) == ("passthrough", server)
        ]
        if usual and ours:
            times = usual[0].core_per_call / ours[0].core_per_call
            lines.append(
                f"Under {SERVERS[server]}, {usual[0].calls} calls each, the usual way"
                f" costs {times:.1f} times as much."
            )
    for pair in pairs:
        if pair.saved is not None:
            what = KINDS[pair.ours.kind].capitalize()
            lines.append(
                f"{what}, {SERVERS[pair.ours.server]}, {pair.ours.calls} calls:"
                f" {commit} costs {pair.saved:.2f} times as much."
            )
    return lines


def head(words: str) -> str:
    table = f"\n| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|\n"
    return (
        HEAD.format(
            words=words,
            when=datetime.now(UTC).strftime("%Y-%m-%d"),
            processor=platform.machine(),
            cores=os.cpu_count(),
            python=platform.python_version(),
        )
        + table
    )


def table(pairs: list[Pair], commit: str | None) -> str:
    rows = []
    for pair in pairs:
        if pair.theirs is not None and commit is not None:
            rows.append(row(pair.theirs, commit))
        rows.append(row(pair.ours))
    return "\n".join(rows)


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench relay", description=__doc__)
    parser.add_argument("--seconds", type=float, default=15.0, help="of each run")
    parser.add_argument(
        "--repeat", type=int, default=1, help="each run, and take the mean"
    )
    parser.add_argument(
        "--against", metavar="COMMIT", help="measure that one beside it"
    )
    parser.add_argument(
        "--run",
        type=Run.read,
        action="append",
        metavar="KIND/SERVER/CALLS",
        help="only this; may be repeated; the results are not written down",
    )
    wanted = parser.parse_args(words)
    with checked_out(wanted.against) as other:
        pairs = [
            measure_pair(run, wanted.seconds, wanted.repeat, other)
            for run in wanted.run or RUNS
        ]
    commit = other[0] if other is not None else None
    lines = ratios(pairs, commit)
    print("\n".join(lines))
    if not wanted.run:
        text = head("".join(f" {word}" for word in words))
        RESULTS.write_text(
            text + table(pairs, commit) + "\n\n" + "\n".join(lines) + "\n"
        )
    if any(pair.saved is not None and pair.saved * WORSE < 1 for pair in pairs):
        sys.exit("A call costs half as much again as it did.")


if __name__ == "__main__":
    main(sys.argv[1:])
