"""Scheduled calls, and what an agent may call with."""

from agents.models import Queue
from calls.models import Line, Plan
from calls.snapshots.parts import Snapshot, iso
from permissions.numbers import display


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
        "name": plan.contact.called,
        "number": display(plan.contact.waid or ""),
        "line": plan.line_id,
        "kind": plan.kind,
        "created_at": iso(plan.created_at),
        "due_at": iso(plan.due_at),
        "expires_at": iso(plan.expires_at),
        "sentence": plan.sentence,
    }


def lines_snapshot(agent_id: int) -> list[Snapshot]:
    lines = Line.objects.filter(queue__agents=agent_id, account__is_active=True)
    return [
        {"id": line.pk, "name": line.name, "number": display(line.number)}
        for line in lines.distinct().order_by("name")
    ]


def queues_snapshot(agent_id: int) -> list[Snapshot]:
    queues = Queue.objects.of_people().filter(agents=agent_id).order_by("name")
    return [{"id": pk, "name": name} for pk, name in queues.values_list("pk", "name")]
