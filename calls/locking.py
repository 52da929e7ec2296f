"""The dispatch lock: one transaction at a time changes calls and agents together."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

DISPATCH_LOCK = 0xF100


@contextmanager
def dispatch_lock() -> Iterator[None]:
    """Let one at a time in, over all processes; SQLite's write lock does the same."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [DISPATCH_LOCK])
        yield
