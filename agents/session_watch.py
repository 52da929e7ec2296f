"""Tell each websocket of this process when its session is over.

One look at all of them each time, by this process's own clock, whatever they say or do
not say: neither a beat nor a push is needed.
"""

from collections.abc import Callable

from agents.sessions import (
    Badge,
    StaffBadge,
    Standing,
    end_after_call,
    staff_standings,
    standings,
)
from callcenter.database import in_database
from callcenter.rounds import Rounds
from callcenter.web.sessions import prolong

AnyBadge = Badge | StaffBadge

LOOK_EVERY = 1.0  # seconds; access ends within two
PROLONG_EVERY = 60  # looks


class SessionWatch:
    """Looks only while there are websockets; two statements, however many they are."""

    def __init__(self) -> None:
        self._open: dict[Callable[[], None], AnyBadge] = {}
        self._over: set[Badge] = set()  # found, and not acted on yet
        self._looks = 0
        self._rounds = Rounds("session watch", LOOK_EVERY, self.look, self.__len__)
        # What becomes of the work of those whose sessions are over; in a thread of the
        # database, and again where it failed.
        self.then: Callable[[set[Badge]], None] = _nothing

    def __len__(self) -> int:
        return len(self._open) + len(self._over)

    def enter(self, badge: AnyBadge, over: Callable[[], None]) -> None:
        """Call `over` once, on this loop, when the session is over."""
        self._open[over] = badge
        self._rounds.start()

    def leave(self, over: Callable[[], None]) -> None:
        self._open.pop(over, None)

    def found_over(self, badge: Badge) -> None:
        """Act soon on a session that a message has shown to be over."""
        self._over.add(badge)
        self._rounds.start()

    async def close(self) -> None:
        """Look no more; the websockets are closed by others."""
        await self._rounds.close()

    async def look(self) -> None:
        """Look once at all of them. While the database is away, who is in stays in."""
        found = await in_database(self._judge, set(self._open.values()))
        ended = [
            tell
            for tell, badge in self._open.items()
            if found.get(badge) is Standing.OVER
        ]
        for tell in ended:
            badge = self._open[tell]
            if isinstance(badge, Badge):
                self._over.add(badge)
            self.leave(tell)
            tell()
        if over := set(self._over):
            await in_database(self.then, over)
            self._over -= over

    def _judge(self, badges: set[AnyBadge]) -> dict[AnyBadge, Standing]:
        found = standings(one for one in badges if isinstance(one, Badge))
        staff = {one for one in badges if isinstance(one, StaffBadge)}
        if self._looks % PROLONG_EVERY == 0:
            prolong({one.session for one in badges})
        self._looks += 1
        end_after_call(found)
        judged = dict[AnyBadge, Standing](found.items())
        if staff:
            judged.update(staff_standings(staff).items())
        return judged


def _nothing(_: set[Badge]) -> None:
    """Do nothing."""


session_watch = SessionWatch()
