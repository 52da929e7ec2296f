"""What happens to calls, from the first ring to the end."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from agents.models import Agent
from callcenter.models import WatiAccount
from callcenter.wati.errors import sentence
from callcenter.wati.events import CallTerminated, InboundCall
from calls import floor, nodes, offers, outbox, parts, waiting
from calls.ledger_notes import note_answer, note_end
from calls.models import (
    Call,
    Direction,
    Leg,
    Line,
    Offer,
    WatiRequest,
    WebhookDelivery,
)
from calls.moves import Conflict, Refused, move, music_ends, record, touch
from calls.states import (
    LIVE,
    TABLE,
    Event,
    IllegalMove,
    Result,
    Status,
    ending,
)
from permissions.services import remember

# WhatsApp stops ringing after 30 to 60 s: an older offer would ring for nobody.
OFFER_GOES_STALE = timedelta(seconds=30)
CONSOLE_MUST_COME = timedelta(seconds=5)
LONGEST_CALL = timedelta(hours=4)
# Endings that Wati told us of, or that leave nothing to end there.
OVER_AT_WATI = (
    Event.CUSTOMER_ENDED,
    Event.CALLER_GONE,
    Event.ACCEPT_REFUSED,
    Event.REJECTED,
    Event.PLACE_REFUSED,
)


# --- Facts from Wati ---------------------------------------------------------------


def offered(
    account: WatiAccount,
    event: InboundCall,
    *,
    received_at: datetime,
    offer: str,
    offer_problem: str = "",
) -> Call:
    """An inbound call. `offer` is gated SDP, or empty with `offer_problem` set."""
    line = line_of(account, event.business_number)
    with floor.locked():
        call = lock_or_create(account, event.call_id)
        if call.direction:
            raise Conflict("This call was offered before, with another sound offer.")
        call.direction = Direction.INBOUND
        call.line, call.queue, call.priority = line, line.queue, line.priority
        call.contact = remember(event.caller)
        call.created_at = min(received_at, call.ended_at or received_at)
        call.offer_sdp = offer
        call.save()
        if call.status == Status.ENDED:  # its terminate overtook it
            record(call, Event.OFFERED)
        elif offer_problem:
            _finish(call, Event.OFFER_REFUSED, text=offer_problem)
        elif _is_stale(event, received_at):
            _finish(call, Event.OFFERED_LATE)
        else:
            move(call, Event.OFFERED)
            waiting.enter(call, line)
    return call


def customer_ended(account: WatiAccount, event: CallTerminated) -> Call:
    """Wati says the call is over. A call never heard of becomes its tombstone."""
    with floor.locked():
        call = lock_or_create(account, event.call_id)
        text = sentence(event.error_code)
        known: dict[str, Any] = {
            "provider_duration": event.duration,
            "error_code": event.error_code,
        }
        facts = {name: value for name, value in known.items() if value is not None}
        if call.status == Status.ENDED:
            Call.objects.filter(pk=call.pk).update(**facts)
        else:
            _finish(call, Event.CUSTOMER_ENDED, text=text, **facts)
    return call


def lock_or_create(account: WatiAccount, wati_call_id: str) -> Call:
    """The row of a call at Wati, locked; a shadow when it is the first we hear."""
    calls = Call.objects.select_for_update()
    known: dict[str, Any] = {"account": account, "wati_call_id": wati_call_id}
    try:
        with transaction.atomic():
            return calls.get_or_create(**known)[0]
    except IntegrityError:
        return calls.get(**known)


def webhooks_matched(account_id: int, wati_call_id: str) -> None:
    """What was said of this call before we knew it has found its call."""
    if wati_call_id:
        WebhookDelivery.objects.filter(
            account_id=account_id,
            wati_call_id=wati_call_id,
            status=WebhookDelivery.Status.WAITING,
        ).update(status=WebhookDelivery.Status.DONE, next_attempt_at=None)


def line_of(account: WatiAccount, number: str) -> Line:
    lines = account.lines.select_related("queue")
    found = lines.filter(number=number) if number else lines.all()[:2]
    if len(found) != 1:
        raise Conflict(
            gettext_noop("The business number is not one of this account's lines.")
            if number
            else gettext_noop(
                "The call names no business number, and this account has several."
            )
        )
    return found[0]


def _is_stale(event: InboundCall, received_at: datetime) -> bool:
    rang_since = event.sent_at or received_at
    return timezone.now() - min(rang_since, received_at) > OFFER_GOES_STALE


# --- Ringing -----------------------------------------------------------------------


def claim(call_id: UUID, agent: Agent, *, near: str = "") -> Call:
    """One winner. Raises Refused for everybody else. `near` is the asking node."""
    with floor.locked():
        call = Call.objects.select_related("agent").filter(pk=call_id).first()
        if call is None or not _may_answer(call, agent):
            raise Refused("This call was not offered to you.")
        try:
            move(call, Event.CLAIMED, user=agent.user, **_claimed(call, agent, near))
        except (IllegalMove, IntegrityError) as error:
            raise Refused(_why_too_late(call_id, error)) from None
        parts.begin(call, agent)
        rang = offers.close(call, agent.pk, Offer.Outcome.TAKEN)
        parts.stop_ringing(rang)
    return call


def _claimed(call: Call, agent: Agent, near: str) -> dict[str, Any]:
    """The node is chosen now, unless one has the caller already."""
    now = timezone.now()
    fields = {
        "agent": agent,
        "claimed_at": now,
        "deadline": now + CONSOLE_MUST_COME,
        "wanted_agent": None,
        "wanted_as": "",
    }
    if call.status == Status.WAITING:
        if call.media_at is None:  # its sound is being made: nobody may be blamed
            fields["deadline"] = now + waiting.MEDIA_MUST_COME
        return fields
    node = nodes.choose(near)
    if node is None:
        raise Refused("No server has room for another call right now.")
    return fields | {"node": node.name, "node_epoch": node.epoch}


def _may_answer(call: Call, agent: Agent) -> bool:
    return call.offers.filter(agent=agent).exists()


def _why_too_late(call_id: UUID, error: Exception) -> str:
    if isinstance(error, IntegrityError):
        return gettext_noop("You are in another call.")
    call = Call.objects.select_related("agent").get(pk=call_id)
    if call.status == Status.ENDED:
        return call.end_text or gettext_noop("The call is over.")
    if call.agent is None:
        return gettext_noop("The call is taken.")
    return _("{agent} took this call.").format(agent=call.agent)


def decline(call_id: UUID, agent: Agent) -> None:
    """Silence the call for this agent; end it when nobody else could answer."""
    with floor.locked():
        call = Call.objects.select_for_update().filter(pk=call_id).first()
        if call is None:
            return
        ringing = call.offers.filter(outcome=Offer.Outcome.RINGING)
        mine = ringing.filter(agent=agent)
        if not mine.update(outcome=Offer.Outcome.DECLINED, ended_at=timezone.now()):
            return
        parts.stop_ringing([agent.pk])
        if call.status != Status.RINGING or offers.somebody_else_may_answer(call):
            touch(call)
            floor.look_after_commit()
        else:
            _finish(call, Event.DECLINED, user=agent.user)


# --- Connecting and talking --------------------------------------------------------


def release(call_id: UUID, reason: str) -> bool:
    """The winner's console did not come for the sound: let others answer."""
    with floor.locked():
        call = Call.objects.select_for_update().get(pk=call_id)
        answered = call.offers.filter(
            agent=call.agent,
            outcome=Offer.Outcome.ANSWERED,
            ended_at__gte=call.claimed_at,  # an earlier talk with them was one
        )
        event = Event.RETURNED if call.parked_at else Event.RELEASED
        try:
            move(call, event, detail=reason, **_released(call))
        except IllegalMove:
            return False
        answered.update(outcome=Offer.Outcome.CONSOLE, ended_at=timezone.now())
        parts.end_all(call)
        floor.look_after_commit()
    return True


