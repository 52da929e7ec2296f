"""The day as it goes with the rules: after each event the whole floor is served."""

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush

from agents.assignment import Try, for_call, serve
from agents.routing import Candidate, Rules, Strategy, Waiting
from tests.agents.day import (
    LEVEL_SECONDS,
    RETRY_SECONDS,
    RING_SECONDS,
    SECOND,
    WEIGHTS,
    Caller,
    Day,
    Record,
)

MORNING = datetime(2026, 3, 10, 8, tzinfo=UTC)


def clock(at: int) -> datetime:
    return MORNING + timedelta(microseconds=at)


class Simulation:
    def __init__(self, day: Day, strategy: Strategy) -> None:
        self.day, self.record, self.now = day, Record.empty(), 0
        self.is_one_at_a_time = strategy != Strategy.RING_ALL
        self.rules = dict.fromkeys(
            WEIGHTS, Rules(strategy, LEVEL_SECONDS, RING_SECONDS, RETRY_SECONDS)
        )
        self.callers = {caller.name: caller for caller in day.callers}
        self.line: dict[str, Waiting] = {}
        self.tries: dict[str, dict[int, Try]] = defaultdict(dict)
        self.rings: dict[str, dict[int, int]] = defaultdict(dict)  # attempt by worker
        self.attempts: Counter[tuple[str, int]] = Counter()
        self.workers = {worker.number: worker for worker in day.workers}
        self.asked_at: dict[int, datetime] = {}
        self.members: dict[int, dict[int, Candidate]] = {queue: {} for queue in WEIGHTS}
        self.events: list[tuple[int, str, str, int, int]] = []
        for worker in day.workers:
            self.set_state(worker.number, "offline")
            self.plan(worker.logs_in_at, "is_free", worker=worker.number)
        for caller in day.callers:
            self.plan(caller.at, "comes", caller.name)

    def plan(
        self, at: int, what: str, caller: str = "", worker: int = 0, attempt: int = 0
    ) -> None:
        heappush(self.events, (at, what, caller, worker, attempt))

    def run(self) -> Record:
        while self.events:
            self.now = self.events[0][0]
            is_news = False
            while self.events and self.events[0][0] == self.now:
                _, what, *about = heappop(self.events)
                is_news |= getattr(self, what)(*about)
            while is_news:
                is_news = self.look()
        return self.record

    def set_state(self, number: int, state: str) -> None:
        for queue, level in self.workers[number].levels.items():
            self.members[queue][number] = Candidate(
                number,
                f"Worker {number}",
                state,
                clock(self.now),
                level=level,
                last_offered_at=self.asked_at.get(number),
            )

    # --- Looking -------------------------------------------------------------------

    def look(self) -> bool:
        """Serve the floor and do as decided. True when something changed."""
        members = {queue: [*found.values()] for queue, found in self.members.items()}
        by_call = {
            name: for_call(members[w.queue_id], self.tries[name], self.rings[name])
            for name, w in self.line.items()
        }
        decisions = serve([*self.line.values()], self.rules, by_call, clock(self.now))
        wanted = {name: decision.ring for name, decision in decisions.items()}
        over = [
            (name, number)
            for name, ring in wanted.items()
            for number in self.rings[name]
            if number not in ring
        ]
        fresh = [
            (name, number)
            for name, ring in wanted.items()
            for number in ring
            if number not in self.rings[name]
        ]
        for name, number in over:
            self.stop(name, number, "missed")
        for name, number in fresh:
            self.ring(name, number)
        return bool(over or fresh)

    def ring(self, name: str, number: int) -> None:
        self.record.rang.append((self.now, name, number))
        self.asked_at[number] = clock(self.now)
        if not self.rings_at(number):
            self.set_state(number, "ringing")
        attempt = self.attempts[name, number]
        self.attempts[name, number] += 1
        self.rings[name][number] = attempt
        what, delay = self.day.reacts(name, number, attempt)
        if what != "misses":
            self.plan(self.now + delay, what, name, number, attempt)
        if self.is_one_at_a_time:
            ends = self.now + RING_SECONDS * SECOND
            self.plan(ends, "rings_still", name, number, attempt)

    def rings_at(self, number: int) -> list[str]:
        return [name for name, rings in self.rings.items() if number in rings]

    def stop(self, name: str, number: int, how: str = "") -> None:
        del self.rings[name][number]
        if how:
            self.tries[name][number] = Try(how, clock(self.now))
            self.plan(self.now + RETRY_SECONDS * SECOND, "waits_still", name)
        if not self.rings_at(number):
            self.set_state(number, "available")

    # --- Events: True when the floor must be looked at -----------------------------

    def waits_still(self, name: str, *_: object) -> bool:
        return name in self.line

    def rings_still(self, name: str, number: int, attempt: int) -> bool:
        return self.rings.get(name, {}).get(number) == attempt

    def is_free(self, _caller: str, number: int, _attempt: int) -> bool:
        self.set_state(number, "available")
        return True

    def comes(self, name: str, *_: object) -> bool:
        caller = self.callers[name]
        self.line[name] = Waiting(
            name, caller.queue, clock(self.now), weight=WEIGHTS[caller.queue]
        )
        self.plan(self.now + LEVEL_SECONDS * SECOND, "waits_still", name)
        self.plan(caller.leaves_at, "leaves", name)
        return True

    def leaves(self, name: str, *_: object) -> bool:
        if name not in self.line:
            return False
        self.record.abandoned.append((self.now, name))
        self.is_over(name)
        return True

    def is_over(self, name: str) -> Caller:
        del self.line[name]
        for number in [*self.rings[name]]:
            self.stop(name, number)
        del self.rings[name]
        return self.callers[name]

    def answers(self, name: str, number: int, attempt: int) -> bool:
        if not self.rings_still(name, number, attempt):
            return False
        self.record.answered.append((self.now, name, number))
        caller = self.is_over(name)
        for other in self.rings_at(number):
            self.stop(other, number)
        self.set_state(number, "in_call")
        self.plan(self.now + caller.talks, "wraps_up", name, number)
        return False

    def declines(self, name: str, number: int, attempt: int) -> bool:
        return self.fails(name, number, attempt, "declined")

    def is_deaf(self, name: str, number: int, attempt: int) -> bool:
        return self.fails(name, number, attempt, "console")

    def fails(self, name: str, number: int, attempt: int, how: str) -> bool:
        if not self.rings_still(name, number, attempt):
            return False
        self.stop(name, number, how)
        return True

    def wraps_up(self, name: str, number: int, _attempt: int) -> bool:
        self.set_state(number, "wrap_up")
        self.plan(self.now + self.callers[name].wrap_up, "is_free", worker=number)
        return False
