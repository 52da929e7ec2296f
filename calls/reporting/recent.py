"""The last minutes, and what is overdue: read from rows, whichever process wrote them.

Queries only, each of them bounded: the newest calls are found by an index, and what is
due by indexes that hold nothing else.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Min, Q

from calls.models import Call, Offer, Plan, WatiRequest, WebhookDelivery
from calls.signaling import outbox

WINDOW = timedelta(minutes=5)
MOST = 2000  # rows of one kind, the newest


def calls(now: datetime) -> Counter[tuple[str, str]]:
    """Count the calls that began lately, by direction and result or `live`."""
    began = Call.objects.logged().filter(created_at__gte=now - WINDOW)
    rows = began.order_by("-created_at").values_list("direction", "result")[:MOST]
    return Counter((direction, result or "live") for direction, result in rows)


@dataclass
class RingAttempts:
    """The ringing of calls that began lately; `first`: seconds since their webhook."""

    outcomes: Counter[str] = field(default_factory=Counter)
    confirmed: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)


def ring_attempts(now: datetime) -> RingAttempts:
    found, first_at = RingAttempts(), dict[Any, tuple[datetime, datetime]]()
    rows = Offer.objects.filter(
        call__created_at__gte=now - WINDOW, call__is_canary=False
    ).exclude(kind=Offer.Kind.CONSULT)
    columns = ("call", "outcome", "offered_at", "rang_at", "call__created_at")
    waited = "call__queued_with_audio_at"
    for call, outcome, at, rang_at, began, queued in rows.order_by("-pk").values_list(
        *columns, waited
    )[:MOST]:
        found.outcomes[outcome] += 1
        if rang_at is None:
            continue
        found.confirmed.append((rang_at - at).total_seconds())
        # Who is answered by music first waits for an agent, not for us.
        if queued is None or rang_at < queued:
            first_at[call] = min(first_at.get(call, (rang_at, began)), (rang_at, began))
    found.first = [(rang - began).total_seconds() for rang, began in first_at.values()]
    return found


def answers(now: datetime) -> list[float]:
    """Return the seconds from an agent's click until our answer went to Wati."""
    accepts = WatiRequest.objects.filter(
        verb=WatiRequest.Verb.ACCEPT,
        sent_at__isnull=False,
        call__created_at__gte=now - WINDOW,
        call__claimed_at__isnull=False,
        call__queued_with_audio_at=None,
        call__is_canary=False,
    )
    rows = accepts.order_by("-pk").values_list("sent_at", "call__claimed_at")[:MOST]
    # A call that was given back and answered again has a later click than its accept.
    return [
        (sent - clicked).total_seconds()
        for sent, clicked in rows
        if sent and clicked and sent >= clicked
    ]


def overdue(now: datetime) -> dict[str, float]:
    """Return for each kind of work how long the oldest of it has been due."""
    oldest = {name: find(now) for name, find in DUE.items()}
    return {
        name: max(0.0, (now - at).total_seconds()) if at else 0.0
        for name, at in oldest.items()
    }


def _calls_due(now: datetime) -> datetime | None:
    return _least(Call.objects.filter(deadline__lte=now), "deadline")


def _attempts_due(now: datetime) -> datetime | None:
    ringing = Offer.objects.filter(outcome=Offer.Outcome.RINGING)
    unconfirmed = ringing.filter(rang_at=None, confirm_by__lte=now)
    rang_out = ringing.filter(ring_until__lte=now)
    found = (_least(unconfirmed, "confirm_by"), _least(rang_out, "ring_until"))
    return min(filter(None, found), default=None)


def _webhooks_due(now: datetime) -> datetime | None:
    status = WebhookDelivery.Status
    open_ones = Q(status__in=[status.NEW, status.WAITING])
    due = WebhookDelivery.objects.filter(open_ones, next_attempt_at__lte=now)
    return _least(due, "next_attempt_at")


def _requests_due(now: datetime) -> datetime | None:
    return _least(outbox.to_send(now), "next_attempt_at")


def _plans_due(now: datetime) -> datetime | None:
    return _least(Plan.objects.open().filter(expires_at__lte=now), "expires_at")


DUE: dict[str, Callable[[datetime], datetime | None]] = {
    "calls": _calls_due,
    "ring_attempts": _attempts_due,
    "webhooks": _webhooks_due,
    "requests": _requests_due,
    "scheduled_calls": _plans_due,
}


def _least(rows: Any, column: str) -> datetime | None:
    at: datetime | None = rows.order_by().aggregate(at=Min(column))["at"]
    return at
