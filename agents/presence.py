"""Look up who is signed in and ready. Decides nothing."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db import models
from django.utils import timezone

from agents.models import ON_DUTY, READINESS_LASTS, Agent, Membership
from agents.routing import Strategy


def ready_for(queue_id: int) -> list[int]:
    """Return the agents whose console can ring now, longest idle first."""
    ready = Agent.objects.ready().filter(queues=queue_id)
    return list(ready.order_by("state_since").values_list("pk", flat=True))


def on_duty_for(queue_id: int) -> list[int]:
    """Return the agents who are signed in and may take a call now or soon."""
    there = Agent.objects.present().filter(queues=queue_id, state__in=ON_DUTY)
    return list(there.values_list("pk", flat=True))


def staff_of(queue_ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Count by queue who may take a call before long, and at whom one can ring now."""
    found = dict.fromkeys(queue_ids, (0, 0))
    there = Agent.objects.present().filter(
        membership__queue__in=list(found), state__in=ON_DUTY
    )
    is_ready = models.Q(pk__in=Agent.objects.ready().values("pk"))
    counts = there.values("membership__queue").annotate(
        on_duty=models.Count("pk"), ready=models.Count("pk", filter=is_ready)
    )
    rows = counts.values_list("membership__queue", "on_duty", "ready")
    return found | {queue: (on_duty, ready) for queue, on_duty, ready in rows}


class Member(NamedTuple):
    """An agent as a member of one queue; the console can ring, or cannot."""

    queue_id: int
    level: int
    agent_id: int
    name: str
    state: str
    since: datetime
    reason: str
    can_ring: bool
    last_offered_at: datetime | None  # only where a queue asks for it: round robin


def members(queue_ids: Iterable[int]) -> dict[int, list[Member]]:
    """Return everyone in these queues, with their level there."""
    found: dict[int, list[Member]] = {pk: [] for pk in queue_ids}
    lately = timezone.now() - READINESS_LASTS
    rings = models.When(agent__ready_at__gt=lately, then=True)
    in_turn = models.When(
        queue__strategy=Strategy.ROUND_ROBIN, then="agent__last_offered_at"
    )
    rows = Membership.objects.filter(queue__in=list(found)).annotate(
        can_ring=models.Case(rings, default=False),
        offered_at=models.Case(in_turn, default=None),
    )
    about = ("name", "state", "state_since", "reason")
    names = ("queue_id", "level", "agent_id", *(f"agent__{name}" for name in about))
    for row in rows.values_list(*names, "can_ring", "offered_at"):
        member = Member(*row)
        found[member.queue_id].append(member)
    return found
