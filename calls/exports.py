"""The call log as a file: CSV, streamed page by page."""

import csv
import io
import logging
import re
import unicodedata
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Any, NamedTuple

import phonenumbers
from django.db.models import Q, QuerySet
from django.utils import timezone

from callcenter.database import in_database
from calls.models import Call, Offer

logger = logging.getLogger(__name__)

PAGE = 2000
# Not the sound descriptions: they are most of a row.
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
    "answered_at",
    "ended_at",
    "provider_duration",
)
BOM = "\N{BYTE ORDER MARK}"
INCOMPLETE = "This file is incomplete: the export stopped early. Please try again."

MISSED = (Offer.Outcome.DECLINED, Offer.Outcome.NO_ANSWER, Offer.Outcome.CALLER_LEFT)

FORMULA = re.compile(r"[\t\r\n]|[\s\"'`\u2018-\u201f\u200b-\u200f\ufeff]*[=+\-@]")

Cell = str | int | None


class Entry(NamedTuple):
    """What one line is made of."""

    call: Call
    offers: list[tuple[str, str]]  # (agent's name, outcome), as they were made


Getter = Callable[[Entry], Cell]


def safe(text: str) -> str:
    """A cell that people wrote, so that no spreadsheet takes it for a formula.

    Full-width forms count, and so does what hides behind quotes and spaces.
    """
    plain = unicodedata.normalize("NFKC", text)
    return f"'{text}" if FORMULA.match(plain) else text


def stamp(instant: datetime | None) -> str:
    """Local time without an offset: spreadsheets cannot read one."""
    if instant is None:
        return ""
    return timezone.localtime(instant).replace(tzinfo=None).isoformat(" ", "seconds")


def zone_name() -> str:
    return str(timezone.get_current_timezone())


def _phone(waid: str | None) -> str:
    # Ours, digits only: no spreadsheet can read more than a number into it.
    return f"+{waid}" if waid and waid.isdigit() else ""


@lru_cache(maxsize=PAGE)
def _country(waid: str | None) -> str:
    try:
        number = phonenumbers.parse(_phone(waid))
    except phonenumbers.NumberParseException:
        return ""
    return phonenumbers.region_code_for_number(number) or ""


def _number(read: Callable[[str | None], str]) -> Getter:
    return lambda entry: read(entry.call.contact.waid if entry.call.contact else None)


def _written(*path: str) -> Getter:
    """A cell with what people wrote: an attribute of the call, or of what it names."""

    def get(entry: Entry) -> str:
        value: Any = entry.call
        for name in path:
            value = getattr(value, name, None)
        return safe(value or "")

    return get


def _fact(name: str) -> Getter:
    return lambda entry: getattr(entry.call, name)


def _at(name: str) -> Getter:
    return lambda entry: stamp(getattr(entry.call, name))


def _business_number(entry: Entry) -> str:
    return _phone(entry.call.line.number if entry.call.line else None)


def _missed(entry: Entry) -> int:
    return sum(outcome in MISSED for _, outcome in entry.offers)


def _tried(entry: Entry) -> str:
    return safe("; ".join(name for name, _ in entry.offers))


def _total_seconds(entry: Entry) -> int | None:
    start, end = entry.call.created_at, entry.call.ended_at
    return round((end - start).total_seconds()) if end else None


def _error_text(entry: Entry) -> str:
    return safe(entry.call.end_text) if entry.call.error_code else ""


COLUMNS: list[tuple[str, Getter]] = [
    ("call_id", lambda entry: str(entry.call.pk)),
    ("wati_call_id", _written("wati_call_id")),
    ("direction", _fact("direction")),
    ("business_number", _business_number),
    ("contact_waid", _written("contact", "waid")),
    ("contact_bsuid", _written("contact", "bsuid")),
    ("contact_phone_e164", _number(_phone)),
    ("contact_name", _written("contact", "name")),
    ("contact_country", _number(_country)),
    ("queue", _written("queue", "name")),
    ("agent", _written("agent", "name")),
    ("agent_id", _fact("agent_id")),
    ("offers", lambda entry: len(entry.offers)),
    ("offers_missed", _missed),
    ("tried_agents", _tried),
    ("offered_at", _at("created_at")),
    ("accepted_at", _at("accepted_at")),
    ("answered_at", _at("answered_at")),
    ("ended_at", _at("ended_at")),
    ("timezone", lambda entry: zone_name()),
    ("wait_s", _fact("wait_seconds")),
    ("talk_s", _fact("talk_seconds")),
    ("total_s", _total_seconds),
    ("provider_duration_s", _fact("provider_duration")),
    ("result", _fact("result")),
    ("end_reason", _fact("end_reason")),
    ("ended_by", _fact("ended_by")),
    ("error_code", _fact("error_code")),
    ("error_text", _error_text),
]


def lines(rows: Iterable[Iterable[Cell]]) -> str:
    """RFC 4180: commas, CRLF, quotes only where needed."""
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue()


async def stream(calls: QuerySet[Call], *, bom: bool = False) -> AsyncIterator[bytes]:
    """The file, oldest call first, in pages that each hold a thread only briefly.

    It must end by itself: a server waits for a stream that raised as for a slow one.
    """
    zone, now = timezone.get_current_timezone(), timezone.now()
    calls = calls.filter(created_at__lte=now).only(*USED)
    try:
        yield ((BOM if bom else "") + lines([[name for name, _ in COLUMNS]])).encode()
        last: Call | None = None
        while True:
            text, last = await in_database(_page, calls, last, zone)
            if text:
                yield text.encode()
            if last is None:
                return
    except Exception:
        logger.exception("the export of calls stopped early")
        yield lines([[INCOMPLETE]]).encode()


def _page(
    calls: QuerySet[Call], last: Call | None, zone: tzinfo
) -> tuple[str, Call | None]:
    """One page as text, and the call it ended with; None after the last page."""
    with timezone.override(zone):
        page = list(_after(calls, last)[:PAGE])
        entries = _with_offers(page)
        text = lines([[get(entry) for _, get in COLUMNS] for entry in entries])
    return text, page[-1] if len(page) == PAGE else None


def _after(calls: QuerySet[Call], last: Call | None) -> QuerySet[Call]:
    # The order of the index call_log, backwards.
    calls = calls.order_by("created_at", "-pk")
    # Not by a join: a page of calls names few queues, agents and lines, many times.
    calls = calls.select_related(None)
    calls = calls.prefetch_related("contact", "queue", "agent", "line")
    if last is None:
        return calls
    later = Q(created_at__gt=last.created_at)
    same = Q(created_at=last.created_at, pk__lt=last.pk)
    return calls.filter(later | same, created_at__gte=last.created_at)


def _with_offers(page: list[Call]) -> list[Entry]:
    entries = {call.pk: Entry(call, []) for call in page}
    offers = Offer.objects.filter(call__in=list(entries)).order_by("offered_at", "pk")
    for call_id, name, outcome in offers.values_list(
        "call_id", "agent__name", "outcome"
    ):
        entries[call_id].offers.append((name, outcome))
    return list(entries.values())


def file_name(calls_of: dict[str, str]) -> str:
    """calls_2026-11-01_2026-11-23_Europe-Berlin.csv"""
    parts = ["calls"]
    for name in ("from", "to"):
        text = "".join(c for c in calls_of.get(name, "") if c.isalnum() or c == "-")
        if text:
            parts.append(f"{name}-{text[:32]}")
    parts.append(zone_name().replace("/", "-"))
    return "_".join(parts) + ".csv"
