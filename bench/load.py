"""Shared by both load generators: a rhythm for each call, and counters.

A generator prints `ready`, reads a line with the monotonic begin and end of the time
that counts, and prints one line of JSON at the end.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable, Coroutine
from dataclasses import asdict, dataclass, field
from typing import Any

FRAME_SECONDS = 0.020
BURST_EVERY = 50
BURST_FRAMES = 4


@dataclass
class Tally:
    """Frames inside the window, and for each call when its loud bursts began."""

    sent: int = 0
    received: int = 0
    delays: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    sent_bursts: dict[int, list[float]] = field(default_factory=dict)
    heard_bursts: dict[int, list[float]] = field(default_factory=dict)


class Window:
    """The time that counts, unknown until everything is up."""

    def __init__(self) -> None:
        self.begin = self.end = float("inf")

    def holds(self, instant: float) -> bool:
        return self.begin <= instant < self.end


class Rhythm:
    """Calls `act(number)` every 20 ms, by the clock, until stopped.

    How late it was called is kept in `late`: a generator that is late is the limit.
    """

    def __init__(
        self, phase: float, act: Callable[[int], None], late: list[float]
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._late = late
        self._due = self._loop.time() + phase
        self._act = act
        self._number = 0
        self._timer = self._loop.call_at(self._due, self._tick)

    def _tick(self) -> None:
        self._late.append(self._loop.time() - self._due)
        self._act(self._number)
        self._number += 1
        self._due += FRAME_SECONDS
        self._timer = self._loop.call_at(self._due, self._tick)

    def stop(self) -> None:
        self._timer.cancel()


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run on the cheapest loop there is: a generator must not be the limit."""
    import uvloop

    uvloop.run(main)


async def report(window: Window, tally: Tally) -> None:
    """Announce, wait for the window to pass, and print what was counted."""
    print("ready", flush=True)
    line = await asyncio.to_thread(sys.stdin.readline)
    begin, end = (float(word) for word in line.split())
    window.begin, window.end = begin, end
    await asyncio.sleep(begin - time.monotonic())
    tally.late.clear()
    await asyncio.sleep(end - time.monotonic() + 0.5)
    print(json.dumps(asdict(tally)), flush=True)
    await asyncio.to_thread(sys.stdin.readline)
