"""Hand pushes to the consoles that are open at this process."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from agents.websocket_auth import TRY_AGAIN
from callcenter import push
from calls import notify
from calls.snapshots import Snapshot

Push = Snapshot  # as notify.push() makes it

logger = logging.getLogger(__name__)

# A console that is so far behind reads everything anew with its next connection.
MOST_UNSENT = 200
# How long a new console waits to be reachable: without, it reads the rows with a beat.
SUBSCRIBED_WITHIN = 1.0  # seconds


class Outlet:
    """Sends pushes to one console, in their order; nobody waits for it."""

    def __init__(
        self,
        send: Callable[[str, Snapshot], Awaitable[None]],
        close: Callable[[int], Awaitable[None]],
    ) -> None:
        self._send, self._close = send, close
        self._unsent: asyncio.Queue[Push | None] = asyncio.Queue(MOST_UNSENT)
        self._task = asyncio.create_task(self._run(), name="console pushes")

    def tell(self, push: Push) -> None:
        """Take one push; when there are too many, the console is closed instead."""
        try:
            self._unsent.put_nowait(push)
        except asyncio.QueueFull:
            while not self._unsent.empty():
                self._unsent.get_nowait()
            self._unsent.put_nowait(None)

    @property
    def unsent(self) -> int:
        return self._unsent.qsize()

    def end(self) -> None:
        self._task.cancel()

    async def _run(self) -> None:
        while (push := await self._unsent.get()) is not None:
            await self._send(push["text"], push["about"])
        logger.warning("a console fell behind and was closed")
        await self._close(TRY_AGAIN)


class Consoles:
    """The open consoles of this process, by agent, and the one listener for all."""

    def __init__(self) -> None:
        self._open: dict[int, set[Outlet]] = {}
        self._listener: asyncio.Task[None] | None = None
        self._subscribed = asyncio.Event()
        # Called with what each push is about, whoever it is for.
        self.heard: Callable[[Snapshot], object] = lambda about: None

    @property
    def is_deaf(self) -> bool:
        """Say whether pushes are lost at present: the layer is away."""
        return self._listener is not None and not self._subscribed.is_set()

    async def add(self, agent_id: int, console: Outlet) -> None:
        """Let this console get what is pushed to its agent, from now on."""
        self._open.setdefault(agent_id, set()).add(console)
        if self._listener is None or self._listener.done():
            self._subscribed = asyncio.Event()
            listening = push.listen(notify.CONSOLES, self.deliver, self._subscribed)
            self._listener = asyncio.create_task(listening, name="console listener")
        try:
            async with asyncio.timeout(SUBSCRIBED_WITHIN):
                await self._subscribed.wait()
        except TimeoutError:  # the layer is away: the beats find what is missed
            return

    def discard(self, agent_id: int, console: Outlet) -> None:
        """Forget a console; the listener ends with the last one."""
        mine = self._open.get(agent_id, set())
        mine.discard(console)
        console.end()
        if not mine:
            self._open.pop(agent_id, None)
        if not self._open and self._listener is not None:
            self._listener.cancel()
            self._listener = None

    async def deliver(self, message: dict[str, Any]) -> None:
        """Give each push to whom it is for; a console takes it without waiting."""
        for one in message["pushes"]:
            self.heard(one["about"])
            for console in self._of(one["to"]):
                console.tell(one)

    def _of(self, agent_ids: Iterable[int]) -> list[Outlet]:
        return [one for pk in agent_ids for one in self._open.get(pk, ())]


consoles = Consoles()
