"""Look up who is signed in and ready. Decides nothing."""

from collections.abc import Iterable

from django.db import models

from agents.models import ON_DUTY, Agent, Membership, is_reachable
from agents.routing import Candidate, Strategy


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


# In the order of Candidate's fields.
OF_A_MEMBER = (
    "agent_id",
    "agent__name",
    "agent__state",
    "agent__state_since",
    "agent__reason",
    "can_ring",
    "level",
    "offered_at",
)


def members(queue_ids: Iterable[int]) -> dict[int, tuple[Candidate, ...]]:
    """Return everyone in these queues, in the rules' own terms.

    The last ring attempt only where the queue asks for it: round robin.
    """
    found: dict[int, list[Candidate]] = {pk: [] for pk in queue_ids}
    rings = models.When(is_reachable("agent__"), then=True)
    in_turn = models.When(
        queue__strategy=Strategy.ROUND_ROBIN, then="agent__last_offered_at"
    )
    rows = Membership.objects.filter(queue__in=list(found)).annotate(
        can_ring=models.Case(rings, default=False),
        offered_at=models.Case(in_turn, default=None),
    )
    for queue_id, *row in rows.values_list("queue_id", *OF_A_MEMBER):
        found[queue_id].append(Candidate(*row))
    return {pk: tuple(there) for pk, there in found.items()}
