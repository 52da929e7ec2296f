"""Hold, transfer and consult, by an agent in the call."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from agents.models import Agent, AgentState, Queue
from agents.presence import on_duty_for, ready_for
from calls import locking
from calls.errors import Refused
from calls.models import Call, Leg, Offer
from calls.queueing import dispatch, participants, requeue, ring_attempts
from calls.states import FOR_ANYBODY, TALKING, Event, IllegalMove, Status
from calls.transitions import bump_version, move, music_ends, record

COLLEAGUE_RINGS = timedelta(seconds=20)
NOT_YOURS = gettext_noop("You are not on this call.")


@contextmanager
def _mine(call_id: UUID, agent: Agent) -> Iterator[Call]:
    """Return the agent's own call, which no other agent is on. Raises Refused."""
    with locking.dispatch_lock():
        calls = Call.objects.select_for_update()
        call = calls.filter(pk=call_id, agent=agent).first()
        if call is None:
            raise Refused(NOT_YOURS)
        try:
            yield call
        except IllegalMove:
            raise Refused(_why_not(call)) from None


def _why_not(call: Call) -> str:
    if call.status == Status.ENDED:
        return call.end_text or gettext_noop("The call has ended.")
    return gettext_noop("This is not possible right now.")


# --- Hold --------------------------------------------------------------------------


def hold(call_id: UUID, agent: Agent) -> None:
    with _mine(call_id, agent) as call:
        _hold(call, agent)


def _hold(call: Call, agent: Agent) -> None:
    now = timezone.now()
    holds = call.holds + 1
    move(call, Event.PUT_ON_HOLD, user=agent.user, held_since=now, holds=holds)


def resume(call_id: UUID, agent: Agent) -> None:
    """Resume the call; with a consulted agent on it, make it a three-way call."""
    with _mine(call_id, agent) as call:
        move(call, Event.RESUMED, user=agent.user, **music_ends(call))
        if guest := participants.guests(call).first():
            record(call, "three_way", user=agent.user, detail=guest.agent.name)


# --- Transfer -----------------------------------------------------------------------


def targets(agent: Agent) -> dict[str, Any]:
    """List where a call can be transferred to."""
    there = Agent.objects.people().exclude(state=AgentState.OFFLINE)
    colleagues = there.exclude(pk=agent.pk)
    waits = Call.objects.filter(status__in=FOR_ANYBODY)
    return {
        "agents": [
            {
                "id": one.pk,
                "name": one.name,
                "state": one.state,
                "can_take": one.state == AgentState.AVAILABLE and one.can_ring,
            }
            for one in colleagues.order_by("name")
        ],
        "queues": [
            {
                "id": queue.pk,
                "name": queue.name,
                "waiting": waits.filter(queue=queue).count(),
                "ready": len(ready_for(queue.pk)),
            }
            for queue in Queue.objects.of_people().in_use().order_by("name")
        ],
    }


def transfer_to_agent(call_id: UUID, agent: Agent, target: Agent) -> None:
    """Transfer without a consult; without an answer the caller goes to the queue."""
    with _mine(call_id, agent) as call:
        _check_target(agent, target)
        _pass_on(call, agent, queue=call.queue, target=target)


def transfer_to_queue(call_id: UUID, agent: Agent, queue: Queue) -> None:
    with _mine(call_id, agent) as call:
        if not set(on_duty_for(queue.pk)) - {agent.pk}:
            raise Refused(
                _("No agent of {queue} is signed in.").format(queue=queue.name)
            )
        _pass_on(call, agent, queue=queue)


def _check_target(agent: Agent, target: Agent) -> None:
    if target.pk == agent.pk:
        raise Refused("You are already on this call.")
    now = Agent.objects.get(pk=target.pk)  # it may ring there since it was looked up
    if now.state != AgentState.AVAILABLE or not now.can_ring:
        raise _cannot_take(target)


def _cannot_take(target: Agent) -> Refused:
    text = _("{agent} cannot take a call right now.")
    return Refused(text.format(agent=target.name))


def _pass_on(
    call: Call, agent: Agent, *, queue: Queue | None, target: Agent | None = None
) -> None:
    participants.cancel_consults(call)
    # Their wrap-up is that of the queue the call was in.
    participants.end_all(call, Leg.Left.TRANSFERRED)
    requeue.send_to_queue(
        call,
        Event.TRANSFERRED,
        queue=queue,
        agent=target,
        giver=agent,
        user=agent.user,
    )


# --- Consult ------------------------------------------------------------------------


def consult(call_id: UUID, agent: Agent, colleague: Agent) -> None:
    """Put the caller on hold and ring a colleague, to ask before passing on."""
    with _mine(call_id, agent) as call:
        _check_target(agent, colleague)
        if (
            participants.ringing_consults(call).exists()
            or participants.guests(call).exists()
        ):
            raise Refused("Another agent is already on this call or is ringing for it.")
        if call.status == Status.ACTIVE:
            _hold(call, agent)
        elif call.status != Status.HELD:
            raise IllegalMove
        Call.objects.filter(pk=call.pk).update(from_agent=agent)
        _ring(call, colleague)
        record(call, "consulted", user=agent.user, detail=colleague.name)
        bump_version(call)


def _ring(call: Call, colleague: Agent) -> None:
    now = timezone.now()
    rings = dispatch.change_agent(
        colleague.pk,
        AgentState.RINGING,
        only_from=(AgentState.AVAILABLE,),
        last_offered_at=now,
    )
    if not rings:
        raise _cannot_take(colleague)
    until, kind = now + COLLEAGUE_RINGS, Offer.Kind.CONSULT
    ring_attempts.start(call, [colleague.pk], kind=kind, ring_until=until)


def join(call_id: UUID, colleague: Agent) -> Call:
    """Let the consulted agent join. Raises Refused when it is too late."""
    with locking.dispatch_lock():
        call = Call.objects.select_for_update().get(pk=call_id)
        asked = participants.ringing_consults(call).filter(agent=colleague)
        if call.status not in TALKING or not asked.exists():
            raise Refused("The consult has ended.")
        asked.update(outcome=Offer.Outcome.ANSWERED, ended_at=timezone.now())
        participants.join(call, colleague, mode=Leg.Mode.CONSULT)
        record(call, "joined", user=colleague.user, detail=colleague.name)
        bump_version(call)
    return call


def cancel_consult(call_id: UUID, agent: Agent) -> None:
    """Remove the consulted agent; the caller stays on hold."""
    with _mine(call_id, agent) as call:
        participants.cancel_consults(call)
        participants.remove_guests(call)
        bump_version(call)


def complete(call_id: UUID, agent: Agent) -> None:
    """Hand the call to the consulted agent; this agent leaves."""
    with _mine(call_id, agent) as call:
        guest, mine = (
            participants.guest_with_audio(call),
            participants.leg_of(call, agent),
        )
        if guest is None or mine is None:
            raise Refused("The other agent is not on the call yet.")
        mine.call = call
        participants.leave(mine, Leg.Left.HANDED_OVER)
        participants.hand_over(call, guest, user=agent.user)
