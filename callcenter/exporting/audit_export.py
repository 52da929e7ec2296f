"""The audit log as a file: one line for each entry, in the order of writing."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import NamedTuple

from django.db.models import QuerySet

from callcenter.audit import as_text
from callcenter.exporting import files
from callcenter.exporting.cells import Cell, zone_name
from callcenter.exporting.files import File
from callcenter.exporting.views import Export
from callcenter.models import AuditEntry


class EntryRow(NamedTuple):
    """The columns that are read of an entry."""

    pk: int
    at: datetime
    action: str
    username: str
    user_pk: str
    address: str
    object_type: str
    object_pk: str
    object_name: str
    details: str
    changes: list[dict[str, str]] | None


COLUMNS: list[tuple[str, Callable[[EntryRow], Cell]]] = [
    ("entry_id", attrgetter("pk")),
    ("at", attrgetter("at")),
    ("timezone", lambda entry: zone_name()),
    ("action", attrgetter("action")),
    ("user", attrgetter("username")),
    ("user_id", attrgetter("user_pk")),
    ("ip_address", attrgetter("address")),
    ("object_type", attrgetter("object_type")),
    ("object_id", attrgetter("object_pk")),
    ("object_name", attrgetter("object_name")),
    ("details", attrgetter("details")),
    ("changes", lambda entry: as_text(entry.changes)),
]


def file_of(entries: QuerySet[AuditEntry]) -> File[EntryRow, EntryRow]:
    """Stream the file, oldest entry first."""
    return File(COLUMNS, partial(_after, entries), list)


def _after(entries: QuerySet[AuditEntry], last: EntryRow | None) -> list[EntryRow]:
    if last is not None:
        entries = entries.filter(pk__gt=last.pk)
    rows = entries.order_by("pk").values_list(*EntryRow._fields)
    return [EntryRow._make(row) for row in rows[: files.PAGE]]


EXPORT = Export(
    model=AuditEntry,
    address="audit/export",
    name="audit",
    what="audit log",
    file_of=file_of,
)
