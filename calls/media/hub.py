"""This node's calls by id, and how many of them it takes."""

import asyncio
import logging

from calls.media import descriptors
from calls.media.events import SessionEvents
from calls.media.pacer import Pacer
from calls.media.session import NODE_GOES_AWAY, Session
from calls.media.settings import MediaSettings
from calls.media.totals import Totals

logger = logging.getLogger(__name__)


class Full(Exception):
    """This node takes no further call now; another one may."""


class Hub:
    """The sessions of one process; everything runs on the loop of the first `open`."""

    def __init__(self, settings: MediaSettings) -> None:
        self.settings = settings
        self.draining = False
        """Set it to take no new calls while those that are here go on."""
        self._pacer = Pacer()
        self._sessions: dict[str, Session] = {}
        self._ended = Totals()

    def __len__(self) -> int:
        return len(self._sessions)

    def __bool__(self) -> bool:
        return True

    def has_room(self) -> bool:
        """Tell whether sockets for another call can be opened."""
        return descriptors.have_room()

    def open(self, call_id: str, events: SessionEvents) -> Session:
        """Return the session of `call_id`, a new one if there is none.

        An existing one keeps the events it was made with. Raises `Full` when
        `max_calls` are here already, files are short, or the node is draining.
        """
        session = self._sessions.get(call_id)
        if session is not None:
            return session
        if self.draining:
            raise Full("This node is draining and takes no new call.")
        if len(self._sessions) >= self.settings.max_calls:
            raise Full(f"This node holds {len(self._sessions)} calls, its limit.")
        if not self.has_room():
            raise Full("This node is near its limit of open files.")
        session = Session(call_id, self.settings, events, self._pacer, self._forget)
        self._sessions[call_id] = session
        return session

    def get(self, call_id: str) -> Session | None:
        """Return the session of `call_id` if this node holds the call."""
        return self._sessions.get(call_id)

    def sessions(self) -> list[Session]:
        """Return the sessions that are open now."""
        return list(self._sessions.values())

    def totals(self) -> Totals:
        """Return the sums over all calls that were ever here, those of now included."""
        return sum((Totals.of(one) for one in self.sessions()), start=self._ended)

    async def close(self) -> None:
        """End every session, listeners with 1001, and take no new ones."""
        self.draining = True
        closings = [
            session.close("the node goes away", NODE_GOES_AWAY)
            for session in self.sessions()
        ]
        await asyncio.gather(*closings)

    def _forget(self, session: Session) -> None:
        if self._sessions.get(session.call_id) is session:
            del self._sessions[session.call_id]
            self._ended += Totals.of(session)
