"""Decide which of an agent's windows rings. Pure.

The newest that lives. When it goes, the newest of the others takes its place and counts
as the newest from then on: one that was only cut off for a while does not take over
again, so that no call moves to and fro.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

# Seconds. A page beats every 2 s and the beat is written within half a second, so one
# that is well is never silent for as long.
SILENT_AFTER = 4.0
# A page that reconnects, or is loaded again, is back by then in the usual case.
CLOSED_AFTER = 1.5
# When the database was away, all windows are silent, and one of them is heard first:
# that the others are not yet means nothing.
STEADY_AFTER = 3.0


class Window(NamedTuple):
    """One load of the console. Times are seconds ago."""

    page: str
    chosen_at: datetime  # it was opened or asked for, or took over
    silent: float = 0.0  # since it was last heard
    steady: float = STEADY_AFTER  # since when it has been heard without a break
    closed: float | None = None  # since its connection ended; None: it is open

    @property
    def is_closed(self) -> bool:
        return self.closed is not None and self.closed >= CLOSED_AFTER

    @property
    def lives(self) -> bool:
        return not self.is_closed and self.silent < SILENT_AFTER


def rings_in(windows: Iterable[Window], current: str) -> str:
    """Return the page that rings; `current` is the one that does so until now."""
    windows = list(windows)
    before = next((one for one in windows if one.page == current), None)
    may_ring = [one for one in windows if one.lives and _may_replace(one, before)]
    if not may_ring:
        return current
    return max(may_ring, key=lambda one: (one.chosen_at, one.page)).page


def _may_replace(window: Window, before: Window | None) -> bool:
    if before is None or before.is_closed or before.lives:
        return True
    return window.chosen_at > before.chosen_at or window.steady >= STEADY_AFTER
