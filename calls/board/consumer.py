"""The websocket of the live board: snapshots out, and a word that each was taken.

Who comes here has the right to watch (agents/websocket_auth.py); what they see is asked
when they come and with every look.
"""

import asyncio
import json
import logging
from typing import Any
from urllib.parse import parse_qs

from channels.consumer import get_handler_name
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.utils.translation import gettext_noop

from agents.websocket_auth import NOT_YOURS, RESTART, TOO_MUCH
from callcenter import limits
from callcenter.buckets import Buckets, Places
from callcenter.database import in_database
from calls.board.boards import boards
from calls.board.scope import scopes_of
from calls.board.screens import Screen

logger = logging.getLogger(__name__)

NOT_UNDERSTOOD = gettext_noop(
    "The server did not understand the page. Reload the page."
)

_places = Places(limits.BOARDS)
_messages = Buckets(limits.BOARD_MESSAGES)


class BoardConsumer(AsyncWebsocketConsumer):
    """One page with the board (docs/board-websocket.md)."""

    channel_layer_alias = "none"  # what is pushed comes by calls.board.boards
    screen: Screen | None = None
    language = settings.LANGUAGE_CODE
    has_place = is_closing = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.user_id: int = scope["user"].pk
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._leave()

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Handle one message; Channels' own hops to a thread for each of them."""
        await getattr(self, get_handler_name(message))(message)

    async def connect(self) -> None:
        await self.accept()
        self.language = _language(self.scope)
        self.has_place = _places.take(self.user_id)
        if not self.has_place:
            await self._end(TOO_MUCH)
            return
        scopes = await in_database(scopes_of, [self.user_id])
        if self.user_id not in scopes:
            await self._end(NOT_YOURS)
            return
        self.screen = Screen(self._send, self._end)
        boards.enter(self, scopes[self.user_id])

    def _leave(self) -> None:
        boards.leave(self)
        if self.screen is not None:
            self.screen.end()
        if self.has_place:
            self.has_place = False
            _places.leave(self.user_id)

    async def websocket_receive(self, message: dict[str, Any]) -> None:
        """Take the only thing that a page has to say."""
        if self.is_closing:
            return
        text = message.get("text") or ""
        if not _messages.take(self.user_id, 1 + len(text) // limits.BOARD_MESSAGE_UNIT):
            await self._end(TOO_MUCH)
        elif _is_taken(text) and self.screen is not None:
            self.screen.took()
        else:
            problem = {"type": "problem", "text": NOT_UNDERSTOOD}
            await self._send(json.dumps(problem))

    # --- As calls.board.boards sees it ---

    def show(self, kind: str, text: str) -> None:
        if self.screen is not None:
            self.screen.show(kind, text)

    def refuse(self) -> None:
        self._end_soon(NOT_YOURS)

    def restart(self) -> None:
        self._end_soon(RESTART)

    def _end_soon(self, code: int) -> None:
        boards.leave(self)
        self.last_word = asyncio.ensure_future(self._end(code))

    async def _send(self, text: str) -> None:
        if not self.is_closing:
            await self.send(text)

    async def _end(self, code: int) -> None:
        """Close; nothing that still comes is done any more."""
        boards.leave(self)
        if not self.is_closing:
            self.is_closing = True
            await self.close(code)


def _language(scope: dict[str, Any]) -> str:
    """Return the language that the page names; an unknown one is English."""
    query = parse_qs(scope.get("query_string", b"").decode("ascii", "replace"))
    named = query.get("language", [""])[0]
    return named if named in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def _is_taken(text: str) -> bool:
    if len(text) > limits.BOARD_MESSAGE_UNIT:
        return False
    try:
        message = json.loads(text)
    except ValueError:
        return False
    return isinstance(message, dict) and message.get("type") == "took"
