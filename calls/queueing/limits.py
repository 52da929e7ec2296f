"""Carry out what agents.admission decides for the callers in a queue."""

import logging
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import OperationalError, transaction
from django.utils import timezone

from agents.admission import (
    NEEDS_AUDIO,
    Action,
    NextStep,
    Queues,
    Resolution,
    next_step,
)
from agents.models import Queue
from calls import placement
from calls.models import Announcement, Call, Offer
from calls.queueing.hold_queue import auto_answer, set_fields
from calls.queueing.queue_state import queued_caller, queues_now
from calls.states import Status
from calls.transitions import bump_version

logger = logging.getLogger(__name__)


def deadline_of(
    call: Call, queues: Queues, *, rings_since: datetime | None = None
) -> datetime:
    """Return when this caller must be looked at again, taking it that it rings.

    `rings_since`: of a call that is about to ring.
    """
    now = timezone.now()
    caller = queued_caller(call, rings_at_agent=True)
    if rings_since is not None:
        caller = replace(caller, rings_since=rings_since)
    return next_step(caller, queues, now).until or now


def advance(call: Call) -> bool:
    """Do what is due for a caller who waits. False when the call must end."""
    queues, rings = queues_now([call.queue]), _ringing_at_agents([call])
    step = _next(call, queues, rings)
    if step.action in NEEDS_AUDIO and not _carry_out(call, step):
        step = _next(call, queues, rings, has_room=False)
    return _carry_out(call, step)


def apply_to_ringing(waiting: Iterable[Call], rings: Collection[UUID]) -> bool:
    """Do what is due for every call that rings. True when one changed its queue.

    `rings`: the calls that ring at an agent. What must end is left to its deadline.
    """
    calls = [call for call in waiting if call.status == Status.RINGING]
    if not calls:
        return False
    moved, queues = False, queues_now(call.queue for call in calls)
    has_room = _has_room_for(_next(call, queues, rings) for call in calls)
    for call in calls:
        step = _next(call, queues, rings, has_room=has_room)
        if step.action == Action.TIME_OUT or step.until == call.deadline:
            continue
        if _try(call, step) and step.action == Action.OVERFLOW:
            moved, queues = True, queues_now(call.queue for call in calls)
    return moved


def _ringing_at_agents(calls: Iterable[Call]) -> set[UUID]:
    attempts = Offer.objects.filter(call__in=calls, outcome=Offer.Outcome.RINGING)
    calls_rung = attempts.exclude(kind=Offer.Kind.CONSULT).values_list("call")
    return {call_id for (call_id,) in calls_rung}


def _next(
    call: Call, queues: Queues, rings: Collection[UUID], *, has_room: bool = True
) -> NextStep:
    caller = queued_caller(call, rings_at_agent=call.pk in rings)
    return next_step(caller, queues, timezone.now(), has_room=has_room)


def _has_room_for(steps: Iterable[NextStep]) -> bool:
    """Ask once, and only if anything is to be heard."""
    needed = any(step.action in NEEDS_AUDIO for step in steps)
    return not needed or placement.choose() is not None


def _try(call: Call, step: NextStep) -> bool:
    """Keep one call's trouble from costing the others."""
    try:
        with transaction.atomic():
            return _carry_out(call, step)
    except OperationalError:  # the database is away: for all of them
        raise
    except Exception:
        logger.exception("call %s", call.pk)
        return False


def _carry_out(call: Call, step: NextStep) -> bool:
    """Do this. Return False when it cannot be done, or the call has to end."""
    match step.action:
        case Action.AUTO_ANSWER:
            return auto_answer(call)
        case Action.SAY_NO_AGENTS:
            return auto_answer(call, announcement=Announcement.NOBODY)
        case Action.OVERFLOW if step.resolution is not None:
            _overflow(call, step.resolution)
        case Action.STAY:
            set_fields(call, deadline=step.until)
    return step.action != Action.TIME_OUT


def _overflow(call: Call, found: Resolution) -> None:
    now = timezone.now()
    asked = len(found.visited) - len({*call.visited_queues, call.queue_id})
    set_fields(
        call,
        queue=Queue.objects.get(pk=found.queue_id),
        queued_at=now,
        visited_queues=list(found.visited),
        queue_visits=call.queue_visits + asked,
        wanted_agent=None,
        wanted_as="",
    )
    set_fields(call, deadline=deadline_of(call, queues_now([call.queue])))
    bump_version(call)
