"""Tell each websocket of this process when its session is over.

One look at all of them each time, by this process's own clock, whatever they say or do
not say: neither a beat nor a push is needed.
"""

from collections.abc import Callable

from agents.sessions import Badge, Standing, standings
from callcenter.database import in_database
from callcenter.rounds import Rounds

LOOK_EVERY = 1.0  # seconds; access ends within two


class SessionWatch:
    """Looks only while there are websockets; two statements, however many they are."""

    def __init__(self) -> None:
        self._open: dict[Callable[[], None], Badge] = {}
        self._rounds = Rounds("session watch", LOOK_EVERY, self.look, self.__len__)

    def __len__(self) -> int:
        return len(self._open)

    def enter(self, badge: Badge, over: Callable[[], None]) -> None:
        """Call `over` once, on this loop, when the session is over."""
        self._open[over] = badge
        self._rounds.start()

    def leave(self, over: Callable[[], None]) -> None:
        self._open.pop(over, None)

    async def close(self) -> None:
        """Look no more; the websockets are closed by others."""
        await self._rounds.close()

    async def look(self) -> None:
        """Look once at all of them. While the database is away, who is in stays in."""
        found = await in_database(standings, set(self._open.values()))
        ended = [
            tell
            for tell, badge in self._open.items()
            if found.get(badge) is Standing.OVER
        ]
        for tell in ended:
            self.leave(tell)
            tell()


session_watch = SessionWatch()
