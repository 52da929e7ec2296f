"""The health of Wati's webhooks: what they say of themselves, and what is missing.

Silence alone means nothing: it is compared with what must have been said, because
calls took place and requests were accepted. Queries only.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median_low
from time import monotonic

from django.db.models import Count, Q

from callcenter.models import WatiAccount
from callcenter.wati.errors import sentence
from callcenter.wati.events import Kind
from callcenter.wati.kinds import PERSON_CHANGED
from calls.models import (
    Call,
    Direction,
    Line,
    LineHeard,
    WatiRequest,
    WebhookDelivery,
)
from calls.states import Event, Status
from permissions.numbers import key_of

WINDOW = timedelta(hours=24)  # of what is counted
EXPECTED_WITHIN = timedelta(days=7)  # of what must have been followed by a webhook
# A person may take their time to answer a request.
ANSWER_TAKES = timedelta(days=2)
MISSING_AFTER = 3  # calls or requests in a row without a word about them
MOST_LINES = 50
RECENT = timedelta(seconds=20)  # for pages that ask every few seconds
# The sender's clock: so many bodies, most of them off by the same amount.
CLOCK_SAMPLE, CLOCK_FEWEST = 50, 5
CLOCK_OFF = timedelta(seconds=20)
CLOCK_ALIKE = timedelta(seconds=10)


@dataclass(frozen=True)
class LineHearing:
    """One business number: the kinds it was heard by, and what is missing."""

    line: Line
    heard: dict[str, datetime]  # by kind; what never came is left out
    # How many calls or requests in a row had no webhook of this kind.
    missing: dict[str, int]


@dataclass
class Hearing:
    """One account. Counts are of the last 24 hours."""

    account: WatiAccount
    lines: list[LineHearing] = field(default_factory=list)
    received: Counter[str] = field(default_factory=Counter)  # by address
    not_understood: Counter[str] = field(default_factory=Counter)  # by address
    # (address, what came there): how many.
    misdirected: Counter[tuple[str, str]] = field(default_factory=Counter)
    unknown_words: Counter[str] = field(default_factory=Counter)
    foreign_numbers: Counter[str] = field(default_factory=Counter)
    unknown_codes: Counter[int] = field(default_factory=Counter)  # WhatsApp's
    late_calls: int = 0
    clock_offset: timedelta | None = None  # ours minus the sender's, if it is wrong
    never_called: bool = False  # not one inbound call, ever

    @property
    def counts(self) -> dict[str, int]:
        """Return the counts of the last 24 hours by their names in the metrics."""
        return {
            "received": self.received.total(),
            "not_understood": self.not_understood.total(),
            "misdirected": self.misdirected.total(),
            "unknown_word": self.unknown_words.total(),
            "unknown_code": self.unknown_codes.total(),
            "foreign_number": self.foreign_numbers.total(),
            "late_call": self.late_calls,
        }


def hearings(now: datetime, accounts: Iterable[WatiAccount]) -> list[Hearing]:
    """Return what each of the accounts heard, in their order."""
    found = {account.pk: Hearing(account) for account in accounts}
    _count_webhooks(found, now - WINDOW)
    _count_late_calls(found, now - WINDOW)
    _count_unknown_codes(found, now - WINDOW)
    for hearing in found.values():
        lines = list(hearing.account.lines.order_by("pk"))
        hearing.lines = _lines(lines[:MOST_LINES], now)
        inbound = hearing.account.calls.filter(direction=Direction.INBOUND)
        hearing.never_called = bool(lines) and not inbound.exists()
        ours = {key_of(line.number) for line in lines}
        for number in [n for n in hearing.foreign_numbers if key_of(n) in ours]:
            del hearing.foreign_numbers[number]
        hearing.clock_offset = _clock_offset(hearing.account, now)
    return list(found.values())


class _Recent:
    """The last finding: a day's webhooks are many, and pages ask every few seconds."""

    def __init__(self) -> None:
        self.found: list[Hearing] = []
        self.until = 0.0


_recent = _Recent()


def recent_hearings(now: datetime) -> list[Hearing]:
    """Return what the accounts in use heard, at most RECENT old."""
    if monotonic() >= _recent.until:
        accounts = WatiAccount.objects.of_people().filter(is_active=True)
        _recent.found = hearings(now, accounts.order_by("name"))
        _recent.until = monotonic() + RECENT.total_seconds()
    return _recent.found


