"""Which of us is in a call, from when to when, and what they do afterwards."""

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext_noop

from agents import proof
from agents.models import IN_A_CALL, Agent, AgentState
from agents.services import gone, set_until, unproved, wrapped_up
from calls import notify
from calls.floor import change_agent, free
from calls.models import Call, Leg
from calls.moves import Refused

MORE_TIME = timedelta(minutes=1)
# Ringing for one caller does not keep an agent from answering another.
MAY_TAKE = (AgentState.AVAILABLE, AgentState.RINGING)
AT_REST = tuple(state for state in AgentState if state not in IN_A_CALL)


def begin(
    call: Call,
    agent: Agent,
    *,
    mode: str = Leg.Mode.TALK,
    only_from: tuple[str, ...] = MAY_TAKE,
) -> Leg:
    """The agent is in the call from now on. Raises Refused when they cannot be."""
    if not change_agent(agent.pk, AgentState.IN_CALL, only_from=only_from):
        raise Refused(_why_not(agent))
    finish_wrap_up(agent.pk)  # who calls from wrap-up has done with it
    leg = Leg.objects.create(call=call, agent=agent, mode=mode)
    notify.work_changed(agent.pk)
    return leg


def _why_not(agent: Agent) -> str:
    if Leg.objects.open().filter(agent=agent).exists():
        return gettext_noop("You are in another call.")
    return gettext_noop("You are not available. Go available first.")


def of(call: Call, agent: Agent | int | None) -> Leg | None:
    """This agent's open part in the call."""
    return call.legs.open().filter(agent=agent).select_related("agent").first()


def joined(call: Call, agent_id: int | None) -> None:
    """Their sound is there; the first time counts."""
    legs = call.legs.open().filter(agent=agent_id, joined_at=None)
    legs.update(joined_at=timezone.now())


def lost_sound(call: Call, agent_id: int) -> None:
    """They are in a call that they do not hear."""
    if call.legs.open().filter(agent=agent_id).exists():
        in_call = (AgentState.IN_CALL,)
        change_agent(agent_id, AgentState.RECONNECTING, only_from=in_call)


def came_back(call: Call, agent_id: int) -> None:
    if call.legs.open().filter(agent=agent_id).exists():
        away = (AgentState.RECONNECTING,)
        change_agent(agent_id, AgentState.IN_CALL, only_from=away)


def leave(leg: Leg) -> None:
    """The agent's part is over: wrap-up if they talked, else back to the floor."""
    now = timezone.now()
    mine = Leg.objects.filter(pk=leg.pk, ended_at=None)
    if not mine.update(ended_at=now):
        return
    if leg.joined_at and _starts_wrap_up(leg):
        Leg.objects.filter(pk=leg.pk).update(wrap_up_since=now)
    else:
        free(leg.agent_id, only_from=IN_A_CALL)
    notify.work_changed(leg.agent_id)


def _starts_wrap_up(leg: Leg) -> bool:
    queue = leg.call.queue
    if queue is None or not (queue.wrap_up_seconds or queue.disposition_required):
        return False
    until = timezone.now() + timedelta(seconds=queue.wrap_up_seconds)
    return change_agent(
        leg.agent_id, AgentState.WRAP_UP, until=until, only_from=IN_A_CALL
    )


def end_all(call: Call) -> None:
    for leg in call.legs.open().select_related("agent").order_by("agent_id"):
        leg.call = call
        leave(leg)


def stop_ringing(agent_ids: list[int]) -> None:
    """It rings no more at these; what they chose, or the next caller, comes now."""
    for agent_id in sorted(agent_ids):
        free(agent_id, only_from=(AgentState.RINGING,))


def lose_all(call: Call) -> None:
    """Nobody of ours came back; without a console there is no wrap-up either."""
    legs = call.legs.open().order_by("agent_id")
    for agent_id in list(legs.values_list("agent_id", flat=True)):
        call.legs.open().filter(agent=agent_id).update(ended_at=timezone.now())
        change_agent(agent_id, AgentState.OFFLINE, only_from=IN_A_CALL)
        notify.work_changed(agent_id)


# --- Wrap-up -----------------------------------------------------------------------


def finish_wrap_up(agent_id: int) -> None:
    legs = Leg.objects.in_wrap_up().filter(agent=agent_id)
    legs.update(wrapped_up_at=timezone.now())


def end_wrap_up(agent_id: int) -> bool:
    """The agent is free again. False while a disposition is required and missing."""
    legs = Leg.objects.in_wrap_up().filter(agent=agent_id)
    if legs.filter(disposition=None, call__queue__disposition_required=True).exists():
        return False
    finish_wrap_up(agent_id)
    free(agent_id, only_from=(AgentState.WRAP_UP,))
    notify.work_changed(agent_id)
    return True


def wrap_up_is_over(agent_id: int) -> None:
    """The countdown ended; who still owes a disposition goes on without one."""
    if not end_wrap_up(agent_id):
        set_until(agent_id, None)
        notify.agent_changed(agent_id)
        notify.work_changed(agent_id)


def more_time(agent_id: int) -> None:
    agent = Agent.objects.get(pk=agent_id)
    if agent.state == AgentState.WRAP_UP and agent.until is not None:
        set_until(agent_id, max(agent.until, timezone.now()) + MORE_TIME)
        notify.agent_changed(agent_id)
        notify.work_changed(agent_id)


# --- Consoles that are gone --------------------------------------------------------


def watch_agents() -> None:
    """Who proved nothing for a while cannot ring; who is silent for long has gone."""
    for agent_id in unproved():
        change_agent(
            agent_id,
            AgentState.CANNOT_RING,
            reason=proof.SILENT,
            only_from=(AgentState.AVAILABLE,),
        )
    for agent_id in gone():
        finish_wrap_up(agent_id)
        change_agent(agent_id, AgentState.OFFLINE, only_from=AT_REST)
    for agent_id in wrapped_up():
        wrap_up_is_over(agent_id)
