"""A supervisor directs agents: sets their states, and frees who is stuck in one.

Who may do so, and of which queues, is judged at the door.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from agents import hands
from agents import services as staff
from agents.models import IN_A_CALL, Agent, AgentState
from callcenter import audit
from callcenter.users import shown_name
from calls import notify
from calls.errors import Refused
from calls.locking import dispatch_lock
from calls.models import Call, Leg, Offer
from calls.queueing import agent_state
from calls.queueing.dispatch import WITH_A_CALL, change_agent, free, rings_no_more
from calls.queueing.wrap_up import finish_wrap_up
from calls.states import WITH_AGENT

RIGHT = "agents.direct_floor"


class Wish(NamedTuple):
    """A state that a supervisor chooses for an agent: now, or after their call."""

    state: str  # available, on_break or offline
    reason: str = ""  # the name of a break
    after_call: bool = False


@contextmanager
def _locked(agent_id: int) -> Iterator[Agent]:
    with dispatch_lock():
        agents = Agent.objects.select_for_update(no_key=True)
        yield agents.get(pk=agent_id)


def set_state(agent_id: int, wish: Wish, by: User) -> str:
    """Do what is wished, and tell the agent who did. Returns a sentence of how it is.

    Raises Refused where it cannot be.
    """
    with _locked(agent_id) as agent:
        if wish.after_call and agent.state in WITH_A_CALL:
            return _set_next(agent, wish, by)
        before = agent.version
        if wish.state == AgentState.AVAILABLE:
            _make_available(agent)
        else:
            _rest(agent, wish)
        agent.refresh_from_db()
        if agent.version != before:
            _tell(agent, by, "state", wish)
    told = _("{name}: {state}.")
    return told.format(name=agent.name, state=agent.get_state_display())


def _set_next(agent: Agent, wish: Wish, by: User) -> str:
    follows = "" if wish.state == AgentState.AVAILABLE else wish.state
    agent_state.choose_next(agent.pk, follows, wish.reason)
    _tell(agent, by, "next", wish)
    told = _("{name}: {state}, after the call.")
    return told.format(name=agent.name, state=AgentState(wish.state).label)


def _make_available(agent: Agent) -> None:
    if agent.state in IN_A_CALL:
        _refuse_if_talking(agent)
    elif agent.state == AgentState.WRAP_UP:
        staff.set_next(agent.pk, "")
        _end_wrap_up(agent)
    elif not Agent.objects.present().filter(pk=agent.pk).exists():
        no_console = _("{name} has no console open.")
        raise Refused(no_console.format(name=agent.name))
    else:
        agent_state.go_available(agent.pk)


def _rest(agent: Agent, wish: Wish) -> None:
    """Let them rest at once: what rings there rings on elsewhere."""
    _refuse_if_talking(agent)
    if agent.state == AgentState.RINGING:
        rings_no_more(agent.pk, Offer.Outcome.CANCELLED)
    if agent.state == AgentState.WRAP_UP:
        finish_wrap_up(agent.pk)
    until = staff.break_ends(wish.reason)
    change_agent(agent.pk, wish.state, reason=wish.reason, until=until)
    notify.work_changed(agent.pk)


def release(agent_id: int, by: User) -> str:
    """End a wrap-up, or the state of a call that is not there. Returns a sentence.

    Raises Refused where a call or the agent's own choice holds them.
    """
    with _locked(agent_id) as agent:
        _refuse_if_talking(agent)
        if agent.state == AgentState.WRAP_UP:
            _end_wrap_up(agent)
        elif agent.state not in WITH_A_CALL or _rings_at(agent):
            nothing = _("{name} is not stuck: {state}.")
            state = agent.get_state_display()
            raise Refused(nothing.format(name=agent.name, state=state))
        else:
            free([agent.pk], only_from=(AgentState(agent.state),))
        _tell(agent, by, "released")
    return _("{name} is free again.").format(name=agent.name)


def _end_wrap_up(agent: Agent) -> None:
    """End it without the disposition, too: a supervisor has decided so."""
    finish_wrap_up(agent.pk)
    free([agent.pk], only_from=(AgentState.WRAP_UP,))
    notify.work_changed(agent.pk)


def lower_hand(agent_id: int, by: User) -> str:
    """Say to an agent who raised a hand that somebody has seen it."""
    with _locked(agent_id) as agent:
        if hands.lower_hand(agent.pk):
            notify.agent_changed(agent.pk)
            _tell(agent, by, "hand")
    return _("{name} knows that you have seen the hand.").format(name=agent.name)


def _tell(agent: Agent, by: User, what: str, wish: Wish | None = None) -> None:
    asked = f"{what} {wish.state} {wish.reason}".strip() if wish else what
    audit.record(audit.Action.CHANGED, agent, asked, user=by)
    name = shown_name(by)
    state, reason = (wish.state, wish.reason) if wish else ("", "")
    notify.directed(agent.pk, by=name, what=what, state=state, reason=reason)


# --- What holds them ----------------------------------------------------------------


def _refuse_if_talking(agent: Agent) -> None:
    mine = Call.objects.filter(status__in=WITH_AGENT, agent=agent)
    if mine.exists() or Leg.objects.open().filter(agent=agent).exists():
        busy = _("{name} is on a call. End it or take it over first.")
        raise Refused(busy.format(name=agent.name))


def _rings_at(agent: Agent) -> bool:
    ringing = Offer.objects.filter(agent=agent, outcome=Offer.Outcome.RINGING)
    return agent.state == AgentState.RINGING and ringing.exists()