def _released(call: Call) -> dict[str, Any]:
    """It rings on for a moment, or waits for as long as its queue lets it."""
    fields: dict[str, Any] = {
        "agent": None,
        "claimed_at": None,
        "console_lost_until": None,
    }
    if call.parked_at:
        soon = timezone.now() + waiting.MEDIA_MUST_COME
        return fields | {
            "deadline": waiting.gives_up_at(call) if call.media_at else soon
        }
    seconds = call.queue.ring_seconds if call.queue else 45
    rings_until = call.created_at + timedelta(seconds=seconds)
    soonest = timezone.now() + timedelta(seconds=5)
    return fields | {"node": "", "deadline": max(rings_until, soonest)}


def accept_sent(call_id: UUID, answer_sdp: str) -> bool:
    """Our answer goes out now. False when nobody wants it any more."""
    wanted = (Status.CONNECTING, Status.WAITING)
    mine = Call.objects.filter(pk=call_id, status__in=wanted)
    deadline = timezone.now() + waiting.MEDIA_MUST_COME
    return bool(mine.update(answer_sdp=answer_sdp, deadline=deadline))


def accepted(call_id: UUID) -> None:
    Call.objects.filter(pk=call_id).update(accepted_at=timezone.now())


def media_up(call_id: UUID, *, is_there: bool = True) -> bool:
    """Sound can flow: with an agent there, this is the instant of the answer.

    False when there is none, or `is_there` says that they do not hear it yet.
    """
    now = timezone.now()
    with floor.locked():
        call = Call.objects.select_for_update().get(pk=call_id)
        if call.media_at is None:
            waiting.heard_at_last(call)
        if not is_there or Event.MEDIA_UP not in TABLE[Status(call.status)]:
            return False
        first = call.answered_at is None
        answered = call.answered_at or now
        deadline = answered + LONGEST_CALL
        fields = {"answered_at": answered, "deadline": deadline, **music_ends(call)}
        move(call, Event.MEDIA_UP, from_agent=None, **fields)
        parts.joined(call, call.agent_id)
        if first:
            note_answer(call)
    return True


