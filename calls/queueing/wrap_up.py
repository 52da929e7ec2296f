"""Run wrap-up after a call: its time limit, its end, the disposition it may need."""

from datetime import datetime, timedelta

from django.db.models.functions import Greatest
from django.utils import timezone

from agents.models import Agent, AgentState
from agents.services import set_until, wrapped_up
from calls import notify
from calls.locking import dispatch_lock
from calls.models import Leg
from calls.queueing.dispatch import free

MORE_TIME = timedelta(minutes=1)


def finish_wrap_up(agent_id: int) -> None:
    legs = Leg.objects.in_wrap_up().filter(agent=agent_id)
    legs.update(wrapped_up_at=Greatest("wrap_up_since", timezone.now()))


def end_wrap_up(agent_id: int) -> bool:
    """Free the agent again. False while a disposition is required and missing."""
    with dispatch_lock():
        legs = Leg.objects.in_wrap_up().filter(agent=agent_id)
        owed = legs.filter(disposition=None, call__queue__disposition_required=True)
        if owed.exists():
            return False
        finish_wrap_up(agent_id)
        free([agent_id], only_from=(AgentState.WRAP_UP,))
        notify.work_changed(agent_id)
    return True


def wrap_up_is_over(agent_id: int) -> None:
    """End the countdown; without a required disposition, wrap-up goes on."""
    with dispatch_lock():
        if agent_id not in wrapped_up():  # they asked for more time meanwhile
            return
        if not end_wrap_up(agent_id):
            _set_until(agent_id, None)


def more_time(agent_id: int) -> None:
    with dispatch_lock():
        agent = Agent.objects.get(pk=agent_id)
        if agent.state == AgentState.WRAP_UP and agent.until is not None:
            _set_until(agent_id, max(agent.until, timezone.now()) + MORE_TIME)


def _set_until(agent_id: int, until: datetime | None) -> None:
    set_until(agent_id, until)
    notify.agent_changed(agent_id)
    notify.work_changed(agent_id)
