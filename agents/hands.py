"""Raise and lower an agent's hand: a supervisor is wanted, and nothing else changes."""

from django.db.models import F
from django.utils import timezone

from agents.models import Agent, AgentState

LONGEST_REASON = 200


def raise_hand(agent_id: int, reason: str) -> bool:
    """Want a supervisor; another reason does not begin the wait anew.

    False for who is offline: nobody looks for them.
    """
    mine = Agent.objects.filter(pk=agent_id).exclude(state=AgentState.OFFLINE)
    mine.filter(hand_raised_at=None).update(hand_raised_at=timezone.now())
    reason = reason[:LONGEST_REASON]
    return bool(mine.update(hand_reason=reason, version=F("version") + 1))


def lower_hand(agent_id: int) -> bool:
    """Want none any more. False if the hand was not raised."""
    raised = Agent.objects.filter(pk=agent_id).exclude(hand_raised_at=None)
    lowered = raised.update(
        hand_raised_at=None, hand_reason="", version=F("version") + 1
    )
    return bool(lowered)
