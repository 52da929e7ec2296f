"""Where the row, Wati and the sound meet: the calls that this node holds."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any
from uuid import UUID

import httpx2
from django.conf import settings
from django.db import DatabaseError

from callcenter.database import in_database
from callcenter.wati.client import new_http
from callcenter.wati.errors import Outcome, WatiError
from calls import dialing, notify, outbox, prompts, scenes, services, waiting
from calls.media.events import Flow
from calls.media.hub import Full, Hub
from calls.media.scene import Scene
from calls.media.sdp import RefusedSdp
from calls.media.session import CALL_OVER, Session
from calls.media.settings import MediaSettings
from calls.models import Announcement, Call, CallQuerySet, Direction, Node
from calls.states import ON_NODE, TALKING, Event, Status

logger = logging.getLogger(__name__)

# An accept whose reply was lost has probably worked: sound tells within this time.
LOST_REPLY_PAUSE = 3.0  # seconds
TERMINATE_FOLLOWS = 3.0  # seconds
# Half a second of sound in a row: no phone that only rings sends it.
SPEECH_PACKETS = 25
DIALER_MUST_RETURN = 20.0  # seconds; of a call that rings out meanwhile
GUEST_MUST_RETURN = 20.0  # seconds
GOODBYE_PAUSE = 0.5  # seconds
DATABASE_PAUSE = 2.0  # seconds
UNREACHABLE_PAUSES = (0.2, 0.4, 0.8, 1.6)


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


class Bridge:
    """Joins consoles to calls, and carries what the sound tells into the rows."""

    def __init__(self) -> None:
        self.hub = Hub(media_settings())
        self.node: Node | None = None
        self._http: httpx2.AsyncClient | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._named: dict[str, asyncio.Task[None]] = {}
        self._answered: set[str] = set()  # calls out whose answer is applied

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
        calls = Call.objects.select_related(*CALL_RELATED).filter(status__in=ON_NODE)
        return calls.filter(node=node.name, node_epoch=node.epoch)

    async def session_for(self, call: Call) -> Session:
        """The call's sound; the first to ask starts connecting. Raises Full."""
        scene = await in_database(scenes.scene_of, call)
        session = self.hub.get(str(call.pk))
        if session is None:
            session = self.hub.open(str(call.pk), self)
            calls_out = call.direction == Direction.OUTBOUND
            connect = self._dial if calls_out else self._connect
            self._start(connect(session, call))
        session.arrange(scene)
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
            text = "The server has no room for another call."
            await in_database(services.end, call.pk, Event.MEDIA_FAILED, text=text)

    # --- Answering ---

    async def _connect(self, session: Session, call: Call) -> None:
        try:
            answer = await session.answer(call.offer_sdp)
        except RefusedSdp as refusal:
            await self._end(session, Event.ACCEPT_REFUSED, str(refusal))
            return
        if not await in_database(services.accept_sent, call.pk, answer):
            await self._drop(session)
            return
        request = await in_database(outbox.prepare_accept, call)
        await self._accept(session, call, request.pk)

    async def _accept(self, session: Session, call: Call, request_id: int) -> None:
        """Send our answer; sound may start when Wati has it, or might have it."""
        error: WatiError | None = None
        pauses = list(UNREACHABLE_PAUSES)
        while True:
            try:
                error = await outbox.send(request_id, self.http)
            except LookupError:  # the call ended before our answer went out
                return
            pause = self._pause_before_retry(session, error, pauses)
            if pause is None:
                break
            await asyncio.sleep(pause)  # sound may come up meanwhile and tell
            if session.is_up:
                error = None
                break
            await in_database(outbox.retry_accept, request_id)
        await self._accepted(session, call, error)

    def _pause_before_retry(
        self, session: Session, error: WatiError | None, pauses: list[float]
    ) -> float | None:
        """Seconds until the same answer is sent once more; None for never."""
        if error is None or not pauses:
            return None
        if error.outcome == Outcome.UNREACHABLE:
            return pauses.pop(0)
        if error.outcome == Outcome.UNKNOWN or error.status == 429:
            pauses.clear()
            return min(error.retry_after or LOST_REPLY_PAUSE, 10.0)
        return None

    async def _accepted(
        self, session: Session, call: Call, error: WatiError | None
    ) -> None:
        if error is None or error.outcome == Outcome.UNKNOWN:
            session.release_ice()  # the media deadline judges from here on
            await in_database(services.accepted, call.pk)
        elif error.status in (404, 410):
            await self._end(session, Event.CALLER_GONE)
        else:
            await self._end(session, Event.ACCEPT_REFUSED, error.sentence, error.code)

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
        self._arrange(session, await in_database(scenes.scene_of, call))
        if call.direction == Direction.OUTBOUND and call.answer_sdp:
            await self._take_answer(session, call)
        if call.status == Status.WAITING and session.is_up:
            self._entertain(session, call)

    def _arrange(self, session: Session, scene: Scene) -> None:
        """Who has no part in the call any more hears nothing more."""
        session.arrange(scene)
        for party in set(session.parties) - {*scene.speakers, *scene.aside}:
            session.dismiss(party, CALL_OVER)

    # --- Callers who wait ---

    def _entertain(self, session: Session, call: Call) -> None:
        if call.announcement:
            self._start(self._say_goodbye(session, call), f"bye {session.call_id}")
        elif call.queue and call.queue.position_every_seconds:
            self._start(self._tell_place(session), f"place {session.call_id}")

    async def _say_goodbye(self, session: Session, call: Call) -> None:
        said = await in_database(scenes.goodbye, call)
        await asyncio.sleep(said.seconds + GOODBYE_PAUSE)
        await self._end(session, waiting.GOODBYES[Announcement(call.announcement)])

    async def _tell_place(self, session: Session) -> None:
        """From time to time, for as long as the caller waits."""
        while session.close_reason is None:
            call = await self.find(UUID(session.call_id))
            if call is None or call.status != Status.WAITING or call.queue is None:
                return
            await asyncio.sleep(call.queue.position_every_seconds or 1)
            place = await in_database(waiting.place_of, call)
            if place is not None:
                said = await in_database(prompts.position, call.queue, place)
                session.announce(said)

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
            text = "The sound connection to WhatsApp did not come up."
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
        elif await self._talks(session, call):
            logger.info("call %s: the agent talks", session.call_id)
        else:
            await self.follow(session)

    async def _talks(self, session: Session, call: Call) -> bool:
        """Sound can flow; whether there is an agent who hears it is for the row to say.

        An agent who claimed a waiting caller is there once their console has the sound.
        """
        is_there = call.parked_at is None or str(call.agent_id) in session.parties
        return await in_database(services.media_up, call.pk, is_there=is_there)

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
        for party in session.scene.speakers:
            notify.flow_changed(
                int(party),
                session.call_id,
                caller_hears=flow.party_heard,
                caller_heard=flow.customer_heard,
            )

    def listener_joined(self, session: Session, party: str) -> None:
        logger.info("call %s: the console of %s listens", session.call_id, party)
        if missing := self._named.pop(_missing(session, party), None):
            missing.cancel()
        self._start(self._joined(session, party))

    async def _joined(self, session: Session, party: str) -> None:
        call_id = UUID(session.call_id)
        await in_database(services.console_joined, call_id, int(party))
        call = await self.find(call_id)
        if call and call.status == Status.CONNECTING and session.is_up:
            await self._talks(session, call)

    def listener_left(self, session: Session, party: str) -> None:
        logger.info("call %s: the console of %s left", session.call_id, party)
        if session.close_reason is None:
            self._start(self._left(session, party), _missing(session, party))

    async def _left(self, session: Session, party: str) -> None:
        """A reload or a lost network is survived. The row says for how long, in a talk;
        whom nobody talks to yet, and who was only asked, is not waited for so long.
        """
        call_id = UUID(session.call_id)
        await in_database(services.console_left, call_id, int(party))
        call = await self.find(call_id)
        if call is None or party in session.parties:
            return
        if call.status == Status.DIALING:
            await asyncio.sleep(DIALER_MUST_RETURN)
            await self._end(session, Event.CONSOLE_LOST)
        elif str(call.agent_id) != party:
            await asyncio.sleep(GUEST_MUST_RETURN)
            await in_database(services.guest_left, call_id, int(party))

    # --- The end ---

    async def _end(
        self, session: Session, event: Event, text: str = "", code: int | None = None
    ) -> None:
        """End the row and the sound; a database that is away is waited for."""
        call_id = UUID(session.call_id)
        while True:
            try:
                await in_database(
                    services.end, call_id, event, text=text, error_code=code
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
        is_first = session.close_reason is None
        await session.close("the call is over")
        seconds = session.counters.one_way_seconds
        if is_first and seconds >= 1:
            await in_database(services.note_sound, UUID(session.call_id), seconds)

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


def _missing(session: Session, party: str) -> str:
    return f"missing {session.call_id} {party}"


__all__ = ["Bridge", "Full", "bridge"]

bridge = Bridge()
