"""The dispatch lock: one transaction at a time changes calls and agents together."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction

logger = logging.getLogger(__name__)

DISPATCH_LOCK = 0xF100
# What a look at the floor changes may call for another one. Two settle it; what needs
# more is left to the next sweep, so that the lock is not held for long.
MOST_LOOKS = 3


class LockWatch:
    """The seconds for which this process held the lock lately, and waited for it."""

    def __init__(self) -> None:
        self.held: deque[float] = deque(maxlen=1000)
        self.waited: deque[float] = deque(maxlen=1000)

    def taken(self, asked: float) -> None:
        now = time.monotonic()
        self.waited.append(now - asked)
        # The first to run after the commit, which gives the lock back.
        transaction.on_commit(lambda: self.held.append(time.monotonic() - now))


watch = LockWatch()


class _Held(threading.local):
    """This thread's hold on the lock, and the work owed before giving it back."""

    is_held = False
    owed: Callable[[], None] | None = None


_mine = _Held()


@contextmanager
def dispatch_lock() -> Iterator[None]:
    """Let one at a time in, over all processes; SQLite's write lock does the same."""
    if _mine.is_held:
        with transaction.atomic():
            yield
        return
    with transaction.atomic():
        _take()
        _mine.is_held, _mine.owed = True, None
        try:
            yield
            _pay()
        finally:
            _mine.is_held, _mine.owed = False, None


def before_release(work: Callable[[], None]) -> bool:
    """Do this once before this thread gives the lock back. False without the lock."""
    if _mine.is_held:
        _mine.owed = work
    return _mine.is_held


def _take() -> None:
    asked = time.monotonic()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [DISPATCH_LOCK])
    watch.taken(asked)


def _pay() -> None:
    """Do what is owed; its failure must not undo what the transaction was for."""
    for _ in range(MOST_LOOKS):
        work, _mine.owed = _mine.owed, None
        if work is None:
            return
        try:
            with transaction.atomic():
                work()
        except OperationalError:
            raise
        except Exception:
            logger.exception("the floor was not looked at")
            return
