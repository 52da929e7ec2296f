"""The access of an agent ends while they work: signed out, a new password, locked.

They cannot come back to their call, so nobody waits for them: the caller is next in the
queue at once. Where another window of theirs is open, with a good session, that one
takes over.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop

from agents import readiness, windows
from agents.models import Agent, AgentState
from agents.sessions import Badge, Standing, has_session, standings
from calls.lifecycle import answer, ending
from calls.locking import dispatch_lock
from calls.models import Call, Leg, Offer
from calls.queueing import (
    agent_state,
    participants,
    requeue,
    supervisors,
)
from calls.queueing.dispatch import change_agent, rings_no_more
from calls.queueing.wrap_up import finish_wrap_up
from calls.states import TALKING, Event, Status
from calls.transitions import bump_version

SIGNED_OUT = gettext_noop("The agent was signed out.")


def sessions_over(badges: Iterable[Badge]) -> None:
    """Act on sessions that are over; may be told of the same one again."""
    for badge in badges:
        windows.drop_session(badge.agent_id, badge.session)
        if _another_window(badge.agent_id):
            agent_state.settle_window(badge.agent_id)
        else:
            give_back(badge.agent_id)


def _another_window(agent_id: int) -> bool:
    badges = {Badge(one, agent_id) for one in windows.sessions_of_living(agent_id)}
    return any(found is not Standing.OVER for found in standings(badges).values())


def give_back(agent_id: int) -> None:
    """Let others have the calls of an agent who cannot come back to them."""
    with dispatch_lock():
        legs = Leg.objects.open().filter(agent=agent_id).select_related("agent")
        for leg in legs.order_by("pk"):
            _leave(leg, Call.objects.select_for_update().get(pk=leg.call_id))
        rings_no_more(agent_id, Offer.Outcome.CONSOLE)
        _goes(agent_id)


def _leave(leg: Leg, call: Call) -> None:
    if leg.mode == Leg.Mode.CONSULT:
        participants.drop(call, leg.agent_id)
        bump_version(call)
    elif call.status in TALKING:
        _requeue(call.pk)
    elif call.status == Status.DIALING:
        ending.end(call.pk, Event.CONSOLE_LOST)
    elif call.status == Status.CONNECTING:
        answer.release(call.pk, SIGNED_OUT)


def _requeue(call_id: UUID) -> None:
    Call.objects.filter(pk=call_id).update(console_lost_until=timezone.now())
    requeue.requeue(call_id)


def _goes(agent_id: int) -> None:
    """Go offline without any session; with one, its page has to prove itself anew."""
    if not has_session(agent_id):
        if change_agent(agent_id, AgentState.OFFLINE):
            finish_wrap_up(agent_id)
        return
    Agent.objects.filter(pk=agent_id).update(ready_at=None)
    waiting = (AgentState.AVAILABLE, AgentState.RINGING)
    change_agent(
        agent_id, AgentState.CANNOT_RING, reason=readiness.SILENT, only_from=waiting
    )


# --- What nobody's socket tells of ----------------------------------------------------


def locked_out() -> QuerySet[Agent]:
    """Select agents at work whose user was locked, wherever their console was."""
    return Agent.objects.exclude(state=AgentState.OFFLINE).filter(user__is_active=False)


def without_agent() -> QuerySet[Call]:
    """Select calls whose agent is none any more: they were removed in the middle.

    Who was taken over has no agent either, and a supervisor to talk with.
    """
    calls = Call.objects.filter(status__in=TALKING, agent=None)
    return calls.exclude(pk__in=supervisors.taken_over().values("call"))


def give_back_all() -> None:
    for agent_id in locked_out().values_list("pk", flat=True):
        give_back(agent_id)
    for call_id in without_agent().values_list("pk", flat=True):
        _requeue(call_id)
