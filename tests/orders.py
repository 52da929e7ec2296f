"""Orders in which events arrive, and how many of them a run tries."""

import os
from collections.abc import Iterable

from tests.stack import FULL

Order = tuple[str, ...]

EVERY_ORDER = os.environ.get("EVERY_ORDER") == "1"


def part_of(orders: Iterable[Order]) -> list[Order]:
    """A third of many orders, in the other mode another third; EVERY_ORDER=1: all."""
    return sorted(orders) if EVERY_ORDER else sorted(orders)[int(FULL) :: 3]
