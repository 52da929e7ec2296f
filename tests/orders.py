"""How much a run tries of what is too much for every day; EVERY_ORDER=1: everything."""

import os
from collections.abc import Iterable

from tests.stack import FULL

Order = tuple[str, ...]

EVERY_ORDER = os.environ.get("EVERY_ORDER") == "1"
SHARE = 8


def part_of(orders: Iterable[Order]) -> list[Order]:
    """An eighth of many orders, evenly spread; in the other mode another eighth."""
    found = sorted(orders)
    return found if EVERY_ORDER else found[SHARE // 2 * FULL :: SHARE]


def examples(usual: int, *, thorough: int) -> int:
    """How many days, or sequences of events, a property is tried with."""
    return thorough if EVERY_ORDER else usual
