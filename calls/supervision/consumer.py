"""The websocket of a supervisor's page, for stepping into calls."""

import asyncio
import json
import logging
from typing import Any

from channels.consumer import get_handler_name
from channels.generic.websocket import AsyncWebsocketConsumer
from django.contrib.auth.models import User
from django.utils.translation import gettext_noop

from agents.sessions import is_over
from agents.websocket_auth import NOT_SIGNED_IN, RESTART, TOO_MUCH
from callcenter import audit, limits
from callcenter.buckets import Buckets
from callcenter.database import in_database
from callcenter.web.language import speaking
from calls.errors import Refused
from calls.queueing import supervisors
from calls.supervision.requests import REQUESTS, Message
from calls.supervision.snapshots import supervision
from calls.supervision.watch import supervision_watch

logger = logging.getLogger(__name__)

LARGEST_MESSAGE = 4096
NOT_UNDERSTOOD = gettext_noop("The server did not understand the page. Reload it.")
FAILED = gettext_noop("The server could not do that. Try again.")

_messages = Buckets(limits.SUPERVISION_MESSAGES)


class SupervisionConsumer(AsyncWebsocketConsumer):
    """One page: requests in, whole snapshots out (docs/supervision-websocket.md)."""

    channel_layer_alias = "none"
    call: str | None = None  # that the page shows
    language: Any = None
    is_greeted = is_restarting = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.user: User = scope["user"]
        self.shown = ""
        self.wanted = asyncio.Event()
        self.lock = asyncio.Lock()
        teller = asyncio.create_task(self._tell_news(), name="supervision page")
        try:
            await super().__call__(scope, receive, send)
        except asyncio.CancelledError:
            await in_database(self._end_if_over)
            raise
        finally:
            supervision_watch.leave(self)
            teller.cancel()
            await asyncio.gather(teller, return_exceptions=True)

    async def dispatch(self, message: Message) -> None:
        """Handle one message; Channels' own hops to a thread for each of them."""
        await getattr(self, get_handler_name(message))(message)

    async def connect(self) -> None:
        await self.accept()
        supervision_watch.enter(self)

    def _end_if_over(self) -> None:
        """End the span of who may not listen any more; a page that leaves keeps it."""
        if is_over(self.scope["badge"]):
            supervisors.end_of_user(self.user.pk)

    # --- What the page asks ---

    async def receive(
        self, text_data: str | None = None, bytes_data: bytes | None = None
    ) -> None:
        if not _messages.take(self.user.pk):
            await self.close(TOO_MUCH)
            return
        message = _decode(text_data)
        if message is None:
            await self._problem(NOT_UNDERSTOOD, None)
            return
        if message["type"] == "beat":
            await self._send({"type": "beat"})
            return
        await self._judged(message)

    async def _judged(self, message: Message) -> None:
        request = message.get("request")
        try:
            if await in_database(is_over, self.scope["badge"]):
                await self.close(NOT_SIGNED_IN)
                return
            if message["type"] == "hello":
                self.language, self.is_greeted = message.get("language"), True
            else:
                await self._do(message)
            await self._show(request, is_asked=True)
        except Refused as refusal:
            await self._problem(str(refusal), request)
        except Exception:
            logger.exception("supervision of user %s", self.user.pk)
            await self._problem(FAILED, request)

    async def _do(self, message: Message) -> None:
        address = (self.scope.get("client") or ("",))[0]
        with speaking(self.language):
            await in_database(_do, self.user, message, address)

    async def _problem(self, text: str, request: Any) -> None:
        await self._send({"type": "problem", "text": text, "request": request})

    # --- What the page is told ---

    def look(self) -> None:
        self.wanted.set()

    def restart(self) -> None:
        self.is_restarting = True
        self.wanted.set()

    async def _tell_news(self) -> None:
        """Tell the page what has changed, never more than once at a time."""
        while True:
            await self.wanted.wait()
            self.wanted.clear()
            if self.is_restarting:
                await self.close(RESTART)
                return
            if not self.is_greeted:
                continue
            try:
                await self._show()
            except Exception as error:
                logger.warning("supervision: not read (%s)", type(error).__name__)

    async def _show(self, request: Any = None, *, is_asked: bool = False) -> None:
        """Tell the page how it is: each request is answered, else only what is new."""
        async with self.lock:
            with speaking(self.language):
                told = await in_database(supervision, self.user.pk, self.call)
            now = told["supervision"]
            self.call = now["call"] if now else None
            content = json.dumps({**told, "server_time": None})
            if is_asked or content != self.shown:
                self.shown = content
                await self._send({**told, "request": request})

    async def _send(self, content: Message) -> None:
        await self.send(json.dumps(content))


def _do(user: User, message: Message, address: str) -> None:
    with audit.from_address(address):
        REQUESTS[message["type"]](user, message)


def _decode(text: str | None) -> Message | None:
    """Return a known message; a page may send anything."""
    if text is None or len(text) > LARGEST_MESSAGE:
        return None
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return None
    known = ("hello", "beat", *REQUESTS)
    if not isinstance(message, dict) or message.get("type") not in known:
        return None
    return message
