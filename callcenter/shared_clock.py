"""The one clock that all processes judge leases by: the database's, where it has one.

The clocks of two machines differ, and any of them may be set. A lease that one process
writes and another one judges needs the same clock for both. SQLite has none of its own;
there all processes are on one machine.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import DateTimeField, Expression
from django.utils import timezone

logger = logging.getLogger(__name__)

WORTH_A_WARNING = 2.0  # seconds


class SharedNow(Expression):
    """The instant at which the statement runs, or so long after it.

    Not that of its arrival: a statement may wait for a lock, and a lease that it then
    writes must count from there. `local`: what to take for now where the database has
    no clock.
    """

    output_field = DateTimeField()

    def __init__(self, plus: timedelta = timedelta(), local: Any = None) -> None:
        super().__init__()
        self.plus, self.local = plus, local

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        if self.local is not None:
            return compiler.compile(self.local - -self.plus)
        now = timezone.now() + self.plus
        return "%s", [connection.ops.adapt_datetimefield_value(now)]

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return "(clock_timestamp() + %s)", [self.plus]


def shared_now() -> datetime:
    """Return what the shared clock shows now."""
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now


def offset() -> float:
    """Return by how many seconds the clock of this machine is ahead of the shared one.

    As far as one look can tell: what the look itself took is no offset.
    """
    before = timezone.now()
    shared = shared_now()
    after = timezone.now()
    if shared < before:
        return (before - shared).total_seconds()
    return min(0.0, (after - shared).total_seconds())
