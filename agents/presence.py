"""Who is there and ready, by the rows. Decides nothing."""

from agents.models import Agent


def ready_for(queue_id: int) -> list[int]:
    """Agents to ring now, longest idle first."""
    ready = Agent.objects.ready().filter(queues=queue_id)
    return list(ready.order_by("state_since").values_list("pk", flat=True))


def on_duty_for(queue_id: int) -> list[int]:
    """Agents who are there, in a call or not, and may take a call before long."""
    there = Agent.objects.present().filter(
        queues=queue_id, state__in=["available", "in_call"]
    )
    return list(there.values_list("pk", flat=True))
