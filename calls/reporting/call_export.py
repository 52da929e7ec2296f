"""The call log as a file, streamed page by page."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from callcenter.exporting.cells import Cell, phone, zone_name
from callcenter.exporting.files import File, page_after
from callcenter.exporting.views import Export
from calls.models import Call, Offer, Supervision
from calls.models.durations import seconds_between, talk_seconds_of, wait_seconds_of
from calls.reporting.agent_columns import Work, work_on
from permissions.facts import EventKind
from permissions.models import PermissionEvent
from permissions.numbers import country_of


class CallRow(NamedTuple):
    """The columns that are read of a call, and of what it names, as lookups."""

    pk: UUID
    wati_call_id: str
    direction: str
    line__number: str | None
    contact__waid: str | None
    contact__bsuid: str | None
    contact__name: str | None
    queue__name: str | None
    queue_visits: int
    agent__name: str | None
    agent_id: int | None
    created_at: datetime
    accepted_at: datetime | None
    answered_at: datetime | None
    media_at: datetime | None
    ended_at: datetime | None
    hold_seconds: int
    holds: int
    provider_duration: int | None
    result: str
    end_reason: str
    ended_by: str
    one_way_seconds: int
    reattach_count: int
    error_code: int | None
    end_text: str


CONSULT = Offer.Kind.CONSULT
MISSED = (Offer.Outcome.DECLINED, Offer.Outcome.NO_ANSWER, Offer.Outcome.CALLER_LEFT)


class Grant(NamedTuple):
    """A permission, as the ledger has it."""

    at: datetime
    source: str
    grant: str
    expires_at: datetime | None


class Used(NamedTuple):
    """The ledger's entries for one call."""

    grant: Grant | None = None  # the one that the call was placed by
    streak: int | None = None  # unanswered calls in a row, this one included


class Rung(NamedTuple):
    """One offer."""

    name: str
    outcome: str
    kind: str


class LogEntry(NamedTuple):
    """The data of one line."""

    call: CallRow
    offers: Sequence[Rung]  # as they were made
    permission: Used
    work: Work
    zone: str
    supervisors: Sequence[str]  # with their modes, in order


Getter = Callable[[LogEntry], Cell]


def _missed(entry: LogEntry) -> int:
    return sum([rung.outcome in MISSED for rung in entry.offers])


def _consults(entry: LogEntry) -> int:
    return sum([rung.kind == CONSULT for rung in entry.offers])


def _tried(entry: LogEntry) -> str:
    return "; ".join([rung.name for rung in entry.offers])


def _total_seconds(entry: LogEntry) -> int | None:
    return seconds_between(entry.call.created_at, entry.call.ended_at)


def _error_text(entry: LogEntry) -> str:
    return entry.call.end_text if entry.call.error_code else ""


def _fact(name: str) -> Getter:
    return attrgetter(f"call.{name}")


def _of_work(name: str) -> Getter:
    return attrgetter(f"work.{name}")


def _of_grant(name: str) -> Getter:
    return lambda entry: getattr(entry.permission.grant, name, "")


COLUMNS: list[tuple[str, Getter]] = [
    ("call_id", lambda entry: str(entry.call.pk)),
    ("wati_call_id", _fact("wati_call_id")),
    ("direction", _fact("direction")),
    ("business_number", lambda entry: phone(entry.call.line__number)),
    ("contact_waid", _fact("contact__waid")),
    ("contact_bsuid", _fact("contact__bsuid")),
    ("contact_phone_e164", lambda entry: phone(entry.call.contact__waid)),
    ("contact_name", _fact("contact__name")),
    ("contact_country", lambda entry: country_of(entry.call.contact__waid or "")),
    ("queue", _fact("queue__name")),
    ("queue_visits", _fact("queue_visits")),
    ("agent", _fact("agent__name")),
    ("agent_id", _fact("agent_id")),
    ("first_agent", _of_work("first_agent")),
    ("last_agent", _of_work("last_agent")),
    ("agents_on_call", _of_work("agents_on_call")),
    ("ring_attempts", lambda entry: len(entry.offers)),
    ("ring_attempts_missed", _missed),
    ("rung_agents", _tried),
    ("started_at", _fact("created_at")),
    ("accepted_at", _fact("accepted_at")),
    ("connected_at", _fact("answered_at")),
    ("first_audio_at", _fact("media_at")),
    ("ended_at", _fact("ended_at")),
    ("wrap_up_ended_at", _of_work("wrapped_up_at")),
    ("timezone", attrgetter("zone")),
    ("wait_s", lambda entry: wait_seconds_of(entry.call)),
    ("talk_s", lambda entry: talk_seconds_of(entry.call)),
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
    ("unanswered_in_a_row", attrgetter("permission.streak")),
    ("one_way_audio_s", _fact("one_way_seconds")),
    ("console_reconnects", _fact("reattach_count")),
    ("error_code", _fact("error_code")),
    ("error_text", _error_text),
    ("supervisors", lambda entry: "; ".join(entry.supervisors)),
]


