"""Record at whose consoles a call rings and how that went. Others decide."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone

from agents import presence
from agents.models import Agent
from calls.models import Call, Offer

# By call, and there by agent.
Ringing = dict[Any, dict[int, Offer]]


def start(call: Call, agent_id: int, **fields: Any) -> None:
    """Ring the call there; the console has to confirm it."""
    now = timezone.now()
    confirm_by = now + timedelta(seconds=settings.RING_CONFIRM_SECONDS)
    Offer.objects.get_or_create(
        call=call,
        agent_id=agent_id,
        outcome=Offer.Outcome.RINGING,
        defaults={"offered_at": now, "confirm_by": confirm_by, **fields},
    )
    Agent.objects.filter(pk=agent_id).update(last_offered_at=now)


def stop(offer: Offer, outcome: str) -> None:
    ringing = Offer.objects.filter(pk=offer.pk, outcome=Offer.Outcome.RINGING)
    ringing.update(outcome=outcome, ended_at=timezone.now())


def confirm(call_id: UUID, agent_id: int) -> None:
    """Note that the agent's console rings; the first time counts."""
    Offer.objects.filter(
        call_id=call_id,
        agent_id=agent_id,
        outcome=Offer.Outcome.RINGING,
        rang_at=None,
    ).update(rang_at=timezone.now())


def ringing_of(calls: Iterable[Call]) -> Ringing:
    """Return at which agents these calls ring; consults are left out."""
    found: Ringing = {call.pk: {} for call in calls}
    ringing = Offer.objects.filter(call__in=list(found), outcome=Offer.Outcome.RINGING)
    for offer in ringing.exclude(kind=Offer.Kind.CONSULT):
        found[offer.call_id][offer.agent_id] = offer
    return found


def latest_of(calls: Iterable[Call]) -> dict[tuple[Any, int], Offer]:
    """Return the latest attempt of each call at each agent, by call and agent.

    Only since the call entered its queue, and consults do not count.
    """
    past = Offer.objects.filter(
        call__in=list(calls), ended_at__gte=F("call__queued_at")
    ).exclude(Q(outcome=Offer.Outcome.RINGING) | Q(kind=Offer.Kind.CONSULT))
    return {(offer.call_id, offer.agent_id): offer for offer in past.order_by("pk")}


def somebody_else_may_answer(call: Call) -> bool:
    on_duty = set(presence.on_duty_for(call.queue_id)) if call.queue_id else set()
    declined = call.offers.filter(outcome=Offer.Outcome.DECLINED)
    return bool(on_duty - set(declined.values_list("agent_id", flat=True)))


def close(call: Call, winner: int | None, others: str) -> list[int]:
    """Stop the ringing everywhere. Returns at whom else it rang, in order."""
    now = timezone.now()
    ringing = call.offers.filter(outcome=Offer.Outcome.RINGING)
    if winner:
        ringing.filter(agent_id=winner).update(
            outcome=Offer.Outcome.ANSWERED, ended_at=now
        )
    rang = list(ringing.order_by("agent_id").values_list("agent_id", flat=True))
    ringing.update(outcome=others, ended_at=now)
    return rang