def set_muted(call_id: UUID, agent: Agent, muted: bool) -> None:
    with transaction.atomic():
        mine = Call.objects.filter(pk=call_id, agent=agent, status__in=LIVE)
        call = mine.exclude(muted=muted).first()
        if call:
            mine.update(muted=muted)
            touch(call)


# --- The end -----------------------------------------------------------------------


def end(
    call_id: UUID,
    event: Event,
    *,
    user: User | None = None,
    text: str = "",
    error_code: int | None = None,
) -> bool:
    """The one way to end a call. False when it had ended, or cannot end like that."""
    with floor.locked():
        call = Call.objects.select_for_update().get(pk=call_id)
        try:
            _finish(call, event, user=user, text=text, error_code=error_code)
        except IllegalMove:
            return False
    return True


def _finish(
    call: Call,
    event: Event,
    *,
    user: User | None = None,
    text: str = "",
    **fields: Any,
) -> None:
    old = call.status
    ended_by, unanswered, usual_text = ending(old, event)
    if call.status == Status.UNMATCHED and not call.direction:
        usual_text = gettext_noop("The call ended before we heard of it.")
    move(
        call,
        event,
        user=user,
        result=Result.ANSWERED if call.answered_at else unanswered,
        end_reason=event,
        ended_by=ended_by,
        end_text=(text or usual_text)[:300],
        ended_at=max(timezone.now(), call.created_at),
        deadline=None,
        muted=False,
        console_lost_until=None,
        **music_ends(call),
        **fields,
    )
    call.end_text, call.error_code = text or usual_text, fields.get("error_code")
    note_end(call, old, event)
    no_answer = (Event.RING_TIMEOUT, Event.WAIT_TIMEOUT)
    outcomes = Offer.Outcome
    rang = offers.close(
        call, None, outcomes.NO_ANSWER if event in no_answer else outcomes.CALLER_LEFT
    )
    parts.stop_ringing(rang)
    parts.end_all(call)
    if event not in OVER_AT_WATI and outbox.is_known_at_wati(call):
        outbox.ask(call=call, verb=WatiRequest.Verb.TERMINATE)


def hang_up(call_id: UUID, agent: Agent) -> None:
    """Who was only asked to come leaves; the others end the call. Raises Refused."""
    with floor.locked():
        call = Call.objects.select_for_update().get(pk=call_id)
        leg = parts.of(call, agent)
        if leg is None:
            raise Refused("This call is not yours.")
        if leg.mode == Leg.Mode.CONSULT:
            parts.leave(leg)
            touch(call)
        else:
            end(call_id, Event.AGENT_ENDED, user=agent.user)
