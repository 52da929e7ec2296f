"""The delay of the event loop: audio waits for whatever blocks it."""

import asyncio
import logging
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from itertools import islice
from math import ceil

logger = logging.getLogger(__name__)

TICK = 0.05  # seconds
WINDOW = 1200  # ticks: the last minute
LATELY = 60  # ticks
WORTH_A_LINE = 0.5  # seconds
WORTH_A_STACK = 1.0  # seconds: it is still blocked, and by what can be seen
LOOK_EVERY = 0.25  # seconds
DEEPEST = 25  # frames of the stack that are logged


class LoopWatch:
    """Sleeps, and notes how much too late it woke. Safe to read from any thread.

    A thread of its own looks whether it wakes at all, and logs what the loop is at.
    `on_tick`: what else is to look at the clock so often, on the loop.
    """

    def __init__(self, on_tick: Callable[[], object] = lambda: None) -> None:
        self._late: deque[float] = deque([0.0], maxlen=WINDOW)
        self._on_tick = on_tick
        self._ticked_at = 0.0  # by the monotonic clock
        self._loop_thread = 0

    @property
    def worst(self) -> float:
        """Return the worst delay of the last minute, in seconds."""
        return max(self._late)

    @property
    def p99(self) -> float:
        """Return the delay that one tick of a hundred exceeds, in seconds."""
        late = sorted(self._late)
        return late[ceil(len(late) * 0.99) - 1]

    @property
    def lately(self) -> float:
        """Return the worst delay of the last three seconds, this one included."""
        return max(*islice(reversed(self._late), LATELY), self.blocked)

    @property
    def blocked(self) -> float:
        """Return for how long the loop has not ticked, in seconds; 0 before it runs."""
        if not self._loop_thread:
            return 0.0
        return max(0.0, time.monotonic() - self._ticked_at - TICK)

    def note(self, late: float) -> None:
        self._late.append(late)
        if late > WORTH_A_LINE:
            logger.warning("the event loop was blocked for %.1f s", late)

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        over = threading.Event()
        self._loop_thread, self._ticked_at = threading.get_ident(), time.monotonic()
        watcher = threading.Thread(
            target=self._watch, args=(over,), daemon=True, name="loop watch"
        )
        watcher.start()
        try:
            while True:
                due = loop.time() + TICK
                await asyncio.sleep(TICK)
                self._ticked_at = time.monotonic()
                self._on_tick()
                self.note(loop.time() - due)
        finally:
            self._loop_thread = 0
            over.set()

    def _watch(self, over: threading.Event) -> None:
        """Log the loop's stack, once for each time that it is blocked."""
        told_of = 0.0
        while not over.wait(LOOK_EVERY):
            at = self._ticked_at
            if self.blocked > WORTH_A_STACK and at != told_of:
                told_of = at
                logger.error(
                    "the event loop has been blocked for %.1f s by:\n%s",
                    self.blocked,
                    self._stack(),
                )

    def _stack(self) -> str:
        """Return where the loop is now: files, lines and functions, no values."""
        frame = sys._current_frames().get(self._loop_thread)
        if frame is None:
            return "nothing that can be seen"
        deepest = traceback.extract_stack(frame)[-DEEPEST:]
        return "\n".join(f"  {f.filename}:{f.lineno} in {f.name}" for f in deepest)
