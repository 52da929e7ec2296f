"""The two websockets: the console's JSON, and the lean one for sound."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.http import HttpRequest

from agents.models import Agent, AgentState
from agents.services import heard
from callcenter.database import in_database
from calls import dialing, notify, offers, people, plans, services
from calls.bridge import Full, bridge
from calls.media.listener import Codec, Listener
from calls.node import node_process

logger = logging.getLogger(__name__)

LARGEST_MESSAGE = 16 * 1024
CHECK_EVERY = 2.0  # seconds between two looks at whether the session still holds
NOT_SIGNED_IN, NOT_YOURS, NO_SUCH_CALL, TRY_AGAIN = 4401, 4403, 4404, 4503

Scope = dict[str, Any]
Message = dict[str, Any]


def signed_in(scope: Scope) -> AbstractBaseUser | AnonymousUser:
    """Who holds this session now: logging out or a new password ends it."""
    engine = import_module(settings.SESSION_ENGINE)
    request = HttpRequest()
    request.session = engine.SessionStore(scope["session"].session_key)
    return get_user(request)


def agent_of(scope: Scope) -> Agent | None:
    user = signed_in(scope)
    if not user.is_authenticated:
        return None
    return Agent.objects.select_related("user").filter(user_id=user.pk).first()


class ConsoleConsumer(AsyncWebsocketConsumer):
    """One console: requests in, whole snapshots out (docs/console-websocket.md)."""

    known_agent: Agent | None = None
    fingerprint: object = None

    @property
    def agent(self) -> Agent:
        assert self.known_agent is not None  # receive() turns everybody else away
        return self.known_agent

    async def connect(self) -> None:
        node_process.start()
        await self.accept()
        self.known_agent = await in_database(agent_of, self.scope)
        if self.known_agent is None:
            user = await in_database(signed_in, self.scope)
            await self.close(NOT_YOURS if user.is_authenticated else NOT_SIGNED_IN)
            return
        group = notify.agent_group(self.agent.pk)
        await self.channel_layer.group_add(group, self.channel_name)
        await in_database(heard, self.agent.pk)
        await self.refresh({})

    async def disconnect(self, code: int) -> None:
        if self.known_agent is not None:
            group = notify.agent_group(self.agent.pk)
            await self.channel_layer.group_discard(group, self.channel_name)

    async def receive(
        self, text_data: str | None = None, bytes_data: bytes | None = None
    ) -> None:
        message = _decode(text_data)
        handler = HANDLERS.get(message.get("type", "")) if message else None
        if handler is None or self.known_agent is None or message is None:
            await self.problem("The server did not understand the console.")
            return
        try:
            await handler(self, message)
        except services.Refused as refusal:
            await self.problem(str(refusal), message.get("request"))
        except Exception:
            logger.exception("console of agent %s", self.agent.pk)
            text = "The server could not do that. Please try again."
            await self.problem(text, message.get("request"))

    async def push(self, event: Message) -> None:
        """A snapshot from calls.notify."""
        await self.send(json.dumps(event["message"]))

    async def problem(self, text: str, request: Any = None) -> None:
        message = {"type": "problem", "text": text, "request": request}
        await self.send(json.dumps(message))

    # --- Requests, one method for each `type` ---

    async def refresh(self, message: Message) -> None:
        snapshot = await in_database(notify.console_snapshot, self.agent.pk)
        await self.send(json.dumps(snapshot))

    async def beat(self, message: Message) -> None:
        agent = await in_database(agent_of, self.scope)
        if agent is None:
            await self.close(NOT_SIGNED_IN)
            return
        await in_database(heard, agent.pk)
        await self.send(json.dumps(notify.beat()))
        await self._catch_up()

    async def _catch_up(self) -> None:
        """What was pushed while the layer was away is read from the rows."""
        known, self.fingerprint = (
            self.fingerprint,
            await in_database(notify.fingerprint, self.agent.pk),
        )
        if known != self.fingerprint:
            await self.refresh({})

    async def available(self, message: Message) -> None:
        await in_database(heard, self.agent.pk)
        await self._change(AgentState.AVAILABLE)

    async def offline(self, message: Message) -> None:
        await self._change(AgentState.OFFLINE)

    async def take_break(self, message: Message) -> None:
        await self._change(AgentState.ON_BREAK, str(message.get("reason") or "")[:100])

    async def _change(self, state: str, reason: str = "") -> None:
        free = ("offline", "available", "on_break")
        await in_database(
            services.change_agent,
            self.agent.pk,
            state,
            reason=reason,
            only_from=free,
        )

    async def answer(self, message: Message) -> None:
        near = settings.NODE_NAME
        await in_database(services.claim, _call_id(message), self.agent, near=near)

    async def decline(self, message: Message) -> None:
        await in_database(services.decline, _call_id(message), self.agent)

    async def hang_up(self, message: Message) -> None:
        await in_database(services.hang_up, _call_id(message), self.agent)

    async def mute(self, message: Message) -> None:
        muted = message.get("muted") is True
        await in_database(services.set_muted, _call_id(message), self.agent, muted)

    async def rings(self, message: Message) -> None:
        await in_database(offers.rings, _call_id(message), self.agent.pk)

    async def look_up(self, message: Message) -> None:
        typed, line = str(message.get("number") or "")[:60], message.get("line")
        person = await in_database(people.look_up, self.agent, typed, line)
        reply = {"type": "person", "person": person, "request": message.get("request")}
        await self.send(json.dumps(reply))

    async def call(self, message: Message) -> None:
        await in_database(self._call, message)

    def _call(self, message: Message) -> None:
        contact = people.contact_of(message.get("contact"))
        line = people.line_of(self.agent, message.get("line"))
        call = dialing.dial(self.agent, contact, line, near=settings.NODE_NAME)
        plans.closed_by(call)

    async def ask(self, message: Message) -> None:
        await in_database(self._ask, message)

    def _ask(self, message: Message) -> None:
        contact = people.contact_of(message.get("contact"))
        plans.ask(self.agent, contact, people.line_of(self.agent, message.get("line")))

    async def call_plan(self, message: Message) -> None:
        plan_id, near = _uuid(message, "plan"), settings.NODE_NAME
        await in_database(plans.call, plan_id, self.agent, near=near)

    async def drop_plan(self, message: Message) -> None:
        await in_database(plans.drop, _uuid(message, "plan"), self.agent)

    async def quality(self, message: Message) -> None:
        report = json.dumps(message.get("report"))[:500]
        logger.debug("call %s: quality %s", _call_id(message), report)


Handler = Callable[[ConsoleConsumer, Message], Awaitable[None]]

HANDLERS: dict[str, Handler] = {
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


def _decode(text: str | None) -> Message | None:
    if text is None or len(text) > LARGEST_MESSAGE:
        return None
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return None
    known = isinstance(message, dict) and isinstance(message.get("type"), str)
    return message if known else None


def _call_id(message: Message) -> UUID:
    return _uuid(message, "call")


def _uuid(message: Message, name: str) -> UUID:
    try:
        return UUID(str(message.get(name)))
    except ValueError:
        raise services.Refused(f"This {name} is not known.") from None


async def audio(scope: Scope, receive: Any, send: Any) -> None:
    """The door to a call's sound: a bare ASGI application, nothing per frame."""
    node_process.start()
    await receive()  # websocket.connect
    listener, refusal = await _admit(scope)
    if listener is None:  # a browser sees the code only of an accepted socket
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": refusal})
        return
    guard = asyncio.create_task(_guard(scope, listener))
    try:
        await listener.serve(receive, send)
    finally:
        guard.cancel()
        await asyncio.gather(guard, return_exceptions=True)


async def _admit(scope: Scope) -> tuple[Listener | None, int]:
    agent = await in_database(agent_of, scope)
    if agent is None:
        return None, NOT_SIGNED_IN
    call = await bridge.find(scope["url_route"]["kwargs"]["call_id"])
    if call is None:
        return None, NO_SUCH_CALL
    if call.agent_id != agent.pk:
        return None, NOT_YOURS
    try:
        session = bridge.session_for(call)
    except Full:
        return None, TRY_AGAIN
    return Listener(session, str(agent.pk), _codec(scope)), 0


def _codec(scope: Scope) -> Codec:
    query = parse_qs(scope.get("query_string", b"").decode("ascii", "replace"))
    wanted = query.get("codec", [""])[0]
    return Codec.PCM16 if wanted == Codec.PCM16.value else Codec.OPUS


async def _guard(scope: Scope, listener: Listener) -> None:
    """Who signs out, hears nothing more."""
    while True:
        await asyncio.sleep(CHECK_EVERY)
        try:
            agent = await in_database(agent_of, scope)
        except Exception:  # the database is away: the call goes on
            continue
        if agent is None:
            listener.close(NOT_SIGNED_IN)
            return
