"""The clock was set: what is counted of live calls goes on as if it had not been.

A clock that is put forward by an hour would let every deadline pass at once, and one
that is put back would let nobody's pass for an hour. So all times of what is going on
move with it. What is over keeps the times that the clock showed then; so does what
people have fixed by the clock on the wall, as the time of a callback.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, DateTimeField, F, Model, Q, QuerySet, When
from django.db.models.expressions import Combinable
from django.utils import timezone

from agents.models import Agent, AgentState, AgentStateSpan, ConsoleWindow
from calls import locking, notify
from calls.models import (
    Call,
    CallChange,
    ClockJump,
    Leg,
    Node,
    Offer,
    Plan,
    Supervision,
    SweepRun,
    WatiRequest,
    WebhookDelivery,
)
from calls.states import LIVE
from calls.transitions import bump_versions

logger = logging.getLogger(__name__)

# Of two clocks that notice the same jump one moves the rows.
SAME_JUMP = timedelta(seconds=30)
# What happened so short a time ago, or while the rows are moved, happened after the
# clock was set.
NOTICED_WITHIN = timedelta(seconds=2)
# Fixed by people, by the clock on the wall; or by the clock of somebody else.
FIXED: dict[type[Model], set[str]] = {
    Plan: {"created_at", "due_at", "expires_at", "withdrawn_at"},
    WebhookDelivery: {"sent_at"},
}
# What lies ahead, or did; all other times tell when something was.
AHEAD = {
    "confirm_by",
    "console_lost_until",
    "deadline",
    "lease_until",
    "next_attempt_at",
    "not_before",
    "retry_at",
    "ring_until",
    "until",
    "wanted_until",
}
# The first of these that a row has tells when it was written first.
BEGINNINGS = (
    "created_at",
    "received_at",
    "started_at",
    "opened_at",
    "offered_at",
    "at",
)


def going_on() -> list[QuerySet[Any]]:
    """Select the rows whose times are compared with now, or will be."""
    live = Call.objects.filter(status__in=LIVE)
    in_wrap_up = Q(pk__in=Leg.objects.in_wrap_up().values("pk"))
    at_wati = (WatiRequest.Status.PENDING, WatiRequest.Status.SENT)
    unread = (WebhookDelivery.Status.NEW, WebhookDelivery.Status.WAITING)
    return [
        live,
        Offer.objects.filter(call__in=live),
        CallChange.objects.filter(call__in=live),
        Leg.objects.filter(Q(call__in=live) | in_wrap_up),
        Supervision.objects.filter(call__in=live),
        Agent.objects.all(),
        ConsoleWindow.objects.all(),
        AgentStateSpan.objects.filter(ended_at=None),
        WatiRequest.objects.filter(status__in=at_wati),
        WebhookDelivery.objects.filter(status__in=unread),
        Plan.objects.filter(state=Plan.State.OFFERED),
        Node.objects.all(),
        SweepRun.objects.all(),
    ]


def move_times(seconds: float) -> bool:
    """Move the times of what is going on. False if another process has done it."""
    by = timedelta(seconds=seconds)
    with locking.dispatch_lock():
        now = timezone.now()
        lately = ClockJump.objects.filter(
            at__range=(now - SAME_JUMP, now + SAME_JUMP),
            seconds__range=(seconds - 2, seconds + 2),
        )
        if lately.exists():
            return False
        ClockJump.objects.create(at=now, seconds=seconds)
        for rows in going_on():
            _move(rows, by, now)
        bump_versions(Call.objects.filter(status__in=LIVE).only("pk"))
        away = Q(state=AgentState.OFFLINE)
        notify.agents_changed(Agent.objects.exclude(away).values_list("pk", flat=True))
    logger.critical("the clock was set by %.0f s: running times are moved", seconds)
    return True


def _move(rows: QuerySet[Any], by: timedelta, now: datetime) -> None:
    """Move what the clock showed before it was set, and nothing of later."""
    names = times_of(rows.model)
    if beginning := next((name for name in BEGINNINGS if name in names), None):
        rows = rows.exclude(_since(beginning, now))
    if rows.model is WebhookDelivery:
        rows = _free(rows)
    rows.update(**{name: _moved(name, by, now) for name in names})


def _free(rows: QuerySet[WebhookDelivery]) -> QuerySet[WebhookDelivery]:
    """Leave out what is at work now: it waits for our lock, and we must not for it."""
    free = rows.select_for_update(skip_locked=True)
    return WebhookDelivery.objects.filter(
        pk__in=list(free.values_list("pk", flat=True))
    )


def _moved(name: str, by: timedelta, now: datetime) -> Combinable:
    """Return the time moved, unless it was written after the clock was set."""
    moved = F(name) + by
    if name not in AHEAD:
        written_since = _since(name, now)
    elif by < timedelta():
        # By the clock before, all that lies ahead is further away than the jump.
        written_since = Q(**{f"{name}__lt": now - by / 2})
    else:
        return moved
    return Case(When(written_since, then=F(name)), default=moved)


def _since(name: str, now: datetime) -> Q:
    """Return the condition that this was written after the clock was set."""
    return Q(**{f"{name}__range": (now - NOTICED_WITHIN, now + NOTICED_WITHIN)})


def times_of(model: type[Model]) -> list[str]:
    fixed = FIXED.get(model, set())
    fields = [one for one in model._meta.fields if isinstance(one, DateTimeField)]
    return [one.name for one in fields if one.name not in fixed]
