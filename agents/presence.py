"""Who is there and ready, by the rows. Decides nothing."""

from collections.abc import Iterable

from django.db import models

from agents.models import ON_DUTY, Agent


def ready_for(queue_id: int) -> list[int]:
    """Agents whose console can ring now, longest idle first."""
    ready = Agent.objects.ready().filter(queues=queue_id)
    return list(ready.order_by("state_since").values_list("pk", flat=True))


def on_duty_for(queue_id: int) -> list[int]:
    """Agents who are there, in a call or not, and may take a call before long."""
    there = Agent.objects.present().filter(queues=queue_id, state__in=ON_DUTY)
    return list(there.values_list("pk", flat=True))


def members(queue_ids: Iterable[int]) -> dict[int, list[tuple[Agent, int]]]:
    """Everybody who serves these queues, with their level there."""
    found: dict[int, list[tuple[Agent, int]]] = {pk: [] for pk in queue_ids}
    rows = Agent.objects.filter(membership__queue__in=list(found))
    for agent in rows.annotate(
        queue=models.F("membership__queue"), level=models.F("membership__level")
    ):
        found[agent.queue].append((agent, agent.level))
    return found
