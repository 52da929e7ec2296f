"""Act on calls whose deadline has passed."""

from uuid import UUID

from django.utils import timezone

from calls import locking
from calls.lifecycle import answer, ending
from calls.models import Announcement, Call, WatiRequest
from calls.outbound import dialing
from calls.queueing import dispatch, hold_queue, limits
from calls.states import TALKING, Event, Status


def overdue(call_id: UUID) -> None:
    """Act on a deadline, unless the call has moved on."""
    with locking.dispatch_lock():
        late = Call.objects.select_for_update().filter(deadline__lte=timezone.now())
        call = late.filter(pk=call_id).first()
        if call is not None:
            _act_on(call)


def _act_on(call: Call) -> None:
    if call.status == Status.RINGING:
        _rang_out(call)
    elif call.status == Status.WAITING:
        _waited_out(call)
    elif call.status in TALKING:
        ending.end(call.pk, Event.TOO_LONG)
    elif call.status == Status.DIALING:
        dialing.give_up(call)
    elif call.media_at is None and _accept_is_out(call):
        ending.end(call.pk, Event.MEDIA_FAILED)
    else:
        answer.release(call.pk, "The console did not open the audio connection.")


def _rang_out(call: Call) -> None:
    if call.announcement:  # no server had room to play it
        ending.end(call.pk, Event.RING_TIMEOUT)
    else:
        _advance(call, Event.RING_TIMEOUT)


def _waited_out(call: Call) -> None:
    if call.media_at is None:
        ending.end(call.pk, Event.MEDIA_FAILED)
    elif call.announcement:
        ending.end(
            call.pk, hold_queue.ANNOUNCED_ENDINGS[Announcement(call.announcement)]
        )
    else:
        _advance(call, Event.WAIT_TIMEOUT)


def _advance(call: Call, timeout: Event) -> None:
    if limits.advance(call):
        dispatch.run_soon()
    else:
        ending.end(call.pk, timeout)


def _accept_is_out(call: Call) -> bool:
    return call.requests.filter(verb=WatiRequest.Verb.ACCEPT).exists()
