"""One measurement: so many agents and nodes, an idle while, a busy while."""

import asyncio
import json
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from subprocess import Popen
from typing import Any

import httpx2

from bench.floor.callers import Callers, Ledger
from bench.floor.consoles import Habits, Seat, Seen
from bench.floor.stack import FloorStack
from bench.run import busy_seconds

DRAIN = 60.0  # seconds that the last calls have to end
SETTLES = 15.0  # seconds until all consoles have been told everything and rung once
LOCK = "callcenter_dispatch_lock"


@dataclass(frozen=True)
class Plan:
    """The load on the company. Seconds; `talk` is the mean of a conversation."""

    agents: int
    queues: int
    nodes: int
    calls_per_second: float
    talk: float
    idle: float
    busy: float
    generators: int


@dataclass
class Load:
    """The cost of a while: CPU in cores by process, statements, other work."""

    seconds: float
    cores: dict[str, float]
    statements: int
    others: float


@dataclass
class Outcome:
    plan: Plan
    idle: Load
    busy: Load
    calls: int
    lost: int
    endings: dict[str, int]
    delays: dict[str, list[float]]
    webhooks_refused: dict[str, int]
    problems: dict[str, int]
    reconnects: int
    metrics: dict[str, float]
    top: list[Any] = field(default_factory=list)


def measure(plan: Plan) -> Outcome:
    """Run the company once. Everything that is started here ends here."""
    stack = FloorStack(plan.nodes).start_stores()
    try:
        return _Run(plan, stack).run()
    except BaseException:
        for name in stack.processes:
            if told := stack.log(name):
                print(f"--- {name}\n{told[-4000:]}")
        raise
    finally:
        stack.stop()


class _Run:
    def __init__(self, plan: Plan, stack: FloorStack) -> None:
        import django

        django.setup()
        from bench.floor import company, database

        self.company, self.database = company, database
        self.plan, self.stack = plan, stack
        self.ledger = Ledger()
        self.callers = Callers(stack.wati_url, plan.queues, plan.talk)

    def run(self) -> Outcome:
        queues = self.company.found(
            self.plan.agents, self.plan.queues, self.stack.wati_url
        )
        self.database.begin_to_count()
        self.stack.start()
        habits = Habits(talk=self.plan.talk, queues=tuple(queue.pk for queue in queues))
        seats = self.company.seats(self.stack.node_urls)
        consoles = self._open_consoles(seats, habits)
        time.sleep(SETTLES)
        idle = self._load(lambda: time.sleep(self.plan.idle))
        self.database.begin_to_count()
        busy = self._load(self._rush_hour)
        top = self.database.statements()[:12]
        self._drain()
        metrics = self._metrics()
        return self._outcome(idle, busy, self._hear(consoles), metrics, top)

    # --- The generators ---

    def _open_consoles(self, seats: list[Seat], habits: Habits) -> list[Popen[bytes]]:
        opened = []
        for number in range(self.plan.generators):
            process = self.stack.spawn_generator(
                f"consoles-{number + 1}", "bench.floor.consoles"
            )
            share = seats[number :: self.plan.generators]
            _tell(
                process, {"seats": list(map(asdict, share)), "habits": asdict(habits)}
            )
            opened.append(process)
        for process in opened:
            if (line := _read(process)) != "ready":
                raise RuntimeError(f"The consoles failed: {line!r}")
        return opened

    def _hear(self, consoles: list[Popen[bytes]]) -> list[Seen]:
        seen = []
        for process in consoles:
            _tell(process, "end")
            seen.append(Seen(**json.loads(_read(process))))
        return seen

    def _rush_hour(self) -> None:
        """Place the calls, reading the ledger before the simulator forgets."""
        left = self.plan.busy
        while left > 0:
            part = min(left, 60.0)
            asyncio.run(self.callers.call_for(part, self.plan.calls_per_second))
            self.ledger.read(self.stack.wati_url, self.callers.calls)
            left -= part

    def _drain(self) -> None:
        until = time.monotonic() + DRAIN + 2 * self.plan.talk
        while self.company.live_calls() and time.monotonic() < until:
            time.sleep(0.5)
        self.ledger.read(self.stack.wati_url, self.callers.calls)

    # --- Figures ---

    def _load(self, happens: Any) -> Load:
        cpu, machine, begin = self.stack.cpu(), busy_seconds(), time.monotonic()
        before = self._count()
        happens()
        seconds = time.monotonic() - begin
        used = {name: spent - cpu[name] for name, spent in self.stack.cpu().items()}
        others = max(0.0, busy_seconds() - machine - sum(used.values()))
        cores = {name: spent / seconds for name, spent in used.items()}
        return Load(seconds, cores, self._count() - before, others / seconds)

    def _count(self) -> int:
        return sum(one.calls for one in self.database.statements())

    def _metrics(self) -> dict[str, float]:
        """Return the numbers of the first node that concern time."""
        text = httpx2.get(f"{self.stack.node_urls[0]}/metrics", trust_env=False).text
        found = {}
        for line in text.splitlines():
            name, _, value = line.rpartition(" ")
            if name.startswith((LOCK, "callcenter_loop_lag")):
                found[name] = float(value)
        return found

    def _outcome(
        self,
        idle: Load,
        busy: Load,
        seen: list[Seen],
        metrics: dict[str, float],
        top: list[Any],
    ) -> Outcome:
        placed = self.callers.placed
        lost, endings = self.company.fates(placed)
        problems = Counter(text for one in seen for _, _, text in one.problems)
        return Outcome(
            plan=self.plan,
            idle=idle,
            busy=busy,
            calls=placed,
            lost=lost,
            endings=endings,
            delays=delays(seen, self.ledger),
            webhooks_refused=dict(self.ledger.refused),
            problems=dict(problems),
            reconnects=sum(one.reconnects for one in seen),
            metrics=metrics,
            top=top,
        )


