"""A thread that does in one go what many ask for at the same time."""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from time import monotonic, sleep
from typing import Generic, TypeVar

logger = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R")

IDLE_AFTER = 1.0  # seconds
STUCK_AFTER = 1.0  # seconds


class Full(Exception):
    """So many wait already that this one would wait too long."""


class Batches(Generic[T, R]):
    """Hands whatever waits to `work`, in order, at most `most` at once.

    `work` returns one result for each; an exception among them is raised to the one
    who asked. What is cancelled before its turn is left out. `idle` is called once
    nothing has come for a second. Two batches begin `pause` seconds apart at least, so
    that under load more come together.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[list[T]], Sequence[R | BaseException]],
        *,
        room: int,
        most: int = 1,
        pause: float = 0.0,
        idle: Callable[[], None] = lambda: None,
    ) -> None:
        self._name, self._work, self._idle = name, work, idle
        self._room, self._most, self._pause = room, most, pause
        self._queue: SimpleQueue[tuple[T, Future[R]]] = SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._began: float | None = None

    @property
    def is_full(self) -> bool:
        return self._queue.qsize() >= self._room

    @property
    def is_stuck(self) -> bool:
        """Say whether the work in hand takes too long: another may wait for ever."""
        began = self._began
        return began is not None and monotonic() - began > STUCK_AFTER

    def submit(self, item: T) -> "Future[R]":
        """Have it done soon. Raises Full."""
        if self.is_full:
            raise Full(self._name)
        if self._thread is None:
            self._start()
        future: Future[R] = Future()
        self._queue.put((item, future))
        return future

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                # What it has not done by the end of the process, nobody was promised.
                self._thread = threading.Thread(
                    target=self._run, name=self._name, daemon=True
                )
                self._thread.start()

    def _run(self) -> None:
        while True:
            batch = self._take()
            if not batch:
                continue
            self._began = began = monotonic()
            try:
                results = self._work([item for item, _ in batch])
            except BaseException as error:
                results = [error] * len(batch)
            self._began = None
            for (_, future), result in zip(batch, results, strict=True):
                if isinstance(result, BaseException):
                    future.set_exception(result)
                else:
                    future.set_result(result)
            if self._pause:
                sleep(max(0.0, began + self._pause - monotonic()))

    def _take(self) -> list[tuple[T, "Future[R]"]]:
        """Wait for the first, and take what has come by then."""
        taken = [self._wait()]
        try:
            while len(taken) < self._most:
                taken.append(self._queue.get_nowait())
        except Empty:
            pass
        return [
            (item, future)
            for item, future in taken
            if future.set_running_or_notify_cancel()
        ]

    def _wait(self) -> tuple[T, "Future[R]"]:
        try:
            return self._queue.get(timeout=IDLE_AFTER)
        except Empty:
            self._be_idle()
            return self._queue.get()

    def _be_idle(self) -> None:
        try:
            self._idle()
        except Exception:  # without this thread nothing is ever done again
            logger.exception("what %s does while idle", self._name)
