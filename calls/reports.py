"""What the log adds up to. Questions only; nothing here changes a row.

A call belongs to the day on which it was offered. Each offered call stands in exactly
one of the groups below, so that they add up to what was offered.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from agents.models import Agent, AgentState
from callcenter.models import WatiAccount
from calls.models import Call, Direction, WatiRequest, WebhookDelivery
from calls.states import Result, Status

ANSWERED = Q(result=Result.ANSWERED) | Q(result="", status=Status.ACTIVE)
UNANSWERED = ~Q(result__in=["", Result.ANSWERED])
WAITING = Q(result="") & ~Q(status=Status.ACTIVE)
GROUPS: dict[str, Q] = {
    "answered": ANSWERED,
    "abandoned": Q(result=Result.ABANDONED),
    "declined": Q(result=Result.DECLINED),
    "timeout": Q(result=Result.TIMEOUT),
    "failed": Q(result=Result.FAILED),
    "waiting": WAITING,
}

# How far back a request of unknown outcome is still worth a look.
PROBLEMS_SINCE = timedelta(days=7)


@dataclass(frozen=True)
class Tally:
    """Inbound calls of one interval: offered is the sum of the six groups."""

    offered: int
    answered: int
    abandoned: int
    declined: int
    timeout: int
    failed: int
    waiting: int
    average_wait: int | None  # seconds, over all that wait no more

    @property
    def missed(self) -> int:
        return self.offered - self.answered - self.waiting


@dataclass(frozen=True)
class Floor:
    """Who and what is there now."""

    available: int
    in_call: int
    on_break: int
    ringing: int


@dataclass(frozen=True)
class Problems:
    """What a person should look at."""

    dead_webhooks: int
    unknown_requests: int

    @property
    def any(self) -> bool:
        return bool(self.dead_webhooks or self.unknown_requests)


def day_of(now: datetime) -> tuple[datetime, datetime]:
    """The day around an instant in the current time zone: start, and start of next."""
    start = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    # Not 24 hours: days on which the clock changes are longer or shorter.
    following = timezone.make_aware(start.replace(tzinfo=None) + timedelta(days=1))
    return start, following


def tally(start: datetime, end: datetime) -> Tally:
    """Inbound calls offered at or after `start` and before `end`."""
    calls = Call.objects.logged().filter(
        direction=Direction.INBOUND, created_at__gte=start, created_at__lt=end
    )
    counts = {name: Count("pk", filter=group) for name, group in GROUPS.items()}
    until = Coalesce("answered_at", "ended_at")
    wait = ExpressionWrapper(until - F("created_at"), output_field=DurationField())
    found = calls.aggregate(offered=Count("pk"), wait=Avg(wait), **counts)
    average = found.pop("wait")
    seconds = None if average is None else round(average.total_seconds())
    return Tally(average_wait=seconds, **found)


def floor() -> Floor:
    """The agents whose consoles are there, and the calls that live."""
    there = Agent.objects.present().aggregate(
        available=Count("pk", filter=Q(state=AgentState.AVAILABLE)),
        on_break=Count("pk", filter=Q(state=AgentState.ON_BREAK)),
    )
    # An agent in a call counts even while their console reconnects.
    in_call = Agent.objects.filter(state=AgentState.IN_CALL).count()
    ringing = Call.objects.filter(status=Status.RINGING).count()
    return Floor(in_call=in_call, ringing=ringing, **there)


def problems(now: datetime) -> Problems:
    dead = WebhookDelivery.objects.filter(status=WebhookDelivery.Status.DEAD)
    unknown = WatiRequest.objects.filter(
        status=WatiRequest.Status.UNKNOWN, created_at__gte=now - PROBLEMS_SINCE
    )
    return Problems(dead_webhooks=dead.count(), unknown_requests=unknown.count())


def refused_accounts() -> list[WatiAccount]:
    """Accounts whose token Wati refuses: nothing works there until it is replaced."""
    refused = WatiAccount.objects.filter(is_active=True)
    return list(refused.exclude(unauthorised_since=None).order_by("name"))
