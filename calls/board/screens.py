"""The messages on their way to one page: the newest, and no more than it takes."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from agents.websocket_auth import TRY_AGAIN

logger = logging.getLogger(__name__)

# A page takes a snapshot as soon as it arrives; one that does not is gone.
TAKEN_WITHIN = 30.0  # seconds


class Screen:
    """Sends to one page; whoever has something to show waits for nobody.

    Each message says all that there is of its kind. So while the page has not taken the
    last ones, the newest of each kind is kept, and what it replaces is never sent.
    """

    def __init__(
        self,
        send: Callable[[str], Awaitable[None]],
        close: Callable[[int], Awaitable[None]],
    ) -> None:
        self._send, self._close = send, close
        self._waiting: dict[str, str] = {}
        self._on_the_way = 0
        self._news, self._taken = asyncio.Event(), asyncio.Event()
        self._task = asyncio.create_task(self._run(), name="board screen")

    def show(self, kind: str, text: str) -> None:
        """Have this shown, in place of what waits of the same kind."""
        self._waiting[kind] = text
        self._news.set()

    def took(self) -> None:
        """Note that the page has taken one message."""
        self._on_the_way = max(0, self._on_the_way - 1)
        if not self._on_the_way:
            self._taken.set()

    def end(self) -> None:
        self._task.cancel()

    async def _run(self) -> None:
        try:
            while True:
                await self._news.wait()
                await self._send_all()
                async with asyncio.timeout(TAKEN_WITHIN):
                    await self._taken.wait()
        except TimeoutError:
            logger.warning("a live board fell behind and was closed")
            await self._close(TRY_AGAIN)

    async def _send_all(self) -> None:
        texts, self._waiting = self._waiting, {}
        self._news.clear()
        self._taken.clear()
        self._on_the_way = len(texts)
        for text in texts.values():
            await self._send(text)
