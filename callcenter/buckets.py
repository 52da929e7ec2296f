"""Token buckets and counted places: how much of something one person may have.

Kept in the memory of one process, and bounded: what is in callcenter.limits holds for
each process.
"""

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable
from typing import NamedTuple

MOST_KEYS = 10_000


class Rate(NamedTuple):
    """So many at once; after that one more each time so many seconds have passed."""

    burst: float
    seconds: float


class Buckets:
    """One token bucket for each key; safe from any thread.

    Of each bucket only the instant is kept at which it is full again. Beyond `most`
    keys those that were used longest ago are forgotten, which fills their buckets.
    """

    def __init__(
        self,
        rate: Rate,
        most: int = MOST_KEYS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rate, self._most, self._clock = rate, most, clock
        self._full_at: OrderedDict[Hashable, float] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._full_at)

    def take(self, key: Hashable, cost: float = 1.0) -> bool:
        """Take tokens out of the bucket of `key`; False, and none taken, if too few."""
        burst, seconds = self._rate
        with self._lock:
            now = self._clock()
            full_at = max(self._full_at.get(key, now), now) + cost * seconds
            if full_at - now > burst * seconds:
                return False
            self._full_at[key] = full_at
            self._full_at.move_to_end(key)
            self._forget(now)
            return True

    def give_back(self, key: Hashable, cost: float = 1.0) -> None:
        """Put tokens back that turned out not to count."""
        with self._lock:
            if key in self._full_at:
                self._full_at[key] -= cost * self._rate.seconds

    def _forget(self, now: float) -> None:
        while self._full_at:
            oldest = next(iter(self._full_at))
            if len(self._full_at) <= self._most and self._full_at[oldest] > now:
                return
            del self._full_at[oldest]


class Places:
    """So many at once for each key, and so many in all; safe from any thread."""

    def __init__(self, each: int, in_all: int = MOST_KEYS) -> None:
        self._each, self._in_all = each, in_all
        self._taken: Counter[Hashable] = Counter()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return self._taken.total()

    def take(self, key: Hashable) -> bool:
        """Take a place; False if this key has all of its own, or all are taken."""
        with self._lock:
            is_full = self._taken.total() >= self._in_all
            if is_full or self._taken[key] >= self._each:
                return False
            self._taken[key] += 1
            return True

    def leave(self, key: Hashable) -> None:
        """Give back a place that was taken."""
        with self._lock:
            self._taken[key] -= 1
            if self._taken[key] <= 0:
                del self._taken[key]
