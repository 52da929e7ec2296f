"""Requests to Wati from threads: one event loop and one HTTP client in each process.

A client of its own for each request would read the system's certificates each time,
25 ms of CPU, and shake hands with Wati anew.
"""

import asyncio
import atexit
import os
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import httpx2

from callcenter.wati.client import new_http

R = TypeVar("R")
Work = Callable[[httpx2.AsyncClient], Coroutine[Any, Any, R]]

# Longer than any request may take, with the rows before and after it.
LONGEST = 60.0  # seconds
CLOSES_WITHIN = 2.0  # seconds


class WatiThread:
    """The loop, in a thread, and its client."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self._http = new_http()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, daemon=True, name="wati"
        )
        self._thread.start()

    def run(self, work: Work[R]) -> R:
        """Run `work` and return what it returns; TimeoutError after LONGEST."""
        running = asyncio.run_coroutine_threadsafe(work(self._http), self._loop)
        try:
            return running.result(LONGEST)
        finally:
            running.cancel()  # nothing, unless it was given up

    def close(self) -> None:
        """Close the connections and end the thread."""
        closing = asyncio.run_coroutine_threadsafe(self._http.aclose(), self._loop)
        try:
            closing.result(CLOSES_WITHIN)
        except TimeoutError:
            closing.cancel()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CLOSES_WITHIN)


_thread: WatiThread | None = None
_lock = threading.Lock()


def ask_wati(work: Work[R]) -> R:
    """Run a coroutine that gets the process's HTTP client; blocks until it ends.

    Not from an event loop, nor from a thread that `work` itself waits for.
    """
    global _thread
    with _lock:
        if _thread is None or _thread.process != os.getpid():  # a fork has no threads
            _thread = WatiThread()
        thread = _thread
    return thread.run(work)


@atexit.register
def _close() -> None:
    if _thread is not None and _thread.process == os.getpid():
        _thread.close()
