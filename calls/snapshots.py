"""Whole snapshots for browsers, as docs/console-websocket.md describes them."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from agents.models import Agent, AgentState, BreakReason
from calls.models import Call, Disposition, Leg, Line, Node, Offer, Plan
from calls.states import LIVE, ON_NODE, WITH_AGENT
from permissions.numbers import display

Snapshot = dict[str, Any]


def message(kind: str, **fields: Any) -> Snapshot:
    return {"type": kind, "server_time": iso(timezone.now()), **fields}


def iso(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None


def console_snapshot(agent_id: int) -> Snapshot:
    """Return everything that this agent's console shows."""
    agent = Agent.objects.get(pk=agent_id)
    calls = Call.objects.filter(pk__in=_concerned(agent_id))
    calls = calls.select_related("agent", "queue", "contact", "from_agent")
    return message(
        "console",
        agent=agent_snapshot(agent),
        calls=[call_snapshot(call) for call in calls.order_by("created_at")],
        plans=plans_snapshot(agent_id),
        lines=_lines_snapshot(agent_id),
        breaks=_breaks_snapshot(),
        work=work_snapshot(agent_id),
        echo_url=f"/ws/nodes/{settings.NODE_NAME}/echo/",
    )


def _concerned(agent_id: int) -> set[Any]:
    """Return calls that this agent is on, or that ring at their console."""
    calls = Call.objects.filter(status__in=LIVE)
    mine = Q(status__in=WITH_AGENT, agent=agent_id)
    rung = Q(offers__agent=agent_id, offers__outcome=Offer.Outcome.RINGING)
    joined = Q(legs__agent=agent_id, legs__ended_at=None)
    return {
        pk
        for about in (mine, rung, joined)
        for pk in calls.filter(about).values_list("pk", flat=True)
    }


def fingerprint(agent_id: int) -> object:
    """Return a value that differs when a console may have missed something."""
    agent = Agent.objects.only("version").get(pk=agent_id)
    calls = Call.objects.filter(pk__in=_concerned(agent_id)).order_by("pk")
    plans = Plan.objects.open().filter(agent=agent_id).order_by("pk")
    return (
        agent.version,
        list(calls.values_list("pk", "version")),
        list(plans.values_list("pk", "version")),
    )


# --- Agents ------------------------------------------------------------------------


def agent_snapshot(agent: Agent) -> Snapshot:
    following = {"state": agent.next_state, "reason": agent.next_reason}
    return {
        "id": agent.pk,
        "version": agent.version,
        "name": agent.name,
        "state": agent.state,
        "state_since": iso(agent.state_since),
        "reason": agent.reason,
        "until": iso(agent.until),
        "next_state": following if agent.next_state else None,
    }


def _breaks_snapshot() -> list[Snapshot]:
    offered = BreakReason.objects.filter(is_active=True)
    return [{"id": one.pk, "name": one.name, "minutes": one.minutes} for one in offered]


def _named(agent: Agent | None) -> Snapshot | None:
    return {"id": agent.pk, "name": agent.name} if agent else None


# --- Calls -------------------------------------------------------------------------


def call_snapshot(call: Call) -> Snapshot:
    """Return a call as its agents may see it."""
    ringing = list(
        call.offers.filter(outcome=Offer.Outcome.RINGING).select_related("agent")
    )
    return {
        "id": str(call.pk),
        "version": call.version,
        "direction": call.direction,
        "status": call.status,
        "progress": call.progress if call.direction == "outbound" else "",
        "contact": _contact(call),
        "queue": call.queue.name if call.queue else "",
        "offered_to": [offer.agent_id for offer in ringing],
        "offer_kinds": {str(offer.agent_id): offer.kind for offer in ringing},
        "from_agent": _named(call.from_agent),
        "agent": _named(call.agent),
        "legs": _legs(call, ringing),
        "audio_url": _audio_url(call),
        "muted": call.muted,
        "created_at": iso(call.created_at),
        "queued_at": iso(call.queued_at),
        "answered_at": iso(call.answered_at),
        "held_since": iso(call.held_since),
        "hold_seconds": call.hold_seconds,
        "console_lost_until": iso(call.console_lost_until),
        "ended_at": iso(call.ended_at),
        "ended_by": call.ended_by,
        "end_reason": call.end_reason,
        "end_text": call.end_text,
    }


