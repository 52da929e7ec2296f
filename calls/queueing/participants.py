"""Let agents join a call, consult, take over and leave."""

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext_noop

from agents.models import IN_A_CALL, Agent, AgentState
from calls import notify
from calls.errors import Refused
from calls.locking import dispatch_lock
from calls.models import Call, Leg, LegQuerySet, Offer
from calls.queueing import ring_attempts
from calls.queueing.dispatch import change_agent, free
from calls.queueing.ring_attempts import Rang
from calls.queueing.wrap_up import finish_wrap_up
from calls.states import Event
from calls.transitions import bump_version, bump_versions, move, music_ends, record

GUEST_MUST_COME = timedelta(seconds=10)
# Ringing for one caller does not keep an agent from answering another.
MAY_TAKE = (AgentState.AVAILABLE, AgentState.RINGING)
# The row of the call's history for a consulted agent who leaves a call that goes on.
NOTED: dict[str, str] = {
    Leg.Left.LEFT: "guest_left",
    Leg.Left.REMOVED: "guest_removed",
    Leg.Left.CONSOLE: "guest_disconnected",
    Leg.Left.NO_AUDIO: "guest_no_audio",
}


def join(
    call: Call,
    agent: Agent,
    *,
    mode: str = Leg.Mode.TALK,
    only_from: tuple[str, ...] = MAY_TAKE,
) -> Leg:
    """Put the agent into the call. Raises Refused when they cannot be."""
    if not change_agent(agent.pk, AgentState.IN_CALL, only_from=only_from):
        raise Refused(_why_not(agent))
    finish_wrap_up(agent.pk)  # who calls from wrap-up has done with it
    _rings_no_more(agent, but=call)
    leg = Leg.objects.create(
        call=call, agent=agent, mode=mode, started_at=timezone.now()
    )
    notify.work_changed(agent.pk)
    return leg


def _why_not(agent: Agent) -> str:
    now = Agent.objects.get(pk=agent.pk)
    if now.state in IN_A_CALL:
        return gettext_noop("You are on another call.")
    if now.state == AgentState.WRAP_UP:
        return gettext_noop("Finish your wrap-up first.")
    if now.state == AgentState.RINGING:
        return gettext_noop("A call is ringing. Answer or decline it first.")
    if now.state == AgentState.CANNOT_RING and now.reason:
        return now.reason
    return gettext_noop("You are not available. Go available first.")


def _rings_no_more(agent: Agent, but: Call) -> None:
    """Stop ringing this agent for other calls."""
    ringing = Offer.objects.filter(agent=agent, outcome=Offer.Outcome.RINGING)
    others = list(ringing.exclude(call=but).select_related("call"))
    ring_attempts.stop(others, Offer.Outcome.CANCELLED)
    bump_versions(attempt.call for attempt in others)


def leg_of(call: Call, agent: Agent | int | None) -> Leg | None:
    """Return this agent's open part in the call."""
    return call.legs.open().filter(agent=agent).select_related("agent").first()


def audio_up(call: Call, agent_id: int | None) -> None:
    """Note that they have audio; the first time counts."""
    legs = call.legs.open().filter(agent=agent_id, joined_at=None)
    legs.update(joined_at=Greatest("started_at", timezone.now()))


def audio_lost(call: Call, agent_id: int) -> None:
    """Note that they are in a call that they do not hear."""
    if call.legs.open().filter(agent=agent_id).exists():
        in_call = (AgentState.IN_CALL,)
        change_agent(agent_id, AgentState.RECONNECTING, only_from=in_call)


def audio_back(call: Call, agent_id: int) -> None:
    if call.legs.open().filter(agent=agent_id).exists():
        away = (AgentState.RECONNECTING,)
        change_agent(agent_id, AgentState.IN_CALL, only_from=away)


