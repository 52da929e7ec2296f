"""The clock was set: what is counted of live calls goes on as if it had not been.

A clock that is put forward by an hour would let every deadline pass at once, and one
that is put back would let nobody's pass for an hour. So all times of what is going on
move with it. What is over keeps the times that the clock showed then; so does what
people have fixed by the clock on the wall, as the time of a callback.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db.models import DateTimeField, F, Model, Q, QuerySet
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
# What began so short a time ago, began after the clock was set.
NOTICED_WITHIN = timedelta(seconds=2)
# Fixed by people, by the clock on the wall.
FIXED: dict[type[Model], set[str]] = {
    Plan: {"created_at", "due_at", "expires_at", "withdrawn_at"}
}


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
    names = times_of(rows.model)
    if "created_at" in names:
        rows = rows.exclude(created_at__range=(now - NOTICED_WITHIN, now))
    rows.update(**{name: F(name) + by for name in names})


def times_of(model: type[Model]) -> list[str]:
    fixed = FIXED.get(model, set())
    fields = [one for one in model._meta.fields if isinstance(one, DateTimeField)]
    return [one.name for one in fields if one.name not in fixed]