def file_of(calls: QuerySet[Call]) -> File[CallRow, LogEntry]:
    """Stream the file, oldest call first."""
    calls = calls.filter(created_at__lte=timezone.now())
    return File(COLUMNS, partial(_after, calls), _entries)


def _after(calls: QuerySet[Call], last: CallRow | None) -> list[CallRow]:
    # The order of the index call_log, backwards.
    rows = calls.order_by("created_at", "-pk").values_list(*CallRow._fields)
    place = (last.created_at, last.pk) if last else None
    page = page_after(rows, place, at="created_at", ties="pk__lt")
    return [CallRow._make(row) for row in page]


def _entries(page: list[CallRow]) -> list[LogEntry]:
    ids = [call.pk for call in page]
    offers, used, work = _offers(ids), _used(ids), work_on(ids)
    stepped_in = _supervisors(ids)
    nothing, zone = Used(), zone_name()
    return [
        LogEntry(
            call,
            offers.get(call.pk, ()),
            used.get(call.pk, nothing),
            work[call.pk],
            zone,
            stepped_in.get(call.pk, ()),
        )
        for call in page
    ]


def _offers(ids: list[UUID]) -> dict[UUID, list[Rung]]:
    found: dict[UUID, list[Rung]] = defaultdict(list)
    offers = Offer.objects.filter(call__among=ids).order_by("offered_at", "pk")
    for call_id, *rung in offers.values_list(
        "call_id", "agent__name", "outcome", "kind"
    ):
        found[call_id].append(Rung._make(rung))
    return found


def _supervisors(ids: list[UUID]) -> dict[UUID, list[str]]:
    """Return by call who was in it as a supervisor, and how: each once."""
    found: dict[UUID, list[str]] = defaultdict(list)
    spans = Supervision.objects.filter(call__among=ids).order_by("pk")
    for call_id, username, mode in spans.values_list(
        "call_id", "supervisor_name", "mode"
    ):
        said = f"{username} ({mode})"
        if said not in found[call_id]:
            found[call_id].append(said)
    return found


def _used(ids: list[UUID]) -> dict[UUID, Used]:
    """Return permissions by call id, for the calls that the ledger knows."""
    events = PermissionEvent.objects.filter(call__among=ids).order_by("at", "pk")
    found = list(events.values_list("call", "permission", "kind", "at", "tally"))
    grants = _grants({permission for _, permission, *_ in found})
    used: dict[UUID, Used] = {}
    for call_id, permission, kind, at, tally in found:
        assert call_id is not None
        grant = used.get(call_id, Used()).grant
        if kind == EventKind.USED:
            mine = grants[permission]
            place = bisect_right(mine, at, key=lambda granted: granted.at)
            grant = mine[place - 1] if place else None
        used[call_id] = Used(grant, tally.get("streak"))
    return used


def _grants(permissions: set[int | None]) -> dict[int | None, list[Grant]]:
    found: dict[int | None, list[Grant]] = defaultdict(list)
    grants = PermissionEvent.objects.filter(
        permission__among=permissions - {None}, kind=EventKind.GRANTED
    )
    for permission, *grant in grants.order_by("at", "pk").values_list(
        "permission", *Grant._fields
    ):
        found[permission].append(Grant._make(grant))
    return found


EXPORT = Export(
    model=Call,
    address="calls/export",
    name="calls",
    what="call log",
    file_of=file_of,
)
