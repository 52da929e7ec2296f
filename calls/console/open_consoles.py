"""The consoles that an agent has open in this process: a bounded number."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Protocol

from callcenter import limits


class Seated(Protocol):
    """A console, as this sees it."""

    console: str  # the page load at the other end
    elsewhere: str  # where it was sent, once it was
    heard_at: float  # when it last sent anything, in seconds of its loop

    @property
    def agent_id(self) -> int:
        """Return whose it is."""

    def make_room(self) -> None:
        """Close it: a newer one takes its place."""

    def move(self, address: str) -> None:
        """Send it to another node, and close it if it does not go."""

    def restart(self) -> None:
        """Close it: the server goes away."""


class OpenConsoles:
    """The consoles of each agent.

    A page whose network is gone stays open here for a while. So the one that is silent
    for longest makes room for a new one; if none is silent, the new one is refused.
    """

    def __init__(self) -> None:
        self._of: defaultdict[int, list[Seated]] = defaultdict(list)

    def __len__(self) -> int:
        return sum(map(len, self._of.values()))

    def __iter__(self) -> Iterator[Seated]:
        """Go through all that are open now, whoever they are of."""
        return iter([one for mine in self._of.values() for one in mine])

    def enter(self, console: Seated, now: float) -> bool:
        """Take a place; False if this agent has too many consoles that are in use."""
        mine = self._of[console.agent_id]
        if len(mine) >= limits.CONSOLES:
            stalest = min(mine, key=lambda one: one.heard_at)
            if now - stalest.heard_at < limits.CONSOLE_IS_SILENT_AFTER:
                return False
            mine.remove(stalest)
            stalest.make_room()
        mine.append(console)
        return True

    def leave(self, console: Seated) -> None:
        """Give the place back, if it has one."""
        mine = self._of[console.agent_id]
        if console in mine:
            mine.remove(console)
        if not mine:
            del self._of[console.agent_id]


open_consoles = OpenConsoles()
