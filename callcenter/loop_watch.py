"""The delay of the event loop: audio waits for whatever blocks it."""

import asyncio
import logging
from collections import deque
from math import ceil

logger = logging.getLogger(__name__)

TICK = 0.05  # seconds
WINDOW = 1200  # ticks: the last minute
WORTH_A_LINE = 0.5  # seconds


class LoopWatch:
    """Sleeps, and notes how much too late it woke. Safe to read from any thread."""

    def __init__(self) -> None:
        self._late: deque[float] = deque([0.0], maxlen=WINDOW)

    @property
    def worst(self) -> float:
        """Return the worst delay of the last minute, in seconds."""
        return max(self._late)

    @property
    def p99(self) -> float:
        """Return the delay that one tick of a hundred exceeds, in seconds."""
        late = sorted(self._late)
        return late[ceil(len(late) * 0.99) - 1]

    def note(self, late: float) -> None:
        self._late.append(late)
        if late > WORTH_A_LINE:
            logger.warning("the event loop was blocked for %.1f s", late)

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + TICK
            await asyncio.sleep(TICK)
            self.note(loop.time() - due)
