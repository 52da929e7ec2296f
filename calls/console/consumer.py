"""The console's websocket: its agent, and the messages to them.

Their requests are in calls.console.requests.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

from channels.consumer import get_handler_name
from channels.generic.websocket import AsyncWebsocketConsumer
from django.utils.translation import gettext_noop

from agents import readiness, windows
from agents.heartbeats import ConsolePage
from agents.models import Agent
from agents.session_watch import session_watch
from agents.sessions import is_over
from agents.websocket_auth import NOT_SIGNED_IN, RESTART, TOO_MUCH
from callcenter.database import in_database
from callcenter.logs import about
from callcenter.web.language import speaking
from callcenter.web.sessions import browser_of
from calls import notify, snapshots
from calls.console.beats import beats
from calls.console.floor import floor
from calls.console.inbox import Inbox
from calls.console.messages import (
    Message,
    Page,
    call_named_in,
    decode,
    instant_of,
)
from calls.console.open_consoles import open_consoles
from calls.console.pushes import Outlet, Push, consoles
from calls.console.rate import MessageRate, Verdict
from calls.console.requests import REQUESTS
from calls.console.shown import Shown
from calls.console.watch import console_watch
from calls.console.window_watch import window_watch
from calls.errors import Refused
from calls.queueing import agent_state

logger = logging.getLogger(__name__)

MOVES_WITHIN = 5.0  # seconds

NOT_UNDERSTOOD = gettext_noop(
    "The server did not understand the console. Reload the page."
)
TOO_MANY_WINDOWS = gettext_noop(
    "The console is open in too many windows. Close some of them."
)
TOO_MANY_MESSAGES = gettext_noop(
    "The console sends too many messages, and some were not processed. Reload the page."
)


class ConsoleConsumer(AsyncWebsocketConsumer):
    """One console: requests in, whole snapshots out (docs/console-websocket.md)."""

    channel_layer_alias = "none"  # pushes come by calls.console.pushes
    outlet: Outlet | None = None
    console = ""  # the page load at the other end, once it has said hello
    since: datetime | None = None
    language: Any = None
    # Why this page cannot ring, as the agent's row has it; None: to be written at once.
    settled: str | None = None
    heard_at = 0.0
    is_closing = False
    was_behind = False
    elsewhere = ""  # the address of another node, once this page should go there
    last_call: asyncio.TimerHandle | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.agent: Agent = scope["agent"]
        self.connection = uuid4().hex
        self.shown, self.rate = Shown(), MessageRate()
        self.inbox = Inbox(receive, self.arrives)
        reader = asyncio.create_task(self.inbox.read(), name="console inbox")
        try:
            await super().__call__(scope, self.inbox.next, send)
        finally:
            self._leave()
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)

    async def dispatch(self, message: Message) -> None:
        """Handle one message; Channels' own hops to a thread for each of them."""
        await getattr(self, get_handler_name(message))(message)

    @property
    def agent_id(self) -> int:
        return self.agent.pk

    # --- The connection ---

    async def connect(self) -> None:
        await self.accept()
        self.heard_at = asyncio.get_running_loop().time()
        if not open_consoles.enter(self, self.heard_at):
            await self._refuse(TOO_MANY_WINDOWS)
            return
        self.outlet = Outlet(self._push, self._end)
        await consoles.add(self.agent_id, self.outlet)
        console_watch.enter(self)
        window_watch.enter(self)

    def _leave(self) -> None:
        if self.last_call is not None:
            self.last_call.cancel()
        if self.outlet is not None:
            consoles.discard(self.agent_id, self.outlet)
        console_watch.leave(self)
        window_watch.leave(self)
        floor.leave(self)
        open_consoles.leave(self)

    def make_room(self) -> None:
        """Close soon: the agent has too many consoles open, and this one is silent."""
        self.inbox.tell("crowd_out")

    async def crowd_out(self, message: Message) -> None:
        await self._refuse(TOO_MANY_WINDOWS)

    def move(self, address: str) -> None:
        """Send the page to another node: this one drains (calls.console.moving).

        The page opens the new socket first, so that nothing it asks for is lost. One
        that does not go is closed, and finds its way by the proxy.
        """
        self.elsewhere = address
        self.inbox.tell("go_elsewhere")
        loop = asyncio.get_running_loop()
        self.last_call = loop.call_later(MOVES_WITHIN, self.restart)

    async def go_elsewhere(self, message: Message) -> None:
        await self._send({"type": "move", "address": self.elsewhere})

    def restart(self) -> None:
        """Close soon: the server goes away, and the page should connect again."""
        self.inbox.tell("end_for_restart")

    async def end_for_restart(self, message: Message) -> None:
        await self._end(RESTART)

    async def _refuse(self, text: str) -> None:
        await self.problem(text)
        await self._end(TOO_MUCH)

    async def _end(self, code: int) -> None:
        """Close; nothing that still comes is done any more."""
        self.is_closing = True
        await self.close(code)

    # --- Messages ---

    async def arrives(self, message: Message) -> bool:
        """Look at a message at once; a beat that says nothing new is done with here."""
        text = message.get("text")
        self.heard_at = asyncio.get_running_loop().time()
        if self.is_closing or not self._may_send(text or ""):
            return False
        message["content"] = content = decode(text)
        if content is None or not self._is_usual_beat(content):
            return True
        if self.console:
            page = ConsolePage(self.agent_id, self.console)
            beats.take(page, self.scope["badge"], can_ring=not self.settled)
        await self._send(notify.beat())
        return False

    def _may_send(self, text: str) -> bool:
        verdict = self.rate.judge(self.agent_id, len(text), self.heard_at)
        if verdict is Verdict.TOO_MUCH:
            self.is_closing = True
            self.inbox.tell("cut_off")
        elif verdict is Verdict.WARN:
            self.inbox.tell("warn")
        return verdict is Verdict.FINE

    async def warn(self, message: Message) -> None:
        await self.problem(TOO_MANY_MESSAGES)

    async def cut_off(self, message: Message) -> None:
        await self._refuse(TOO_MANY_MESSAGES)

    async def websocket_receive(self, message: Message) -> None:
        content: Message | None = message["content"]
        if self.is_closing:
            return
        if content is None or not _is_known(content):
            await self.problem(NOT_UNDERSTOOD)
            return
        try:
            # The session watch ends this soon; until then nothing is done for it.
            if await in_database(is_over, self.scope["badge"]):
                session_watch.found_over(self.scope["badge"])
                await self._end(NOT_SIGNED_IN)
                return
            with speaking(self.language):
                await self._do(content)
        except Refused as refusal:
            await self.problem(str(refusal), content.get("request"))
        except Exception:
            logger.exception("console of agent %s", self.agent.pk)
            text = gettext_noop("The server could not do that. Try again.")
            await self.problem(text, content.get("request"))

    async def _do(self, message: Message) -> None:
        kind = message["type"]
        if kind in OF_THE_SOCKET:
            await OF_THE_SOCKET[kind](self, message)
            return
        page = Page(self.agent, self.console)
        with about(call=call_named_in(message)):
            reply = await in_database(REQUESTS[kind], page, message)
        if reply is not None:
            await self._send({**reply, "request": message.get("request")})

    async def problem(self, text: str, request: Any = None) -> None:
        await self._send({"type": "problem", "text": text, "request": request})

    async def _send(self, content: Message) -> None:
        await self._tell(json.dumps(content), content)

    async def _push(self, text: str, about: Message) -> None:
        if not self.is_closing:
            await self._tell(text, about)

    async def _tell(self, text: str, about: Message) -> None:
        """Send a message; `about` is its content, or as much of it as is kept here."""
        self.shown.hear(about)
        if about["type"] in ("agent", "console"):
            self._check(about["agent"]["state"], about["agent"]["reason"])
        elif about["type"] == "window":
            self.settled = None  # if it is the one now, its next beat counts at once
        if self.stands_in:
            window_watch.start()
        await self.send(text)

    # --- Which page this is, and what it may have missed ---

    async def hello(self, message: Message) -> None:
        """Register this window; the newest of the agent's rings."""
        self.settled = None
        self.console = str(message.get("console") or "")[:64]
        self.language = message.get("language")
        opened = windows.Opened(
            page=self.console,
            connection=self.connection,
            session=self.scope["badge"].session,
            browser=browser_of(self._user_agent),
            since=instant_of(message.get("since")),
            take=message.get("take") is True,
        )
        if self.console:
            self.since = await in_database(self._open_window, opened)
        await self.refresh({})
        floor.enter(self)

    def _open_window(self, opened: windows.Opened) -> datetime:
        since = windows.open_window(self.agent_id, opened)
        agent_state.settle_window(self.agent_id)
        return since

    @property
    def _user_agent(self) -> str:
        return dict(self.scope["headers"]).get(b"user-agent", b"").decode("latin-1")

    @property
    def stands_in(self) -> bool:
        """Say whether another window of this agent rings, as the page was told."""
        return bool(self.console) and self.shown.window != self.console

    async def refresh(self, message: Message) -> None:
        snapshot = await in_database(snapshots.console_snapshot, self.agent.pk)
        ringing = (snapshot["window"] or {}).get("console")
        snapshot["primary"] = bool(self.console) and ringing == self.console
        snapshot["since"] = snapshots.iso(self.since) or ""
        await self._send(snapshot)

    def compare(self, now: snapshots.Standing, *, at_once: bool) -> None:
        """Take how the rows stand; read them again when something was missed twice.

        At one look alone the push may still be on its way, unless there are none.
        """
        self._check(now.state, now.reason)
        is_behind = bool(self.console) and self.shown.is_behind(now)
        if is_behind and (at_once or self.was_behind):
            self.inbox.tell("catch_up")
        self.was_behind = is_behind

    async def catch_up(self, message: Message) -> None:
        with speaking(self.language):
            await self.refresh({})

    def show(self, push: Push) -> None:
        """Send what is not of this agent alone: what goes on in their queues."""
        if self.outlet is not None:
            self.outlet.tell(push)

    # --- Beats ---

    def _is_usual_beat(self, content: Message) -> bool:
        """Tell whether it is a beat, and says what the agent's row says already."""
        if content["type"] != "beat":
            return False
        known = self.settled == readiness.why_not(content.get("proof"))
        return known or not self.console

    async def beat(self, message: Message) -> None:
        """Store at once what is new; the reply says that it is stored."""
        self.settled = await in_database(self._prove, message.get("proof"))
        page = ConsolePage(self.agent_id, self.console)
        beats.take(page, self.scope["badge"], can_ring=not self.settled)
        await self._send(notify.beat())

    def _prove(self, proof: Any) -> str:
        if windows.is_primary(self.agent_id, self.console):
            return agent_state.heartbeat(self.agent_id, proof)
        return readiness.why_not(proof)

    def _check(self, state: str, reason: str) -> None:
        """Have the next beat written at once if the row says other than the page."""
        if not readiness.agrees(state, reason, self.settled):
            self.settled = None


# What the socket does by itself: it needs no more than who is at the other end.
OF_THE_SOCKET: dict[str, Callable[[ConsoleConsumer, Message], Awaitable[None]]] = {
    "hello": ConsoleConsumer.hello,
    "refresh": ConsoleConsumer.refresh,
    "beat": ConsoleConsumer.beat,
}


def _is_known(message: Message) -> bool:
    return message["type"] in OF_THE_SOCKET or message["type"] in REQUESTS
