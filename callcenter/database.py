"""Rows from the event loop, without a queue behind other queries.

Channels' own helper puts every query of every websocket on one thread.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.db import close_old_connections, connection, transaction

P = ParamSpec("P")
R = TypeVar("R")

THREADS = 8
_pool = ThreadPoolExecutor(THREADS, thread_name_prefix="database")


async def in_database(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run a function that uses the ORM in a thread of the database pool."""

    def run() -> R:
        close_old_connections()
        try:
            return function(*args, **kwargs)
        finally:
            close_old_connections()

    return await sync_to_async(run, thread_sensitive=False, executor=_pool)()


def once_after_commit(work: Callable[..., None], *arguments: Any) -> None:
    """Do this after the commit, once, however often it is asked for until then.

    One transaction may change the same call for each of fifty agents. A savepoint that
    is rolled back drops what was asked for inside it, as in Django.
    """
    for entry in connection.run_on_commit:
        waiting: Any = entry[1]
        same = isinstance(waiting, partial) and waiting.func is work
        if same and waiting.args == arguments:
            return
    transaction.on_commit(partial(work, *arguments))
