"""What happens to calls. Every change of status goes through move()."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from agents import presence
from agents.models import Agent, AgentState
from agents.services import set_state
from callcenter.models import WatiAccount
from callcenter.wati.errors import sentence
from callcenter.wati.events import CallTerminated, InboundCall
from calls import nodes, notify, offers, outbox
from calls.ledger_notes import note_answer, note_end
from calls.models import (
    Call,
    CallChange,
    Direction,
    Line,
    Offer,
    WatiRequest,
    WebhookDelivery,
)
from calls.states import LIVE, Event, IllegalMove, Result, Status, after, ending
from permissions.services import remember

logger = logging.getLogger(__name__)

# WhatsApp stops ringing after 30 to 60 s: an older offer would ring for nobody.
OFFER_GOES_STALE = timedelta(seconds=30)
CONSOLE_MUST_COME = timedelta(seconds=5)
MEDIA_MUST_COME = timedelta(seconds=20)
LONGEST_CALL = timedelta(hours=4)
# Endings that Wati told us of, or that leave nothing to end there.
OVER_AT_WATI = (
    Event.CUSTOMER_ENDED,
    Event.CALLER_GONE,
    Event.ACCEPT_REFUSED,
    Event.REJECTED,
    Event.PLACE_REFUSED,
)


class Overtaken(IllegalMove):
    """Somebody moved this call first. For the caller it means the same: too late."""


class Refused(Exception):
    """The agent cannot have that; the text is a sentence for them."""


@dataclass(frozen=True)
class Conflict(Exception):
    """A webhook that contradicts what is known; a person should look at it."""

    problem: str


def move(call: Call, event: Event, *, user: Any = None, **fields: Any) -> None:
    """Apply one event by compare-and-set. Raises IllegalMove, or Overtaken."""
    old, new = call.status, after(call.status, event)
    with transaction.atomic():
        mine = Call.objects.filter(pk=call.pk, status=old)
        if not mine.update(status=new, version=F("version") + 1, **fields):
            raise Overtaken(str(call.pk))
        record(call, event, new, user=user, detail=fields.get("end_text", ""))
    call.status = new
    logger.info("call %s: %s -> %s (%s)", call.pk, old, new, event)


def record(
    call: Call,
    event: str,
    new: str = "",
    *,
    user: User | None = None,
    detail: str = "",
) -> None:
    """Leave a row in the call's history, and tell who watches the call."""
    CallChange.objects.create(
        call=call,
        event=event,
        old=call.status,
        new=new or call.status,
        user=user,
        detail=detail[:300],
    )
    notify.call_changed(call)


def touch(call: Call) -> None:
    """Something other than the status changed: browsers want a newer version."""
    Call.objects.filter(pk=call.pk).update(version=F("version") + 1)
    notify.call_changed(call)


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
    with transaction.atomic():
        call = lock_or_create(account, event.call_id)
        if call.direction:
            raise Conflict("This call was offered before, with another sound offer.")
        call.direction = Direction.INBOUND
        call.line, call.queue = line, line.queue
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
            ring_until = received_at + timedelta(seconds=line.queue.ring_seconds)
            move(call, Event.OFFERED, deadline=ring_until)
            offers.ring(call, presence.ready_for(line.queue_id))
    return call


def customer_ended(account: WatiAccount, event: CallTerminated) -> Call:
    """Wati says the call is over. A call never heard of becomes its tombstone."""
    with transaction.atomic():
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
            "The business number is not one of this account's lines."
            if number
            else "The call names no business number, and this account has several."
        )
    return found[0]


def _is_stale(event: InboundCall, received_at: datetime) -> bool:
    rang_since = event.sent_at or received_at
    return timezone.now() - min(rang_since, received_at) > OFFER_GOES_STALE


# --- Ringing -----------------------------------------------------------------------


def offer_waiting(agent_id: int) -> None:
    """Ring the calls that wait in this agent's queues at their console, too."""
    waiting = Call.objects.filter(status=Status.RINGING, queue__agents=agent_id)
    for call in waiting.exclude(offers__agent=agent_id).order_by("created_at"):
        with transaction.atomic():
            offers.ring(call, [agent_id])
            touch(call)


def claim(call_id: UUID, agent: Agent, *, near: str = "") -> Call:
    """One winner. Raises Refused for everybody else. `near` is the asking node."""
    node = nodes.choose(near)
    if node is None:
        raise Refused("No server has room for another call right now.")
    now = timezone.now()
    with transaction.atomic():
        call = Call.objects.select_related("agent").filter(pk=call_id).first()
        if call is None or not _may_answer(call, agent):
            raise Refused("This call was not offered to you.")
        try:
            move(
                call,
                Event.CLAIMED,
                user=agent.user,
                agent=agent,
                node=node.name,
                node_epoch=node.epoch,
                claimed_at=now,
                deadline=now + CONSOLE_MUST_COME,
            )
        except (IllegalMove, IntegrityError) as error:
            raise Refused(_why_too_late(call_id, error)) from None
        if not change_agent(agent.pk, AgentState.IN_CALL, only_from=("available",)):
            raise Refused("You are not available. Go available first.")
        offers.close(call, agent.pk, Offer.Outcome.ANSWERED, Offer.Outcome.TAKEN)
    return call


