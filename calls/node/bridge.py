"""The calls that this node holds: their rows, Wati and the audio, joined."""

import logging
from collections.abc import Awaitable, Callable
from uuid import UUID

from django.db import DatabaseError
from django.utils.translation import gettext_noop

from callcenter.database import in_database
from calls import placement
from calls.lifecycle import ending
from calls.media.hub import Full
from calls.media.session import Session
from calls.models import Call, Direction
from calls.node import inbound, layout, outbound
from calls.node.audio_events import AudioEvents
from calls.node.following import arrange, follow
from calls.node.held_calls import HeldCalls
from calls.states import Event, Status

logger = logging.getLogger(__name__)


Begin = Callable[[HeldCalls, Session, Call], Awaitable[None]]


class Bridge:
    """Begins the audio of a call, and keeps it in step with the call's row."""

    def __init__(self) -> None:
        self.held = HeldCalls()
        self._events = AudioEvents(self.held)

    async def session_for(self, call: Call) -> Session:
        """Return the call's audio; the first request starts to connect. Raises Full."""
        arrangement = await in_database(layout.layout_of, call)
        session = self.held.hub.get(str(call.pk))
        if session is None:
            session = self.held.hub.open(str(call.pk), self._events)
            calls_out = call.direction == Direction.OUTBOUND
            begin = outbound.dial if calls_out else inbound.connect
            self.held.tasks.start(
                self._begin(begin, session, call), call=session.call_id
            )
        arrange(self.held, session, call, arrangement)
        return session

    async def _begin(self, begin: Begin, session: Session, call: Call) -> None:
        """Connect; whatever goes wrong, no half-open session is left."""
        try:
            await begin(self.held, session, call)
        except placement.LeaseLost:
            await self.held.drop(session)
        except OSError:  # of files, of ports, of memory: too little
            logger.exception("call %s: cannot be connected", session.call_id)
            text = gettext_noop("The server could not open an audio connection.")
            await self.held.end(session, Event.MEDIA_FAILED, text)

    async def hear(self, call_id: str) -> None:
        """Act on a change of a call of this node, made here or elsewhere."""
        session = self.held.hub.get(call_id)
        if session is not None:
            await follow(self.held, session)
            return
        call = await self.held.find(UUID(call_id))
        if call and call.status == Status.WAITING:
            await self._adopt(call)

    async def follow_all(self) -> None:
        """Follow every call; one that fails costs neither the others nor the lease."""
        for session in self.held.hub.sessions():
            try:
                await follow(self.held, session)
            except DatabaseError:
                raise
            except placement.LeaseLost:
                await self.held.drop(session)
            except Exception:
                logger.exception("call %s: cannot be followed", session.call_id)
        for call in await self.held.to_adopt():
            await self._adopt(call)

    async def _adopt(self, call: Call) -> None:
        """Take a call that the system answers, and that this node was chosen for."""
        try:
            await self.session_for(call)
        except Full:
            text = gettext_noop("The server is at its call limit.")
            await self.held.write(ending.end, call.pk, Event.MEDIA_FAILED, text=text)


__all__ = ["Bridge", "Full", "bridge"]

bridge = Bridge()
