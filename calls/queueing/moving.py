"""A supervisor moves a caller who waits: to another queue, or to the front."""

from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from agents.models import Queue
from agents.presence import on_duty_for
from callcenter import audit
from calls.errors import Refused
from calls.locking import dispatch_lock
from calls.models import Call
from calls.queueing import dispatch
from calls.queueing.entry import place_of, waiting_in
from calls.queueing.hold_queue import set_fields, wait_ends_at
from calls.queueing.limits import deadline_of
from calls.queueing.queue_state import queues_now
from calls.queueing.requeue import visited_with
from calls.states import FOR_ANYBODY, Status
from calls.transitions import bump_version, record


def move(call_id: UUID, by: User, *, queue: Queue | None, to_front: bool) -> str:
    """Move the caller. Returns where they are now, as a sentence. Raises Refused.

    In another queue the caller keeps the place that the time of the call gives, and
    the maximum wait of that queue begins anew.
    """
    with dispatch_lock():
        calls = Call.objects.logged().select_related("queue")
        call = calls.select_for_update(of=("self",)).get(pk=call_id)
        if call.status not in FOR_ANYBODY or call.announcement or call.queue is None:
            raise Refused(_("This caller does not wait any more."))
        if queue is not None and queue != call.queue:
            _to_queue(call, queue, by)
        if to_front:
            _to_front(call, by)
        bump_version(call)
        dispatch.run_soon()
        place = place_of(call)
    now = _("{caller} is number {place} in {queue}.")
    return now.format(caller=_name_of(call), place=place, queue=call.queue)


def _name_of(call: Call) -> str:
    return str(call.contact or _("The caller"))


def _to_queue(call: Call, queue: Queue, by: User) -> None:
    if not on_duty_for(queue.pk):
        nobody = _("No agent of {queue} is signed in.")
        raise Refused(nobody.format(queue=queue))
    set_fields(
        call,
        queue=queue,
        queued_at=timezone.now(),
        visited_queues=visited_with(call, queue),
        queue_visits=call.queue_visits + 1,
        wanted_agent=None,
        wanted_as="",
        wanted_until=None,
    )
    _set_deadline(call)
    _note(call, by, "moved", str(queue))


def _set_deadline(call: Call) -> None:
    """Let the limits of the new queue count; audio that is yet to come has its own."""
    if call.status == Status.RINGING:
        set_fields(call, deadline=deadline_of(call, queues_now([call.queue])))
    elif call.media_at is not None:
        set_fields(call, deadline=wait_ends_at(call))


def _to_front(call: Call, by: User) -> None:
    others = waiting_in(call.queue_id).exclude(pk=call.pk)
    highest: dict[str, Any] = others.aggregate(priority=Max("priority"))
    if highest["priority"] is None or place_of(call) == 1:
        return
    set_fields(call, priority=max(call.priority, highest["priority"] + 1))
    _note(call, by, "moved_to_front", "")


def _note(call: Call, by: User, event: str, queue: str) -> None:
    with override(None):  # as all texts of the timeline
        record(call, event, user=by, detail=queue)
    audit.record(audit.Action.CHANGED, call, f"{event} {queue}".strip(), user=by)
