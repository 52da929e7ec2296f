"""The beats of all consoles of this process: taken at once, written together."""

from django.utils import timezone

from agents import heartbeats
from agents.heartbeats import ConsolePage
from callcenter.database import in_database
from callcenter.rounds import Rounds

WRITE_EVERY = 0.5  # seconds; readiness lasts for seven


class Beats:
    """The beats since the last write; the newest of each page counts."""

    def __init__(self) -> None:
        self._shown: dict[ConsolePage, bool] = {}
        self._rounds = Rounds("beats", WRITE_EVERY, self.write, self.__len__)

    def __len__(self) -> int:
        return len(self._shown)

    def take(self, page: ConsolePage, *, can_ring: bool) -> None:
        """Take a beat that says nothing new; it is written within half a second."""
        self._shown[page] = can_ring
        self._rounds.start()

    async def write(self) -> None:
        """Write what was taken until now, whoever it is from.

        What cannot be written is lost: a newer beat is on its way.
        """
        shown, self._shown = self._shown, {}
        await in_database(heartbeats.note, shown, timezone.now())

    async def close(self) -> None:
        await self._rounds.close()


beats = Beats()
