"""End a call: the one way, whatever the reason."""

from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext_noop

from agents.models import Agent
from calls import locking
from calls.errors import Refused
from calls.lifecycle.permission_usage import note_end
from calls.models import Call, Leg, Offer, WatiRequest
from calls.queueing import participants, ring_attempts, supervisors
from calls.signaling import outbox
from calls.states import (
    ON_NODE,
    WITH_AGENT,
    Event,
    IllegalMove,
    Result,
    Status,
    ending,
)
from calls.transitions import bump_version, move, music_ends

# Endings that Wati reported, or that leave nothing to end there.
OVER_AT_WATI = (
    Event.CUSTOMER_ENDED,
    Event.CALLER_GONE,
    Event.REJECTED,
    Event.PLACE_REFUSED,
)
ENDED_BEFORE = gettext_noop("The call ended before its webhook arrived.")


def end(
    call_id: UUID,
    event: Event,
    *,
    user: User | None = None,
    text: str = "",
    error_code: int | None = None,
    **fields: Any,
) -> bool:
    """End a call; the one way to do it. Returns False when it cannot end like that."""
    with locking.dispatch_lock():
        call = Call.objects.select_for_update().get(pk=call_id)
        try:
            finish(call, event, user=user, text=text, error_code=error_code, **fields)
        except IllegalMove:
            return False
    return True


def finish(
    call: Call,
    event: Event,
    *,
    user: User | None = None,
    text: str = "",
    was: str = "",
    **fields: Any,
) -> None:
    """End a locked call. `was`: the status to judge it by, if not the one it is in."""
    old = call.status
    ended_by, unanswered, usual_text = ending(was or old, event)
    if call.status == Status.UNMATCHED and not call.direction:
        usual_text = ENDED_BEFORE
    move(
        call,
        event,
        user=user,
        result=Result.ANSWERED if call.answered_at else unanswered,
        end_reason=event,
        ended_by=ended_by,
        end_text=(text or usual_text)[:300],
        # The clock may have been put back.
        ended_at=max(timezone.now(), call.answered_at or call.created_at),
        deadline=None,
        muted=False,
        console_lost_until=None,
        **music_ends(call),
        **fields,
    )
    call.end_text, call.error_code = text or usual_text, fields.get("error_code")
    note_end(call, was or old, event)
    no_answer = (Event.RING_TIMEOUT, Event.WAIT_TIMEOUT)
    outcomes = Offer.Outcome
    rang = ring_attempts.close(
        call, None, outcomes.NO_ANSWER if event in no_answer else outcomes.CALLER_LEFT
    )
    participants.stop_ringing(rang)
    if old in WITH_AGENT:
        participants.end_all(call, Leg.Left.CALL_ENDED)
    if old in ON_NODE:
        supervisors.end_all(call)
    if event not in OVER_AT_WATI and outbox.is_known_at_wati(call):
        outbox.ask(call=call, verb=WatiRequest.Verb.TERMINATE)


def hang_up(call_id: UUID, agent: Agent) -> None:
    """Remove a consulted agent, or end the call for everyone else. Raises Refused."""
    with locking.dispatch_lock():
        call = Call.objects.select_for_update().filter(pk=call_id).first()
        leg = participants.leg_of(call, agent) if call else None
        if call is None or leg is None:
            raise Refused("You are not on this call.")
        if leg.mode == Leg.Mode.CONSULT:
            participants.leave(leg, Leg.Left.LEFT)
            bump_version(call)
        else:
            end(call_id, Event.AGENT_ENDED, user=agent.user)
