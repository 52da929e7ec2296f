"""The call log as a file, streamed page by page."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.utils import timezone

from callcenter.exporting.cells import Cell, phone, zone_name
from callcenter.exporting.files import File, page_after
from callcenter.exporting.views import Export
from calls.models import Call, Offer
from calls.reporting.agent_columns import Work, work_on
from permissions.facts import EventKind
from permissions.models import PermissionEvent
from permissions.numbers import country_of

# Not the SDP: it is most of a row.
USED = (
    "account",
    "wati_call_id",
    "direction",
    "line",
    "contact",
    "queue",
    "agent",
    "result",
    "end_reason",
    "ended_by",
    "end_text",
    "error_code",
    "created_at",
    "accepted_at",
    "media_at",
    "answered_at",
    "ended_at",
    "provider_duration",
    "queue_visits",
    "hold_seconds",
    "holds",
    "one_way_seconds",
    "reattach_count",
)

MISSED = (Offer.Outcome.DECLINED, Offer.Outcome.NO_ANSWER, Offer.Outcome.CALLER_LEFT)


class Used(NamedTuple):
    """The ledger's entries for one call."""

    grant: PermissionEvent | None = None  # the one that the call was placed by
    streak: int | None = None  # unanswered calls in a row, this one included


class Rung(NamedTuple):
    """One offer."""

    name: str
    outcome: str
    kind: str


class LogEntry(NamedTuple):
    """The data of one line."""

    call: Call
    offers: list[Rung]  # as they were made
    permission: Used
    work: Work


Getter = Callable[[LogEntry], Cell]


def _number(read: Callable[[str], str]) -> Getter:
    return lambda entry: read((entry.call.contact and entry.call.contact.waid) or "")


def _written(*path: str) -> Getter:
    """Return a cell with typed text: an attribute of the call, or of its relation."""

    def get(entry: LogEntry) -> str:
        value: Any = entry.call
        for name in path:
            value = getattr(value, name, None)
        return value or ""

    return get


def _fact(name: str) -> Getter:
    return lambda entry: getattr(entry.call, name)


def _business_number(entry: LogEntry) -> str:
    return phone(entry.call.line.number if entry.call.line else None)


def _missed(entry: LogEntry) -> int:
    return sum(rung.outcome in MISSED for rung in entry.offers)


def _consults(entry: LogEntry) -> int:
    return sum(rung.kind == Offer.Kind.CONSULT for rung in entry.offers)


def _tried(entry: LogEntry) -> str:
    return "; ".join(rung.name for rung in entry.offers)


def _of_work(name: str) -> Getter:
    return lambda entry: getattr(entry.work, name)


def _total_seconds(entry: LogEntry) -> int | None:
    start, end = entry.call.created_at, entry.call.ended_at
    return round((end - start).total_seconds()) if end else None


def _error_text(entry: LogEntry) -> str:
    return entry.call.end_text if entry.call.error_code else ""


def _of_grant(name: str) -> Getter:
    return lambda entry: getattr(entry.permission.grant, name, "")


