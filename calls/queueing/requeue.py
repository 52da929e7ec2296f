"""Put a caller who talked already back into a queue, before all who are new."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from agents.models import Agent, Queue
from agents.routing import AGENT_RING_TIME
from calls import locking
from calls.models import Call, Leg, Offer
from calls.queueing import dispatch, participants, supervisors
from calls.queueing.hold_queue import wait_ends_at
from calls.states import TALKING, Event, Status
from calls.transitions import move, record

# Callers who talked already come before all who did not.
FRONT = 1000


def send_to_queue(
    call: Call,
    event: Event,
    *,
    queue: Queue | None,
    agent: Agent | None = None,
    giver: Agent | None = None,
    user: Any = None,
) -> None:
    """Let the caller wait for another agent, with music, before all who are new.

    `agent`: for this one alone, for as long as their console may ring.
    """
    now = timezone.now()
    queue = queue or call.queue
    seconds = queue.agent_seconds if queue else AGENT_RING_TIME
    moved: dict[str, Any] = {
        "agent": None,
        "queue": queue,
        "queued_with_audio_at": call.queued_with_audio_at or now,
        "media_at": call.media_at or now,  # of a call out nobody noted it
        "queued_at": now,
        "queue_visits": call.queue_visits + 1,
        "visited_queues": visited_with(call, queue),
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
    moved |= {"place_since": call.created_at, "deadline": wait_ends_at(call)}
    move(call, event, user=user, detail=str(agent or queue or ""), **moved)
    dispatch.run_soon()


def visited_with(call: Call, queue: Queue | None) -> list[int]:
    """Return the queues that a call has visited when this one is added."""
    if queue is None or queue.pk in call.visited_queues:
        return call.visited_queues
    return [*call.visited_queues, queue.pk]


def abandoned_by_console() -> list[UUID]:
    """Return calls whose agent's console has been disconnected for too long."""
    lost = Call.objects.filter(
        status__in=(*TALKING, Status.DIALING),
        console_lost_until__lte=timezone.now(),
    )
    return list(lost.values_list("pk", flat=True))


def requeue(call_id: UUID) -> bool:
    """Put the caller first in the queue when the agent's console did not return.

    A colleague who was asked and is still there has the call instead: then False.
    """
    with locking.dispatch_lock():
        call = Call.objects.select_for_update().get(pk=call_id)
        lost = call.console_lost_until
        if call.status not in TALKING or lost is None or lost > timezone.now():
            return False
        participants.cancel_consults(call)
        guest = participants.guest_with_audio(call)
        away = participants.leg_of(call, call.agent_id)
        participants.drop(call, call.agent_id)
        supervisors.drop(call)
        if guest is not None:
            name = away.agent.name if away else ""
            record(call, "agent_disconnected", detail=name)
            participants.hand_over(call, guest)
            return False
        participants.remove_guests(call, Leg.Left.TRANSFERRED)
        send_to_queue(call, Event.REQUEUED, queue=call.queue)
    return True
