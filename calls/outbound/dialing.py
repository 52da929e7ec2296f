"""Calling out: from an agent's wish to the other end's answer."""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError
from django.utils import timezone
from django.utils.translation import gettext_noop

from agents.models import Agent, AgentState
from callcenter.models import WatiAccount
from callcenter.wati.errors import Outcome, WatiError
from callcenter.wati.events import OutboundAnswer, OutboundStatus, Person
from callcenter.wati.parsing import STATUSES
from calls import locking, placement
from calls.errors import Conflict, Refused
from calls.lifecycle import inbound, withdrawal
from calls.lifecycle.answer import CONSOLE_MUST_COME
from calls.lifecycle.ending import end
from calls.lifecycle.permission_usage import pair_of
from calls.models import Call, Direction, Line, WatiRequest
from calls.outbound import answers
from calls.queueing import participants
from calls.signaling import breaker, outbox
from calls.states import LIVE, Event, Status
from calls.transitions import Notes, bump_version, move, record_all
from permissions import people
from permissions import services as permissions
from permissions.ledger import locked
from permissions.models import Contact

logger = logging.getLogger(__name__)

# Wati reports the outcome of a call within this time, or never.
PLACING_MUST_BE_KNOWN = timedelta(seconds=45)
# No outbound calls while offline: the agent would not hear them.
MAY_CALL = (AgentState.AVAILABLE, AgentState.ON_BREAK, AgentState.WRAP_UP)
# We give up then, if WhatsApp has not.
OUTBOUND_RING_TIMEOUT = timedelta(seconds=60)
# A webhook about an unnamed call may belong to a request as old as this.
JOIN_WITHIN = timedelta(seconds=120)


def dial(agent: Agent, contact: Contact, line: Line, *, near: str = "") -> Call:
    """Begin a call out. Raises Refused with a sentence for the agent."""
    if line.account.unauthorised_since:
        raise Refused("Wati rejects our API token. A supervisor must renew it.")
    breaker.refuse_if_failing(line.account_id)
    try:
        with locking.dispatch_lock():
            node = placement.choose(near)  # under the lock: it may be about to drain
            if node is None:
                raise Refused(placement.why_none())
            call = _new_call(agent, contact, line)
            _reserve(call, agent)
            move(
                call,
                Event.DIALED,
                user=agent.user,
                node=node.name,
                node_epoch=node.epoch,
                deadline=timezone.now() + CONSOLE_MUST_COME,
            )
            participants.join(call, agent, only_from=MAY_CALL)
    except IntegrityError:
        raise Refused(
            "You or another agent are already on a call with this person."
        ) from None
    except permissions.NotAllowed as no:
        raise Refused(str(no)) from None
    return call


def _new_call(agent: Agent, contact: Contact, line: Line) -> Call:
    return Call.objects.create(
        account=line.account,
        direction=Direction.OUTBOUND,
        line=line,
        queue=line.queue,
        contact=contact,
        agent=agent,
        claimed_at=timezone.now(),
    )


def _reserve(call: Call, agent: Agent) -> None:
    """Reserve the call in the permission ledger before anything is sent."""
    assert call.contact is not None
    assert call.line is not None
    pair = pair_of(call.contact, call.line)
    locked(pair)  # another agent may be calling this contact now
    others = Call.objects.filter(contact=call.contact, status__in=LIVE)
    permissions.place_call(
        pair,
        call=call.pk,
        by=agent.user,
        call_running=others.exclude(pk=call.pk).exists(),
    )


def offer_made(call_id: UUID, offer: str) -> bool:
    """Store the node's SDP offer: any process may now send the request."""
    with locking.dispatch_lock():
        call = Call.objects.select_for_update().get(pk=call_id)
        if call.status != Status.DIALING or call.offer_sdp:
            return False
        call.offer_sdp = offer
        call.deadline = timezone.now() + PLACING_MUST_BE_KNOWN
        call.save(update_fields=["offer_sdp", "deadline"])
        outbox.ask(call=call, verb=WatiRequest.Verb.OUTBOUND)
    return True


# --- What Wati replied -------------------------------------------------------------


def placed(call: Call, wati_call_id: str) -> None:
    """Store Wati's name for the call, and take over what came under it."""
    with locking.dispatch_lock():
        # The name first, also if it is not used yet: a webhook may be about to.
        shadow = inbound.lock_or_create(call.account, wati_call_id)
        call = Call.objects.select_for_update().get(pk=call.pk)
        if call.wati_call_id or shadow.direction:
            return
        Call.objects.filter(pk=shadow.pk).delete()
        call.wati_call_id = wati_call_id
        if call.status == Status.DIALING:
            call.deadline = timezone.now() + OUTBOUND_RING_TIMEOUT
            call.progress = call.progress or "placed"
        call.save()
        inbound.webhooks_matched(call.account_id, wati_call_id)
        bump_version(call)
        _take_over(call, shadow)
        outbox.hurry(call, WatiRequest.Verb.TERMINATE)  # it waited for the name


def _take_over(call: Call, shadow: Call) -> None:
    if shadow.answer_sdp:
        _keep_answer(call, shadow.answer_sdp)
    for word in shadow.heard.split():
        _progress(Call.objects.get(pk=call.pk), word)
    if shadow.status == Status.ENDED:
        end(call.pk, Event.CUSTOMER_ENDED)


