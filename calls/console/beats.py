"""The beats of all consoles of this process: taken at once, written together."""

from collections.abc import Mapping
from typing import NamedTuple

from django.utils import timezone

from agents import heartbeats, windows
from agents.heartbeats import ConsolePage
from agents.sessions import Badge, Standing, standings
from callcenter.database import in_database
from callcenter.rounds import Rounds

WRITE_EVERY = 0.5  # seconds; readiness lasts for seven


class Beat(NamedTuple):
    """The newest beat of a page, and the session it came with."""

    badge: Badge
    can_ring: bool


def note(shown: Mapping[ConsolePage, Beat]) -> None:
    """Note the beats of those whose session is good now."""
    found = standings(beat.badge for beat in shown.values())
    good = {
        page: beat.can_ring
        for page, beat in shown.items()
        if found[beat.badge] is not Standing.OVER
    }
    heartbeats.note(good, timezone.now())
    windows.heard(good)


class Beats:
    """The beats since the last write; the newest of each page counts."""

    def __init__(self) -> None:
        self._shown: dict[ConsolePage, Beat] = {}
        self._rounds = Rounds("beats", WRITE_EVERY, self.write, self.__len__)

    def __len__(self) -> int:
        return len(self._shown)

    def take(self, page: ConsolePage, badge: Badge, *, can_ring: bool) -> None:
        """Take a beat that says nothing new; it is written within half a second."""
        self._shown[page] = Beat(badge, can_ring)
        self._rounds.start()

    async def write(self) -> None:
        """Write what was taken until now, whoever it is from.

        What cannot be written is lost: a newer beat is on its way.
        """
        shown, self._shown = self._shown, {}
        await in_database(note, shown)

    async def close(self) -> None:
        await self._rounds.close()


beats = Beats()
