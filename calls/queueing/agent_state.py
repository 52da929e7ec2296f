"""Change agents' states as their consoles do: available, reachable, gone."""

from typing import Any

from django.db import transaction

from agents import readiness, windows
from agents import services as staff
from agents.models import IN_A_CALL, Agent, AgentState
from agents.services import (
    AgentNow,
    NewState,
    overdue_heartbeats,
    silent_for_long,
    wrapped_up,
)
from calls import notify
from calls.errors import Refused
from calls.locking import dispatch_lock
from calls.queueing.dispatch import WITH_A_CALL, change_agent, change_agents
from calls.queueing.wrap_up import finish_wrap_up, wrap_up_is_over

NOT_IN_A_CALL = tuple(state for state in AgentState if state not in IN_A_CALL)


def go_available(agent_id: int) -> bool:
    """Make the agent available; not reachable until their console proves itself."""
    agent = Agent.objects.get(pk=agent_id)
    idle = (AgentState.OFFLINE, AgentState.ON_BREAK)
    if agent.can_ring:
        return change_agent(agent_id, AgentState.AVAILABLE, only_from=idle)
    return change_agent(
        agent_id, AgentState.CANNOT_RING, reason=readiness.UNSURE, only_from=idle
    )


def choose_next(agent_id: int, state: str, reason: str = "") -> None:
    """Choose what follows this call or wrap-up. Raises Refused without either."""
    with transaction.atomic():
        agent = Agent.objects.select_for_update(no_key=True).get(pk=agent_id)
        if state and agent.state not in WITH_A_CALL:
            raise Refused("You are not on a call.")
        staff.set_next(agent_id, state, reason)
        notify.agent_changed(agent_id)


def heartbeat(agent_id: int, shown: Any) -> str:
    """Take what a console shows. Returns why it cannot ring; empty: it can."""
    problem = readiness.why_not(shown)
    if not problem and staff.must_prove_itself(agent_id):
        problem = readiness.UNCONFIRMED
        if staff.ring_test_is_due(agent_id):
            notify.test_ring(agent_id)
    staff.heartbeat(agent_id, ready=not problem)
    if problem:
        waiting = (AgentState.AVAILABLE, AgentState.CANNOT_RING)
        change_agent(
            agent_id, AgentState.CANNOT_RING, reason=problem, only_from=waiting
        )
    else:
        _is_reachable(agent_id)
    return problem


def test_rang(agent_id: int) -> None:
    """Let calls ring again at a console that has confirmed a test."""
    if staff.ring_confirmed(agent_id):
        _is_reachable(agent_id)


def _is_reachable(agent_id: int) -> None:
    change_agent(agent_id, AgentState.AVAILABLE, only_from=(AgentState.CANNOT_RING,))


def settle_window(agent_id: int) -> None:
    """Let the right one of the agent's windows ring, and tell all of them."""
    if turn := windows.elect(agent_id):
        notify.window_rings(turn.agent_id, turn.why)


def watch_agents() -> None:
    """Mark agents without heartbeats as not reachable, and in the end as offline."""
    available = (AgentState.AVAILABLE,)
    change_agents(overdue_heartbeats(), _unless_it_beats, only_from=available)
    for agent_id in silent_for_long().values_list("pk", flat=True):
        _went_away(agent_id)
    for agent_id in wrapped_up():
        wrap_up_is_over(agent_id)


def _unless_it_beats(now: AgentNow) -> NewState:
    """Judge again under the lock: a beat may have come since the agents were read."""
    if now.is_reachable:
        return NewState(now.state, now.reason)
    return NewState(AgentState.CANNOT_RING, readiness.SILENT)


def _went_away(agent_id: int) -> None:
    with dispatch_lock():
        locked = silent_for_long().select_for_update(no_key=True)
        if locked.filter(pk=agent_id).first() is None:  # it beats again
            return
        if change_agent(agent_id, AgentState.OFFLINE, only_from=NOT_IN_A_CALL):
            finish_wrap_up(agent_id)
