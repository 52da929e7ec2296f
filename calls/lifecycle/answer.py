"""Answer a ringing call, decline it, and connect its audio."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from agents.models import Agent, AgentState
from calls import locking, placement
from calls.errors import Refused
from calls.lifecycle.ending import finish
from calls.lifecycle.permission_usage import note_answer
from calls.models import Call, Leg, Offer
from calls.queueing import dispatch, hold_queue, participants, ring_attempts
from calls.states import (
    LIVE,
    TABLE,
    Event,
    IllegalMove,
    Status,
)
from calls.transitions import bump_version, move, music_ends, record

CONSOLE_MUST_COME = timedelta(seconds=5)
LONGEST_CALL = timedelta(hours=4)


def claim(call_id: UUID, agent: Agent, *, near: str = "") -> Call:
    """Let one agent win. Raises Refused for all others. `near` is the asking node."""
    with locking.dispatch_lock():
        call = Call.objects.select_related("agent").filter(pk=call_id).first()
        if call is None or not _may_answer(call, agent):
            raise Refused("This call does not ring for you.")
        try:
            move(call, Event.CLAIMED, user=agent.user, **_claimed(call, agent, near))
        except (IllegalMove, IntegrityError) as error:
            raise Refused(_why_too_late(call_id, error)) from None
        participants.join(call, agent)
        rang = ring_attempts.close(call, agent.pk, Offer.Outcome.TAKEN)
        participants.stop_ringing(rang)
    return call


def _claimed(call: Call, agent: Agent, near: str) -> dict[str, Any]:
    """Choose the node, unless one has the caller already."""
    now = timezone.now()
    fields = {
        "agent": agent,
        "claimed_at": now,
        "deadline": now + CONSOLE_MUST_COME,
        "wanted_agent": None,
        "wanted_as": "",
    }
    if call.status == Status.WAITING:
        if call.media_at is None:  # its audio is being set up: no agent failed
            fields["deadline"] = now + hold_queue.MEDIA_MUST_COME
        return fields
    node = placement.choose(near)
    if node is None:
        raise Refused(placement.why_none())
    return fields | {"node": node.name, "node_epoch": node.epoch}


def _may_answer(call: Call, agent: Agent) -> bool:
    return call.offers.filter(agent=agent).exists()


def _why_too_late(call_id: UUID, error: Exception) -> str:
    if isinstance(error, IntegrityError):
        return gettext_noop("You are on another call.")
    call = Call.objects.select_related("agent").get(pk=call_id)
    if call.status == Status.ENDED:
        return call.end_text or gettext_noop("The call has ended.")
    if call.agent is None:
        return gettext_noop("Another agent answered this call.")
    return _("{agent} answered this call.").format(agent=call.agent)


def decline(call_id: UUID, agent: Agent) -> None:
    """Silence the call for this agent; end it when no other agent could answer."""
    with locking.dispatch_lock():
        call = Call.objects.select_for_update().filter(pk=call_id).first()
        if call is None:
            return
        ringing = call.offers.filter(outcome=Offer.Outcome.RINGING)
        mine = ringing.filter(agent=agent)
        is_consult = mine.filter(kind=Offer.Kind.CONSULT).exists()
        if not mine.update(outcome=Offer.Outcome.DECLINED, ended_at=timezone.now()):
            return
        if is_consult:
            record(call, "consult_declined", user=agent.user, detail=agent.name)
        dispatch.free([agent.pk], only_from=(AgentState.RINGING,))
        if call.status != Status.RINGING or ring_attempts.somebody_else_may_answer(
            call
        ):
            bump_version(call)
            dispatch.run_soon()
        else:
            finish(call, Event.DECLINED, user=agent.user)


def release(call_id: UUID, reason: str) -> bool:
    """Give the call back, because the winner's console did not open the audio."""
    with locking.dispatch_lock():
        call = Call.objects.select_for_update().get(pk=call_id)
        answered = call.offers.filter(
            agent=call.agent,
            outcome=Offer.Outcome.ANSWERED,
            ended_at__gte=call.claimed_at,  # an earlier talk with them was one
        )
        event = Event.RETURNED if call.queued_with_audio_at else Event.RELEASED
        try:
            move(call, event, detail=reason, **_released(call))
        except IllegalMove:
            return False
        answered.update(outcome=Offer.Outcome.CONSOLE, ended_at=timezone.now())
        participants.end_all(call, Leg.Left.NO_AUDIO)
        dispatch.run_soon()
    return True


def _released(call: Call) -> dict[str, Any]:
    """Return to ringing for a moment, or to the queue for as long as it allows."""
    fields: dict[str, Any] = {
        "agent": None,
        "claimed_at": None,
        "console_lost_until": None,
    }
    if call.queued_with_audio_at:
        soon = timezone.now() + hold_queue.MEDIA_MUST_COME
        return fields | {
            "deadline": hold_queue.wait_ends_at(call) if call.media_at else soon
        }
    return fields | {"node": "", "deadline": hold_queue.rings_until(call)}


def accept_sent(call_id: UUID, answer_sdp: str) -> bool:
    """Note that our answer goes out now. Returns False if it is no longer wanted."""
    wanted = (Status.CONNECTING, Status.WAITING)
    mine = Call.objects.filter(pk=call_id, status__in=wanted)
    deadline = timezone.now() + hold_queue.MEDIA_MUST_COME
    return bool(mine.update(answer_sdp=answer_sdp, deadline=deadline))


def accepted(call_id: UUID) -> None:
    Call.objects.filter(pk=call_id).update(accepted_at=timezone.now())


def media_up(call_id: UUID, *, is_there: bool = True) -> bool:
    """Note that audio can flow: with an agent there, the call is answered now.

    Returns False without an agent, or if `is_there` says that they do not hear it yet.
    """
    now = timezone.now()
    with locking.dispatch_lock():
        call = Call.objects.select_for_update().get(pk=call_id)
        if call.media_at is None:
            hold_queue.media_came_up(call)
        if not is_there or Event.MEDIA_UP not in TABLE[Status(call.status)]:
            return False
        first = call.answered_at is None
        answered = call.answered_at or max(now, call.created_at)
        deadline = answered + LONGEST_CALL
        fields = {"answered_at": answered, "deadline": deadline, **music_ends(call)}
        move(call, Event.MEDIA_UP, from_agent=None, **fields)
        participants.audio_up(call, call.agent_id)
        if first:
            note_answer(call)
    return True


def set_muted(call_id: UUID, agent: Agent, muted: bool) -> None:
    with transaction.atomic():
        mine = Call.objects.filter(pk=call_id, agent=agent, status__in=LIVE)
        call = mine.exclude(muted=muted).first()
        if call:
            mine.update(muted=muted)
            bump_version(call)
