"""Have supervisors' pages look at their calls: at each push, and each second."""

import asyncio
from typing import Any, Protocol

from callcenter import push
from callcenter.rounds import Rounds
from calls import notify

LOOK_EVERY = 1.0  # seconds


class Page(Protocol):
    """A supervisor's page, as this sees it."""

    call: str | None  # that it shows

    def look(self) -> None:
        """Read the rows soon, and tell the page what has changed."""

    def restart(self) -> None:
        """Close: the server goes away."""


class SupervisionWatch:
    """Listens and looks only while there are pages."""

    def __init__(self) -> None:
        self._pages: set[Page] = set()
        self._listener: asyncio.Task[None] | None = None
        self._rounds = Rounds("supervision", LOOK_EVERY, self._look, self.__len__)

    def __len__(self) -> int:
        return len(self._pages)

    def enter(self, page: Page) -> None:
        self._pages.add(page)
        self._rounds.start()
        if self._listener is None or self._listener.done():
            listening = push.listen(notify.CONSOLES, self._hear, asyncio.Event())
            self._listener = asyncio.create_task(listening, name="supervision listener")

    def leave(self, page: Page) -> None:
        self._pages.discard(page)
        if not self._pages and self._listener is not None:
            self._listener.cancel()
            self._listener = None

    async def _hear(self, message: dict[str, Any]) -> None:
        changed = {one["about"].get("call", {}).get("id") for one in message["pushes"]}
        for page in list(self._pages):
            if page.call in changed:
                page.look()

    async def _look(self) -> None:
        for page in list(self._pages):
            page.look()

    async def close(self) -> None:
        """Close the pages, which connect elsewhere."""
        for page in list(self._pages):
            page.restart()
        await self._rounds.close()


supervision_watch = SupervisionWatch()
