"""The same day reckoned from first principles; knows nothing of the rules' code.

Not the whole floor again and again, but what one event means: heaps of idle people
where one is asked at a time, a wave of bells where it rings at everybody.
"""

from bisect import insort
from collections import defaultdict
from heapq import heappop, heappush
from math import inf

from tests.agents.day import (
    ANSWER_AFTER,
    LEVEL_SECONDS,
    RETRY_SECONDS,
    RING_SECONDS,
    SECOND,
    SETTINGS,
    WEIGHTS,
    Day,
    Record,
)

LEVEL, RING, RETRY = (
    seconds * SECOND for seconds in (LEVEL_SECONDS, RING_SECONDS, RETRY_SECONDS)
)


class Reckoning:
    """What both ways of ringing share: the calendar, levels, limits, who is out."""

    def __init__(self, day: Day) -> None:
        self.day, self.record = day, Record.empty()
        self.workers = {worker.number: worker for worker in day.workers}
        self.callers = {caller.name: caller for caller in day.callers}
        # For each caller, from when on each worker may be asked again.
        self.out: dict[str, dict[int, float]] = defaultdict(dict)
        self.attempts: dict[tuple[str, int], int] = defaultdict(int)
        # Of each caller who waits, the queue; whom the system answered; who was where.
        self.queue: dict[str, int] = {}
        self.audio: set[str] = set()
        self.been: dict[str, set[int]] = defaultdict(set)
        self.calendar: list[tuple] = []
        for worker in day.workers:
            heappush(self.calendar, (worker.logs_in_at, "frees", worker.number))
        for caller in day.callers:
            heappush(self.calendar, (caller.at, "comes", caller.name))
            heappush(self.calendar, (caller.leaves_at, "leaves", caller.name))

    def idle_in(self, queue: int) -> int:
        raise NotImplementedError

    def goes_to(self, name: str, queue: int | None, now: int) -> bool:
        """Into this queue, or the next that has room; False: into none."""
        been = {*self.been[name]}
        while queue is not None and queue not in been:
            been.add(queue)
            waiting = [*self.queue.values()].count(queue)
            if self.idle_in(queue) > waiting or waiting < SETTINGS[queue].most:
                self.been[name], self.queue[name] = been, queue
                if queue != self.callers[name].queue:
                    self.record.moved.append((now, name, queue))
                over = now + SETTINGS[queue].longest * SECOND
                heappush(self.calendar, (over, "waited", name, queue))
                return True
            queue = SETTINGS[queue].onward
        return False

    def enters(self, now: int, name: str) -> bool:
        if not self.goes_to(name, self.callers[name].queue, now):
            self.record.full.append((now, name))
            return False
        heappush(self.calendar, (now + LEVEL, "opens", name))
        heappush(self.calendar, (now + ANSWER_AFTER * SECOND, "plays", name))
        return True

    def plays(self, now: int, name: str) -> None:
        if name in self.queue and name not in self.audio:
            self.audio.add(name)
            self.record.audio.append((now, name))

    def waited(self, now: int, name: str, queue: int) -> None:
        if self.queue.get(name) != queue:
            return
        self.stands_up(now, name)
        self.out[name].clear()
        if self.goes_to(name, SETTINGS[queue].onward, now):
            self.sits_down(now, name)
        else:
            del self.queue[name]
            self.record.ended.append((now, name))

    def stands_up(self, now: int, name: str) -> None:
        raise NotImplementedError

    def sits_down(self, now: int, name: str) -> None:
        raise NotImplementedError

    def leaves(self, now: int, name: str) -> None:
        if name in self.queue:
            self.record.abandoned.append((now, name))
            self.stands_up(now, name)
            del self.queue[name]

    def is_open(self, name: str, level: int, now: int) -> bool:
        if now - self.callers[name].at >= (level - 1) * LEVEL:
            return True
        return not any(
            worker.levels.get(self.queue[name], level) < level
            and worker.logs_in_at <= now
            and self.out[name].get(number) != inf
            for number, worker in self.workers.items()
        )

    def reaction(self, name: str, number: int, now: int) -> tuple[str, int]:
        self.record.rang.append((now, name, number))
        what, delay = self.day.reacts(name, number, self.attempts[name, number])
        self.attempts[name, number] += 1
        return what, now + delay

    def talk(self, name: str, number: int, now: int) -> None:
        self.record.answered.append((now, name, number))
        del self.queue[name]
        caller = self.callers[name]
        free_at = now + caller.talks + caller.wrap_up
        heappush(self.calendar, (free_at, "frees", number))