COLUMNS: list[tuple[str, Getter]] = [
    ("call_id", lambda entry: str(entry.call.pk)),
    ("wati_call_id", _written("wati_call_id")),
    ("direction", _fact("direction")),
    ("business_number", _business_number),
    ("contact_waid", _written("contact", "waid")),
    ("contact_bsuid", _written("contact", "bsuid")),
    ("contact_phone_e164", _number(phone)),
    ("contact_name", _written("contact", "name")),
    ("contact_country", _number(country_of)),
    ("queue", _written("queue", "name")),
    ("queue_visits", _fact("queue_visits")),
    ("agent", _written("agent", "name")),
    ("agent_id", _fact("agent_id")),
    ("first_agent", _of_work("first_agent")),
    ("last_agent", _of_work("last_agent")),
    ("ring_attempts", lambda entry: len(entry.offers)),
    ("ring_attempts_missed", _missed),
    ("rung_agents", _tried),
    ("started_at", _fact("created_at")),
    ("accepted_at", _fact("accepted_at")),
    ("connected_at", _fact("answered_at")),
    ("first_audio_at", _fact("media_at")),
    ("ended_at", _fact("ended_at")),
    ("wrap_up_ended_at", _of_work("wrapped_up_at")),
    ("timezone", lambda entry: zone_name()),
    ("wait_s", _fact("wait_seconds")),
    ("talk_s", _fact("talk_seconds")),
    ("hold_s", _fact("hold_seconds")),
    ("holds", _fact("holds")),
    ("wrap_up_s", _of_work("wrap_up_seconds")),
    ("duration_s", _total_seconds),
    ("whatsapp_talk_s", _fact("provider_duration")),
    ("result", _fact("result")),
    ("end_reason", _fact("end_reason")),
    ("ended_by", _fact("ended_by")),
    ("transferred_from", _of_work("transferred_from")),
    ("transferred_to", _of_work("transferred_to")),
    ("transfer_kind", _of_work("transfer_kind")),
    ("consults", _consults),
    ("disposition", _of_work("disposition")),
    ("sub_disposition", _of_work("sub_disposition")),
    ("notes", _of_work("note")),
    ("permission_source", _of_grant("source")),
    ("permission_kind", _of_grant("grant")),
    ("permission_expires_at", _of_grant("expires_at")),
    ("unanswered_in_a_row", lambda entry: entry.permission.streak),
    ("one_way_audio_s", _fact("one_way_seconds")),
    ("console_reconnects", _fact("reattach_count")),
    ("error_code", _fact("error_code")),
    ("error_text", _error_text),
]


def file_of(calls: QuerySet[Call]) -> File[Call, LogEntry]:
    """Stream the file, oldest call first."""
    calls = calls.filter(created_at__lte=timezone.now()).only(*USED)
    return File(COLUMNS, partial(_after, calls), _entries)


def _after(calls: QuerySet[Call], last: Call | None) -> list[Call]:
    # The order of the index call_log, backwards.
    calls = calls.order_by("created_at", "-pk")
    # Not by a join: a page of calls names few queues, agents and lines, many times.
    calls = calls.select_related(None)
    calls = calls.prefetch_related("contact", "queue", "agent", "line")
    return page_after(calls, last, at="created_at", ties="pk__lt")


def _entries(page: list[Call]) -> list[LogEntry]:
    offers, used, work = _offers(page), _used(page), work_on(page)
    return [
        LogEntry(call, offers[call.pk], used.get(call.pk, Used()), work[call.pk])
        for call in page
    ]


def _offers(page: list[Call]) -> dict[Any, list[Rung]]:
    found: dict[Any, list[Rung]] = defaultdict(list)
    offers = Offer.objects.filter(call__in=[call.pk for call in page])
    for call_id, *rung in offers.order_by("offered_at", "pk").values_list(
        "call_id", "agent__name", "outcome", "kind"
    ):
        found[call_id].append(Rung(*rung))
    return found


def _used(page: list[Call]) -> dict[Any, Used]:
    """Return permissions by call id, for the calls that the ledger knows."""
    events = PermissionEvent.objects.filter(call__in=[call.pk for call in page])
    found = list(events.order_by("at", "pk"))
    grants = _grants({event.permission_id for event in found})
    used: dict[Any, Used] = {}
    for event in found:
        grant = used.get(event.call, Used()).grant
        if event.kind == EventKind.USED:
            mine = grants[event.permission_id]
            place = bisect_right(mine, event.at, key=lambda granted: granted.at)
            grant = mine[place - 1] if place else None
        used[event.call] = Used(grant, event.tally.get("streak"))
    return used


def _grants(permissions: set[int | None]) -> dict[Any, list[PermissionEvent]]:
    found: dict[Any, list[PermissionEvent]] = defaultdict(list)
    grants = PermissionEvent.objects.filter(
        permission__in=permissions - {None}, kind=EventKind.GRANTED
    )
    for event in grants.order_by("at", "pk"):
        found[event.permission_id].append(event)
    return found


EXPORT = Export(
    model=Call,
    address="calls/export",
    name="calls",
    what="call log",
    file_of=file_of,
)
