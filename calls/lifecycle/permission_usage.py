"""Facts for the permission ledger, from the rows of a call."""

from datetime import datetime

from django.utils import timezone

from calls.models import Call, Direction, Line, WatiRequest
from calls.states import Event, Status
from permissions import services as permissions
from permissions.facts import OUTBOUND_MAY_RING
from permissions.ledger import Pair
from permissions.models import Contact


def pair_of(contact: Contact, line: Line) -> Pair:
    return Pair(contact, line.account, line.number)


def note_answer(call: Call) -> None:
    """Record that a call was connected, inbound or outbound."""
    if call.contact is None or call.line is None:
        return
    pair = pair_of(call.contact, call.line)
    if call.direction == Direction.OUTBOUND:
        permissions.call_connected(pair, call=call.pk, at=call.answered_at)
    else:
        permissions.called_us(pair, call=call.pk, started_at=call.created_at)


def note_withdrawal(call: Call) -> None:
    """Record that an outbound call was not answered after all."""
    if call.contact is not None and call.line is not None:
        permissions.answer_withdrawn(pair_of(call.contact, call.line), call=call.pk)


def note_end(call: Call, old: str, event: Event) -> None:
    """Record that an outbound call ended unanswered; `old` is the status before."""
    if old != Status.DIALING or call.contact is None or call.line is None:
        return
    pair = pair_of(call.contact, call.line)
    if event == Event.PLACE_REFUSED:
        permissions.call_refused(
            pair,
            call=call.pk,
            code=call.error_code,
            detail=call.end_text,
            until=call.retry_at,
        )
    elif _may_have_rung(call):
        detail, over_at = call.end_text, _over_at(call, event)
        permissions.call_unanswered(pair, call=call.pk, detail=detail, at=over_at)
    else:
        permissions.call_not_sent(pair, call=call.pk, detail=call.end_text)


def _over_at(call: Call, event: Event) -> datetime:
    """Return when the phone stops ringing. A call that was lost sight of may ring on
    for a while, and no new call may be placed meanwhile."""
    now = timezone.now()
    if event != Event.LOST_TRACK:
        return now
    return max(now, call.created_at + OUTBOUND_MAY_RING)


def _may_have_rung(call: Call) -> bool:
    """Say whether the request may have reached WhatsApp. In doubt, it did."""
    if call.wati_call_id:
        return True
    placing = call.requests.filter(verb=WatiRequest.Verb.OUTBOUND).first()
    never = (WatiRequest.Status.PENDING, WatiRequest.Status.DROPPED)
    return placing is not None and placing.status not in never
