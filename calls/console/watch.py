"""One look at the rows for all consoles of this process: who missed something?

A push is a hint, and the layer between the processes may lose it.
"""

from typing import Protocol

from callcenter.database import in_database
from callcenter.rounds import Rounds
from calls.console.pushes import consoles
from calls.snapshots import Standing, standings

LOOK_EVERY = 1.5  # seconds
# While nothing is pushed. A ring attempt must be shown well within its 1.5 s.
LOOK_WHEN_DEAF = 0.4  # seconds


class Watched(Protocol):
    """A console, as this sees it."""

    @property
    def agent_id(self) -> int:
        """Return whose it is."""

    def compare(self, now: Standing, *, at_once: bool) -> None:
        """Take how the console should stand; no push is on its way: `at_once`."""


def _pause() -> float:
    return LOOK_WHEN_DEAF if consoles.is_deaf else LOOK_EVERY


class ConsoleWatch:
    """Looks only while there are consoles; two statements, however many they are."""

    def __init__(self) -> None:
        self._consoles: set[Watched] = set()
        self._rounds = Rounds("console watch", _pause, self.look, self.__len__)

    def __len__(self) -> int:
        return len(self._consoles)

    def enter(self, console: Watched) -> None:
        self._consoles.add(console)
        self._rounds.start()

    def leave(self, console: Watched) -> None:
        self._consoles.discard(console)

    async def look(self) -> None:
        """Look once, and tell each console."""
        agents = {console.agent_id for console in self._consoles}
        found = await in_database(standings, agents)
        for console in list(self._consoles):
            if now := found.get(console.agent_id):
                console.compare(now, at_once=consoles.is_deaf)

    async def close(self) -> None:
        await self._rounds.close()


console_watch = ConsoleWatch()
