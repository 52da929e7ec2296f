"""The permission ledger as a file: one line per event, in the order of writing."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from callcenter.exporting import files
from callcenter.exporting.cells import Cell, phone, zone_name
from callcenter.exporting.files import File
from callcenter.exporting.views import OF, Export, listed
from permissions.models import CallPermission, Contact, PermissionEvent


class EventRow(NamedTuple):
    """The columns that are read of an event, and of what it names, as lookups."""

    pk: int
    contact__waid: str | None
    contact__bsuid: str | None
    permission__business_number: str | None
    kind: str
    grant: str
    source: str
    user__username: str | None
    at: datetime
    expires_at: datetime | None
    tally: dict[str, int]
    call: UUID | None
    code: int | None
    detail: str


class LedgerEntry(NamedTuple):
    """The data of one line."""

    event: EventRow
    zone: str


Getter = Callable[[LedgerEntry], Cell]


def _fact(name: str) -> Getter:
    return attrgetter(f"event.{name}")


def _counter(name: str) -> Getter:
    return lambda entry: entry.event.tally.get(name)


def _nothing(entry: LedgerEntry) -> str:
    # Wati sends the request itself, and names neither its template nor its message.
    return ""


COLUMNS: list[tuple[str, Getter]] = [
    ("event_id", _fact("pk")),
    ("contact_waid", _fact("contact__waid")),
    ("contact_bsuid", _fact("contact__bsuid")),
    (
        "business_number",
        lambda entry: phone(entry.event.permission__business_number),
    ),
    ("event", _fact("kind")),
    ("kind", _fact("grant")),
    ("source", _fact("source")),
    ("by", _fact("user__username")),
    ("template", _nothing),
    ("message_id", _nothing),
    ("at", _fact("at")),
    ("expires_at", _fact("expires_at")),
    ("timezone", attrgetter("zone")),
    ("calls_used_24h", _counter("calls_used_24h")),
    ("calls_max_24h", _counter("calls_max_24h")),
    ("requests_left_24h", _counter("requests_left_24h")),
    ("requests_left_7d", _counter("requests_left_7d")),
    ("unanswered_in_a_row", _counter("streak")),
    ("call_id", lambda entry: str(entry.event.call or "")),
    ("error_code", _fact("code")),
    ("detail", _fact("detail")),
]


def file_of(events: QuerySet[PermissionEvent]) -> File[EventRow, LedgerEntry]:
    """Stream the file, in the order of writing."""
    events = events.filter(written_at__lte=timezone.now())
    return File(COLUMNS, partial(_after, events), _entries)


def _after(events: QuerySet[PermissionEvent], last: EventRow | None) -> list[EventRow]:
    if last is not None:
        events = events.filter(pk__gt=last.pk)
    rows = events.order_by("pk").values_list(*EventRow._fields)
    return [EventRow._make(row) for row in rows[: files.PAGE]]


def _entries(page: list[EventRow]) -> list[LedgerEntry]:
    zone = zone_name()
    return [LedgerEntry(event, zone) for event in page]


def events_listed(request: HttpRequest) -> QuerySet[PermissionEvent]:
    """Select the events that each of the three lists shows."""
    events = PermissionEvent.objects.all()
    match request.GET.get(OF):
        case "contacts":
            contacts = listed(request, model=Contact).order_by()
            return events.filter(contact__in=contacts.values("pk"))
        case "permissions":
            permissions = listed(request, model=CallPermission).order_by()
            return events.filter(permission__in=permissions.values("pk"))
    return listed(request, model=PermissionEvent)


EXPORT = Export(
    model=PermissionEvent,
    address="permissions/export",
    name="permissions",
    what="permission ledger",
    file_of=file_of,
    rows=events_listed,
)
