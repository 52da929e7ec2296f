"""At whose consoles a call rings, and how that went. Rows only; services decides."""

from uuid import UUID

from django.utils import timezone

from agents import presence
from calls.models import Call, Offer


def ring(call: Call, agent_ids: list[int]) -> None:
    """Ring the call there; where it rang before nothing changes."""
    Offer.objects.bulk_create(
        [Offer(call=call, agent_id=agent_id) for agent_id in agent_ids],
        ignore_conflicts=True,
    )


def rings(call_id: UUID, agent_id: int) -> None:
    """The agent's console rings; the first time counts."""
    Offer.objects.filter(call_id=call_id, agent_id=agent_id, rang_at=None).update(
        rang_at=timezone.now()
    )


def somebody_else_may_answer(call: Call) -> bool:
    on_duty = set(presence.on_duty_for(call.queue_id)) if call.queue_id else set()
    declined = call.offers.filter(outcome=Offer.Outcome.DECLINED)
    return bool(on_duty - set(declined.values_list("agent_id", flat=True)))


def close(call: Call, agent_id: int | None, own: str, others: str) -> None:
    """Stop the ringing everywhere; `own` is the outcome at that one agent."""
    now = timezone.now()
    ringing = call.offers.filter(outcome=Offer.Outcome.RINGING)
    if agent_id:
        ringing.filter(agent_id=agent_id).update(outcome=own, ended_at=now)
    ringing.update(outcome=others, ended_at=now)


def ring_again(call: Call, queue_id: int, *, except_for: int | None) -> None:
    ready = [a for a in presence.ready_for(queue_id) if a != except_for]
    ring(call, ready)
    again = call.offers.filter(agent_id__in=ready, outcome=Offer.Outcome.TAKEN)
    again.update(outcome=Offer.Outcome.RINGING, ended_at=None)
