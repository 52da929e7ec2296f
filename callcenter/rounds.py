"""Work that is done again and again for as long as anybody needs it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

logger = logging.getLogger(__name__)


class Rounds:
    """One task, which begins with `start` and ends when nothing is wanted any more.

    A round that fails costs itself alone; it is logged once until one succeeds.
    """

    def __init__(
        self,
        name: str,
        every: float | Callable[[], float],
        work: Callable[[], Awaitable[None]],
        wanted: Callable[[], object],
    ) -> None:
        self._name, self._every = name, every
        self._work, self._wanted = work, wanted
        self._task: asyncio.Task[None] | None = None
        self._fails = False

    def start(self) -> None:
        """Begin on the running loop, `every` seconds from now, unless it has begun."""
        if self._task is None:
            loop = asyncio.get_running_loop()
            self._task = loop.create_task(self._run(), name=self._name)

    async def close(self) -> None:
        """End it where it stands; may be called twice."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _pause(self) -> float:
        return self._every() if callable(self._every) else self._every

    async def _run(self) -> None:
        while self._wanted():
            await asyncio.sleep(self._pause())
            try:
                await self._work()
                self._fails = False
            except Exception as error:
                if not self._fails:
                    logger.warning("%s: %s", self._name, type(error).__name__)
                self._fails = True
        self._task = None
