"""The permission ledger as a file: one line per event, in the order of writing."""

from collections.abc import Callable
from functools import partial

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from callcenter.exporting import files
from callcenter.exporting.cells import Cell, phone, zone_name
from callcenter.exporting.files import File
from callcenter.exporting.views import OF, Export, listed
from permissions.models import CallPermission, Contact, PermissionEvent

Getter = Callable[[PermissionEvent], Cell]


def _business_number(event: PermissionEvent) -> str:
    return phone(event.permission.business_number if event.permission else None)


def _by(event: PermissionEvent) -> str:
    return event.user.get_username() if event.user else ""


def _counter(name: str) -> Getter:
    return lambda event: event.tally.get(name)


def _nothing(event: PermissionEvent) -> str:
    # Wati sends the request itself, and names neither its template nor its message.
    return ""


COLUMNS: list[tuple[str, Getter]] = [
    ("event_id", lambda event: event.pk),
    ("contact_waid", lambda event: event.contact.waid or ""),
    ("contact_bsuid", lambda event: event.contact.bsuid or ""),
    ("business_number", _business_number),
    ("event", lambda event: event.kind),
    ("kind", lambda event: event.grant),
    ("source", lambda event: event.source),
    ("by", _by),
    ("template", _nothing),
    ("message_id", _nothing),
    ("at", lambda event: event.at),
    ("expires_at", lambda event: event.expires_at),
    ("timezone", lambda event: zone_name()),
    ("calls_used_24h", _counter("calls_used_24h")),
    ("calls_max_24h", _counter("calls_max_24h")),
    ("requests_left_24h", _counter("requests_left_24h")),
    ("requests_left_7d", _counter("requests_left_7d")),
    ("unanswered_in_a_row", _counter("streak")),
    ("call_id", lambda event: str(event.call or "")),
    ("error_code", lambda event: event.code),
    ("detail", lambda event: event.detail),
]


def file_of(
    events: QuerySet[PermissionEvent],
) -> File[PermissionEvent, PermissionEvent]:
    """Stream the file, in the order of writing."""
    events = events.filter(written_at__lte=timezone.now())
    return File(COLUMNS, partial(_after, events), list)


def _after(
    events: QuerySet[PermissionEvent], last: PermissionEvent | None
) -> list[PermissionEvent]:
    # Not by a join: a page of events names few people and numbers, many times.
    events = events.order_by("pk").select_related(None)
    events = events.prefetch_related(None).prefetch_related(
        "contact", "permission", "user"
    )
    if last is not None:
        events = events.filter(pk__gt=last.pk)
    return list(events[: files.PAGE])


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
