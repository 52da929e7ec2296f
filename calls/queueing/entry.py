"""Put a new caller into a queue, or tell them why not."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Min, Q
from django.utils import timezone

from agents.admission import (
    Floor,
    Limits,
    Outcome,
    Settled,
    WhenNobody,
    keeps_place,
    settle,
)
from agents.line_hours import opening_of
from agents.models import Queue
from agents.presence import on_duty_for, ready_for
from calls.models import Announcement, Call, Direction, Leg, Line, Offer
from calls.queueing import dispatch
from calls.queueing.hold_queue import auto_answer, play_announcement, set_fields
from calls.states import FOR_ANYBODY, Result


def enter(call: Call, line: Line) -> None:
    """A new call comes into its line's queue, or is told why not."""
    set_fields(call, queued_at=call.created_at, place_since=_place_of(call))
    if not opening_of(line.schedule, timezone.now()).open:
        play_announcement(call, Announcement.CLOSED)
    else:
        _join(call, line.queue)
    dispatch.run_after_commit()


def _place_of(call: Call) -> datetime:
    """Who hung up and calls again soon has not lost the place in the line."""
    earlier = Call.objects.filter(
        contact=call.contact, line=call.line, direction=Direction.INBOUND
    ).exclude(Q(contact=None) | Q(ended_at=None) | Q(pk=call.pk))
    last = earlier.order_by("-ended_at").first()
    if last is None or last.result != Result.ABANDONED:  # served since, say
        return call.created_at
    if last.place_since is None or last.ended_at is None:
        return call.created_at
    place = keeps_place(last.ended_at, last.place_since, call.created_at)
    return place or call.created_at


def _join(call: Call, first: Queue) -> None:
    """Into this queue, or the one it overflows into; or the caller is told why not."""
    settled, queue, there = settled_for(first, but=call)
    set_fields(
        call, queue=queue, queue_visits=len(settled.visited), **_wanted(call, queue)
    )
    outcome = settled.admission.outcome
    if outcome == Outcome.FULL:
        play_announcement(call, Announcement.FULL)
    elif outcome == Outcome.NOBODY:
        play_announcement(call, Announcement.NOBODY)
    else:
        _begin_to_wait(call, queue, nobody=not there.logged_in)


def settled_for(first: Queue, but: Call | None = None) -> tuple[Settled, Queue, Floor]:
    """Where a caller who comes to this queue now ends up, and who is there."""
    reachable = _reachable(first)
    limits = {pk: _limits(queue) for pk, queue in reachable.items()}
    floors = {pk: _floor(pk, but=but) for pk in reachable}
    settled = settle(first.pk, limits, floors)
    return settled, reachable[settled.queue_id], floors[settled.queue_id]


def _begin_to_wait(call: Call, queue: Queue, *, nobody: bool) -> None:
    if nobody and queue.when_nobody == WhenNobody.WAIT and auto_answer(call):
        return
    # Whether somebody is on duty then, rang_long_enough() looks.
    answers = queue.system_answers
    seconds = queue.answer_after_seconds if answers else queue.ring_seconds
    set_fields(call, deadline=call.created_at + timedelta(seconds=seconds))


def _reachable(queue: Queue) -> dict[int, Queue]:
    found: dict[int, Queue] = {}
    onward: Queue | None = queue
    while onward is not None and onward.pk not in found:
        found[onward.pk] = onward
        onward = onward.overflow_to
    return found


def _limits(queue: Queue) -> Limits:
    return Limits(
        max_wait=queue.max_wait_seconds,
        max_length=queue.max_length,
        when_nobody=queue.when_nobody,
        overflow_to=queue.overflow_to_id,
    )


def _floor(queue_id: int, but: Call | None) -> Floor:
    others = Call.objects.filter(
        queue=queue_id, status__in=FOR_ANYBODY, announcement=""
    )
    if but is not None:
        others = others.exclude(pk=but.pk)
    since = others.aggregate(first=Min("queued_at"))["first"]
    return Floor(
        logged_in=len(on_duty_for(queue_id)),
        ready=len(ready_for(queue_id)),
        waiting=others.count(),
        longest_wait=(timezone.now() - since).total_seconds() if since else 0,
    )


def _wanted(call: Call, queue: Queue) -> dict[str, Any]:
    """Who knows the caller is asked first, for a moment."""
    recently = timezone.now() - timedelta(hours=queue.sticky_hours)
    talks = Leg.objects.filter(
        call__contact=call.contact,
        joined_at__gt=recently,
        agent__queues=queue,
    ).exclude(call__contact=None)
    leg = talks.order_by("-joined_at").first() if queue.sticky_hours else None
    if leg is None:
        return {}
    until = timezone.now() + timedelta(seconds=queue.sticky_seconds)
    return {
        "wanted_agent": leg.agent,
        "wanted_as": Offer.Kind.STICKY,
        "wanted_until": until,
    }


def place_of(call: Call) -> int | None:
    """From 1, among those who wait for the same queue; None: no longer."""
    waits = Call.objects.filter(
        queue=call.queue_id, status__in=FOR_ANYBODY, announcement=""
    ).order_by("-priority", "place_since", "pk")
    line = list(waits.values_list("pk", flat=True))
    return line.index(call.pk) + 1 if call.pk in line else None
