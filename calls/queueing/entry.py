"""Put a new caller into a queue, or tell them why not."""

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from agents.admission import EntryOutcome, keeps_place, resolve_overflow
from agents.line_hours import opening_of_all
from agents.models import Queue
from calls.models import Announcement, Call, CallQuerySet, Direction, Leg, Line, Offer
from calls.queueing import dispatch
from calls.queueing.hold_queue import play_announcement
from calls.queueing.limits import deadline_of
from calls.queueing.queue_state import queues_now
from calls.queueing.training import want_trainee
from calls.states import FOR_ANYBODY, Event, Result
from calls.transitions import move

# What a call gets with its entry, in the write that lets it ring.
ENTRY = (
    "queue",
    "queued_at",
    "place_since",
    "queue_visits",
    "visited_queues",
    "wanted_agent",
    "wanted_as",
    "wanted_until",
    "deadline",
)


NOT_TAKEN = {
    EntryOutcome.FULL: Announcement.FULL,
    EntryOutcome.NO_AGENTS: Announcement.NOBODY,
}


def enter(call: Call, line: Line) -> None:
    """Let a new call ring in its line's queue, or tell the caller why not."""
    call.queued_at, call.place_since = call.created_at, _place_of(call)
    hours = (line.schedule, line.queue.schedule)
    if opening_of_all(hours, timezone.now()).open:
        announcement = _join(call, line.queue)
    else:
        announcement = Announcement.CLOSED
    move(call, Event.OFFERED, **{name: getattr(call, name) for name in ENTRY})
    if announcement:
        play_announcement(call, announcement)
    dispatch.run_soon()


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


def _join(call: Call, first: Queue) -> Announcement | None:
    """Join this queue or the one it overflows into. Returns why not, if so."""
    queues = queues_now([first], without=call)
    found = resolve_overflow(first.pk, queues)
    is_first = found.queue_id == first.pk
    queue = first if is_first else Queue.objects.get(pk=found.queue_id)
    call.queue = queue
    call.queue_visits, call.visited_queues = len(found.visited), list(found.visited)
    _want_sticky(call, queue)
    want_trainee(call)
    if found.outcome in NOT_TAKEN:
        return NOT_TAKEN[found.outcome]
    # Whether it rings anywhere, and what then, dispatch sees next.
    call.deadline = deadline_of(call, queues, rings_since=call.created_at)
    return None


def _want_sticky(call: Call, queue: Queue) -> None:
    """Name the sticky agent, who is rung first for a moment."""
    if not queue.sticky_hours or call.contact is None:
        return
    now = timezone.now()
    talks = Leg.objects.filter(
        call__contact=call.contact,
        joined_at__gt=now - timedelta(hours=queue.sticky_hours),
        agent__queues=queue,
    )
    leg = talks.select_related("agent").order_by("-joined_at").first()
    if leg is not None:
        call.wanted_agent, call.wanted_as = leg.agent, Offer.Kind.STICKY
        call.wanted_until = timezone.now() + timedelta(seconds=queue.sticky_seconds)


def waiting_in(queue_id: int | None) -> CallQuerySet:
    """Select the callers who wait in a queue for an agent."""
    waiting: CallQuerySet = Call.objects.filter(
        queue=queue_id, status__in=FOR_ANYBODY, announcement=""
    )
    return waiting


def place_of(call: Call) -> int | None:
    """Return the place among those who wait in the queue, from 1; None: no longer."""
    waits = waiting_in(call.queue_id).order_by("-priority", "place_since", "pk")
    line = list(waits.values_list("pk", flat=True))
    return line.index(call.pk) + 1 if call.pk in line else None
