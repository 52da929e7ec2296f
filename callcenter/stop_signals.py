"""Signals to stop, and what a process that holds calls does then.

SIGTERM, as service managers send it, waits for the calls to end. A second one ends
them, and so does SIGINT: who presses Ctrl-C waits at a terminal.
"""

import asyncio
import logging
import signal
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

logger = logging.getLogger(__name__)


class StopSignals:
    """Runs `drain` and then `stop`, once; to be used on the event loop."""

    def __init__(
        self, drain: Callable[[], Awaitable[None]], stop: Callable[[], Awaitable[None]]
    ) -> None:
        self._drain, self._stop = drain, stop
        self._task: asyncio.Task[None] | None = None
        self._enough = asyncio.Event()

    def take(self, number: int) -> None:
        """Take a signal."""
        if self._task is not None or number == signal.SIGINT:
            self._enough.set()
        if self._task is None:
            loop = asyncio.get_running_loop()
            self._task = loop.create_task(self._run(), name="stop")

    async def _run(self) -> None:
        draining = asyncio.ensure_future(self._drain())
        enough = asyncio.ensure_future(self._enough.wait())
        await asyncio.wait({draining, enough}, return_when=asyncio.FIRST_COMPLETED)
        for waiting in (draining, enough):
            waiting.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await waiting
        await self._stop()


def drain_first(drain: Callable[[], Awaitable[None]]) -> None:
    """Have a server that we do not start ourselves drain before it takes SIGTERM.

    Its lifespan protocol tells only when all websockets are closed already, so this
    comes before its own handler. For the main thread, where signals arrive; a server
    that runs elsewhere keeps what it has.
    """
    usual = signal.getsignal(signal.SIGTERM)
    if threading.current_thread() is not threading.main_thread() or not callable(usual):
        return
    loop = asyncio.get_running_loop()

    async def stop() -> None:
        signal.signal(signal.SIGTERM, usual)
        signal.raise_signal(signal.SIGTERM)

    signals = StopSignals(drain, stop)

    def on_signal(number: int, _: Any) -> None:
        loop.call_soon_threadsafe(signals.take, number)

    signal.signal(signal.SIGTERM, on_signal)