def _contact(call: Call) -> Snapshot:
    contact = call.contact
    return {
        "id": contact.pk if contact else None,
        "name": contact.name if contact else "",
        "number": display(contact.waid or "") if contact else "",
    }


def _legs(call: Call, ringing: list[Offer]) -> list[Snapshot]:
    """Return the agents on the call, then those who ring for a consult."""
    joined = [
        _leg(leg.agent, leg.mode, "joined", leg.joined_at)
        for leg in call.legs.open().select_related("agent")
    ]
    asked = [
        _leg(offer.agent, Leg.Mode.CONSULT, "ringing", None)
        for offer in ringing
        if offer.kind == Offer.Kind.CONSULT
    ]
    return joined + asked


def _leg(agent: Agent, mode: str, state: str, at: datetime | None) -> Snapshot:
    return {"agent": _named(agent), "mode": mode, "state": state, "joined_at": iso(at)}


def _audio_url(call: Call) -> str | None:
    if call.status not in ON_NODE:
        return None
    node = Node.objects.filter(name=call.node).first()
    return node.audio_url(call.pk) if node else None


# --- Planned calls -----------------------------------------------------------------


def plans_snapshot(agent_id: int) -> list[Snapshot]:
    plans = Plan.objects.open().filter(agent_id=agent_id).select_related("contact")
    return [_plan_snapshot(plan) for plan in plans.order_by("created_at")]


def _plan_snapshot(plan: Plan) -> Snapshot:
    # Allowed, but outside calling hours or with no agent free: to the agent it waits.
    waits = plan.state == Plan.State.GRANTED
    return {
        "id": str(plan.pk),
        "version": plan.version,
        "state": Plan.State.WAITING if waits else plan.state,
        "contact": plan.contact_id,
        "name": plan.contact.name,
        "number": display(plan.contact.waid or ""),
        "line": plan.line_id,
        "kind": plan.kind,
        "created_at": iso(plan.created_at),
        "due_at": iso(plan.due_at),
        "expires_at": iso(plan.expires_at),
        "sentence": plan.sentence,
    }


def _lines_snapshot(agent_id: int) -> list[Snapshot]:
    lines = Line.objects.filter(queue__agents=agent_id, account__is_active=True)
    return [
        {"id": line.pk, "name": line.name, "number": display(line.number)}
        for line in lines.distinct().order_by("name")
    ]


# --- What an agent writes about a call ---------------------------------------------


def leg_at_work(agent_id: int) -> Leg | None:
    """Return the agent's part in a call now, or the one in wrap-up."""
    legs = Leg.objects.filter(agent=agent_id).select_related(
        "agent", "call__queue", "call__agent", "call__contact", "call__from_agent"
    )
    return legs.open().first() or legs.in_wrap_up().last()


def work_snapshot(agent_id: int) -> Snapshot | None:
    leg = leg_at_work(agent_id)
    if leg is None:
        return None
    queue = leg.call.queue
    wrapping_up = leg.agent.state == AgentState.WRAP_UP
    return {
        "call": str(leg.call_id),
        "call_snapshot": call_snapshot(leg.call),
        "notes": leg.notes,
        "disposition": leg.disposition_id,
        "required": bool(queue and queue.disposition_required),
        "choices": choices_of(queue.pk if queue else None),
        "until": iso(leg.agent.until) if wrapping_up else None,
        "over": leg.ended_at is not None,
    }


def choices_of(queue_id: int | None) -> list[Snapshot]:
    """Return a queue's dispositions, with their sub-dispositions below."""
    offered = Disposition.objects.filter(is_active=True)
    roots = offered.filter(parent=None).filter(Q(queues=None) | Q(queues=queue_id))
    finer: dict[int | None, list[Snapshot]] = {}
    for one in offered.exclude(parent=None):
        finer.setdefault(one.parent_id, []).append({"id": one.pk, "name": one.name})
    return [
        {"id": root.pk, "name": root.name, "children": finer.get(root.pk, [])}
        for root in roots.distinct()
    ]
