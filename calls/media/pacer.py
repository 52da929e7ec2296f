"""One timer for all calls of a node: a timer for each would cost more than its work."""

import asyncio
import logging
from typing import Protocol

from calls.media.standstill import standstill

logger = logging.getLogger(__name__)

TICK_SECONDS = 0.020


class Paced(Protocol):
    """A member that is ticked every 20 ms."""

    def tick(self, now: float) -> None:
        """Do what is due; `now` is the loop's monotonic time in seconds."""


class Pacer:
    """Calls `tick` of each member every 20 ms, and sleeps while there is none."""

    def __init__(self) -> None:
        self._members: set[Paced] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0

    def add(self, member: Paced) -> None:
        """Tick `member` from now on, the first time within 20 ms."""
        self._members.add(member)
        if self._timer is None:
            self._due = asyncio.get_running_loop().time()
            self._schedule()

    def remove(self, member: Paced) -> None:
        """Tick `member` no longer; it need not be one."""
        self._members.discard(member)
        if not self._members and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _schedule(self) -> None:
        loop = asyncio.get_running_loop()
        # After a stall the rhythm starts anew; members see by the clock what is due.
        self._due = max(self._due + TICK_SECONDS, loop.time())
        self._timer = loop.call_at(self._due, self._tick)

    def _tick(self) -> None:
        now = asyncio.get_running_loop().time()
        members = () if standstill.look() else tuple(self._members)
        for member in members:
            try:
                member.tick(now)
            except Exception:
                # One call's trouble must not silence the others.
                logger.exception("A call could not be paced")
        if self._members:
            self._schedule()
        else:
            self._timer = None
