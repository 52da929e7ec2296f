"""Answers to outbound calls: WhatsApp's word, or sound where no word comes.

WhatsApp reports ACCEPTED, but a webhook may be lost. So sound that lasts is an answer
as well, once nothing was reported for a while. It is one that WhatsApp has yet to
confirm (calls/lifecycle/withdrawal.py).
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_noop

from calls import locking
from calls.lifecycle.answer import LONGEST_CALL
from calls.lifecycle.ending import end
from calls.lifecycle.permission_usage import note_answer
from calls.lifecycle.withdrawal import confirm, is_unconfirmed, withdraw
from calls.models import AnsweredBy, Call
from calls.queueing import participants
from calls.states import Event, IllegalMove, Result, Status
from calls.transitions import move, record

logger = logging.getLogger(__name__)

BY = {
    AnsweredBy.WHATSAPP: gettext_noop("Reported by WhatsApp."),
    AnsweredBy.AUDIO: gettext_noop("Audio was heard; WhatsApp reported no answer."),
}


def until_sound_counts(call_id: UUID) -> float | None:
    """Return the seconds until sound is an answer, 0 or less if it is one now.

    None for a call that is not dialing any more.
    """
    call = Call.objects.filter(pk=call_id, status=Status.DIALING).first()
    return None if call is None else _until_sound_counts(call)


def _until_sound_counts(call: Call) -> float:
    quiet_since = call.heard_at or call.created_at
    wait = timedelta(seconds=settings.ANSWER_BY_SOUND_SECONDS)
    return (quiet_since + wait - timezone.now()).total_seconds()


def answered_by_sound(call_id: UUID) -> bool:
    """Take sound that lasts for an answer, unless WhatsApp spoke a moment ago."""
    with locking.dispatch_lock():
        call = Call.objects.select_for_update().get(pk=call_id)
        return _until_sound_counts(call) <= 0 and _answered(
            call, AnsweredBy.AUDIO, timezone.now()
        )


def accepted(call: Call, said_at: datetime | None = None) -> None:
    """Follow WhatsApp's word that the contact answered, whatever came before.

    It may come late, so its own time counts where it is a possible one.
    """
    now = timezone.now()
    at = said_at if said_at and call.created_at <= said_at <= now else now
    if is_unconfirmed(call):
        confirm(call, at)
    elif call.status == Status.ENDED:
        record(call, "accepted", detail="WhatsApp says it was answered; it was over.")
    else:
        _answered(call, AnsweredBy.WHATSAPP, at)


def _answered(call: Call, by: AnsweredBy, at: datetime) -> bool:
    deadline = timezone.now() + LONGEST_CALL
    at = max(at, call.created_at)
    facts = {"answered_at": at, "answered_by": by, "deadline": deadline}
    try:
        move(call, Event.ANSWERED, detail=BY[by], **facts)
    except IllegalMove:
        return False
    call.refresh_from_db()
    participants.audio_up(call, call.agent_id)
    note_answer(call)
    return True


def rejected(call: Call) -> None:
    """Follow WhatsApp's word that the contact pressed the red button."""
    if is_unconfirmed(call):
        withdraw(call, Event.REJECTED)
    elif call.status == Status.DIALING:
        end(call.pk, Event.REJECTED)
    elif call.result == Result.NO_ANSWER and call.end_reason == Event.CUSTOMER_ENDED:
        # Its terminate came first; the outcome is the same in either order.
        text = gettext_noop("The person rejected the call.")
        facts = {"result": Result.REJECTED, "end_reason": Event.REJECTED}
        version = F("version") + 1  # browsers show what is newer, and nothing else
        Call.objects.filter(pk=call.pk).update(end_text=text, version=version, **facts)
        record(call, Event.REJECTED)
    else:
        _contradicted(call, Event.REJECTED)


def unanswered(call: Call) -> None:
    """Follow WhatsApp's word that nobody answered."""
    if is_unconfirmed(call):
        withdraw(call, Event.NO_ANSWER)
    elif call.status == Status.DIALING:
        end(call.pk, Event.NO_ANSWER)
    else:
        _contradicted(call, Event.NO_ANSWER)


def _contradicted(call: Call, event: Event) -> None:
    """Keep a word that WhatsApp's own earlier one contradicts where people look."""
    if call.answered_at is not None:
        logger.warning("call %s: %s, but it was answered", call.pk, event)
        record(call, "contradicted", detail=event)
