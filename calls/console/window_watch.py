"""Find windows that are gone, while another one of the same agent stands in for them.

Each process looks for the stand-ins that are open at it: whoever is first has the next
one ring. What the rows say decides, so it is no matter who that is.
"""

from collections.abc import Collection
from typing import Protocol

from agents import windows
from callcenter.database import in_database
from callcenter.rounds import Rounds
from calls.queueing import agent_state

LOOK_EVERY = 0.5  # seconds


class Window(Protocol):
    """A console, as this sees it."""

    connection: str

    @property
    def agent_id(self) -> int:
        """Return whose it is."""

    @property
    def stands_in(self) -> bool:
        """Say whether another window of this agent rings."""


class WindowWatch:
    """Looks only while there are stand-ins; one statement, however many they are."""

    def __init__(self) -> None:
        self._windows: set[Window] = set()
        self._left: set[str] = set()  # connections that are closed, to be noted
        self._rounds = Rounds("window watch", LOOK_EVERY, self.look, self._is_wanted)

    def enter(self, window: Window) -> None:
        self._windows.add(window)

    def start(self) -> None:
        """Look from now on, for as long as one stands in for another."""
        self._rounds.start()

    def leave(self, window: Window) -> None:
        if window in self._windows:
            self._windows.discard(window)
            self._left.add(window.connection)
            self._rounds.start()

    def _is_wanted(self) -> bool:
        return bool(self._left) or any(one.stands_in for one in self._windows)

    async def look(self) -> None:
        """Note who has left, and let others ring where they stand in for them."""
        left, self._left = self._left, set()
        agents = {one.agent_id for one in self._windows if one.stands_in}
        try:
            await in_database(settle, left, agents)
        except Exception:
            self._left |= left
            raise

    async def close(self) -> None:
        await self._rounds.close()


def settle(left: Collection[str], agents: Collection[int]) -> None:
    if left:
        windows.left(left)
    for agent_id in windows.to_elect(agents) if agents else ():
        agent_state.settle_window(agent_id)


window_watch = WindowWatch()
