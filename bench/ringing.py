"""The cost of ringing: one call, from its webhook's effect until it rings, and its end.

`python -m bench ringing [--against COMMIT]`: at 5 to 500 agents on PostgreSQL, beside
another commit in the same run.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "results-ringing.md"
AGENTS = (5, 50, 200, 500)
STRATEGIES = ("ring_all", "longest_idle")
CALLS = 5


def measure(agents: int, strategy: str) -> dict[str, Any]:
    """Run in the checkout that is measured, on a database of its own."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    begin, over = _floor(agents, strategy)
    seconds: dict[str, list[float]] = {"ring": [], "end": []}
    count = {"ring": 0, "end": 0}

    def counting(execute: Any, sql: Any, *rest: Any) -> Any:
        count[step] += 1
        return execute(sql, *rest)

    for number in range(CALLS):
        for step, act in (("ring", begin), ("end", over)):
            count[step], began = 0, time.perf_counter()
            with connection.execute_wrapper(counting):
                act(number)
            seconds[step].append(time.perf_counter() - began)
    return {
        "rang": _rang() / CALLS,
        "ring_ms": statistics.median(seconds["ring"]) * 1000,
        "end_ms": statistics.median(seconds["end"]) * 1000,
        "ring_statements": count["ring"],
        "end_statements": count["end"],
        "held_ms": _held(),
    }


def _floor(agents: int, strategy: str) -> tuple[Any, Any]:
    """Set up a queue with so many agents. Returns how a call begins and ends there."""
    from django.contrib.auth.models import User
    from django.utils import timezone

    from agents.models import Agent, AgentStateSpan, Membership, Queue
    from callcenter.models import WatiAccount
    from callcenter.wati.events import CallTerminated, InboundCall, Person
    from calls.lifecycle import inbound
    from calls.models import Line

    queue = Queue.objects.create(name="Support", strategy=strategy)
    account = WatiAccount.objects.create(name="Shop", is_active=True)
    Line.objects.create(account=account, number="15550100000", name="Shop", queue=queue)
    users = User.objects.bulk_create(User(username=f"a{n}") for n in range(agents))
    staff = Agent.objects.bulk_create(
        Agent(user=user, name=f"Agent {user.username}") for user in users
    )
    Membership.objects.bulk_create(Membership(agent=a, queue=queue) for a in staff)
    AgentStateSpan.objects.bulk_create(
        AgentStateSpan(agent=a, state="available", started_at=timezone.now())
        for a in staff
    )

    def begin(number: int) -> None:
        event = InboundCall(
            call_id=f"wacid.{number}",
            offer="v=0",
            business_number="15550100000",
            caller=Person(waid=f"4915112345{number:03}", name="Carla"),
        )
        now = timezone.now()
        inbound.begin(account, event, received_at=now, offer="v=0")

    def refreshed(number: int) -> None:
        now = timezone.now()
        Agent.objects.update(state="available", seen_at=now, ready_at=now)
        begin(number)

    def over(number: int) -> None:
        inbound.customer_ended(account, CallTerminated(f"wacid.{number}"))

    return refreshed, over


def _rang() -> int:
    from calls.models import Offer

    return Offer.objects.count()


def _held() -> float | None:
    """Return how long the lock was held at most, where the revision knows it."""
    from calls import locking

    watch = getattr(locking, "watch", None)
    return max(watch.held) * 1000 if watch and watch.held else None


# --- The run -------------------------------------------------------------------------


def run(checkout: Path, database: str, agents: int, strategy: str) -> dict[str, Any]:
    environment = os.environ | {
        "DATABASE_URL": database,
        "REDIS_URL": "",
        "DEBUG": "0",
        "SECRET_KEY": "only for the bench",
        "ALLOWED_HOSTS": "localhost",
        "PYTHONPATH": str(checkout),
        "DJANGO_SETTINGS_MODULE": "callcenter.settings",
        "LOG_LEVEL": "ERROR",
    }
    command = [sys.executable, __file__, str(agents), strategy]
    done = subprocess.run(
        command, cwd=checkout, env=environment, capture_output=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr.decode())
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


HEAD = """\
# What ringing costs

Written by `python -m bench ringing{words}` on PostgreSQL, {cores} cores; other programs
used {others:.2f} cores meanwhile, which makes times longer, and statements no more.

One inbound call, from its webhook's effect until it has rung at the agents and every
push has been sent, and its end; the median of {calls} calls. The lock is the dispatch
lock, at its longest.

"""
COLUMNS = (
    "strategy",
    "agents",
    "commit",
    "rung",
    "until rung",
    "statements",
    "its end",
    "statements",
    "lock held",
)


def main(words: list[str]) -> None:
    from bench.commits import WORSE, checked_out
    from bench.run import busy_seconds
    from bench.servers import database_of_its_own, postgres

    parser = argparse.ArgumentParser(prog="python -m bench ringing")
    parser.add_argument("--against", metavar="COMMIT", help="measured beside it")
    wanted = parser.parse_args(words)
    rows: list[str] = []
    worse, began, used = [], time.monotonic(), busy_seconds()
    with postgres() as server, checked_out(wanted.against) as other:
        for strategy in STRATEGIES:
            for agents in AGENTS:
                ours = run(ROOT, database_of_its_own(server), agents, strategy)
                if other is not None:
                    name, tree = other
                    theirs = run(tree, database_of_its_own(server), agents, strategy)
                    rows.append(row(strategy, agents, name, theirs))
                    if ours["ring_ms"] > theirs["ring_ms"] * WORSE:
                        worse.append(f"{strategy} at {agents} agents")
                rows.append(row(strategy, agents, "now", ours))
                print(*rows[-2:], sep="\n", flush=True)
    others = (busy_seconds() - used) / (time.monotonic() - began) - 1
    text = HEAD.format(
        words="".join(f" {word}" for word in words),
        cores=os.cpu_count(),
        calls=CALLS,
        others=max(0.0, others),
    )
    table = [f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|", *rows]
    RESULTS.write_text(text + "\n".join(table) + "\n")
    if worse:
        sys.exit(f"Ringing takes half as long again as it did: {', '.join(worse)}.")


def row(strategy: str, agents: int, name: str, found: dict[str, Any]) -> str:
    held = "–" if found["held_ms"] is None else f"{found['held_ms']:.0f} ms"
    return (
        f"| {strategy} | {agents} | {name} | {found['rang']:.0f} "
        f"| {found['ring_ms']:.0f} ms | {found['ring_statements']} "
        f"| {found['end_ms']:.0f} ms | {found['end_statements']} | {held} |"
    )


if __name__ == "__main__":  # the child that measures a checkout
    sys.path.insert(0, os.environ["PYTHONPATH"])
    print(json.dumps(measure(int(sys.argv[1]), sys.argv[2])))
