"""Sums over the log. Queries only; nothing here changes a row.

A call belongs to the day on which it was offered, or placed. Inbound and outbound
calls are counted apart; each stands in exactly one of its groups below, so that they
add up to what was offered, or placed.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import (
    Avg,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    Max,
    Q,
    QuerySet,
)
from django.db.models.functions import Coalesce
from django.utils import timezone

from agents.models import IN_A_CALL, Agent, AgentState
from callcenter.models import WatiAccount
from callcenter.wati.errors import NEEDS_ADMIN, sentence
from calls import placement
from calls.models import (
    Call,
    CallQuerySet,
    Direction,
    Node,
    Plan,
    SetAsideLine,
    SweepRun,
    WatiRequest,
    WebhookDelivery,
)
from calls.signaling import breaker
from calls.states import LIVE, Result, Status
from permissions import watch
from permissions.models import CallPermission

ANSWERED = Q(result=Result.ANSWERED) | Q(result="", answered_at__isnull=False)
UNANSWERED = ~Q(result__in=["", Result.ANSWERED])
WAITING = Q(result="", answered_at=None)
FAILED = Q(result=Result.FAILED)
INBOUND: dict[str, Q] = {
    "answered": ANSWERED,
    "abandoned": Q(result=Result.ABANDONED),
    "declined": Q(result=Result.DECLINED),
    "timeout": Q(result=Result.TIMEOUT),
    "after_hours": Q(result=Result.AFTER_HOURS),
    "turned_away": Q(result=Result.TURNED_AWAY),
    "failed": FAILED,
    "waiting": WAITING,
}
OUTBOUND: dict[str, Q] = {
    "answered": ANSWERED,
    "no_answer": Q(result=Result.NO_ANSWER),
    "rejected": Q(result=Result.REJECTED),
    "cancelled": Q(result=Result.CANCELLED),
    "failed": FAILED,
    "waiting": WAITING,
}
GROUPS = INBOUND | OUTBOUND

# How far back a trouble is still worth a look.
PROBLEMS_SINCE = timedelta(days=7)

PLAN_WAITS = (Plan.State.ASKING, Plan.State.WAITING)
PLAN_IS_READY = (Plan.State.GRANTED, Plan.State.OFFERED)


@dataclass(frozen=True)
class Tally:
    """Inbound calls of one interval: offered is the sum of the eight groups."""

    offered: int
    answered: int
    abandoned: int
    declined: int
    timeout: int
    after_hours: int
    turned_away: int
    failed: int
    waiting: int
    average_wait: int | None  # seconds, over all that wait no more

    @property
    def missed(self) -> int:
        return self.offered - self.answered - self.waiting


@dataclass(frozen=True)
class OutboundTally:
    """Outbound calls of one interval: placed is the sum of the six groups."""

    placed: int
    answered: int
    no_answer: int
    rejected: int
    cancelled: int
    failed: int
    waiting: int

    @property
    def pickup_rate(self) -> int | None:
        """Return the answer rate of calls that may have rung. WhatsApp judges by it."""
        rang = self.answered + self.no_answer + self.rejected + self.cancelled
        return round(100 * self.answered / rang) if rang else None


@dataclass(frozen=True)
class LiveFigures:
    """Agents and callers now."""

    available: int
    cannot_ring: int
    in_call: int
    wrap_up: int
    on_break: int
    ringing: int  # callers not answered yet
    waiting: int  # auto-answered callers, with music


@dataclass(frozen=True)
class OutboundFigures:
    """Scheduled calls, and permissions about to be lost."""

    plans_waiting: int  # for the person's word
    plans_ready: int  # allowed; offered to an agent, or for the next one
    running_out: int  # permissions, within a day
    at_risk: int  # permissions that unanswered calls may cost


@dataclass(frozen=True)
class Trouble:
    """A refusal by Wati or WhatsApp that lasts until an administrator acts."""

    code: int | None  # None where Wati said no without a code of WhatsApp
    sentence: str
    times: int
    in_calls: bool  # from inbound calls; else from our requests
    words: str = ""  # WhatsApp's own, the last time


@dataclass(frozen=True)
class Problems:
    """Problems that need attention."""

    dead_webhooks: int
    unknown_requests: int
    troubles: list[Trouble]
    set_aside: int  # webhooks from the disk
    failing_sweeps: list[SweepRun]
    worker_is_silent: bool
    failing_accounts: list[WatiAccount]
    wrong_clocks: list[Node]

    @property
    def any(self) -> bool:
        return any(vars(self).values())


def tally(start: datetime, end: datetime) -> Tally:
    """Count inbound calls started at or after `start` and before `end`."""
    until = Coalesce("answered_at", "ended_at")
    wait = ExpressionWrapper(until - F("created_at"), output_field=DurationField())
    calls = _calls(Direction.INBOUND, start, end)
    found = calls.aggregate(offered=Count("pk"), wait=Avg(wait), **_counts(INBOUND))
    average = found.pop("wait")
    seconds = None if average is None else round(average.total_seconds())
    return Tally(average_wait=seconds, **found)


def outbound_tally(start: datetime, end: datetime) -> OutboundTally:
    """Count outbound calls placed at or after `start` and before `end`."""
    calls = _calls(Direction.OUTBOUND, start, end)
    return OutboundTally(**calls.aggregate(placed=Count("pk"), **_counts(OUTBOUND)))


def _calls(direction: str, start: datetime, end: datetime) -> CallQuerySet:
    return Call.objects.logged().filter(
        direction=direction, created_at__gte=start, created_at__lt=end
    )


def _counts(groups: dict[str, Q]) -> dict[str, Count]:
    return {name: Count("pk", filter=group) for name, group in groups.items()}


def live_figures() -> LiveFigures:
    """Count agents whose consoles are connected, and live calls."""
    states = {
        "available": AgentState.AVAILABLE,
        "cannot_ring": AgentState.CANNOT_RING,
        "wrap_up": AgentState.WRAP_UP,
        "on_break": AgentState.ON_BREAK,
    }
    there = (
        Agent.objects.people()
        .present()
        .aggregate(
            **{
                name: Count("pk", filter=Q(state=state))
                for name, state in states.items()
            }
        )
    )
    # An agent in a call counts even while their console reconnects.
    in_call = Agent.objects.people().filter(state__in=IN_A_CALL).count()
    callers = (
        Call.objects.logged()
        .filter(status__in=LIVE)
        .aggregate(
            ringing=Count("pk", filter=Q(status=Status.RINGING)),
            waiting=Count("pk", filter=Q(status=Status.WAITING)),
        )
    )
    return LiveFigures(in_call=in_call, **there, **callers)


def outbound_figures(now: datetime) -> OutboundFigures:
    plans = Plan.objects.aggregate(
        waiting=Count("pk", filter=Q(state__in=PLAN_WAITS)),
        ready=Count("pk", filter=Q(state__in=PLAN_IS_READY)),
    )
    permissions = CallPermission.objects.all()
    return OutboundFigures(
        plans_waiting=plans["waiting"],
        plans_ready=plans["ready"],
        running_out=permissions.filter(watch.running_out(now)).count(),
        at_risk=permissions.filter(watch.AT_RISK).count(),
    )


def problems(now: datetime) -> Problems:
    since = now - PROBLEMS_SINCE
    dead = WebhookDelivery.objects.filter(status=WebhookDelivery.Status.DEAD)
    unknown = WatiRequest.objects.filter(
        status=WatiRequest.Status.UNKNOWN, created_at__gte=since
    )
    return Problems(
        dead_webhooks=dead.count(),
        unknown_requests=unknown.count(),
        troubles=[*_refused_requests(since), *_troubled_calls(since)],
        set_aside=SetAsideLine.objects.count(),
        failing_sweeps=list(SweepRun.objects.failing()),
        worker_is_silent=SweepRun.objects.stood_in(),
        failing_accounts=[
            account
            for account in WatiAccount.objects.of_people().filter(is_active=True)
            if breaker.is_failing(account.pk)
        ],
        wrong_clocks=placement.wrong_clocks(),
    )


def _refused_requests(since: datetime) -> list[Trouble]:
    """Count by code, unless the same number has succeeded since."""
    line = Coalesce("call__line", "plan__line")
    requests = WatiRequest.objects.annotate(line=line)
    refused = requests.filter(needs_admin=True, created_at__gte=since)
    groups = refused.values_list("account", "line", "verb", "error_code")
    times: Counter[int | None] = Counter()
    for *pair, verb, code, at, count in groups.annotate(
        at=Max("created_at"), count=Count("pk")
    ):
        done = requests.filter(status=WatiRequest.Status.OK, created_at__gt=at)
        if not done.filter(account=pair[0], line=pair[1], verb=verb).exists():
            times[code] += count
    return [
        _refusal(refused.filter(error_code=code), count)
        for code, count in sorted(times.items(), key=lambda item: item[0] or 0)
    ]


def _refusal(alike: QuerySet[WatiRequest], times: int) -> Trouble:
    newest = alike.latest("created_at")
    return Trouble(
        newest.error_code,
        newest.problem or sentence(newest.error_code),
        times,
        in_calls=False,
        words=newest.words,
    )


def _troubled_calls(since: datetime) -> list[Trouble]:
    """Count inbound calls that WhatsApp ended with a code."""
    calls = _calls(Direction.INBOUND, since, timezone.now())
    newest = Max("created_at")
    answered = calls.filter(ANSWERED).values_list("line")
    answered_at = dict(answered.annotate(at=newest))
    ended = calls.filter(error_code__in=NEEDS_ADMIN).exclude(ANSWERED)
    times: Counter[int] = Counter()
    for line, code, at, count in ended.values_list("line", "error_code").annotate(
        at=newest, count=Count("pk")
    ):
        if at >= answered_at.get(line, at):
            times[code] += count
    return [
        Trouble(code, sentence(code), count, in_calls=True)
        for code, count in sorted(times.items())
    ]


def refused_accounts() -> list[WatiAccount]:
    """Return accounts whose token Wati rejects: they need a new one to work."""
    refused = WatiAccount.objects.filter(is_active=True)
    return list(refused.exclude(unauthorised_since=None).order_by("name"))
