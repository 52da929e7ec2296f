"""The console's websocket: requests in, whole snapshots out."""

import json
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.utils.translation import gettext_noop

from agents import services as staff
from agents.models import Agent, AgentState
from agents.websocket_auth import NOT_SIGNED_IN, NOT_YOURS, agent_of, signed_in
from callcenter.database import in_database
from callcenter.web.language import speaking
from calls import notify, snapshots
from calls.console import caller_card, notes
from calls.console.messages import (
    Message,
    break_named,
    call_of,
    decode,
    instant_of,
    queue_of,
    uuid_of,
)
from calls.errors import Refused
from calls.lifecycle import answer, ending, transfer
from calls.models import Offer
from calls.outbound import dialing, lookup, planned_calls
from calls.queueing import agent_state, dispatch, ring_attempts, wrap_up

logger = logging.getLogger(__name__)

AT_REST = (
    AgentState.OFFLINE,
    AgentState.AVAILABLE,
    AgentState.CANNOT_RING,
    AgentState.ON_BREAK,
)


class ConsoleConsumer(AsyncWebsocketConsumer):
    """One console: requests in, whole snapshots out (docs/console-websocket.md)."""

    known_agent: Agent | None = None
    fingerprint: object = None
    console = ""  # the page load at the other end, once it has said hello
    since: datetime | None = None
    language: Any = None

    @property
    def agent(self) -> Agent:
        assert self.known_agent is not None  # receive() turns everybody else away
        return self.known_agent

    async def connect(self) -> None:
        await self.accept()
        self.known_agent = await in_database(agent_of, self.scope)
        if self.known_agent is None:
            user = await in_database(signed_in, self.scope)
            await self.close(NOT_YOURS if user.is_authenticated else NOT_SIGNED_IN)
            return
        group = notify.agent_group(self.agent.pk)
        await self.channel_layer.group_add(group, self.channel_name)

    async def disconnect(self, code: int) -> None:
        if self.known_agent is not None:
            group = notify.agent_group(self.agent.pk)
            await self.channel_layer.group_discard(group, self.channel_name)

    async def receive(
        self, text_data: str | None = None, bytes_data: bytes | None = None
    ) -> None:
        message = decode(text_data)
        handler = HANDLERS.get(message.get("type", "")) if message else None
        if handler is None or self.known_agent is None or message is None:
            await self.problem(
                gettext_noop("The server did not understand the console.")
            )
            return
        try:
            with speaking(self.language):
                await handler(self, message)
        except Refused as refusal:
            await self.problem(str(refusal), message.get("request"))
        except Exception:
            logger.exception("console of agent %s", self.agent.pk)
            text = gettext_noop("The server could not do that. Please try again.")
            await self.problem(text, message.get("request"))

    async def push(self, event: Message) -> None:
        """A snapshot from calls.notify."""
        await self.send(json.dumps(event["message"]))

    async def console_opened(self, event: Message) -> None:
        """A newer page of this agent: this one must not ring any more."""
        if self.console and event["message"]["console"] != self.console:
            await self.send(json.dumps({"type": "replaced"}))

    async def reply(self, kind: str, message: Message, **fields: Any) -> None:
        content = {"type": kind, "request": message.get("request"), **fields}
        await self.send(json.dumps(content))

    async def problem(self, text: str, request: Any = None) -> None:
        message = {"type": "problem", "text": text, "request": request}
        await self.send(json.dumps(message))

    # --- Requests, one method for each `type` ---

    async def hello(self, message: Message) -> None:
        """Which page this is; the one that was loaded last rings."""
        self.console = str(message.get("console") or "")[:64]
        self.language = message.get("language")
        since = (
            None if message.get("take") is True else instant_of(message.get("since"))
        )
        self.since = await in_database(
            staff.open_console, self.agent.pk, self.console, since
        )
        await self.refresh({})
        if await self._is_primary():
            notify.console_opened(self.agent.pk, self.console)

    async def _is_primary(self) -> bool:
        if not self.console:
            return False
        return await in_database(staff.is_primary, self.agent.pk, self.console)

    async def refresh(self, message: Message) -> None:
        snapshot = await in_database(snapshots.console_snapshot, self.agent.pk)
        snapshot["primary"] = await self._is_primary()
        snapshot["since"] = snapshots.iso(self.since) or ""
        await self.send(json.dumps(snapshot))

    async def beat(self, message: Message) -> None:
        agent = await in_database(agent_of, self.scope)
        if agent is None:
            await self.close(NOT_SIGNED_IN)
            return
        if await self._is_primary():
            await in_database(agent_state.heartbeat, agent.pk, message.get("proof"))
        await self.send(json.dumps(notify.beat()))
        await self._catch_up()

    async def _catch_up(self) -> None:
        """What was pushed while the layer was away is read from the rows."""
        known, self.fingerprint = (
            self.fingerprint,
            await in_database(snapshots.fingerprint, self.agent.pk),
        )
        if known is not None and known != self.fingerprint:
            await self.refresh({})

    # The agent's own state

    async def available(self, message: Message) -> None:
        await in_database(agent_state.go_available, self.agent.pk)

    async def offline(self, message: Message) -> None:
        await self._rest(AgentState.OFFLINE)

    async def take_break(self, message: Message) -> None:
        reason = await in_database(break_named, message.get("reason"))
        await self._rest(AgentState.ON_BREAK, reason)

    async def _rest(self, state: str, reason: str = "") -> None:
        until = await in_database(staff.break_ends, reason)
        await in_database(
            dispatch.change_agent,
            self.agent.pk,
            state,
            reason=reason,
            until=until,
            only_from=AT_REST,
        )

    async def next_state(self, message: Message) -> None:
        state, reason = message.get("state"), ""
        if state == AgentState.ON_BREAK:
            reason = await in_database(break_named, message.get("reason"))
        elif state != AgentState.OFFLINE:
            state = ""
        await in_database(agent_state.choose_next, self.agent.pk, state, reason)

    # Calls

    async def answer(self, message: Message) -> None:
        await in_database(self._answer, call_of(message))

    def _answer(self, call_id: UUID) -> None:
        rings = Offer.objects.filter(call=call_id, agent=self.agent)
        asked = rings.filter(outcome=Offer.Outcome.RINGING, kind=Offer.Kind.CONSULT)
        if asked.exists():
            transfer.join(call_id, self.agent)
        else:
            answer.claim(call_id, self.agent, near=settings.NODE_NAME)

    async def decline(self, message: Message) -> None:
        await in_database(answer.decline, call_of(message), self.agent)

    async def hang_up(self, message: Message) -> None:
        await in_database(ending.hang_up, call_of(message), self.agent)

    async def mute(self, message: Message) -> None:
        muted = message.get("muted") is True
        await in_database(answer.set_muted, call_of(message), self.agent, muted)

    async def rings(self, message: Message) -> None:
        if await self._is_primary():
            await in_database(ring_attempts.confirm, call_of(message), self.agent.pk)

    async def hold(self, message: Message) -> None:
        await in_database(transfer.hold, call_of(message), self.agent)

    async def resume(self, message: Message) -> None:
        await in_database(transfer.resume, call_of(message), self.agent)

    async def targets(self, message: Message) -> None:
        found = await in_database(transfer.targets, self.agent)
        await self.reply("targets", message, **found)

    async def transfer(self, message: Message) -> None:
        await in_database(self._transfer, message)

    def _transfer(self, message: Message) -> None:
        call_id = call_of(message)
        if (queue_id := message.get("queue")) is not None:
            transfer.transfer_to_queue(call_id, self.agent, queue_of(queue_id))
        else:
            colleague = notes.agent_by_id(message.get("agent"))
            transfer.transfer_to_agent(call_id, self.agent, colleague)

    async def consult(self, message: Message) -> None:
        await in_database(self._consult, message)

    def _consult(self, message: Message) -> None:
        colleague = notes.agent_by_id(message.get("agent"))
        transfer.consult(call_of(message), self.agent, colleague)

    async def cancel_consult(self, message: Message) -> None:
        await in_database(transfer.cancel_consult, call_of(message), self.agent)

    async def complete(self, message: Message) -> None:
        await in_database(transfer.complete, call_of(message), self.agent)

    # What the agent writes

    async def note(self, message: Message) -> None:
        call_id, text = call_of(message), str(message.get("text") or "")
        await in_database(notes.write_note, call_id, self.agent, text)
        await self.reply("saved", message, call=str(call_id))

    async def disposition(self, message: Message) -> None:
        call_id, chosen = call_of(message), message.get("disposition")
        await in_database(notes.set_disposition, call_id, self.agent, chosen)
        await self.reply("saved", message, call=str(call_id))

    async def finish(self, message: Message) -> None:
        if not await in_database(wrap_up.end_wrap_up, self.agent.pk):
            raise Refused("Choose a disposition first.")

    async def more_time(self, message: Message) -> None:
        await in_database(wrap_up.more_time, self.agent.pk)

    async def callback(self, message: Message) -> None:
        await in_database(
            notes.plan_callback,
            call_of(message),
            self.agent,
            at=message.get("at"),
            mine=message.get("mine") is True,
            text=str(message.get("text") or ""),
        )
        await self.reply("saved", message, call=str(call_of(message)))

    async def name_person(self, message: Message) -> None:
        name = str(message.get("name") or "")
        await in_database(notes.name_person, call_of(message), self.agent, name)

    async def card(self, message: Message) -> None:
        call_id = call_of(message)
        person = await in_database(caller_card.card, call_id, self.agent)
        await self.reply("card", message, call=str(call_id), person=person)

    # Calling out

    async def look_up(self, message: Message) -> None:
        typed, line = str(message.get("number") or "")[:60], message.get("line")
        person = await in_database(lookup.look_up, self.agent, typed, line)
        reply = {"type": "person", "person": person, "request": message.get("request")}
        await self.send(json.dumps(reply))

    async def call(self, message: Message) -> None:
        await in_database(self._call, message)

    def _call(self, message: Message) -> None:
        contact = lookup.contact_of(message.get("contact"))
        line = lookup.line_of(self.agent, message.get("line"))
        call = dialing.dial(self.agent, contact, line, near=settings.NODE_NAME)
        planned_calls.closed_by(call)

    async def ask(self, message: Message) -> None:
        await in_database(self._ask, message)

    def _ask(self, message: Message) -> None:
        contact = lookup.contact_of(message.get("contact"))
        planned_calls.ask(
            self.agent, contact, lookup.line_of(self.agent, message.get("line"))
        )

    async def call_plan(self, message: Message) -> None:
        plan_id, near = uuid_of(message, "plan"), settings.NODE_NAME
        await in_database(planned_calls.call, plan_id, self.agent, near=near)

    async def drop_plan(self, message: Message) -> None:
        await in_database(planned_calls.drop, uuid_of(message, "plan"), self.agent)

    async def quality(self, message: Message) -> None:
        report = json.dumps(message.get("report"))[:500]
        logger.debug("call %s: quality %s", call_of(message), report)