def delays(seen: list[Seen], ledger: Ledger) -> dict[str, list[float]]:
    """Return, in seconds: webhook to ring, click to accept, click to talk, and hang-up
    (of either side) to the agent's next state."""
    rings, clicks = _all(seen, "rings"), _all(seen, "clicks")
    talks, states = _all(seen, "talks"), _all(seen, "states")
    first_ring = _first_by_word(rings)
    return {
        "webhook to ring": [
            first_ring[waid] - at
            for waid, at in ledger.offered.items()
            if waid in first_ring
        ],
        "webhook to 200": list(ledger.answers),
        "click to accept": [
            found
            for waid, at in ledger.accepted.items()
            if (found := _since_last(clicks, waid, at)) is not None
        ],
        "click to talk": [
            found
            for at, agent, waid in talks
            if (found := _since_last(clicks, waid, at, agent)) is not None
        ],
        "hang-up to idle": _freed(_all(seen, "hang_ups"), talks, states, ledger),
    }


Notes = list[tuple[float, int, str]]


def _all(seen: list[Seen], name: str) -> Notes:
    notes = [(at, who, word) for one in seen for at, who, word in getattr(one, name)]
    return sorted(notes)


def _first_by_word(notes: Notes) -> dict[str, float]:
    found: dict[str, float] = {}
    for at, _, word in notes:
        found.setdefault(word, at)
    return found


def _since_last(
    notes: Notes, word: str, until: float, agent: int | None = None
) -> float | None:
    before = [
        at
        for at, who, what in notes
        if what == word and at <= until and agent in (None, who)
    ]
    return until - before[-1] if before else None


def _freed(hang_ups: Notes, talks: Notes, states: Notes, ledger: Ledger) -> list[float]:
    """Measure from the end until the agent's console shows another state."""
    last_talk = {waid: agent for _, agent, waid in talks}
    by_agent = {waid for _, _, waid in hang_ups}
    ends = [(at, agent) for at, agent, _ in hang_ups]
    for waid, at in ledger.ended.items():
        if waid in last_talk and waid not in by_agent:
            ends.append((at, last_talk[waid]))
    changes: dict[int, list[float]] = {}
    for at, agent, state in states:
        if state in ("wrap_up", "available"):
            changes.setdefault(agent, []).append(at)
    found = []
    for at, agent in ends:
        later = [when for when in changes.get(agent, ()) if when >= at]
        found += [min(later) - at] if later else []
    return found


def _tell(process: Popen[bytes], what: Any) -> None:
    assert process.stdin is not None
    process.stdin.write(json.dumps(what).encode() + b"\n")
    process.stdin.flush()


def _read(process: Popen[bytes]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().decode().strip()