def not_placed(call: Call, error: WatiError) -> None:
    """End a call that Wati did not place; an unknown outcome waits for a webhook."""
    if error.outcome != Outcome.UNKNOWN:
        end(
            call.pk,
            Event.PLACE_REFUSED,
            text=error.sentence,
            error_code=error.code,
            retry_at=timezone.now() + error.wait if error.wait else None,
        )


# --- What the webhooks say ---------------------------------------------------------


def answered_with(
    account: WatiAccount, event: OutboundAnswer, answer: str, *, notes: Notes = ()
) -> Call:
    """Store the gated SDP answer; it may come while the phone still rings.

    `notes` go to the call's timeline.
    """
    with locking.dispatch_lock():
        call = _called(account, event.call_id, event.callee)
        if call.direction == Direction.INBOUND:
            raise Conflict("An SDP answer arrived for an inbound call.")
        if call.answer_sdp and call.answer_sdp != answer:
            raise Conflict("A second, different SDP answer arrived for this call.")
        if not call.answer_sdp:
            _keep_answer(call, answer)
            record_all(call, notes)
    return call


def answer_refused(account: WatiAccount, event: OutboundAnswer, problem: str) -> Call:
    """End the call, because its SDP answer did not pass the gate."""
    with locking.dispatch_lock():
        call = _called(account, event.call_id, event.callee)
        if call.direction != Direction.OUTBOUND or call.answer_sdp:
            raise Conflict(problem)
        end(call.pk, Event.MEDIA_FAILED, text=problem)
    return call


def _keep_answer(call: Call, answer: str) -> None:
    heard_at = timezone.now()
    Call.objects.filter(pk=call.pk).update(answer_sdp=answer, heard_at=heard_at)
    call.answer_sdp = answer
    bump_version(call)


def status_heard(account: WatiAccount, event: OutboundStatus) -> Call:
    """Follow Wati's status of the call. Unknown words change nothing."""
    with locking.dispatch_lock():
        call = _called(account, event.call_id, event.callee)
        if call.direction == Direction.INBOUND:
            raise Conflict("An outbound call status arrived for an inbound call.")
        if call.direction:
            _progress(call, event.status, event.sent_at)
        else:
            _hold(call, event.status)
    return call


def _hold(shadow: Call, word: str) -> None:
    """Keep a status until its call is known; an inbound call ignores it.

    After a terminate only a rejection still says something new.
    """
    over = shadow.status == Status.ENDED
    room = len(shadow.heard) + len(word) < 200
    if word in STATUSES and room and (word == "rejected" or not over):
        heard = f"{shadow.heard} {word}".strip()
        Call.objects.filter(pk=shadow.pk).update(heard=heard)


def _progress(call: Call, word: str, said_at: datetime | None = None) -> None:
    if word in STATUSES:
        Call.objects.filter(pk=call.pk).update(heard_at=timezone.now())
    match word:
        case "calling":
            _show_progress(call, "placed")
        case "ringing":
            _show_progress(call, "ringing")
        case "accepted":
            answers.accepted(call, said_at)
        case "rejected":
            answers.rejected(call)
        case "unanswered":
            answers.unanswered(call)
        case "failed" if withdrawal.is_unconfirmed(call):
            withdrawal.withdraw(call, Event.CUSTOMER_ENDED)
        case "failed" | "ended":
            end(call.pk, Event.CUSTOMER_ENDED)
        case _:
            logger.warning("call %s: unknown status word %.40r", call.pk, word)


def _show_progress(call: Call, progress: str) -> None:
    """Move forward only: a late status never takes a call back."""
    steps = ("", "placed", "ringing")
    if steps.index(progress) > steps.index(call.progress):
        dialing = Call.objects.filter(pk=call.pk, status=Status.DIALING)
        if dialing.update(progress=progress):
            bump_version(call)


def _called(account: WatiAccount, wati_call_id: str, callee: Person) -> Call:
    """Return the call of that name, one that waits for its name, or a new shadow."""
    call = inbound.lock_or_create(account, wati_call_id)
    if call.direction or call.status != Status.UNMATCHED:
        return call
    unnamed = _unnamed(account, callee)
    if unnamed is None:
        return call
    placed(unnamed, wati_call_id)
    return Call.objects.select_for_update().get(pk=unnamed.pk)


def _unnamed(account: WatiAccount, callee: Person) -> Call | None:
    """Return the one call without a reply that this may be about.

    While a reply may still come nothing is guessed; nor when two calls fit.
    """
    unknown = WatiRequest.objects.filter(
        account=account,
        verb=WatiRequest.Verb.OUTBOUND,
        status=WatiRequest.Status.UNKNOWN,
        sent_at__gt=timezone.now() - JOIN_WITHIN,
        call__wati_call_id="",
    )
    if contact := people.find(account, callee):
        unknown = unknown.filter(call__contact=contact)
    elif callee.is_known:
        return None
    found = list(unknown.select_related("call")[:2])
    return found[0].call if len(found) == 1 else None


def give_up(call: Call) -> None:
    """End a dialing call whose deadline has passed."""
    if not call.offer_sdp:
        text = gettext_noop("The console did not open the audio connection.")
        end(call.pk, Event.CONSOLE_LOST, text=text)
    elif call.wati_call_id:
        end(call.pk, Event.NO_ANSWER)
    else:
        end(call.pk, Event.LOST_TRACK)
