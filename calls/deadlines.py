"""Overdue work: whether there is any, for the clock, and how such a call goes on."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from agents.models import (
    IN_A_CALL,
    PRESENCE_LASTS,
    READINESS_LASTS,
    Agent,
    AgentState,
)
from callcenter.beat import Instant, any_row
from calls import locking, placement
from calls.lifecycle import access, answer, ending
from calls.models import Announcement, Call, Leg, Offer, WatiRequest
from calls.outbound import dialing, planned_calls
from calls.queueing import dispatch, hold_queue, limits, supervisors
from calls.signaling import outbox
from calls.states import FOR_ANYBODY, TALKING, Event, Status
from permissions.models import CallPermission


def overdue(call_id: UUID) -> None:
    """Act on a deadline, unless the call has moved on."""
    with locking.dispatch_lock():
        late = Call.objects.select_for_update().filter(deadline__lte=timezone.now())
        call = late.filter(pk=call_id).first()
        if call is not None:
            _act_on(call)


def _act_on(call: Call) -> None:
    if call.status == Status.RINGING:
        _rang_out(call)
    elif call.status == Status.WAITING:
        _waited_out(call)
    elif call.status in TALKING:
        ending.end(call.pk, Event.TOO_LONG)
    elif call.status == Status.DIALING:
        dialing.give_up(call)
    elif call.media_at is None and _accept_is_out(call):
        ending.end(call.pk, Event.MEDIA_FAILED)
    else:
        answer.release(call.pk, "The console did not open the audio connection.")


def _rang_out(call: Call) -> None:
    if call.announcement:  # no server had room to play it
        ending.end(call.pk, Event.RING_TIMEOUT)
    else:
        _advance(call, Event.RING_TIMEOUT)


def _waited_out(call: Call) -> None:
    if call.media_at is None:
        ending.end(call.pk, Event.MEDIA_FAILED)
    elif call.announcement:
        ending.end(
            call.pk, hold_queue.ANNOUNCED_ENDINGS[Announcement(call.announcement)]
        )
    else:
        _advance(call, Event.WAIT_TIMEOUT)


def _advance(call: Call, timeout: Event) -> None:
    if limits.advance(call):
        dispatch.run_soon()
    else:
        ending.end(call.pk, timeout)


def _accept_is_out(call: Call) -> bool:
    return call.requests.filter(verb=WatiRequest.Verb.ACCEPT).exists()


# --- Whether a sweep would find anything ----------------------------------------------
# Each condition is at least as wide as what the sweep acts on.

Rows = Iterable[QuerySet[Any]]


@any_row
def calls_are_due(now: Instant) -> Rows:
    """Select calls whose deadline has passed, those of dead nodes, and silent nodes."""
    return (
        Call.objects.filter(deadline__lte=now),
        placement.orphans(),
        placement.silent(now),
    )


@any_row
def floor_is_due(now: Instant) -> Rows:
    """Select callers who wait, and overdue agents, ring attempts and consoles."""
    late = Q(rang_at=None, confirm_by__lte=now) | Q(ring_until__lte=now)
    return (
        Call.objects.filter(status__in=FOR_ANYBODY),
        Call.objects.filter(
            status__in=(*TALKING, Status.DIALING), console_lost_until__lte=now
        ),
        Offer.objects.filter(late, outcome=Offer.Outcome.RINGING),
        Leg.objects.open().filter(mode=Leg.Mode.CONSULT, joined_at=None),
        Agent.objects.filter(_overdue(now)),
        access.locked_out(),
        access.without_agent(),
        supervisors.overdue(now),
        supervisors.strayed(),
    )


def _overdue(now: Instant) -> Q:
    available, away = Q(state=AgentState.AVAILABLE), Q(state=AgentState.OFFLINE)
    unproved = ~Q(ready_at__gt=now - READINESS_LASTS)
    silent = ~Q(seen_at__gt=now - PRESENCE_LASTS)
    wrapped_up = Q(state=AgentState.WRAP_UP, until__lte=now)
    return (
        (available & unproved) | (silent & ~away & ~Q(state__in=IN_A_CALL)) | wrapped_up
    )


@any_row
def plans_are_due(now: Instant) -> Rows:
    """Select permissions that have expired or are to be checked, and scheduled calls
    due or over."""
    permissions = CallPermission.objects
    return (
        permissions.due(now),
        permissions.to_check(now),
        *planned_calls.to_sweep(now),
    )


@any_row
def requests_are_due(now: Instant) -> Rows:
    """Select requests to Wati that are due, or lost, and tokens to be tried."""
    return (outbox.to_send(now), outbox.to_probe(now))
