"""The console's websocket: its agent, and the messages to them.

Their requests are in calls.console.requests.
"""

import json
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from django.utils.translation import gettext_noop

from agents import services as staff
from agents.models import Agent
from agents.websocket_auth import NOT_SIGNED_IN, NOT_YOURS, agent_of, signed_in
from callcenter.database import in_database
from callcenter.web.language import speaking
from calls import notify, snapshots
from calls.console.messages import Message, Page, decode, instant_of
from calls.console.pushes import Outlet, consoles
from calls.console.requests import REQUESTS
from calls.errors import Refused
from calls.queueing import agent_state

logger = logging.getLogger(__name__)


class ConsoleConsumer(AsyncWebsocketConsumer):
    """One console: requests in, whole snapshots out (docs/console-websocket.md)."""

    channel_layer_alias = "none"  # pushes come by calls.console.pushes
    known_agent: Agent | None = None
    outlet: Outlet | None = None
    fingerprint: object = None
    console = ""  # the page load at the other end, once it has said hello
    since: datetime | None = None
    language: Any = None

    @property
    def agent(self) -> Agent:
        assert self.known_agent is not None  # receive() turns everybody else away
        return self.known_agent

    # --- The connection ---

    async def connect(self) -> None:
        await self.accept()
        self.known_agent = await in_database(agent_of, self.scope)
        if self.known_agent is None:
            user = await in_database(signed_in, self.scope)
            await self.close(NOT_YOURS if user.is_authenticated else NOT_SIGNED_IN)
            return
        self.outlet = Outlet(self.send, self.close)
        await consoles.add(self.agent.pk, self.outlet)

    async def disconnect(self, code: int) -> None:
        if self.outlet is not None:
            consoles.discard(self.agent.pk, self.outlet)

    async def receive(
        self, text_data: str | None = None, bytes_data: bytes | None = None
    ) -> None:
        message = decode(text_data)
        if message is None or self.known_agent is None or not _is_known(message):
            await self.problem(
                gettext_noop(
                    "The server did not understand the console. Reload the page."
                )
            )
            return
        try:
            with speaking(self.language):
                await self._do(message)
        except Refused as refusal:
            await self.problem(str(refusal), message.get("request"))
        except Exception:
            logger.exception("console of agent %s", self.agent.pk)
            text = gettext_noop("The server could not do that. Try again.")
            await self.problem(text, message.get("request"))

    async def _do(self, message: Message) -> None:
        kind = message["type"]
        if kind in OF_THE_SOCKET:
            await OF_THE_SOCKET[kind](self, message)
            return
        page = Page(self.agent, self.console)
        reply = await in_database(REQUESTS[kind], page, message)
        if reply is not None:
            await self._send({**reply, "request": message.get("request")})

    async def problem(self, text: str, request: Any = None) -> None:
        await self._send({"type": "problem", "text": text, "request": request})

    async def _send(self, content: Message) -> None:
        await self.send(json.dumps(content))

    # --- Which page this is, and what it may have missed ---

    async def hello(self, message: Message) -> None:
        """Register this page; the one that was loaded last rings."""
        self.console = str(message.get("console") or "")[:64]
        if self.outlet is not None:
            self.outlet.page = self.console
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
        return await in_database(staff.is_primary, self.agent.pk, self.console)

    async def refresh(self, message: Message) -> None:
        snapshot = await in_database(snapshots.console_snapshot, self.agent.pk)
        snapshot["primary"] = await self._is_primary()
        snapshot["since"] = snapshots.iso(self.since) or ""
        await self._send(snapshot)

    async def beat(self, message: Message) -> None:
        agent = await in_database(agent_of, self.scope)
        if agent is None:
            await self.close(NOT_SIGNED_IN)
            return
        if await self._is_primary():
            await in_database(agent_state.heartbeat, agent.pk, message.get("proof"))
        await self._send(notify.beat())
        await self._catch_up()

    async def _catch_up(self) -> None:
        """Send the rows again if pushes were missed while the layer was away."""
        known, self.fingerprint = (
            self.fingerprint,
            await in_database(snapshots.fingerprint, self.agent.pk),
        )
        if known is not None and known != self.fingerprint:
            await self.refresh({})


# What the socket does by itself: it needs no more than who is at the other end.
OF_THE_SOCKET: dict[str, Callable[[ConsoleConsumer, Message], Awaitable[None]]] = {
    "hello": ConsoleConsumer.hello,
    "refresh": ConsoleConsumer.refresh,
    "beat": ConsoleConsumer.beat,
}


def _is_known(message: Message) -> bool:
    return message["type"] in OF_THE_SOCKET or message["type"] in REQUESTS
