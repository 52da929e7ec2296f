"""Put a new caller into a queue, or tell them why not."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from agents.admission import EntryOutcome, keeps_place, resolve_overflow
from agents.line_hours import opening_of
from agents.models import Queue
from calls.models import Announcement, Call, Direction, Leg, Line, Offer
from calls.queueing import dispatch
from calls.queueing.hold_queue import play_announcement, set_fields
from calls.queueing.limits import deadline_of
from calls.queueing.queue_state import queues_now
from calls.states import FOR_ANYBODY, Result


def enter(call: Call, line: Line) -> None:
    """Put a new call into its line's queue, or tell the caller why not."""
    set_fields(call, queued_at=call.created_at, place_since=_place_of(call))
    if not opening_of(line.schedule, timezone.now()).open:
        play_announcement(call, Announcement.CLOSED)
    else:
        _join(call, line.queue)
    dispatch.run_after_commit()


def _place_of(call: Call) -> datetime:
    """Return the place in the queue; a caller who calls again soon keeps it."""
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
    """Put it into this queue or the one it overflows into, or tell them why not."""
    queues = queues_now([first], without=call)
    found = resolve_overflow(first.pk, queues)
    queue = (
        first if found.queue_id == first.pk else Queue.objects.get(pk=found.queue_id)
    )
    set_fields(
        call,
        queue=queue,
        queue_visits=len(found.visited),
        visited_queues=list(found.visited),
        **_wanted(call, queue),
    )
    if found.outcome == EntryOutcome.FULL:
        play_announcement(call, Announcement.FULL)
    elif found.outcome == EntryOutcome.NO_AGENTS:
        play_announcement(call, Announcement.NOBODY)
    else:  # whether it rings anywhere, and what then, dispatch sees next
        set_fields(call, deadline=deadline_of(call, queues))


def _wanted(call: Call, queue: Queue) -> dict[str, Any]:
    """Return the sticky agent, who is rung first for a moment."""
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
    """Return the place among those who wait in the queue, from 1; None: no longer."""
    waits = Call.objects.filter(
        queue=call.queue_id, status__in=FOR_ANYBODY, announcement=""
    ).order_by("-priority", "place_since", "pk")
    line = list(waits.values_list("pk", flat=True))
    return line.index(call.pk) + 1 if call.pk in line else None
