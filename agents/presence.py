"""Look up who is signed in and ready. Decides nothing."""

from collections.abc import Iterable

from django.db import models

from agents.models import ON_DUTY, Agent


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


def members(queue_ids: Iterable[int]) -> dict[int, list[tuple[Agent, int]]]:
    """Return everyone in these queues, with their level there."""
    found: dict[int, list[tuple[Agent, int]]] = {pk: [] for pk in queue_ids}
    rows = Agent.objects.filter(membership__queue__in=list(found))
    for agent in rows.annotate(
        queue=models.F("membership__queue"), level=models.F("membership__level")
    ):
        found[agent.queue].append((agent, agent.level))
    return found
