"""The day as it goes with the rules: after each event all who wait are looked at."""

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from typing import NamedTuple

from agents.admission import (
    Action,
    EntryOutcome,
    Limits,
    QueuedCaller,
    QueueLoad,
    QueueNow,
    Queues,
    Resolution,
    next_step,
    resolve_overflow,
)
from agents.assignment import Try, for_call
from agents.routing import Candidate, Rules, Strategy, Waiting
from tests.agents.candidates import decisions
from tests.agents.day import (
    ANSWER_AFTER,
    LEVEL_SECONDS,
    RETRY_SECONDS,
    RING_SECONDS,
    SECOND,
    SETTINGS,
    WEIGHTS,
    Caller,
    Day,
    Record,
)

MORNING = datetime(2026, 3, 10, 8, tzinfo=UTC)


def clock(at: int) -> datetime:
    return MORNING + timedelta(microseconds=at)


LIMITS = {
    queue: Limits(
        max_wait=setting.longest,
        max_length=setting.most,
        overflow_to=setting.onward,
        answer_after=ANSWER_AFTER,
    )
    for queue, setting in SETTINGS.items()
}


class Ring(NamedTuple):
    attempt: int
    since: int


class Simulation:
    def __init__(self, day: Day, strategy: Strategy) -> None:
        self.day, self.record, self.now = day, Record.empty(), 0
        self.is_one_at_a_time = strategy != Strategy.RING_ALL
        self.rules = dict.fromkeys(
            WEIGHTS, Rules(strategy, LEVEL_SECONDS, RING_SECONDS, RETRY_SECONDS)
        )
        self.callers = {caller.name: caller for caller in day.callers}
        self.line: dict[str, Waiting] = {}
        self.queued: dict[str, QueuedCaller] = {}
        self.deadlines: dict[str, datetime] = {}
        self.tries: dict[str, dict[int, Try]] = defaultdict(dict)
        self.rings: dict[str, dict[int, Ring]] = defaultdict(dict)  # by worker
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
            while True:
                is_news = is_news and self.look()
                is_news |= self.apply_limits()
                if not is_news:
                    break
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
        """Decide for all who wait and do so. True when something changed."""
        members = {queue: [*found.values()] for queue, found in self.members.items()}
        by_call = {
            name: for_call(
                members[waiting.queue_id],
                self.tries[name],
                {number: clock(r.since) for number, r in self.rings[name].items()},
            )
            for name, waiting in self.line.items()
        }
        line, now = [*self.line.values()], clock(self.now)
        decided = decisions(line, self.rules, by_call, now)
        wanted = {name: decision.ring for name, decision in decided.items()}
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
            self.stop(name, number, "missed" if self.rang_out(name, number) else "")
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
        self.rings[name][number] = Ring(attempt, self.now)
        what, delay = self.day.reacts(name, number, attempt)
        if what != "misses":
            self.plan(self.now + delay, what, name, number, attempt)
        if self.is_one_at_a_time:
            ends = self.now + RING_SECONDS * SECOND
            self.plan(ends, "rings_still", name, number, attempt)

    def rang_out(self, name: str, number: int) -> bool:
        rang_for = self.now - self.rings[name][number].since
        return self.is_one_at_a_time and rang_for >= RING_SECONDS * SECOND

    def rings_at(self, number: int) -> list[str]:
        return [name for name, rings in self.rings.items() if number in rings]

    def stop(self, name: str, number: int, how: str = "") -> None:
        del self.rings[name][number]
        if how:
            self.tries[name][number] = Try(how, clock(self.now))
            self.plan(self.now + RETRY_SECONDS * SECOND, "waits_still", name)
        if not self.rings_at(number):
            self.set_state(number, "available")

    # --- The queues' limits --------------------------------------------------------

    def queues_now(self) -> Queues:
        return {
            queue: QueueNow(LIMITS[queue], self.load_of(queue)) for queue in WEIGHTS
        }

    def load_of(self, queue: int) -> QueueLoad:
        states = [member.state for member in self.members[queue].values()]
        return QueueLoad(
            signed_in=len(states) - states.count("offline"),
            ready=states.count("available"),
            waiting=sum(w.queue_id == queue for w in self.line.values()),
        )

    def apply_limits(self) -> bool:
        """Do what is due for all who wait. True when anybody changed the queue."""
        queues, changed = self.queues_now(), False
        for name in [name for name in self.line if self.is_due(name)]:
            if self.apply_to(name, queues):
                queues, changed = self.queues_now(), True
        return changed

    def is_due(self, name: str) -> bool:
        """Agents only come here, none leaves: the queues make nothing due."""
        is_late = self.deadlines.get(name, MORNING) <= clock(self.now)
        return is_late or self.queued[name].rings_at_agent != bool(self.rings[name])

    def apply_to(self, name: str, queues: Queues) -> bool:
        queued = replace(self.queued[name], rings_at_agent=bool(self.rings[name]))
        self.queued[name] = queued
        step = next_step(queued, queues, clock(self.now))
        if step.action == Action.AUTO_ANSWER:
            self.record.audio.append((self.now, name))
            self.queued[name] = replace(queued, rings_since=None)
            return self.apply_to(name, queues)
        if step.resolution is not None:
            self.joins(name, step.resolution)
        elif step.action == Action.TIME_OUT:
            self.record.ended.append((self.now, name))
            self.is_over(name)
        elif step.until is not None and step.until != self.deadlines.get(name):
            self.deadlines[name] = step.until
            at = (step.until - MORNING) // timedelta(microseconds=1)
            self.plan(at, "waits_still", name)
        return step.action != Action.STAY

    def joins(self, name: str, found: Resolution) -> None:
        now, queue = clock(self.now), found.queue_id
        queued = self.queued.get(name) or QueuedCaller(queue, now, rings_since=now)
        self.queued[name] = replace(
            queued, queue_id=queue, queued_at=now, visited=found.visited
        )
        since = clock(self.callers[name].at)
        self.line[name] = Waiting(name, queue, since, weight=WEIGHTS[queue])
        self.tries[name].clear()
        if queue != self.callers[name].queue:
            self.record.moved.append((self.now, name, queue))

    # --- Events: True when all who wait must be looked at --------------------------

    def waits_still(self, name: str, *_: object) -> bool:
        return name in self.line

    def rings_still(self, name: str, number: int, attempt: int) -> bool:
        ring = self.rings.get(name, {}).get(number)
        return ring is not None and ring.attempt == attempt

    def is_free(self, _caller: str, number: int, _attempt: int) -> bool:
        self.set_state(number, "available")
        return True

    def comes(self, name: str, *_: object) -> bool:
        caller = self.callers[name]
        found = resolve_overflow(caller.queue, self.queues_now())
        if found.outcome != EntryOutcome.JOIN:
            self.record.full.append((self.now, name))
            return False
        self.joins(name, found)
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
