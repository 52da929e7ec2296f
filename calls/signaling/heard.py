"""The last time that each business number was heard, by each kind of webhook.

Noted in memory, and written once in ten seconds: a webhook costs nothing more. What a
crash loses is heard again.
"""

import logging
import threading
from datetime import datetime
from time import monotonic

from django.db import Error, connection

from calls.models import Line, LineHeard

logger = logging.getLogger(__name__)

WRITE_EVERY = 10.0  # seconds
TABLE, LINES = LineHeard._meta.db_table, Line._meta.db_table
# A line that was deleted meanwhile is left out.
ONE = f"SELECT id, %s, %s FROM {LINES} WHERE id = %s"
WRITE = f"""
    INSERT INTO {TABLE} (line_id, kind, at) %s
    ON CONFLICT (line_id, kind) DO UPDATE SET at = excluded.at
    WHERE excluded.at > {TABLE}.at"""


class LastHeard:
    """Times that this process has not written yet: the newest for each pair."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._new: dict[tuple[int, str], datetime] = {}
        self._written_at = monotonic()

    def note(self, line_id: int | None, kind: str, at: datetime) -> None:
        """Remember that a webhook of this kind was about this line."""
        if line_id is not None:
            with self._lock:
                known = self._new.get((line_id, kind), at)
                self._new[line_id, kind] = max(at, known)

    def write_if_due(self) -> None:
        if self._new and monotonic() - self._written_at > WRITE_EVERY:
            self.write()

    def write(self) -> None:
        """Write what is new. What cannot be written is forgotten, and logged."""
        with self._lock:
            new, self._new = self._new, {}
            self._written_at = monotonic()
        if not new:
            return
        # In one order everywhere, or two processes wait for each other.
        rows = sorted(new.items())
        values = [
            field
            for (line_id, kind), at in rows
            for field in (kind, connection.ops.adapt_datetimefield_value(at), line_id)
        ]
        try:
            with connection.cursor() as cursor:
                cursor.execute(WRITE % " UNION ALL ".join([ONE] * len(rows)), values)
        except Error:  # of any kind: it must not cost the webhook its effect
            logger.exception("when lines were last heard")


heard = LastHeard()
