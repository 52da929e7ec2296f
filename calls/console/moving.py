"""Consoles of a node that drains go to another one, a few at a time."""

import random
from collections import Counter
from collections.abc import Callable
from typing import Protocol

from django.conf import settings

from callcenter.database import in_database
from callcenter.rounds import Rounds
from calls import placement
from calls.console.open_consoles import open_consoles

LOOK_EVERY = 0.5  # seconds
AT_ONCE = 10  # in each look, so that the other nodes get no storm
# A page that comes back as often has nowhere else to go, whatever we think.
MOST_MOVES = 3


class Movable(Protocol):
    """A console, as this sees it."""

    console: str
    elsewhere: str  # where it was sent before

    def move(self, address: str) -> None:
        """Send it to another node, and close it if it does not go."""


class Moving:
    """Looks only while the node drains; its calls and their audio stay here."""

    def __init__(self, is_draining: Callable[[], bool]) -> None:
        self._moves: Counter[str] = Counter()  # of each page
        self._rounds = Rounds("moving", LOOK_EVERY, self.look, lambda: True)
        self._is_draining = is_draining

    def start(self) -> None:
        self._rounds.start()

    async def close(self) -> None:
        await self._rounds.close()

    async def look(self) -> None:
        """Move the first of those that are here and can be."""
        if not self._is_draining():
            self._moves.clear()
            return
        here = [one for one in open_consoles if self._may_move(one)]
        if here and (there := await in_database(_addresses)):
            for console in here[:AT_ONCE]:
                self._moves[console.console] += 1
                console.move(random.choice(there))

    def _may_move(self, console: Movable) -> bool:
        page = console.console
        return bool(page) and not console.elsewhere and self._moves[page] < MOST_MOVES


def _addresses() -> list[str]:
    """Return where consoles can be opened on the other nodes."""
    others = placement.others(settings.NODE_NAME)
    return [node.console_url() for node in others]
