"""Changes of an agent's state. Pushing them is the caller's business."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from agents import readiness
from agents.models import (
    IN_A_CALL,
    PRESENCE_LASTS,
    READINESS_LASTS,
    Agent,
    AgentState,
    AgentStateSpan,
    BreakReason,
)

AWAY = (AgentState.OFFLINE, AgentState.ON_BREAK)


def set_state(
    agent_id: int,
    state: str,
    *,
    reason: str = "",
    until: datetime | None = None,
    only_from: tuple[str, ...] = (),
) -> bool:
    """Move an agent along the one timeline. False when it was too late or no change."""
    with transaction.atomic():
        mine = Agent.objects.filter(pk=agent_id).exclude(state=state, reason=reason)
        if only_from:
            mine = mine.filter(state__in=only_from)
        agent = mine.select_for_update(no_key=True).first()
        if agent is None:
            return False
        # Read under the lock, and clocks differ: no interval ends before it began.
        now = max(timezone.now(), agent.state_since)
        fields: dict[str, Any] = {"state": state, "reason": reason, "until": until}
        if state in AWAY:  # what was to follow a call is of no use any more
            fields |= {"next_state": "", "next_reason": ""}
        mine.update(state_since=now, version=F("version") + 1, **fields)
        spans = AgentStateSpan.objects.filter(agent_id=agent_id)
        spans.filter(ended_at=None).update(ended_at=now)
        if state != AgentState.OFFLINE:
            spans.create(agent_id=agent_id, state=state, reason=reason, started_at=now)
    return True


def set_until(agent_id: int, until: datetime | None) -> None:
    """Set another end of the wrap-up; the state stays."""
    Agent.objects.filter(pk=agent_id).update(until=until, version=F("version") + 1)


def set_next(agent_id: int, state: str, reason: str = "") -> None:
    """Set what follows the call; empty for nothing special."""
    Agent.objects.filter(pk=agent_id).update(
        next_state=state, next_reason=reason, version=F("version") + 1
    )


def following(agent_id: int) -> tuple[str, str, datetime | None]:
    """Return state, reason and end after the work with a call, and use them up.

    An agent whose console is not reachable is not made available again.
    """
    agent = Agent.objects.get(pk=agent_id)
    if agent.next_state:
        set_next(agent_id, "")
        return agent.next_state, agent.next_reason, break_ends(agent.next_reason)
    if agent.can_ring:
        return AgentState.AVAILABLE, "", None
    return AgentState.CANNOT_RING, readiness.SILENT, None


def break_ends(reason: str) -> datetime | None:
    """Return when a break that begins now should be over."""
    minutes = (
        BreakReason.objects.filter(name=reason)
        .values_list("minutes", flat=True)
        .first()
    )
    return timezone.now() + timedelta(minutes=minutes) if minutes else None


# --- Consoles ----------------------------------------------------------------------


def open_console(agent_id: int, console: str, since: datetime | None) -> datetime:
    """Register a page; the newest one rings. Returns since when this one is open.

    `since` is what the page was told before; a page that only reconnects does not take
    over from a newer one.
    """
    now = timezone.now()
    opened = min(since or now, now)
    older = Q(console_since=None) | Q(console_since__lte=opened) | Q(console=console)
    mine = Agent.objects.filter(older, pk=agent_id)
    # What another page has proved says nothing of this one.
    mine.exclude(console=console).update(ready_at=None)
    mine.update(console=console, console_since=opened, seen_at=now)
    return opened


def is_primary(agent_id: int, console: str) -> bool:
    """Say whether this page is the one that rings; it must have sent a hello."""
    return bool(console) and Agent.objects.filter(pk=agent_id, console=console).exists()


def heartbeat(agent_id: int, *, ready: bool) -> None:
    """Note that the agent's console is there, and whether it can ring."""
    now = timezone.now()
    fields = {"seen_at": now} | ({"ready_at": now} if ready else {})
    Agent.objects.filter(pk=agent_id).update(**fields)


def forget_readiness(agent_id: int) -> None:
    """Take the console for unable to ring, whatever it says."""
    Agent.objects.filter(pk=agent_id).update(ready_at=None)


def overdue_heartbeats() -> list[int]:
    """Return agents shown as available whose console sent no heartbeat for too long."""
    late = Agent.objects.filter(state=AgentState.AVAILABLE).exclude(
        ready_at__gt=timezone.now() - READINESS_LASTS
    )
    return list(late.values_list("pk", flat=True))


def silent_for_long() -> list[int]:
    """Return signed-in agents, not on a call, whose console is silent for too long."""
    silent = Agent.objects.exclude(state__in=[AgentState.OFFLINE, *IN_A_CALL]).exclude(
        seen_at__gt=timezone.now() - PRESENCE_LASTS
    )
    return list(silent.values_list("pk", flat=True))


def wrapped_up() -> list[int]:
    """Return agents whose wrap-up time is over."""
    over = Agent.objects.filter(state=AgentState.WRAP_UP, until__lte=timezone.now())
    return list(over.values_list("pk", flat=True))
