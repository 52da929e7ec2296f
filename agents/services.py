"""What happens to agents. Who must be told of it is the caller's business."""

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from agents.models import PRESENCE_LASTS, Agent, AgentState, AgentStateSpan


def set_state(
    agent_id: int, state: str, *, reason: str = "", only_from: tuple[str, ...] = ()
) -> bool:
    """Move an agent along the one timeline. False when it was too late or no change."""
    now = timezone.now()
    with transaction.atomic():
        mine = Agent.objects.filter(pk=agent_id).exclude(state=state)
        if only_from:
            mine = mine.filter(state__in=only_from)
        if not mine.update(state=state, state_since=now, version=F("version") + 1):
            return False
        spans = AgentStateSpan.objects.filter(agent_id=agent_id)
        spans.filter(ended_at=None).update(ended_at=now)
        if state != AgentState.OFFLINE:
            spans.create(agent_id=agent_id, state=state, reason=reason, started_at=now)
    return True


def heard(agent_id: int) -> None:
    """The agent's console is there."""
    Agent.objects.filter(pk=agent_id).update(seen_at=timezone.now())


def gone() -> list[int]:
    """Agents on duty, but not in a call, whose console is silent for too long."""
    silent = Agent.objects.exclude(
        state__in=[AgentState.OFFLINE, AgentState.IN_CALL]
    ).exclude(seen_at__gt=timezone.now() - 2 * PRESENCE_LASTS)
    return list(silent.values_list("pk", flat=True))
