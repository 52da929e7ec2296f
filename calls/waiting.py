"""Callers who wait: their place in the line, and what the system does for them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

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
from agents.models import Agent, Queue
from agents.opening import opening_of
from agents.presence import on_duty_for, ready_for
from calls import floor, nodes, parts
from calls.models import Announcement, Call, Direction, Leg, Line, Offer
from calls.moves import move, touch
from calls.states import FOR_ANYBODY, TALKING, Event, IllegalMove, Result, Status

MEDIA_MUST_COME = timedelta(seconds=20)
# Nobody waits for ever, whatever the queue says.
LONGEST_WAIT = timedelta(hours=2)
LONGEST_GOODBYE = timedelta(minutes=6)
# Callers who talked already come before all who did not.
FRONT = 1000
GOODBYES = {
    Announcement.CLOSED: Event.CLOSED,
    Announcement.NOBODY: Event.NOBODY_THERE,
    Announcement.FULL: Event.QUEUE_FULL,
}


def enter(call: Call, line: Line) -> None:
    """A new call comes into its line's queue, or is told why not."""
    _set(call, queued_at=call.created_at, place_since=_place_of(call))
    if not opening_of(line.schedule, timezone.now()).open:
        _say_goodbye(call, Announcement.CLOSED)
    else:
        _join(call, line.queue)
    floor.look_after_commit()


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
    _set(call, queue=queue, queue_visits=len(settled.visited), **_wanted(call, queue))
    outcome = settled.admission.outcome
    if outcome == Outcome.FULL:
        _say_goodbye(call, Announcement.FULL)
    elif outcome == Outcome.NOBODY:
        _say_goodbye(call, Announcement.NOBODY)
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
    if nobody and queue.when_nobody == WhenNobody.WAIT and park(call):
        return
    # Whether somebody is on duty then, rang_long_enough() looks.
    answers = queue.system_answers
    seconds = queue.answer_after_seconds if answers else queue.ring_seconds
    _set(call, deadline=call.created_at + timedelta(seconds=seconds))


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


def _set(call: Call, **fields: Any) -> None:
    Call.objects.filter(pk=call.pk).update(**fields)
    for name, value in fields.items():
        setattr(call, name, value)


# --- The system answers ------------------------------------------------------------


def park(call: Call, *, announcement: str = "") -> bool:
    """Answer with music, or with a good-bye. False when no node has room."""
    node = nodes.choose()
    if node is None:
        return False
    now = timezone.now()
    try:
        move(
            call,
            Event.PARKED,
            node=node.name,
            node_epoch=node.epoch,
            parked_at=now,
            announcement=announcement,
            deadline=now + MEDIA_MUST_COME,
        )
    except IllegalMove:
        return False
    call.announcement = announcement
    floor.look_after_commit()
    return True


def _say_goodbye(call: Call, announcement: Announcement) -> None:
    if not park(call, announcement=announcement):
        # No room even for that: it rings out, at nobody's console.
        _set(call, announcement=announcement, deadline=_rings_until(call))


def _rings_until(call: Call) -> datetime:
    seconds = call.queue.ring_seconds if call.queue else 45
    return call.created_at + timedelta(seconds=seconds)


def rang_long_enough(call: Call) -> bool:
    """WhatsApp stops ringing soon. True when the call goes on, with us or ringing."""
    queue = call.queue
    if queue is None or call.announcement:
        return False
    on_duty = bool(on_duty_for(queue.pk))
    if on_duty and queue.system_answers and park(call):
        return True
    if _rings_until(call) <= timezone.now():
        return False
    _set(call, deadline=_rings_until(call))
    return True


def heard_at_last(call: Call) -> None:
    """The caller hears our music now; from here on the queue's own limit counts."""
    now = timezone.now()
    _set(call, media_at=now)
    if call.announcement:  # the node ends it when that was said; this is the backstop
        _set(call, deadline=now + LONGEST_GOODBYE)
    elif call.status == Status.WAITING:
        _set(call, deadline=gives_up_at(call))


def gives_up_at(call: Call) -> datetime:
    longest = call.queue.max_wait_seconds if call.queue else None
    begun = call.queued_at or call.created_at
    return begun + (timedelta(seconds=longest) if longest else LONGEST_WAIT)


def place_of(call: Call) -> int | None:
    """From 1, among those who wait for the same queue; None: no longer."""
    waits = Call.objects.filter(
        queue=call.queue_id, status__in=FOR_ANYBODY, announcement=""
    ).order_by("-priority", "place_since", "pk")
    line = list(waits.values_list("pk", flat=True))
    return line.index(call.pk) + 1 if call.pk in line else None


def waited_long_enough(call: Call) -> bool:
    """The queue's limit is reached. True when another queue takes the caller."""
    other = call.queue.overflow_to if call.queue else None
    if other is None or other.pk == call.queue_id or call.queue_visits > 5:
        return False
    _set(
        call,
        queue=other,
        queued_at=timezone.now(),
        queue_visits=call.queue_visits + 1,
        wanted_agent=None,
        wanted_as="",
    )
    _set(call, deadline=gives_up_at(call))
    touch(call)
    floor.look_after_commit()
    return True


# --- Back into the line ------------------------------------------------------------


def send_on(
    call: Call,
    event: Event,
    *,
    queue: Queue | None,
    agent: Agent | None = None,
    giver: Agent | None = None,
    user: Any = None,
) -> None:
    """The caller waits for somebody else, with music, before all who are new.

    `agent`: for this one alone, for as long as their console may ring.
    """
    now = timezone.now()
    queue = queue or call.queue
    seconds = queue.agent_seconds if queue else 20
    moved: dict[str, Any] = {
        "agent": None,
        "queue": queue,
        "parked_at": call.parked_at or now,
        "media_at": call.media_at or now,  # of a call out nobody noted it
        "queued_at": now,
        "queue_visits": call.queue_visits + 1,
        "priority": max(call.priority, FRONT),
        "held_since": call.held_since or now,
        "console_lost_until": None,
        "muted": False,
        "from_agent": giver,
        "wanted_agent": agent,
        "wanted_as": Offer.Kind.TRANSFER if agent else "",
        "wanted_until": now + timedelta(seconds=seconds) if agent else None,
    }
    for name, value in moved.items():
        setattr(call, name, value)
    deadline = gives_up_at(call)
    move(
        call, event, user=user, place_since=call.created_at, deadline=deadline, **moved
    )
    floor.look_after_commit()


def left_alone() -> list[UUID]:
    """Calls whose agent's console has stayed away for too long."""
    lost = Call.objects.filter(
        status__in=(*TALKING, Status.DIALING),
        console_lost_until__lte=timezone.now(),
    )
    return list(lost.values_list("pk", flat=True))


def requeue(call_id: UUID) -> bool:
    """The agent's console stayed away: the caller is next, whoever is free.

    A colleague who was asked and is still there has the call instead: then False.
    """
    with floor.locked():
        call = Call.objects.select_for_update().get(pk=call_id)
        lost = call.console_lost_until
        if call.status not in TALKING or lost is None or lost > timezone.now():
            return False
        parts.stop_asking(call)
        guest = parts.guest_with_sound(call)
        parts.lose(call, call.agent_id)
        if guest is not None:
            parts.hand_over(call, guest)
            return False
        parts.dismiss_guests(call)
        send_on(call, Event.REQUEUED, queue=call.queue)
    return True
