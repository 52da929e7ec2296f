"""Write what the audio of a call shows into its rows."""

import asyncio
import logging
from uuid import UUID

from django.conf import settings

from callcenter.database import in_database
from calls import notify
from calls.lifecycle import answer, reconnect
from calls.media.events import Flow
from calls.media.session import Session
from calls.models import Call
from calls.node import layout, supervision
from calls.node.answer_by_sound import await_answer
from calls.node.following import follow
from calls.node.held_calls import HeldCalls
from calls.states import Event, Status

logger = logging.getLogger(__name__)

TERMINATE_FOLLOWS = 3.0  # seconds
MOST_WAITS = 10  # of these, while a stored webhook of the call has had no effect yet


class AudioEvents:
    """Hears the sessions (calls.media.events.SessionEvents); each event is a task."""

    def __init__(self, held: HeldCalls) -> None:
        self._held = held

    # --- The other end ---

    def media_up(self, session: Session) -> None:
        self._held.tasks.start(self._media_up(session), call=session.call_id)

    async def _media_up(self, session: Session) -> None:
        call = await self._held.find(UUID(session.call_id))
        if call is None:
            await self._held.drop(session)
        elif session.call_id in self._held.answered:
            await await_answer(self._held, session)
        else:
            await _talks(self._held, session, call)
            await follow(self._held, session)

    def media_failed(self, session: Session, reason: str) -> None:
        failed = self._media_failed(session, reason)
        self._held.tasks.start(failed, call=session.call_id)

    async def _media_failed(self, session: Session, reason: str) -> None:
        if session.counters.media_up_at is None:
            await self._held.end(session, Event.MEDIA_FAILED, reason)
            return
        # A caller who hangs up closes the audio first; Wati says so a moment later.
        for _ in range(MOST_WAITS):
            await asyncio.sleep(TERMINATE_FOLLOWS)
            if not await self._held.has_news(session):
                break
        await self._held.end(session, Event.MEDIA_LOST, reason)

    def media_lost(self, session: Session) -> None:
        logger.warning("call %s: the caller's audio is lost", session.call_id)

    def media_quiet(self, session: Session, seconds: float) -> None:
        logger.warning("call %s: no audio for %.0f s", session.call_id, seconds)

    def media_back(self, session: Session) -> None:
        logger.info("call %s: the caller's audio is back", session.call_id)

    def flow_changed(self, session: Session, flow: Flow) -> None:
        """Warn the agents within seconds when only one side is heard."""
        logger.info("call %s: %s", session.call_id, flow)
        agents = [one for one in session.layout.speakers if layout.user_of(one) is None]
        for participant in agents:
            notify.flow_changed(
                int(participant),
                session.call_id,
                caller_hears=flow.participant_heard,
                caller_heard=flow.customer_heard,
            )
        note = self._held.write(_note_unheard, UUID(session.call_id), session)
        self._held.tasks.start(note, call=session.call_id)

    # --- Consoles ---

    def listener_joined(self, session: Session, participant: str) -> None:
        logger.info("call %s: the page of %s listens", session.call_id, participant)
        self._held.tasks.cancel(_missing(session, participant))
        user_id = layout.user_of(participant)
        if user_id is None:
            joined = self._joined(session, participant)
        else:
            joined = supervision.joined(self._held, session, user_id)
        self._held.tasks.start(joined, call=session.call_id)

    async def _joined(self, session: Session, participant: str) -> None:
        call_id = UUID(session.call_id)
        await self._held.write(reconnect.console_joined, call_id, int(participant))
        call = await self._held.find(call_id)
        if call and call.status == Status.CONNECTING and session.is_up:
            await _talks(self._held, session, call)

    def listener_left(self, session: Session, participant: str) -> None:
        logger.info("call %s: the page of %s left", session.call_id, participant)
        if session.close_reason is None:
            user_id = layout.user_of(participant)
            if user_id is None:
                left = self._left(session, participant)
            else:
                left = supervision.left(self._held, session, user_id)
            name = _missing(session, participant)
            self._held.tasks.start(left, name, call=session.call_id)

    async def _left(self, session: Session, participant: str) -> None:
        """Wait for a console to come back, as after a reload or a lost network.

        During a call the row says for how long; a consulted agent gets less time.
        """
        call_id = UUID(session.call_id)
        await self._held.write(reconnect.console_left, call_id, int(participant))
        call = await self._held.find(call_id)
        if call is None or participant in session.participants:
            return
        if not await in_database(layout.may_hear, call, int(participant)):
            return  # their part was over before
        if str(call.agent_id) != participant:
            await asyncio.sleep(settings.GUEST_RETURN_SECONDS)
            await self._held.write(reconnect.guest_left, call_id, int(participant))


async def _talks(held: HeldCalls, session: Session, call: Call) -> None:
    """Note that audio can flow; the row knows whether an agent hears it.

    An agent who claimed a waiting caller is there once their console has the audio.
    """
    is_there = (
        call.queued_with_audio_at is None or str(call.agent_id) in session.participants
    )
    if await held.write(answer.media_up, call.pk, is_there=is_there):
        logger.info("call %s: the agent talks", session.call_id)


def _note_unheard(call_id: UUID, session: Session) -> None:
    """Write who is not heard now: of two such tasks either may come last."""
    flow = session.flow
    reconnect.note_unheard(
        call_id,
        customer_heard=flow.customer_heard,
        participant_heard=flow.participant_heard,
    )


def _missing(session: Session, participant: str) -> str:
    return f"missing {session.call_id} {participant}"
