"""The messages of one console: looked at on arrival, then kept in a bounded queue.

The server before us keeps whatever it has read, without a bound. So a task of its own
takes every message at once, also while the console waits for the database.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable

from calls.console.messages import Message

logger = logging.getLogger(__name__)

# More than a token bucket lets through at once.
MOST_WAITING = 100

Receive = Callable[[], Awaitable[Message]]


class Inbox:
    """A console's messages; `arrives` sees each one first and says if it is kept."""

    def __init__(
        self, receive: Receive, arrives: Callable[[Message], Awaitable[bool]]
    ) -> None:
        self._receive, self._arrives = receive, arrives
        self._waiting: deque[Message] = deque()
        self._urgent: deque[Message] = deque()
        self._news = asyncio.Event()

    async def read(self) -> None:
        """Take messages until the console is gone; the end of it is always kept."""
        while True:
            message = await self._receive()
            if message["type"] != "websocket.receive" or await self._is_kept(message):
                self._waiting.append(message)
                self._news.set()
            if message["type"] == "websocket.disconnect":
                return

    async def _is_kept(self, message: Message) -> bool:
        try:
            is_kept = await self._arrives(message)
        except Exception:  # not even a broken answer may end the reading
            logger.exception("console")
            return False
        return is_kept and len(self._waiting) < MOST_WAITING

    def tell(self, event: str) -> None:
        """Put an event of our own before the rest, once until it has been taken."""
        message = {"type": event}
        if message not in self._urgent:
            self._urgent.append(message)
            self._news.set()

    async def next(self) -> Message:
        """Return what is to be handled next."""
        while not self._urgent and not self._waiting:
            self._news.clear()
            await self._news.wait()
        return (self._urgent or self._waiting).popleft()
