"""Begin inbound calls, and record what Wati says of them."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_noop

from callcenter.models import WatiAccount
from callcenter.wati.errors import sentence
from callcenter.wati.events import CallTerminated, InboundCall
from calls import locking
from calls.errors import Conflict
from calls.lifecycle import withdrawal
from calls.lifecycle.ending import ENDED_BEFORE, finish
from calls.models import Call, CallChange, Direction, Line, WebhookDelivery
from calls.queueing import entry
from calls.states import Event, Status, ending
from calls.transitions import Notes, bump_version, record, record_all
from permissions import people
from permissions.numbers import key_of

# WhatsApp stops ringing after 30 to 60 s: an older call has ended. By our own clock,
# from its reception: the sender's may be wrong, and would silence each call.
OFFER_GOES_STALE = timedelta(seconds=30)


def begin(
    account: WatiAccount,
    event: InboundCall,
    *,
    received_at: datetime,
    offer: str,
    offer_problem: str = "",
    notes: Notes = (),
) -> Call:
    """Begin an inbound call. `offer`: gated SDP, or empty with `offer_problem` set.

    `notes` go to the call's timeline.
    """
    line = line_of(account, event.business_number)
    with locking.dispatch_lock():
        call = _lock(account, event.call_id) or Call(
            account=account, wati_call_id=event.call_id
        )
        if call.direction:
            return _said_again(call, event, offer)
        call.direction = Direction.INBOUND
        call.line, call.queue, call.priority = line, line.queue, line.priority
        call.is_canary = line.queue.is_canary
        call.contact = people.remember(account, event.caller)
        call.created_at = min(received_at, call.ended_at or received_at)
        call.offer_sdp = offer
        call.save()
        record_all(call, notes)
        if call.status == Status.ENDED:  # its terminate overtook it
            record(call, Event.OFFERED)
        elif offer_problem:
            finish(call, Event.OFFER_REFUSED, text=offer_problem)
        elif timezone.now() - received_at > OFFER_GOES_STALE:
            finish(call, Event.OFFERED_LATE)
        else:
            entry.enter(call, line)
    return call


def _said_again(call: Call, event: InboundCall, offer: str) -> Call:
    """Take from a call that was received before who it is, if that was not known."""
    if call.direction != Direction.INBOUND or call.offer_sdp != offer:
        raise Conflict("This call was received before with a different SDP offer.")
    contact = people.remember(call.account, event.caller)
    if contact is not None and call.contact is None:
        Call.objects.filter(pk=call.pk).update(contact=contact)
        bump_version(call)
    return call


def customer_ended(account: WatiAccount, event: CallTerminated) -> Call:
    """End a call by Wati's word. An unknown call leaves a tombstone."""
    known: dict[str, Any] = {
        "provider_duration": event.duration,
        "error_code": event.error_code,
    }
    facts = {name: value for name, value in known.items() if value is not None}
    text = sentence(event.error_code)
    with locking.dispatch_lock():
        call = _lock(account, event.call_id)
        if call is None:
            return _tombstone(account, event.call_id, text, facts)
        if withdrawal.is_unconfirmed(call):
            if not event.duration:
                withdrawal.withdraw(call, Event.CUSTOMER_ENDED, **facts)
                return call
            withdrawal.confirm(call)
        if call.status == Status.ENDED:
            Call.objects.filter(pk=call.pk).update(**facts)
        else:
            finish(call, Event.CUSTOMER_ENDED, text=text, **facts)
    return call


def lock_or_create(account: WatiAccount, wati_call_id: str) -> Call:
    """Lock the row of a call at Wati; create a shadow if it is new."""
    known = _lock(account, wati_call_id)
    return known or Call.objects.create(account=account, wati_call_id=wati_call_id)


def _lock(account: WatiAccount, wati_call_id: str) -> Call | None:
    """Lock the row of a call at Wati, if there is one.

    The dispatch lock keeps everybody else from creating it meanwhile.
    """
    calls = Call.objects.select_for_update(of=("self",)).select_related("contact")
    return calls.filter(account=account, wati_call_id=wati_call_id).first()


def _tombstone(
    account: WatiAccount, wati_call_id: str, text: str, facts: dict[str, Any]
) -> Call:
    """Create a shadow that has ended: as finish() leaves it, and nobody to tell."""
    ended_by, result, _ = ending(Status.UNMATCHED, Event.CUSTOMER_ENDED)
    now, text = timezone.now(), text or ENDED_BEFORE
    call = Call.objects.create(
        account=account,
        wati_call_id=wati_call_id,
        status=Status.ENDED,
        version=1,
        result=result,
        end_reason=Event.CUSTOMER_ENDED,
        ended_by=ended_by,
        end_text=text[:300],
        created_at=now,
        ended_at=now,
        **facts,
    )
    CallChange.objects.create(
        call=call,
        event=Event.CUSTOMER_ENDED,
        old=Status.UNMATCHED,
        new=Status.ENDED,
        detail=text[:300],
    )
    return call


def webhooks_matched(account_id: int, wati_call_id: str) -> None:
    """Process the webhooks that came before their call."""
    if wati_call_id:
        WebhookDelivery.objects.filter(
            account_id=account_id,
            wati_call_id=wati_call_id,
            status=WebhookDelivery.Status.WAITING,
        ).update(status=WebhookDelivery.Status.DONE, next_attempt_at=None)


def line_of(account: WatiAccount, number: str) -> Line:
    """Return the line that a webhook is about. Raises Conflict.

    An account with one line has no other that it could be, whatever number the
    webhook names. Of several it is the one that is the same number at WhatsApp.
    """
    lines = list(account.lines.select_related("queue"))
    if len(lines) == 1:
        return lines[0]
    exact = [line for line in lines if line.number == number]
    same = [line for line in lines if key_of(line.number) == key_of(number)]
    found = exact or same
    if len(found) != 1 or not number:
        raise Conflict(
            gettext_noop("The business number does not belong to this account.")
            if number
            else gettext_noop(
                "The call has no business number, and this account has several."
            )
        )
    return found[0]
