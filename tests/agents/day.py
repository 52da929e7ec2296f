"""A day in a call center: who works, who calls, and how each of them behaves.

Times are whole microseconds since the morning. Everything follows from the seed.
"""

from dataclasses import dataclass
from random import Random
from typing import NamedTuple
from zlib import crc32

SECOND = 1_000_000
SUPPORT, SALES, PARTS = 1, 2, 3
WEIGHTS = {SUPPORT: 0, SALES: 5, PARTS: 0}
LEVEL_SECONDS, RING_SECONDS, RETRY_SECONDS, CONSOLE_SECONDS = 12, 15, 10, 1.5
# While it rings; where it rings nowhere the system answers at once.
ANSWER_AFTER = 13


class Setting(NamedTuple):
    """How many may wait in a queue and for how long, and where to otherwise."""

    most: int
    longest: int
    onward: int | None


# Support and parts have nobody in common, and overflow into each other.
SETTINGS = {
    SUPPORT: Setting(11, 63, PARTS),
    SALES: Setting(11, 43, None),
    PARTS: Setting(3, 33, SUPPORT),
}


@dataclass(frozen=True)
class Worker:
    number: int
    levels: dict[int, int]  # by queue
    logs_in_at: int


@dataclass(frozen=True)
class Caller:
    name: str
    queue: int
    at: int
    leaves_at: int
    talks: int
    wrap_up: int


@dataclass(frozen=True)
class Day:
    seed: int
    workers: tuple[Worker, ...]
    callers: tuple[Caller, ...]

    def reacts(self, caller: str, worker: int, attempt: int) -> tuple[str, int]:
        """What somebody does when it rings: answers, declines, nothing, or is deaf."""
        chance = crc32(f"{self.seed} {caller} {worker} {attempt}".encode())
        delay = SECOND + chance // 100 % (5 * SECOND)
        dice = chance % 100
        if dice < 78:
            return "answers", delay
        if dice < 86:
            return "declines", delay
        if dice < 94:
            return "misses", 0
        return "is_deaf", round(CONSOLE_SECONDS * SECOND)


def a_day(seed: int, workers: int, callers: int) -> Day:
    random = Random(seed)
    return Day(
        seed,
        tuple(_worker(number, workers) for number in range(1, workers + 1)),
        tuple(_callers(random, callers)),
    )


def _worker(number: int, of: int) -> Worker:
    """The first half knows support, the second sales; the middle helps out in both.

    The last three know parts, and have nobody to help them out.
    """
    share = number / of
    levels = {}
    if number > of - 3:
        return Worker(number, {PARTS: 1}, number)
    if share <= 0.6:
        levels[SUPPORT] = 1 if share <= 0.4 else 2
    if share > 0.4:
        levels[SALES] = 1 if share > 0.6 else 2
    # The people of sales come later: until then their helpers are asked at once.
    late = 90 if levels == {SALES: 1} else 0
    return Worker(number, levels, late * SECOND + number)


def _callers(random: Random, count: int) -> list[Caller]:
    at, found = 0, []
    for number in range(count):
        is_rush = count * 0.5 < number < count * 0.6
        at += round(random.expovariate(0.8 if is_rush else 0.42) * SECOND)
        found.append(
            Caller(
                f"caller {number:04}",
                random.choices([SUPPORT, SALES, PARTS], [48, 48, 4])[0],
                at,
                at + round(random.uniform(30, 90) * SECOND),
                round(random.expovariate(1 / 140) * SECOND) + SECOND,
                round(random.uniform(5, 40) * SECOND),
            )
        )
    return found


@dataclass
class Record:
    """What came of the day."""

    rang: list[tuple[int, str, int]]  # when, for whom, at whom
    answered: list[tuple[int, str, int]]
    abandoned: list[tuple[int, str]]
    audio: list[tuple[int, str]]  # the system answered
    moved: list[tuple[int, str, int]]  # to which queue, on entry too
    full: list[tuple[int, str]]
    ended: list[tuple[int, str]]  # after the maximum wait

    @classmethod
    def empty(cls) -> "Record":
        return cls([], [], [], [], [], [], [])
