"""The audit log as a file: one line for each entry, in the order of writing."""

from collections.abc import Callable
from functools import partial

from django.db.models import QuerySet

from callcenter.exporting import files
from callcenter.exporting.cells import Cell, zone_name
from callcenter.exporting.files import File
from callcenter.exporting.views import Export
from callcenter.models import AuditEntry

Getter = Callable[[AuditEntry], Cell]

COLUMNS: list[tuple[str, Getter]] = [
    ("entry_id", lambda entry: entry.pk),
    ("at", lambda entry: entry.at),
    ("timezone", lambda entry: zone_name()),
    ("action", lambda entry: entry.action),
    ("user", lambda entry: entry.username),
    ("user_id", lambda entry: entry.user_pk),
    ("ip_address", lambda entry: entry.address),
    ("object_type", lambda entry: entry.object_type),
    ("object_id", lambda entry: entry.object_pk),
    ("object_name", lambda entry: entry.object_name),
    ("details", lambda entry: entry.details),
]


def file_of(entries: QuerySet[AuditEntry]) -> File[AuditEntry, AuditEntry]:
    """Stream the file, oldest entry first."""
    return File(COLUMNS, partial(_after, entries), list)


def _after(entries: QuerySet[AuditEntry], last: AuditEntry | None) -> list[AuditEntry]:
    entries = entries.order_by("pk")
    if last is not None:
        entries = entries.filter(pk__gt=last.pk)
    return list(entries[: files.PAGE])


EXPORT = Export(
    model=AuditEntry,
    address="audit/export",
    name="audit",
    what="audit log",
    file_of=file_of,
)
