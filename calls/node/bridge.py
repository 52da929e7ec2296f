"""Where the row, Wati and the sound meet: the calls that this node holds."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any
from uuid import UUID

import httpx2
from django.conf import settings
from django.db import DatabaseError
from django.utils.translation import gettext_noop

from callcenter.database import in_database
from callcenter.wati.client import new_http
from calls import notify
from calls.lifecycle import answer, ending, reconnect
from calls.media.events import Flow
from calls.media.hub import Full, Hub
from calls.media.mixing.layout import Layout
from calls.media.session import CALL_OVER, Session
from calls.media.settings import MediaSettings
from calls.media.transport.sdp import RefusedSdp
from calls.models import Call, CallQuerySet, Direction, Node
from calls.node import accept, announcements, layout
from calls.outbound import dialing
from calls.states import ON_NODE, TALKING, Event, Status

logger = logging.getLogger(__name__)

TERMINATE_FOLLOWS = 3.0  # seconds
# Half a second of sound in a row: no phone that only rings sends it.
SPEECH_PACKETS = 25
GUEST_MUST_RETURN = 20.0  # seconds
DATABASE_PAUSE = 2.0  # seconds


def media_settings() -> MediaSettings:
    return MediaSettings(
        max_calls=settings.NODE_MAX_CALLS,
        allow_private_candidates=settings.MEDIA_ALLOW_PRIVATE_CANDIDATES,
        bind_addresses=tuple(settings.MEDIA_BIND_ADDRESSES),
    )


CALL_RELATED = (
    "agent__user",
    "account",
    "queue__greeting",
    "queue__music",
    "line__closed_prompt",
)
# Read once by calls.node.prompts, not with each look at a call.
TOO_LARGE = (
    "queue__greeting__sound",
    "queue__music__sound",
    "line__closed_prompt__sound",
)


class Bridge:
    """Joins consoles to calls, and carries what the sound tells into the rows."""

    def __init__(self) -> None:
        self.hub = Hub(media_settings())
        self.node: Node | None = None
        self._http: httpx2.AsyncClient | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._named: dict[str, asyncio.Task[None]] = {}
        self._answered: set[str] = set()  # calls out whose answer is applied
        self._versions: dict[str, int] = {}  # of the rows that the sound follows

    # --- The agent's side ---

    async def find(self, call_id: UUID) -> Call | None:
        """The call if this node holds it, else None."""
        return await in_database(self._held_call, call_id)

    def _held_call(self, call_id: UUID) -> Call | None:
        return self._held_calls().filter(pk=call_id).first()

    def _held_calls(self) -> CallQuerySet:
        node = self.node
        if node is None:
            return Call.objects.none()
        calls = Call.objects.filter(node=node.name, node_epoch=node.epoch)
        with_names = calls.select_related(*CALL_RELATED).defer(*TOO_LARGE)
        return with_names.filter(status__in=ON_NODE)

    async def session_for(self, call: Call) -> Session:
        """The call's sound; the first to ask starts connecting. Raises Full."""
        arrangement = await in_database(layout.layout_of, call)
        session = self.hub.get(str(call.pk))
        if session is None:
            session = self.hub.open(str(call.pk), self)
            calls_out = call.direction == Direction.OUTBOUND
            connect = self._dial if calls_out else self._connect
            self._start(connect(session, call))
        self._arrange(session, call, arrangement)
        return session

    async def adopt(self) -> None:
        """Calls that the system answers, and that this node was chosen for."""
        for call in await in_database(self._calls_to_adopt):
            await self._adopt(call)

    def _calls_to_adopt(self) -> list[Call]:
        waiting_here = self._held_calls().filter(status=Status.WAITING)
        known = self.hub
        return [call for call in waiting_here if known.get(str(call.pk)) is None]

    async def _adopt(self, call: Call) -> None:
        try:
            await self.session_for(call)
        except Full:
            text = gettext_noop("The server has no room for another call.")
            await in_database(ending.end, call.pk, Event.MEDIA_FAILED, text=text)

    # --- Answering ---

    async def _connect(self, session: Session, call: Call) -> None:
        try:
            answer_sdp = await session.answer(call.offer_sdp)
        except RefusedSdp as refusal:
            await self._end(session, Event.ACCEPT_REFUSED, str(refusal))
            return
        if not await in_database(answer.accept_sent, call.pk, answer_sdp):
            await self._drop(session)
            return
        if problem := await accept.accept(session, call, self.http):
            await self._end(session, *problem)

    @property
    def http(self) -> httpx2.AsyncClient:
        if self._http is None:
            self._http = new_http()
        return self._http

    # --- Calling out ---

    async def _dial(self, session: Session, call: Call) -> None:
        """Our offer is written down; a task places the call, whoever runs it."""
        offer = await session.offer()
        if not await in_database(dialing.offer_made, call.pk, offer):
            await self._drop(session)

    async def hear(self, call_id: str) -> None:
        """A call of this node changed, here or elsewhere."""
        session = self.hub.get(call_id)
        if session is not None:
            await self.follow(session)
        elif (call := await self.find(UUID(call_id))) and call.status == Status.WAITING:
            await self._adopt(call)

    async def follow(self, session: Session) -> None:
        """Act on what happened to a call of ours elsewhere."""
        call = await self.find(UUID(session.call_id))
        if call is None:
            await self._drop(session)
            return
        self._arrange(session, call, await in_database(layout.layout_of, call))
        await self._agree_on_console(session, call)
        if call.direction == Direction.OUTBOUND and call.answer_sdp:
            await self._take_answer(session, call)
        if call.status == Status.WAITING and session.is_up:
            self._entertain(session, call)

    def _arrange(self, session: Session, call: Call, arrangement: Layout) -> None:
        """Who has no part in the call any more hears nothing more.

        Several looks at one call may overtake each other: an older one is too late.
        """
        newest = self._versions.get(session.call_id, 0)
        if call.version < newest or session.close_reason is not None:
            return
        self._versions[session.call_id] = call.version
        session.arrange(arrangement)
        for participant in set(session.participants) - {
            *arrangement.speakers,
            *arrangement.consult,
        }:
            session.dismiss(participant, CALL_OVER)

    async def _agree_on_console(self, session: Session, call: Call) -> None:
        """Should the row not know that a console went, or came: nobody waits for ever.

        A console that goes before the talk begins is the usual case.
        """
        if call.status not in TALKING or call.agent_id is None or not session.is_up:
            return
        is_there = str(call.agent_id) in session.participants
        if is_there and call.console_lost_until is not None:
            await in_database(reconnect.console_joined, call.pk, call.agent_id)
        elif not is_there and call.console_lost_until is None:
            await in_database(reconnect.console_left, call.pk, call.agent_id)

    # --- Callers who wait ---

    def _entertain(self, session: Session, call: Call) -> None:
        if call.announcement:
            self._start(self._say_goodbye(session, call), f"bye {session.call_id}")
        elif announcements.announces_position(call):
            telling = announcements.announce_position(session, self.find)
            self._start(telling, f"place {session.call_id}")

    async def _say_goodbye(self, session: Session, call: Call) -> None:
        await self._end(session, await announcements.play_to_the_end(call))

    # --- Calls out that were answered ---

    async def _take_answer(self, session: Session, call: Call) -> None:
        if session.call_id not in self._answered:
            self._answered.add(session.call_id)
            try:
                await session.apply_answer(call.answer_sdp)
            except RefusedSdp as refusal:
                await self._end(session, Event.MEDIA_FAILED, str(refusal))
                return
        if call.status in TALKING and not session.is_up:
            self._start(self._sound_must_come(session), f"sound {session.call_id}")

    async def _sound_must_come(self, session: Session) -> None:
        await asyncio.sleep(self.hub.settings.media_deadline)
        if not session.is_up and session.close_reason is None:
            text = gettext_noop("The sound connection to WhatsApp did not come up.")
            await self._end(session, Event.MEDIA_FAILED, text)

    async def _await_speech(self, session: Session) -> None:
        """Real sound from the other end is an answer, should Wati forget to say so."""
        while session.close_reason is None:
            if session.counters.packets_in >= SPEECH_PACKETS:
                await in_database(dialing.answered, UUID(session.call_id))
                return
            await asyncio.sleep(0.2)

    # --- What the sound tells (calls.media.session.SessionEvents) ---

    def media_up(self, session: Session) -> None:
        self._start(self._media_up(session))

    async def _media_up(self, session: Session) -> None:
        call = await self.find(UUID(session.call_id))
        if call is None:
            await self._drop(session)
        elif session.call_id in self._answered:
            await self._await_speech(session)
        else:
            await self._talks(session, call)
            await self.follow(session)

    async def _talks(self, session: Session, call: Call) -> None:
        """Sound can flow; whether there is an agent who hears it is for the row to say.

        An agent who claimed a waiting caller is there once their console has the sound.
        """
        is_there = (
            call.queued_with_audio_at is None
            or str(call.agent_id) in session.participants
        )
        if await in_database(answer.media_up, call.pk, is_there=is_there):
            logger.info("call %s: the agent talks", session.call_id)

    def media_failed(self, session: Session, reason: str) -> None:
        self._start(self._media_failed(session, reason))

    async def _media_failed(self, session: Session, reason: str) -> None:
        if session.counters.media_up_at is None:
            await self._end(session, Event.MEDIA_FAILED, reason)
            return
        # A caller who hangs up closes the sound first; Wati says so a moment later.
        await asyncio.sleep(TERMINATE_FOLLOWS)
        await self._end(session, Event.MEDIA_LOST, reason)

    def media_lost(self, session: Session) -> None:
        logger.warning("call %s: the caller's sound is lost", session.call_id)

    def media_quiet(self, session: Session, seconds: float) -> None:
        logger.warning("call %s: no sound for %.0f s", session.call_id, seconds)

    def media_back(self, session: Session) -> None:
        logger.info("call %s: sound is back", session.call_id)

    def flow_changed(self, session: Session, flow: Flow) -> None:
        """Who talks past the other is told within seconds."""
        logger.info("call %s: %s", session.call_id, flow)
        for participant in session.layout.speakers:
            notify.flow_changed(
                int(participant),
                session.call_id,
                caller_hears=flow.participant_heard,
                caller_heard=flow.customer_heard,
            )

    def listener_joined(self, session: Session, participant: str) -> None:
        logger.info("call %s: the console of %s listens", session.call_id, participant)
        if missing := self._named.pop(_missing(session, participant), None):
            missing.cancel()
        self._start(self._joined(session, participant))

    async def _joined(self, session: Session, participant: str) -> None:
        call_id = UUID(session.call_id)
        await in_database(reconnect.console_joined, call_id, int(participant))
        call = await self.find(call_id)
        if call and call.status == Status.CONNECTING and session.is_up:
            await self._talks(session, call)

    def listener_left(self, session: Session, participant: str) -> None:
        logger.info("call %s: the console of %s left", session.call_id, participant)
        if session.close_reason is None:
            self._start(
                self._left(session, participant), _missing(session, participant)
            )

    async def _left(self, session: Session, participant: str) -> None:
        """A reload or a lost network is survived. The row says for how long, in a talk;
        whom nobody talks to yet, and who was only asked, is not waited for so long.
        """
        call_id = UUID(session.call_id)
        await in_database(reconnect.console_left, call_id, int(participant))
        call = await self.find(call_id)
        if call is None or participant in session.participants:
            return
        if not await in_database(layout.may_hear, call, int(participant)):
            return  # their part was over before
        if str(call.agent_id) != participant:
            await asyncio.sleep(GUEST_MUST_RETURN)
            await in_database(reconnect.guest_left, call_id, int(participant))

    # --- The end ---

    async def _end(
        self, session: Session, event: Event, text: str = "", code: int | None = None
    ) -> None:
        """End the row and the sound; a database that is away is waited for."""
        call_id = UUID(session.call_id)
        while True:
            try:
                await in_database(
                    ending.end, call_id, event, text=text, error_code=code
                )
                break
            except DatabaseError:
                logger.exception("call %s: its end cannot be written yet", call_id)
                await asyncio.sleep(DATABASE_PAUSE)
        await self._drop(session)

    async def follow_all(self) -> None:
        """One call's trouble must not cost the others, nor the node its lease."""
        for session in self.hub.sessions():
            try:
                await self.follow(session)
            except DatabaseError:
                raise
            except Exception:
                logger.exception("call %s: cannot be followed", session.call_id)
        await self.adopt()

    async def _drop(self, session: Session) -> None:
        self._answered.discard(session.call_id)
        self._versions.pop(session.call_id, None)
        is_first = session.close_reason is None
        await session.close("the call is over")
        seconds = session.counters.one_way_seconds
        if is_first and seconds >= 1:
            await in_database(
                reconnect.note_one_way_audio, UUID(session.call_id), seconds
            )

    async def close(self) -> None:
        """End every call of this node; the process stops."""
        for session in self.hub.sessions():
            await self._end(session, Event.NODE_LOST, "The server was stopped.")
        await self.hub.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    def _start(self, work: Coroutine[Any, Any, None], name: str = "") -> None:
        """Own a task until it ends. Of one name there is only one at a time."""
        if name in self._named:
            work.close()
            return
        task = asyncio.get_running_loop().create_task(work, name=name or None)
        self._tasks.add(task)
        if name:
            self._named[name] = task
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if self._named.get(task.get_name()) is task:
            del self._named[task.get_name()]
        if not task.cancelled() and (error := task.exception()):
            logger.error("bridge", exc_info=error)


def _missing(session: Session, participant: str) -> str:
    return f"missing {session.call_id} {participant}"


__all__ = ["Bridge", "Full", "bridge"]

bridge = Bridge()