def _count_webhooks(found: dict[int, Hearing], since: datetime) -> None:
    """Read the webhooks of all accounts by one query."""
    rows = WebhookDelivery.objects.filter(account__in=found, received_at__gte=since)
    columns = ("account", "kind", "said_kind", "unknown_word", "business_number")
    grouped = (
        rows.order_by()
        .values_list(*columns)
        .annotate(count=Count("pk"), alone=Count("pk", filter=Q(parts=1)))
    )
    for account, kind, said, word, number, count, count_alone in grouped:
        hearing = found[account]
        hearing.received[kind] += count
        if not said:
            hearing.not_understood[kind] += count
        elif said not in (kind, PERSON_CHANGED) and count_alone:
            hearing.misdirected[kind, said] += count_alone
        if word:
            hearing.unknown_words[word] += count
        if number:
            hearing.foreign_numbers[number] += count


def _count_late_calls(found: dict[int, Hearing], since: datetime) -> None:
    late = Call.objects.filter(
        account__in=found, created_at__gte=since, end_reason=Event.OFFERED_LATE
    )
    for account, count in late.order_by().values_list("account").annotate(Count("pk")):
        found[account].late_calls = count


def _count_unknown_codes(found: dict[int, Hearing], since: datetime) -> None:
    for rows in (Call.objects, WatiRequest.objects):
        coded = rows.filter(
            account__in=found, created_at__gte=since, error_code__isnull=False
        )
        grouped = coded.order_by().values_list("account", "error_code")
        for account, code, count in grouped.annotate(Count("pk")):
            if not sentence(code):
                found[account].unknown_codes[code] += count


# --- What is missing -----------------------------------------------------------------


def _lines(lines: list[Line], now: datetime) -> list[LineHearing]:
    heard: dict[int, dict[str, datetime]] = {line.pk: {} for line in lines}
    for row in LineHeard.objects.filter(line__in=lines):
        heard[row.line_id][row.kind] = row.at
    return [
        LineHearing(line, heard[line.pk], _missing(line, heard[line.pk], now))
        for line in lines
    ]


def _missing(line: Line, heard: dict[str, datetime], now: datetime) -> dict[str, int]:
    """Count what has happened since each kind was heard last, and implies it."""

    def since(kind: Kind) -> datetime:
        return max(heard.get(kind, now - EXPECTED_WITHIN), now - EXPECTED_WITHIN)

    calls = Call.objects.filter(line=line, status=Status.ENDED)
    calls = calls.exclude(wati_call_id="")
    placed = calls.filter(direction=Direction.OUTBOUND)
    implied = {
        # WhatsApp took the answer, so the call was real, and it is over.
        Kind.TERMINATE_CALL: calls.filter(accepted_at__gt=since(Kind.TERMINATE_CALL)),
        Kind.OUTBOUND_CALL_STATUS: placed.filter(
            created_at__gt=since(Kind.OUTBOUND_CALL_STATUS)
        ),
        Kind.OUTBOUND_CALL: placed.filter(answered_at__gt=since(Kind.OUTBOUND_CALL)),
        Kind.CALL_PERMISSION: WatiRequest.objects.filter(
            verb=WatiRequest.Verb.ASK,
            status=WatiRequest.Status.OK,
            plan__line=line,
            created_at__gt=since(Kind.CALL_PERMISSION) - ANSWER_TAKES,
            created_at__lt=now - ANSWER_TAKES,
        ),
    }
    counts = {kind.value: rows.count() for kind, rows in implied.items()}
    return {kind: count for kind, count in counts.items() if count >= MISSING_AFTER}


# --- The sender's clock --------------------------------------------------------------


def _clock_offset(account: WatiAccount, now: datetime) -> timedelta | None:
    """Return by how much the sender's clock is behind ours; None if it is right.

    Most of the newest bodies must agree: what is late once says nothing of a clock.
    """
    rows = WebhookDelivery.objects.filter(
        account=account, received_at__gte=now - WINDOW, sent_at__isnull=False
    )
    newest = rows.order_by("-received_at").values_list("received_at", "sent_at")
    offsets = [
        received - sent for received, sent in newest[:CLOCK_SAMPLE] if sent is not None
    ]
    if len(offsets) < CLOCK_FEWEST:
        return None
    usual = median_low(offsets)
    alike = sum(abs(offset - usual) <= CLOCK_ALIKE for offset in offsets)
    return usual if abs(usual) > CLOCK_OFF and alike * 2 > len(offsets) else None
