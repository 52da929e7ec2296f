"""An answer that was only heard: WhatsApp confirms it, or it never was one.

Sound is taken for an answer when Wati reports nothing (calls/outbound/answers.py). What
WhatsApp says later decides: ACCEPTED or a duration confirms it; a rejection, "not
answered" or an end without a duration withdraws it in the row and in the ledger.
"""

from datetime import datetime
from typing import Any

from django.db.models import F
from django.utils.translation import gettext_noop

from calls.lifecycle.ending import finish
from calls.lifecycle.permission_usage import note_end, note_withdrawal
from calls.models import AnsweredBy, Call
from calls.states import Event, Status, ending
from calls.transitions import record


def is_unconfirmed(call: Call) -> bool:
    """Say whether nothing but sound speaks for the answer of this call."""
    return call.answered_by == AnsweredBy.AUDIO and call.answered_at is not None


def confirm(call: Call, at: datetime | None = None) -> None:
    """Note that WhatsApp reports the answer as well; the earlier time counts."""
    assert call.answered_at is not None
    call.answered_by = AnsweredBy.WHATSAPP
    call.answered_at = min(at or call.answered_at, call.answered_at)
    call.save(update_fields=["answered_by", "answered_at"])
    record(call, "answer_confirmed")


def withdraw(call: Call, event: Event, **fields: Any) -> None:
    """Make an unconfirmed answer undone, and end the call as if it had never been.

    A call that is over keeps how it ended, unless WhatsApp says it with `event`.
    """
    text = gettext_noop("Only audio had been taken for an answer.")
    record(call, "answer_withdrawn", detail=text)
    call.legs.update(joined_at=None)  # nobody talked, so there is no wrap-up either
    call.answered_at, call.answered_by = None, ""
    facts: dict[str, Any] = {"answered_at": None, "answered_by": ""}
    note_withdrawal(call)
    if call.status != Status.ENDED:
        Call.objects.filter(pk=call.pk).update(**facts)
        finish(call, event, was=Status.DIALING, **fields)
        return
    if event == Event.CUSTOMER_ENDED:  # says no more than that it is over
        event = Event(call.end_reason)
    ended_by, result, call.end_text = ending(Status.DIALING, event)
    facts |= {"result": result, "end_reason": event, "ended_by": ended_by}
    Call.objects.filter(pk=call.pk).update(
        **facts, **fields, end_text=call.end_text[:300], version=F("version") + 1
    )
    note_end(call, Status.DIALING, event)
