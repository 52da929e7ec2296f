"""Rows from the event loop, without a queue behind other queries, and the connections.

Channels' own helper puts every query of every websocket on one thread.
"""

import logging
import select
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any, ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import close_old_connections, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.backends.utils import CursorDebugWrapper, CursorWrapper
from django.db.models.signals import post_migrate, pre_migrate
from django.dispatch import receiver

from callcenter.postgresql import AnsweringConnection

P = ParamSpec("P")
R = TypeVar("R")

# Each keeps a connection of the process's pool; requests need the others.
THREADS = max(1, min(8, settings.DATABASE_POOL // 2))

LONGEST = AnsweringConnection.longest  # as the settings have it

_thread = threading.local()
_sql = logging.getLogger("django.db.backends")


def keep_connections() -> None:
    """Let this thread keep its connections for as long as it lives.

    For the threads of a server alone. Opening a connection costs more than most of what
    is asked over it: on SQLite a millisecond of CPU. One that broke is closed as ever.
    """
    _thread.keeps = True


@receiver(connection_created)
def _on_new_connection(connection: BaseDatabaseWrapper, **_: Any) -> None:
    if getattr(_thread, "keeps", False):
        connection.close_at = None
    # Under DEBUG Django keeps the last 9,000 statements of each connection, and asks
    # SQLite once more for the text of each.
    cursor = partial(_debug_cursor, connection)
    connection.make_debug_cursor = cursor  # type: ignore[assignment]


def _debug_cursor(connection: BaseDatabaseWrapper, cursor: Any) -> CursorWrapper:
    """Log statements only for who asked: a test that counts, or the logger's level."""
    if connection.force_debug_cursor or _sql.isEnabledFor(logging.DEBUG):
        return CursorDebugWrapper(cursor, connection)
    return connection.make_cursor(cursor)


_pool = ThreadPoolExecutor(
    THREADS, thread_name_prefix="database", initializer=keep_connections
)


async def in_database(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run a function that uses the ORM in a thread of the database pool."""

    def run() -> R:
        close_broken_connections()
        try:
            return function(*args, **kwargs)
        finally:
            close_old_connections()

    return await sync_to_async(run, thread_sensitive=False, executor=_pool)()


def close_broken_connections() -> None:
    """Close what was closed or is doubted, before the first statement fails."""
    for one in connections.all(initialized_only=True):
        if one.vendor == "postgresql" and one.connection and _has_news(one.connection):
            one.errors_occurred = True  # so that Django asks it
            one.close_if_unusable_or_obsolete()


def _has_news(connection: Any) -> bool:
    """Say whether the server says something unasked, which is mostly goodbye.

    Or whether it may be gone without that: others have noticed a silence.
    """
    if connection.closed or getattr(connection, "is_doubted", False):
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


@receiver(pre_migrate)
def _before_migration(using: str, **_: Any) -> None:
    """Let a migration take its time: large tables need it."""
    if connections[using].vendor == "postgresql":
        AnsweringConnection.longest = None
        _set_limits(using, "0")


@receiver(post_migrate)
def _after_migration(using: str, **_: Any) -> None:
    if connections[using].vendor == "postgresql":
        AnsweringConnection.longest = LONGEST
        _set_limits(using, "DEFAULT")


def _set_limits(using: str, value: str) -> None:
    with connections[using].cursor() as cursor:
        for limit in ("statement", "lock", "idle_in_transaction_session"):
            cursor.execute(f"SET {limit}_timeout TO {value}")


@contextmanager
def lock_wait(seconds: float) -> Iterator[None]:
    """Wait no longer than this for SQLite's one write lock; PostgreSQL has none."""
    if connection.vendor != "sqlite":
        yield
        return
    _set_lock_wait(seconds)
    try:
        yield
    finally:
        _set_lock_wait(settings.SQLITE_LOCK_WAIT)


def _set_lock_wait(seconds: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA busy_timeout = {round(seconds * 1000)}")


def once_after_commit(work: Callable[..., None], *arguments: Any) -> None:
    """Do this after the commit, once, however often it is asked for until then.

    A savepoint that is rolled back drops what was asked for inside it, as in Django.
    """
    for entry in connection.run_on_commit:
        waiting: Any = entry[1]
        same = isinstance(waiting, partial) and waiting.func is work
        if same and waiting.args == arguments:
            return
    transaction.on_commit(partial(work, *arguments))