def leave(leg: Leg, because: str) -> None:
    """End the agent's part: wrap-up if they talked, else the next call."""
    now = max(timezone.now(), leg.joined_at or leg.started_at)
    mine = Leg.objects.filter(pk=leg.pk, ended_at=None)
    if not mine.update(ended_at=now, left_because=because):
        return
    if leg.mode == Leg.Mode.CONSULT and because in NOTED:
        record(leg.call, NOTED[because], detail=leg.agent.name)
    if leg.joined_at and _starts_wrap_up(leg):
        Leg.objects.filter(pk=leg.pk).update(wrap_up_since=now)
    else:
        free([leg.agent_id], only_from=IN_A_CALL)
    notify.work_changed(leg.agent_id)


def _starts_wrap_up(leg: Leg) -> bool:
    queue = leg.call.queue
    if queue is None or not (queue.wrap_up_seconds or queue.disposition_required):
        return False
    until = timezone.now() + timedelta(seconds=queue.wrap_up_seconds)
    return change_agent(
        leg.agent_id, AgentState.WRAP_UP, until=until, only_from=IN_A_CALL
    )


def end_all(call: Call, because: str) -> None:
    """End every agent's part."""
    for leg in call.legs.open().select_related("agent").order_by("agent_id"):
        leg.call = call
        leave(leg, because)


def stop_ringing(rang: Rang) -> None:
    """Stop the ringing at these; what they chose, or the next caller, comes now."""
    free(rang.agents, only_from=(AgentState.RINGING,), ring_on=rang.ring_on)


def drop(call: Call, agent_id: int | None) -> None:
    """End the part of an agent who did not come back; there is no wrap-up either."""
    leg = leg_of(call, agent_id)
    if leg is not None:
        ended_at = max(timezone.now(), leg.joined_at or leg.started_at)
        console = Leg.Left.CONSOLE
        Leg.objects.filter(pk=leg.pk).update(ended_at=ended_at, left_because=console)
        change_agent(leg.agent_id, AgentState.OFFLINE, only_from=IN_A_CALL)
        notify.work_changed(leg.agent_id)


def guests(call: Call) -> LegQuerySet:
    return call.legs.open().filter(mode=Leg.Mode.CONSULT).select_related("agent")


def guest_with_audio(call: Call) -> Leg | None:
    """Return the agent who was consulted, came, and hears what is said."""
    there = guests(call).exclude(joined_at=None)
    return there.filter(agent__state=AgentState.IN_CALL).first()


def ringing_consults(call: Call) -> QuerySet[Offer]:
    return call.offers.filter(kind=Offer.Kind.CONSULT, outcome=Offer.Outcome.RINGING)


def cancel_consults(call: Call) -> None:
    consults = list(ringing_consults(call).select_related("agent"))
    ring_attempts.stop(consults, Offer.Outcome.CANCELLED)
    for consult in consults:
        record(call, "consult_cancelled", detail=consult.agent.name)
    asked = [consult.agent_id for consult in consults]
    free(asked, only_from=(AgentState.RINGING,))


def remove_guests(call: Call, because: str = Leg.Left.REMOVED) -> None:
    for leg in guests(call):
        leg.call = call
        leave(leg, because)


def hand_over(call: Call, guest: Leg, *, user: Any = None) -> None:
    """Give the call to the guest, who talks to the customer from now on."""
    Leg.objects.filter(pk=guest.pk).update(mode=Leg.Mode.TALK)
    move(
        call,
        Event.HANDED_OVER,
        user=user,
        agent=guest.agent,
        muted=False,
        from_agent=None,
        console_lost_until=None,
        detail=guest.agent.name,
        **music_ends(call),
    )


def watch_guests() -> None:
    """Remove consulted agents whose consoles never opened the audio."""
    late = Leg.objects.open().filter(
        mode=Leg.Mode.CONSULT,
        joined_at=None,
        started_at__lte=timezone.now() - GUEST_MUST_COME,
    )
    if not late.exists():
        return
    with dispatch_lock():
        for leg in late.select_related("call__queue", "agent"):
            leave(leg, Leg.Left.NO_AUDIO)
            bump_version(leg.call)
