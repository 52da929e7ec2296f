"""The audit log as a file: one line for each entry, in the order of writing."""

from collections.abc import Callable
from functools import partial

from django.db.models import QuerySet

from callcenter.exporting import csv_files
from callcenter.exporting.csv_files import Cell, File, safe, stamp, zone_name
from callcenter.exporting.views import Export
from callcenter.models import AuditEntry

Getter = Callable[[AuditEntry], Cell]

COLUMNS: list[tuple[str, Getter]] = [
    ("entry_id", lambda entry: entry.pk),
    ("at", lambda entry: stamp(entry.at)),
    ("timezone", lambda entry: zone_name()),
    ("action", lambda entry: entry.action),
    ("user", lambda entry: safe(entry.username)),
    ("user_id", lambda entry: safe(entry.user_pk)),
    ("ip_address", lambda entry: safe(entry.address)),
    ("object_type", lambda entry: safe(entry.object_type)),
    ("object_id", lambda entry: safe(entry.object_pk)),
    ("object_name", lambda entry: safe(entry.object_name)),
    ("details", lambda entry: safe(entry.details)),
]


def file_of(entries: QuerySet[AuditEntry]) -> File[AuditEntry, AuditEntry]:
    """Stream the file, oldest entry first."""
    return File(COLUMNS, partial(_after, entries), list)


def _after(entries: QuerySet[AuditEntry], last: AuditEntry | None) -> list[AuditEntry]:
    entries = entries.order_by("pk")
    if last is not None:
        entries = entries.filter(pk__gt=last.pk)
    return list(entries[: csv_files.PAGE])


EXPORT = Export(
    model=AuditEntry,
    address="audit/export.csv",
    name="audit",
    what="audit log",
    file_of=file_of,
)
