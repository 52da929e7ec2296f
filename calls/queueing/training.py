"""Training calls ring at the agent who asked for one, and at no other."""

import re
from datetime import timedelta

from django.utils import timezone

from agents.models import Agent
from calls.models import Call, Offer

# Nobody's number: there is no area 555. What follows names the agent.
TRAINEE = re.compile(r"15559(\d{6})")
RINGS_FOR = timedelta(seconds=60)


def waid_for(agent_id: int) -> str:
    """Return the number that a training call for this agent comes from."""
    return f"15559{agent_id:06d}"


def is_trainee(waid: str) -> bool:
    return TRAINEE.fullmatch(waid) is not None


def want_trainee(call: Call) -> None:
    """Name the agent whom a training call is for; nobody else is in its queue."""
    waid = (call.contact.waid or "") if call.contact else ""
    number = TRAINEE.fullmatch(waid) if call.is_canary else None
    agent = Agent.objects.filter(pk=int(number[1])).first() if number else None
    if agent is not None:
        call.wanted_agent, call.wanted_as = agent, Offer.Kind.STICKY
        call.wanted_until = timezone.now() + RINGS_FOR
