"""The notes and the disposition of a call, and what is offered for them."""

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Q

from agents.models import AgentState
from calls.models import LEG_IN_WRAP_UP, OPEN_LEG, CannedNote, Disposition, Leg
from calls.models.canned import MOST as MOST_CANNED_NOTES
from calls.snapshots.calls import SHOWN_WITH_CALL, calls_now
from calls.snapshots.parts import Snapshot, iso


def leg_at_work(agent_id: int) -> Leg | None:
    """Return the agent's part in a call now, or the one in wrap-up."""
    return legs_at_work([agent_id]).get(agent_id)


def legs_at_work(agent_ids: Iterable[int]) -> dict[int, Leg]:
    """Return by agent the part in a call now, or else the newest one in wrap-up."""
    legs = Leg.objects.filter(OPEN_LEG | LEG_IN_WRAP_UP, agent__in=list(agent_ids))
    related = [f"call__{name}" for name in SHOWN_WITH_CALL]
    found: dict[int, Leg] = {}
    for leg in legs.select_related("agent", *related).order_by("pk"):
        before = found.get(leg.agent_id)
        if before is None or before.ended_at is not None:
            found[leg.agent_id] = leg
    return found


def work_snapshot(agent_id: int) -> Snapshot | None:
    return works_now([agent_id])[agent_id]


def works_now(agent_ids: Iterable[int]) -> dict[int, Snapshot | None]:
    """Return by agent what they may write about a call; five queries for a queue."""
    agent_ids = list(agent_ids)
    legs = legs_at_work(agent_ids)
    calls = {leg.call_id: leg.call for leg in legs.values()}
    seen = {now.call.pk: now.snapshot() for now in calls_now(calls.values())}
    queues = {call.queue_id for call in calls.values()}
    choices = {queue: choices_of(queue) for queue in queues}
    canned = canned_notes_of(queues)
    return {
        agent_id: _work(leg, seen[leg.call_id], choices, canned)
        if (leg := legs.get(agent_id))
        else None
        for agent_id in agent_ids
    }


Offered = dict[int | None, list[Snapshot]]


def _work(leg: Leg, seen: Snapshot, choices: Offered, canned: Offered) -> Snapshot:
    queue = leg.call.queue
    wrapping_up = leg.agent.state == AgentState.WRAP_UP
    return {
        "call": str(leg.call_id),
        "call_snapshot": seen,
        "notes": leg.notes,
        "disposition": leg.disposition_id,
        "required": bool(queue and queue.disposition_required),
        "choices": choices[leg.call.queue_id],
        "canned_notes": canned.get(leg.call.queue_id, []),
        "until": iso(leg.agent.until) if wrapping_up else None,
        "over": leg.ended_at is not None,
    }


def canned_notes_of(queue_ids: Iterable[int | None]) -> Offered:
    """Return by queue the texts for its notes, as many as a list can show."""
    notes = CannedNote.objects.filter(queue__in=[pk for pk in queue_ids if pk])
    found: Offered = defaultdict(list)
    for queue, key, text in notes.order_by("key").values_list("queue", "key", "text"):
        if len(found[queue]) < MOST_CANNED_NOTES:
            found[queue].append({"key": key, "text": text})
    return found


def choices_of(queue_id: int | None) -> list[Snapshot]:
    """Return a queue's dispositions, with their sub-dispositions below."""
    offered = Disposition.objects.filter(is_active=True)
    of_queue = Q(queues=None) | Q(queues=queue_id)
    roots: list[Snapshot] = []
    finer: dict[int | None, list[Snapshot]] = defaultdict(list)
    for one in offered.filter(Q(parent__isnull=False) | of_queue).distinct():
        if one.parent_id is None:
            roots.append({"id": one.pk, "name": one.name, "children": finer[one.pk]})
        else:
            finer[one.parent_id].append({"id": one.pk, "name": one.name})
    return roots
