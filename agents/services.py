"""Changes of an agent's state. Pushing them is the caller's business."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from agents import readiness
from agents.models import (
    IN_A_CALL,
    PRESENCE_LASTS,
    READINESS_LASTS,
    Agent,
    AgentQuerySet,
    AgentState,
    AgentStateSpan,
    BreakReason,
)
from callcenter.sets import insert_for_each

AWAY = (AgentState.OFFLINE, AgentState.ON_BREAK)


class NewState(NamedTuple):
    """A state that an agent is to have, with its reason and its end."""

    state: str
    reason: str = ""
    until: datetime | None = None


class AgentNow(NamedTuple):
    """An agent as read under their lock, for the choice of the next state."""

    pk: int
    state: str
    reason: str
    state_since: datetime
    next_state: str
    next_reason: str
    is_reachable: bool


def set_states(
    agent_ids: Iterable[int],
    choose: Callable[[AgentNow], NewState],
    *,
    only_from: tuple[str, ...] = (),
    **also: Any,
) -> list[int]:
    """Move many agents along their timelines at once. Returns those who moved.

    The number of statements depends on how many different states are chosen, not on
    the number of agents. `also`: other fields of those who move.
    """
    with transaction.atomic(savepoint=False):
        now = timezone.now()
        moves: dict[tuple[NewState, datetime], list[int]] = {}
        for agent in _locked(agent_ids, only_from):
            new = choose(agent)
            if (new.state, new.reason) != (agent.state, agent.reason):
                # Clocks differ: no interval ends before it began.
                since = max(now, agent.state_since)
                moves.setdefault((new, since), []).append(agent.pk)
        for (new, since), moved in moves.items():
            _move(moved, new, since, also)
    return sorted(pk for moved in moves.values() for pk in moved)


def _locked(agent_ids: Iterable[int], only_from: tuple[str, ...]) -> Iterable[AgentNow]:
    """Lock the agents in one order, so that two who do so never wait for each other."""
    agents = Agent.objects.filter(pk__among=list(agent_ids)).order_by("pk")
    if only_from:
        agents = agents.filter(state__in=only_from)
    locked = agents.select_for_update(no_key=True).with_reachability()
    return map(AgentNow._make, locked.values_list(*AgentNow._fields))


def _move(
    agent_ids: list[int], new: NewState, since: datetime, also: dict[str, Any]
) -> None:
    fields = {**also, **new._asdict(), "state_since": since}
    if new.state in AWAY:  # what was to follow a call is of no use any more
        fields |= {"next_state": "", "next_reason": ""}
    if new.state == AgentState.OFFLINE:  # nor is a supervisor wanted
        fields |= {"hand_raised_at": None, "hand_reason": ""}
    agents = Agent.objects.filter(pk__among=agent_ids)
    agents.update(version=F("version") + 1, **fields)
    spans = AgentStateSpan.objects.filter(agent_id__among=agent_ids, ended_at=None)
    spans.update(ended_at=since)
    if new.state != AgentState.OFFLINE:
        interval = {"state": new.state, "reason": new.reason, "started_at": since}
        insert_for_each(AgentStateSpan, "agent_id", Agent, agent_ids, **interval)


def set_until(agent_id: int, until: datetime | None) -> None:
    """Set another end of the wrap-up; the state stays."""
    Agent.objects.filter(pk=agent_id).update(until=until, version=F("version") + 1)


def set_next(agent_id: int, state: str, reason: str = "") -> None:
    """Set what follows the call; empty for nothing special."""
    Agent.objects.filter(pk=agent_id).update(
        next_state=state, next_reason=reason, version=F("version") + 1
    )


def after_work() -> Callable[[AgentNow], NewState]:
    """Return the choice of what follows the work with a call: what the agent chose.

    An agent whose console is not reachable is not made available again.
    """
    limits: dict[str, datetime | None] = {}

    def choose(agent: AgentNow) -> NewState:
        if agent.next_state:
            reason = agent.next_reason
            if reason not in limits:
                limits[reason] = break_ends(reason)
            return NewState(agent.next_state, reason, limits[reason])
        if agent.is_reachable:
            return NewState(AgentState.AVAILABLE)
        return NewState(AgentState.CANNOT_RING, readiness.SILENT)

    return choose


def break_ends(reason: str) -> datetime | None:
    """Return when a break that begins now should be over."""
    minutes = (
        BreakReason.objects.filter(name=reason)
        .values_list("minutes", flat=True)
        .first()
    )
    return timezone.now() + timedelta(minutes=minutes) if minutes else None


# --- Consoles ----------------------------------------------------------------------


def heartbeat(agent_id: int, *, ready: bool) -> None:
    """Note that the agent's console is there, and whether it can ring."""
    now = timezone.now()
    fields = {"seen_at": now} | ({"ready_at": now} if ready else {})
    Agent.objects.filter(pk=agent_id).update(**fields)


# --- Consoles that do not ring ------------------------------------------------------

# Seconds until the next test of a console that confirmed none: 4, 8, 16 ...
FIRST_PAUSE, LONGEST_PAUSE = 4, 300


def ring_not_confirmed(agent_ids: Collection[int]) -> None:
    """Take these consoles for unable to ring, whatever they say, until a test rings."""
    Agent.objects.filter(pk__among=agent_ids).update(
        ready_at=None,
        unconfirmed_rings=F("unconfirmed_rings") + 1,
        ring_test_at=timezone.now(),
    )


def must_prove_itself(agent_id: int) -> bool:
    """Say whether the console has to confirm a test before a call rings there."""
    return Agent.objects.filter(pk=agent_id, unconfirmed_rings__gt=0).exists()


def ring_test_is_due(agent_id: int) -> bool:
    """Say whether to send a test now; after it the next one has to wait for longer."""
    now = timezone.now()
    due = Agent.objects.filter(pk=agent_id, ring_test_at__lte=now)
    tests = due.values_list("unconfirmed_rings", flat=True).first()
    if tests is None:
        return False
    pause = min(FIRST_PAUSE * 2 ** min(tests - 1, 10), LONGEST_PAUSE)
    return bool(
        due.update(
            unconfirmed_rings=min(tests + 1, 100),
            ring_test_at=now + timedelta(seconds=pause),
        )
    )


def ring_confirmed(agent_id: int) -> bool:
    """Take a console that had to prove itself for able to ring again: it just did."""
    tested = Agent.objects.filter(pk=agent_id, unconfirmed_rings__gt=0)
    now = timezone.now()
    return bool(tested.update(unconfirmed_rings=0, ring_test_at=None, ready_at=now))


# --- Who is overdue -----------------------------------------------------------------


def overdue_heartbeats() -> list[int]:
    """Return agents shown as available whose console sent no heartbeat for too long."""
    late = Agent.objects.filter(state=AgentState.AVAILABLE).exclude(
        ready_at__gt=timezone.now() - READINESS_LASTS
    )
    return list(late.values_list("pk", flat=True))


def silent_for_long() -> AgentQuerySet:
    """Select signed-in agents, not on a call, whose console is silent for too long."""
    at_rest = Agent.objects.exclude(state__in=[AgentState.OFFLINE, *IN_A_CALL])
    return at_rest.exclude(seen_at__gt=timezone.now() - PRESENCE_LASTS)


def wrapped_up() -> list[int]:
    """Return agents whose wrap-up time is over."""
    over = Agent.objects.filter(state=AgentState.WRAP_UP, until__lte=timezone.now())
    return list(over.values_list("pk", flat=True))
