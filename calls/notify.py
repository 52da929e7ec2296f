"""The only sender to browsers, and to the node that holds a call.

Whole snapshots, after the commit. Who misses one reads the rows again.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from agents.models import Agent
from callcenter.push import send_group
from calls.models import Call, Line, Node, Offer, Plan
from calls.states import LIVE, WITH_AGENT
from permissions.numbers import display

Snapshot = dict[str, Any]


def agent_group(agent_id: int) -> str:
    return f"agent.{agent_id}"


def node_group(name: str) -> str:
    return f"node.{name}"


def call_changed(call: Call) -> None:
    """Tell everybody concerned about this call, once this transaction is committed."""
    call_id = call.pk
    transaction.on_commit(lambda: _send_call(call_id))


def agent_changed(agent_id: int) -> None:
    transaction.on_commit(lambda: _send_agent(agent_id))


def plans_changed(agent_id: int) -> None:
    transaction.on_commit(lambda: _send_plans(agent_id))


def person_changed(agent_id: int, person: Snapshot) -> None:
    """What WhatsApp said of somebody whom this agent looked up."""
    content = _message("person", person=person, request=None)
    send_group(agent_group(agent_id), {"type": "push", "message": content})


def fingerprint(agent_id: int) -> object:
    """Differs when a console may have missed something; cheap enough for each beat."""
    agent = Agent.objects.only("version").get(pk=agent_id)
    concerned = Call.objects.filter(status__in=LIVE).filter(
        Q(agent=agent) | Q(offers__agent=agent)
    )
    calls = concerned.order_by("pk").values_list("pk", "version").distinct()
    plans = Plan.objects.open().filter(agent=agent).order_by("pk")
    return agent.version, list(calls), list(plans.values_list("pk", "version"))


def console_snapshot(agent_id: int) -> Snapshot:
    """Everything that this agent's console shows."""
    agent = Agent.objects.get(pk=agent_id)
    mine = Call.objects.filter(status__in=WITH_AGENT, agent=agent)
    rung = Call.objects.filter(
        status__in=LIVE,
        offers__agent=agent,
        offers__outcome=Offer.Outcome.RINGING,
    )
    calls = (mine | rung).select_related("agent", "queue", "contact").distinct()
    return _message(
        "console",
        agent=agent_snapshot(agent),
        calls=[call_snapshot(call) for call in calls.order_by("created_at")],
        plans=plans_snapshot(agent_id),
        lines=_lines_snapshot(agent_id),
    )


def plans_snapshot(agent_id: int) -> list[Snapshot]:
    plans = Plan.objects.open().filter(agent_id=agent_id).select_related("contact")
    return [_plan_snapshot(plan) for plan in plans.order_by("created_at")]


def _plan_snapshot(plan: Plan) -> Snapshot:
    # Allowed, but outside of calling hours or with nobody free: to the agent it waits.
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


def agent_snapshot(agent: Agent) -> Snapshot:
    return {
        "id": agent.pk,
        "version": agent.version,
        "name": agent.name,
        "state": agent.state,
        "state_since": iso(agent.state_since),
    }


def call_snapshot(call: Call) -> Snapshot:
    """A call as its agents may see it (docs/console-websocket.md)."""
    contact = call.contact
    ringing = [o.agent_id for o in call.offers.filter(outcome=Offer.Outcome.RINGING)]
    return {
        "id": str(call.pk),
        "version": call.version,
        "direction": call.direction,
        "status": call.status,
        "progress": call.progress if call.direction == "outbound" else "",
        "contact": {
            "name": contact.name if contact else "",
            "number": display(contact.waid or "") if contact else "",
        },
        "queue": call.queue.name if call.queue else "",
        "offered_to": ringing,
        "agent": {"id": call.agent.pk, "name": call.agent.name} if call.agent else None,
        "audio_url": _audio_url(call),
        "muted": call.muted,
        "created_at": iso(call.created_at),
        "answered_at": iso(call.answered_at),
        "ended_at": iso(call.ended_at),
        "ended_by": call.ended_by,
        "end_reason": call.end_reason,
        "end_text": call.end_text,
    }


def beat() -> Snapshot:
    return _message("beat")


def _send_call(call_id: Any) -> None:
    call = Call.objects.select_related("agent", "queue", "contact").get(pk=call_id)
    message = {"type": "push", "message": _message("call", call=call_snapshot(call))}
    agents = set(call.offers.values_list("agent_id", flat=True))
    if call.agent_id:
        agents.add(call.agent_id)
    for agent_id in agents:
        send_group(agent_group(agent_id), message)
    if call.node:
        send_group(node_group(call.node), message)


def _send_agent(agent_id: int) -> None:
    agent = Agent.objects.get(pk=agent_id)
    content = _message("agent", agent=agent_snapshot(agent))
    send_group(agent_group(agent_id), {"type": "push", "message": content})


def _send_plans(agent_id: int) -> None:
    content = _message("plans", plans=plans_snapshot(agent_id))
    send_group(agent_group(agent_id), {"type": "push", "message": content})


def _message(kind: str, **fields: Any) -> Snapshot:
    return {"type": kind, "server_time": iso(timezone.now()), **fields}


def _audio_url(call: Call) -> str | None:
    if call.status not in WITH_AGENT:
        return None
    node = Node.objects.filter(name=call.node).first()
    return node.audio_url(call.pk) if node else None


def iso(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
