"""Tasks that have an owner until they end."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from callcenter.logs import about
from calls.placement import LeaseLost

logger = logging.getLogger(__name__)


class OwnedTasks:
    """The tasks of this node for its calls, beside the audio path."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._named: dict[str, asyncio.Task[None]] = {}

    def start(
        self, work: Coroutine[Any, Any, None], name: str = "", *, call: str
    ) -> None:
        """Own a task until it ends. Only one of a name runs at a time.

        Its lines in the log tell the `call` that it works for.
        """
        if name in self._named:
            work.close()
            return
        with about(call=call):
            task = asyncio.get_running_loop().create_task(work, name=name or None)
        self._tasks.add(task)
        if name:
            self._named[name] = task
        task.add_done_callback(self._finished)

    def cancel(self, name: str) -> None:
        if task := self._named.pop(name, None):
            task.cancel()

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if self._named.get(task.get_name()) is task:
            del self._named[task.get_name()]
        error = None if task.cancelled() else task.exception()
        if isinstance(error, LeaseLost):
            logger.warning("call %s is not ours any more; nothing was written", error)
        elif error:
            logger.error("bridge", exc_info=error)