def _may_answer(call: Call, agent: Agent) -> bool:
    return call.offers.filter(agent=agent).exists()


def _why_too_late(call_id: UUID, error: Exception) -> str:
    if isinstance(error, IntegrityError):
        return "You are in another call."
    call = Call.objects.select_related("agent").get(pk=call_id)
    if call.status == Status.ENDED:
        return call.end_text or "The call is over."
    return f"{call.agent} took this call." if call.agent else "The call is taken."


def decline(call_id: UUID, agent: Agent) -> None:
    """Silence the call for this agent; end it when nobody else could answer."""
    with transaction.atomic():
        call = Call.objects.select_for_update().filter(pk=call_id).first()
        if call is None or call.status != Status.RINGING:
            return
        ringing = call.offers.filter(outcome=Offer.Outcome.RINGING)
        mine = ringing.filter(agent=agent)
        if not mine.update(outcome=Offer.Outcome.DECLINED, ended_at=timezone.now()):
            return
        if offers.somebody_else_may_answer(call):
            touch(call)
        else:
            _finish(call, Event.DECLINED, user=agent.user)


# --- Connecting and talking --------------------------------------------------------


def release(call_id: UUID, reason: str) -> bool:
    """The winner's console did not come for the sound: let others answer."""
    now = timezone.now()
    with transaction.atomic():
        call = Call.objects.select_for_update().get(pk=call_id)
        agent_id, queue_id = call.agent_id, call.queue_id
        seconds = call.queue.ring_seconds if call.queue else 45
        ring_until = call.created_at + timedelta(seconds=seconds)
        try:
            move(
                call,
                Event.RELEASED,
                agent=None,
                node="",
                claimed_at=None,
                deadline=max(ring_until, now + timedelta(seconds=5)),
            )
        except IllegalMove:
            return False
        call.changes.filter(event=Event.RELEASED).update(detail=reason[:300])
        if agent_id:
            _missed_by_console(call, agent_id)
        if queue_id:
            offers.ring_again(call, queue_id, except_for=agent_id)
    return True


def _missed_by_console(call: Call, agent_id: int) -> None:
    call.offers.filter(agent_id=agent_id).update(outcome=Offer.Outcome.NO_ANSWER)
    change_agent(agent_id, AgentState.AVAILABLE, only_from=("in_call",))


def accept_sent(call_id: UUID, answer_sdp: str) -> bool:
    """Our answer goes out now. False when the call is no longer connecting."""
    mine = Call.objects.filter(pk=call_id, status=Status.CONNECTING)
    deadline = timezone.now() + MEDIA_MUST_COME
    return bool(mine.update(answer_sdp=answer_sdp, deadline=deadline))


def accepted(call_id: UUID) -> None:
    Call.objects.filter(pk=call_id).update(accepted_at=timezone.now())


def media_up(call_id: UUID) -> bool:
    """Sound can flow: this is the instant of the answer."""
    now = timezone.now()
    with transaction.atomic():
        call = Call.objects.select_for_update().get(pk=call_id)
        try:
            move(call, Event.MEDIA_UP, answered_at=now, deadline=now + LONGEST_CALL)
        except IllegalMove:
            return False
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
    with transaction.atomic():
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
        usual_text = "The call ended before we heard of it."
    move(
        call,
        event,
        user=user,
        result=Result.ANSWERED if old == Status.ACTIVE else unanswered,
        end_reason=event,
        ended_by=ended_by,
        end_text=(text or usual_text)[:300],
        ended_at=max(timezone.now(), call.created_at),
        deadline=None,
        muted=False,
        **fields,
    )
    call.end_text, call.error_code = text or usual_text, fields.get("error_code")
    note_end(call, old, event)
    outcome = {Event.RING_TIMEOUT: Offer.Outcome.NO_ANSWER}
    offers.close(call, None, "", outcome.get(event, Offer.Outcome.CALLER_LEFT))
    if call.agent_id:
        change_agent(call.agent_id, AgentState.AVAILABLE, only_from=("in_call",))
    if event not in OVER_AT_WATI and outbox.is_known_at_wati(call):
        outbox.ask(call=call, verb=WatiRequest.Verb.TERMINATE)


def hang_up(call_id: UUID, agent: Agent) -> None:
    """Raises Refused when the call is not this agent's."""
    if not Call.objects.filter(pk=call_id, agent=agent).exists():
        raise Refused("This call is not yours.")
    end(call_id, Event.AGENT_ENDED, user=agent.user)


# --- Agents ------------------------------------------------------------------------


def change_agent(
    agent_id: int, state: str, *, reason: str = "", only_from: tuple[str, ...] = ()
) -> bool:
    """Change an agent's state and tell their console. False when it was too late."""
    with transaction.atomic():
        changed = set_state(agent_id, state, reason=reason, only_from=only_from)
        if changed:
            notify.agent_changed(agent_id)
        if changed and state == AgentState.AVAILABLE:
            transaction.on_commit(lambda: offer_waiting(agent_id))
    return changed
