"""The call log as a file: CSV, streamed page by page."""

import csv
import io
import logging
import re
import unicodedata
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import datetime, tzinfo
from typing import Any

import phonenumbers
from django.db.models import Q, QuerySet
from django.utils import timezone

from callcenter.database import in_database
from calls.models import Call, Offer

logger = logging.getLogger(__name__)

PAGE = 2000
BOM = "\N{BYTE ORDER MARK}"
INCOMPLETE = "This file is incomplete: the export stopped early. Please try again."

MISSED = (Offer.Outcome.DECLINED, Offer.Outcome.NO_ANSWER, Offer.Outcome.CALLER_LEFT)

FORMULA = re.compile(r"[\t\r\n]|[\s\"'`\u2018-\u201f\u200b-\u200f\ufeff]*[=+\-@]")

Cell = str | int | None
Getter = Callable[[Call], Cell]


def safe(text: str) -> str:
    """A cell that people wrote, so that no spreadsheet takes it for a formula.

    Full-width forms count, and so does what hides behind quotes and spaces.
    """
    plain = unicodedata.normalize("NFKC", text)
    return f"'{text}" if FORMULA.match(plain) else text


def stamp(instant: datetime | None) -> str:
    """Local time without an offset: spreadsheets cannot read one."""
    return timezone.localtime(instant).strftime("%Y-%m-%d %H:%M:%S") if instant else ""


def zone_name(zone: tzinfo | None = None) -> str:
    return str(zone or timezone.get_current_timezone())


def _phone(waid: str | None) -> str:
    # Ours, digits only: no spreadsheet can read more than a number into it.
    return f"+{waid}" if waid and waid.isdigit() else ""


def _country(waid: str | None) -> str:
    try:
        number = phonenumbers.parse(_phone(waid))
    except phonenumbers.NumberParseException:
        return ""
    return phonenumbers.region_code_for_number(number) or ""


def _contact(name: str) -> Getter:
    return lambda call: safe(getattr(call.contact, name, None) or "")


def _number(read: Callable[[str | None], str]) -> Getter:
    return lambda call: read(call.contact.waid if call.contact else None)


def _at(name: str) -> Getter:
    return lambda call: stamp(getattr(call, name))


def _offers(call: Call) -> list[Offer]:
    return sorted(call.offers.all(), key=lambda offer: (offer.offered_at, offer.pk))


def _missed(call: Call) -> int:
    return sum(offer.outcome in MISSED for offer in _offers(call))


def _tried(call: Call) -> str:
    return safe("; ".join(offer.agent.name for offer in _offers(call)))


def _total_seconds(call: Call) -> int | None:
    if call.ended_at is None:
        return None
    return round((call.ended_at - call.created_at).total_seconds())


COLUMNS: list[tuple[str, Getter]] = [
    ("call_id", lambda call: str(call.pk)),
    ("wati_call_id", lambda call: safe(call.wati_call_id)),
    ("direction", lambda call: call.direction),
    ("business_number", lambda call: _phone(call.line.number if call.line else None)),
    ("contact_waid", _contact("waid")),
    ("contact_bsuid", _contact("bsuid")),
    ("contact_phone_e164", _number(_phone)),
    ("contact_name", _contact("name")),
    ("contact_country", _number(_country)),
    ("queue", lambda call: safe(call.queue.name if call.queue else "")),
    ("agent", lambda call: safe(call.agent.name if call.agent else "")),
    ("agent_id", lambda call: call.agent_id),
    ("offers", lambda call: len(_offers(call))),
    ("offers_missed", _missed),
    ("tried_agents", _tried),
    ("offered_at", _at("created_at")),
    ("accepted_at", _at("accepted_at")),
    ("answered_at", _at("answered_at")),
    ("ended_at", _at("ended_at")),
    ("timezone", lambda call: zone_name()),
    ("wait_s", lambda call: call.wait_seconds),
    ("talk_s", lambda call: call.talk_seconds),
    ("total_s", _total_seconds),
    ("provider_duration_s", lambda call: call.provider_duration),
    ("result", lambda call: call.result),
    ("end_reason", lambda call: call.end_reason),
    ("ended_by", lambda call: call.ended_by),
    ("error_code", lambda call: call.error_code),
    ("error_text", lambda call: safe(call.end_text) if call.error_code else ""),
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
    calls = calls.filter(created_at__lte=now).defer("offer_sdp", "answer_sdp")
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
        text = lines([[get(call) for _, get in COLUMNS] for call in page])
    return text, page[-1] if len(page) == PAGE else None


def _after(calls: QuerySet[Call], last: Call | None) -> QuerySet[Call]:
    # The order of the index call_log, backwards.
    calls = calls.order_by("created_at", "-pk")
    calls = calls.select_related("contact", "queue", "agent", "line")
    calls = calls.prefetch_related("offers__agent")
    if last is None:
        return calls
    later = Q(created_at__gt=last.created_at)
    same = Q(created_at=last.created_at, pk__lt=last.pk)
    return calls.filter(later | same, created_at__gte=last.created_at)


def file_name(calls_of: dict[str, Any]) -> str:
    """calls_2026-11-01_2026-11-23_Europe-Berlin.csv"""
    parts = ["calls"]
    for name in ("from", "to"):
        text = "".join(
            c for c in str(calls_of.get(name, "")) if c.isalnum() or c == "-"
        )
        if text:
            parts.append(f"{name}-{text[:32]}")
    parts.append(zone_name().replace("/", "-"))
    return "_".join(parts) + ".csv"