class OneAtATime(Reckoning):
    """`by_rota`: whose last offer is the oldest, not who is idle for longest."""

    def __init__(self, day: Day, *, by_rota: bool) -> None:
        super().__init__(day)
        self.by_rota = by_rota
        self.idle: dict[int, int] = {}  # the rank of each idle worker
        self.benches: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
        self.asked: dict[int, int] = {}
        self.line: list[tuple[int, int, str]] = []  # callers for whom it does not ring
        self.bells: dict[str, int] = {}

    def reckon(self) -> Record:
        while self.calendar:
            now, released = self.calendar[0][0], []
            while self.calendar and self.calendar[0][0] == now:
                _, what, *about = heappop(self.calendar)
                if what == "rings_out":
                    released += self.rings_out(now, *about)
                elif what not in ("looks", "opens"):
                    getattr(self, what)(now, *about)
            self.match(now)
            # Whose bell has just gone silent sits down after the others were asked.
            for number in released:
                self.frees(now, number)
            if released:
                self.match(now)
        return self.record

    def idle_in(self, queue: int) -> int:
        return sum(queue in self.workers[number].levels for number in self.idle)

    def frees(self, now: int, number: int) -> None:
        rank = self.asked.get(number, -1) if self.by_rota else now
        self.idle[number] = rank
        for bench in self.workers[number].levels.items():
            heappush(self.benches[bench], (rank, number))

    def comes(self, now: int, name: str) -> None:
        if self.enters(now, name):
            self.sits_down(now, name)

    def sits_down(self, now: int, name: str) -> None:
        caller = self.callers[name]
        insort(self.line, (-WEIGHTS[self.queue[name]], caller.at, name))

    def match(self, now: int) -> None:
        for place in [*self.line]:
            number = self.next_for(place[-1], now)
            if number is not None:
                self.line.remove(place)
                self.ring(place[-1], number, now)
        for *_, name in self.line:
            self.plays(now, name)

    def next_for(self, name: str, now: int) -> int | None:
        queue = self.queue[name]
        levels = [level for level in (1, 2) if self.is_open(name, level, now)]
        for level in levels:
            number = self.from_bench(self.benches[queue, level], self.out[name])
            if number is not None:
                return number
        again = [
            (self.workers[number].levels[queue], self.idle[number], number)
            for number, when in self.out[name].items()
            if when <= now
            and number in self.idle
            and self.workers[number].levels[queue] in levels
        ]
        return min(again)[-1] if again else None

    def from_bench(self, bench: list, out: dict[int, float]) -> int | None:
        aside, found = [], None
        while bench and found is None:
            rank, number = heappop(bench)
            if self.idle.get(number) == rank:
                aside.append((rank, number))
                found = None if number in out else number
        for sitting in aside:
            heappush(bench, sitting)
        return found

    def ring(self, name: str, number: int, now: int) -> None:
        del self.idle[number]
        self.asked[number], self.bells[name] = now, number
        what, when = self.reaction(name, number, now)
        if what == "misses":
            what, when = "rings_out", now + RING
        heappush(self.calendar, (when, what, name, number, now))

    def silence(self, name: str, number: int, since: int) -> bool:
        """False when it is another bell by now, or none."""
        if self.bells.get(name) != number or self.asked[number] != since:
            return False
        del self.bells[name]
        return True

    def answers(self, now: int, name: str, number: int, since: int) -> None:
        if self.silence(name, number, since):
            self.talk(name, number, now)

    def declines(self, now: int, name: str, number: int, since: int) -> None:
        self.fails(now, name, number, since, inf)

    def is_deaf(self, now: int, name: str, number: int, since: int) -> None:
        self.fails(now, name, number, since, now + RETRY)

    def fails(self, now: int, name: str, number: int, since: int, again: float) -> None:
        if self.silence(name, number, since):
            self.back_to_line(now, name, number, again)
            self.frees(now, number)

    def rings_out(self, now: int, name: str, number: int, since: int) -> list[int]:
        if not self.silence(name, number, since):
            return []
        self.back_to_line(now, name, number, now + RETRY)
        return [number]

    def back_to_line(self, now: int, name: str, number: int, again: float) -> None:
        self.out[name][number] = again
        self.sits_down(now, name)
        if again != inf:
            heappush(self.calendar, (again, "looks"))

    def stands_up(self, now: int, name: str) -> None:
        self.line = [place for place in self.line if place[-1] != name]
        if name in self.bells:
            self.frees(now, self.bells.pop(name))


