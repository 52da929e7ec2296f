"""A clock that nobody sets, and that goes on while the machine sleeps. Pure."""

import time


def awake() -> float:
    """Return seconds that pass while the machine sleeps, too, where that is known."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
