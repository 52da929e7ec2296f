"""Raise and lower an agent's hand: a supervisor is wanted, and nothing else changes."""

from django.db.models import F
from django.utils import timezone

from agents.models import Agent

LONGEST_REASON = 200


def raise_hand(agent_id: int, reason: str) -> None:
    """Want a supervisor; another reason does not begin the wait anew."""
    mine = Agent.objects.filter(pk=agent_id)
    mine.filter(hand_raised_at=None).update(hand_raised_at=timezone.now())
    mine.update(hand_reason=reason[:LONGEST_REASON], version=F("version") + 1)


def lower_hand(agent_id: int) -> bool:
    """Want none any more. False if the hand was not raised."""
    raised = Agent.objects.filter(pk=agent_id).exclude(hand_raised_at=None)
    lowered = raised.update(
        hand_raised_at=None, hand_reason="", version=F("version") + 1
    )
    return bool(lowered)