class Everybody(Reckoning):
    """Each bell by itself: it begins when all that it needs has come together."""

    def __init__(self, day: Day) -> None:
        super().__init__(day)
        self.free: set[int] = set()
        self.bells: dict[tuple[str, int], int] = {}  # the attempt

    def reckon(self) -> Record:
        while self.calendar:
            now, what, *about = heappop(self.calendar)
            getattr(self, what)(now, *about)
            rung = {name for name, _ in self.bells}
            for name in self.queue.keys() - self.audio - rung:
                self.plays(now, name)
        return self.record

    def idle_in(self, queue: int) -> int:
        rung = {number for _, number in self.bells}
        return sum(queue in self.workers[n].levels for n in self.free - rung)

    def frees(self, now: int, number: int) -> None:
        self.free.add(number)
        for name in self.queue:
            self.may_ring(now, name, number)

    def comes(self, now: int, name: str) -> None:
        if self.enters(now, name):
            self.opens(now, name)

    def sits_down(self, now: int, name: str) -> None:
        self.opens(now, name)

    def stands_up(self, now: int, name: str) -> None:
        for bell in [b for b in self.bells if b[0] == name]:
            del self.bells[bell]

    def opens(self, now: int, name: str) -> None:
        for number in sorted(self.free):
            self.may_ring(now, name, number)

    def may_ring(self, now: int, name: str, number: int) -> None:
        if name not in self.queue:
            return
        level = self.workers[number].levels.get(self.queue[name])
        if (
            level is not None
            and number in self.free
            and (name, number) not in self.bells
            and self.out[name].get(number, 0) <= now
            and self.is_open(name, level, now)
        ):
            attempt = self.attempts[name, number]
            self.bells[name, number] = attempt
            what, when = self.reaction(name, number, now)
            if what != "misses":
                heappush(self.calendar, (when, what, name, number, attempt))

    def answers(self, now: int, name: str, number: int, attempt: int) -> None:
        if self.bells.get((name, number)) == attempt:
            self.talk(name, number, now)
            self.free.discard(number)
            for bell in [b for b in self.bells if b[0] == name or b[1] == number]:
                del self.bells[bell]

    def declines(self, now: int, name: str, number: int, attempt: int) -> None:
        if self.bells.get((name, number)) == attempt:
            del self.bells[name, number]
            self.out[name][number] = inf
            self.opens(now, name)

    def is_deaf(self, now: int, name: str, number: int, attempt: int) -> None:
        if self.bells.get((name, number)) == attempt:
            del self.bells[name, number]
            self.out[name][number] = now + RETRY
            heappush(self.calendar, (now + RETRY, "may_ring", name, number))