Handler = Callable[[ConsoleConsumer, Message], Awaitable[None]]

HANDLERS: dict[str, Handler] = {
    "hello": ConsoleConsumer.hello,
    "next_state": ConsoleConsumer.next_state,
    "hold": ConsoleConsumer.hold,
    "resume": ConsoleConsumer.resume,
    "targets": ConsoleConsumer.targets,
    "transfer": ConsoleConsumer.transfer,
    "consult": ConsoleConsumer.consult,
    "cancel_consult": ConsoleConsumer.cancel_consult,
    "complete": ConsoleConsumer.complete,
    "note": ConsoleConsumer.note,
    "disposition": ConsoleConsumer.disposition,
    "finish": ConsoleConsumer.finish,
    "more_time": ConsoleConsumer.more_time,
    "callback": ConsoleConsumer.callback,
    "name_person": ConsoleConsumer.name_person,
    "card": ConsoleConsumer.card,
    "refresh": ConsoleConsumer.refresh,
    "beat": ConsoleConsumer.beat,
    "available": ConsoleConsumer.available,
    "offline": ConsoleConsumer.offline,
    "break": ConsoleConsumer.take_break,
    "answer": ConsoleConsumer.answer,
    "decline": ConsoleConsumer.decline,
    "hang_up": ConsoleConsumer.hang_up,
    "mute": ConsoleConsumer.mute,
    "rings": ConsoleConsumer.rings,
    "quality": ConsoleConsumer.quality,
    "look_up": ConsoleConsumer.look_up,
    "call": ConsoleConsumer.call,
    "ask": ConsoleConsumer.ask,
    "call_plan": ConsoleConsumer.call_plan,
    "drop_plan": ConsoleConsumer.drop_plan,
}
