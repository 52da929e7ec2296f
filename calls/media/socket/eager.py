"""Begin a coroutine on the spot, and make a task only if it has to wait.

A task for each sent frame costs as much as the sending. Nearly every send is done
without waiting, so it is driven by hand up to its first wait; most never get there.
"""

from collections.abc import Awaitable, Generator
from functools import partial
from typing import Any


class Rest:
    """The rest of a coroutine that has begun; await it once, in a task."""

    def __init__(self, running: Generator[Any, Any, None], waits_for: Any) -> None:
        self._running = running
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, Any, None]:
        """Hand the waits of the coroutine to the task, and their ends back."""
        waits_for = self._waits_for
        while True:
            try:
                value = yield waits_for
            except BaseException as error:
                step = partial(self._running.throw, error)
            else:
                step = partial(self._running.send, value)
            try:
                waits_for = step()
            except StopIteration:
                return


def begin(awaitable: Awaitable[None]) -> Rest | None:
    """Run `awaitable` up to its first wait; None if it is done without one.

    Raises whatever it raises. It must not depend on the task it runs in.
    """
    running: Any = awaitable.__await__()
    try:
        waits_for = running.send(None)
    except StopIteration:
        return None
    return Rest(running, waits_for)
