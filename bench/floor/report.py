"""`python -m bench floor`: run it, and write results-floor.md."""

import argparse
import os
import platform
import signal
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from bench.floor.measure import Load, Outcome, Plan, measure
from tests import processes

RESULTS = Path(__file__).parents[1] / "results-floor.md"

HEAD = """\
# A company in a busy hour

Written by `python -m bench floor` on {when}:
{processor}, {cores} cores, Python {python}.

The whole product in full mode, as processes on this one machine: PostgreSQL, Valkey,
the nodes (`manage.py serve`), a worker of two processes, beat. Beside them what stands
for the world: the simulator with its phones, which posts webhooks and answers as Wati
does, and consoles as programs, each on the console websocket with a beat every 2 s,
which ring, answer, hold, transfer, hang up and wrap up. A packet a second goes each way
on each call; what audio costs is in [results.md](results.md). Delays run from clock to
clock of one machine, the generators' own lateness included. CPU is user and system time
in cores, of each process with its children.
"""

GOALS = {"webhook to ring": 500, "click to accept": 200, "hang-up to idle": 500}


def main(words: list[str]) -> None:
    signal.signal(signal.SIGTERM, _end)
    plan = _arguments(words)
    try:
        _measure(plan)
    finally:
        processes.end_run()


def _measure(plan: argparse.Namespace) -> None:
    outcomes = []
    for nodes in plan.nodes:
        one = Plan(
            agents=plan.agents,
            queues=plan.queues,
            nodes=nodes,
            calls_per_second=plan.calls_per_second,
            talk=plan.talk_seconds,
            idle=plan.idle_seconds,
            busy=plan.seconds or plan.minutes * 60,
            generators=plan.generators,
        )
        outcomes.append(measure(one))
        print(section(outcomes[-1]), flush=True)
    text = HEAD.format(
        when=datetime.now(UTC).strftime("%Y-%m-%d"),
        processor=platform.machine(),
        cores=os.cpu_count(),
        python=platform.python_version(),
    )
    text += "\n" + "\n".join(section(outcome) for outcome in outcomes)
    plan.results.write_text(text)


def _end(*_: object) -> None:
    """End as after Ctrl-C: what was started is stopped."""
    raise KeyboardInterrupt


def _arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m bench floor", description=__doc__)
    parser.add_argument("--agents", type=int, default=500)
    parser.add_argument("--queues", type=int, default=20)
    parser.add_argument("--nodes", type=int, nargs="+", default=[1], help="1 2 3")
    parser.add_argument("--minutes", type=float, default=5.0, help="of busy time")
    parser.add_argument("--seconds", type=float, help="the same in seconds")
    parser.add_argument("--calls-per-second", type=float, default=2.0)
    parser.add_argument(
        "--talk-seconds", type=float, default=20.0, help="3 minutes, accelerated"
    )
    parser.add_argument("--idle-seconds", type=float, default=10.0)
    parser.add_argument("--generators", type=int, default=2, help="console processes")
    parser.add_argument("--results", type=Path, default=RESULTS)
    return parser.parse_args(words)


def section(outcome: Outcome) -> str:
    plan, idle = outcome.plan, outcome.idle
    calls = max(1, outcome.calls)
    lines = [
        f"## {plan.agents} agents, {plan.queues} queues, {plan.nodes} "
        f"{'node' if plan.nodes == 1 else 'nodes'}\n",
        f"{outcome.calls} calls in {outcome.busy.seconds:.0f} s"
        f" ({plan.calls_per_second:g} a second, {plan.talk:g} s of talk),"
        f" **{outcome.lost} lost**. Endings: {_counts(outcome.endings)}."
        f" Other work on the machine: {outcome.busy.others:.2f} cores.\n",
        "| delay | p50 | p95 | worst | goal for p95 | calls |",
        "|---|---|---|---|---|---|",
        *(_delay(name, found) for name, found in outcome.delays.items()),
        "",
        "| process | cores, busy | idle | CPU a call beyond idle |",
        "|---|---|---|---|",
        *_costs(outcome.idle, outcome.busy, calls),
        "",
        f"PostgreSQL ran {idle.statements / idle.seconds:.0f} statements a second for"
        f" idle consoles, and {_per_call(outcome):.0f} more for each call.\n",
        *_notes(outcome),
        "| statement | runs a call | ms a call |",
        "|---|---|---|",
        *(
            f"| `{one.text}` | {one.calls / calls:.1f}"
            f" | {one.milliseconds / calls:.2f} |"
            for one in outcome.top
        ),
        "",
    ]
    return "\n".join(lines)


def _delay(name: str, found: list[float]) -> str:
    goal = f"{GOALS[name]} ms" if name in GOALS else ""
    if not found:
        return f"| {name} | – | – | – | {goal} | 0 |"
    p50, p95 = np.percentile(np.array(found) * 1000, [50, 95])
    figures = [f"{value:.0f} ms" for value in (p50, p95, max(found) * 1000)]
    return f"| {name} | {' | '.join(figures)} | {goal} | {len(found)} |"


def _costs(idle: Load, busy: Load, calls: int) -> list[str]:
    lines = []
    for name, cores in sorted(busy.cores.items(), key=lambda one: -one[1]):
        before = idle.cores[name]
        more = (cores - before) * busy.seconds / calls * 1000
        lines.append(f"| {name} | {cores:.2f} | {before:.3f} | {more:.0f} ms |")
    return lines


def _per_call(outcome: Outcome) -> float:
    idle, busy = outcome.idle, outcome.busy
    usual = idle.statements / idle.seconds * busy.seconds
    return (busy.statements - usual) / max(1, outcome.calls)


def _notes(outcome: Outcome) -> list[str]:
    notes = []
    if outcome.webhooks_refused:
        notes.append(f"Webhooks not taken: {_counts(outcome.webhooks_refused)}.\n")
    if outcome.problems:
        notes.append(f"Consoles were told: {_counts(outcome.problems)}.\n")
    if outcome.reconnects:
        notes.append(f"Consoles reconnected {outcome.reconnects} times.\n")
    if outcome.metrics:
        told = ", ".join(
            f"`{name}` {value:g}" for name, value in outcome.metrics.items()
        )
        notes.append(f"The first node's metrics: {told}.\n")
    return notes


def _counts(counted: dict[str, int]) -> str:
    return ", ".join(f"{word} {count}" for word, count in sorted(counted.items()))
