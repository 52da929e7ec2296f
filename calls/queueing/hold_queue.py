"""Answer callers who wait with music or an announcement, and limit their wait."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from agents import admission
from calls import placement
from calls.models import Announcement, Call
from calls.queueing.queue_state import limits_of
from calls.states import Event, IllegalMove, Status
from calls.transitions import move

MEDIA_MUST_COME = timedelta(seconds=20)
LONGEST_ANNOUNCEMENT = timedelta(minutes=6)
ANNOUNCED_ENDINGS = {
    Announcement.CLOSED: Event.CLOSED,
    Announcement.NOBODY: Event.NOBODY_THERE,
    Announcement.FULL: Event.QUEUE_FULL,
}


def set_fields(call: Call, **fields: Any) -> None:
    Call.objects.filter(pk=call.pk).update(**fields)
    for name, value in fields.items():
        setattr(call, name, value)


def auto_answer(call: Call, *, announcement: str = "") -> bool:
    """Answer with music or with an announcement. Return False without a node for it."""
    node = placement.choose()
    if node is None:
        return False
    now = timezone.now()
    try:
        move(
            call,
            Event.PARKED,
            node=node.name,
            node_epoch=node.epoch,
            queued_with_audio_at=now,
            announcement=announcement,
            deadline=now + MEDIA_MUST_COME,
        )
    except IllegalMove:
        return False
    call.announcement = announcement
    return True


def play_announcement(call: Call, announcement: Announcement) -> None:
    if not auto_answer(call, announcement=announcement):
        # No room even for that: it rings out, at no console.
        set_fields(call, announcement=announcement, deadline=rings_until(call))


def rings_until(call: Call) -> datetime:
    """Return when a call that nothing answers counts as missed."""
    return call.created_at + timedelta(seconds=limits_of(call.queue).ring_timeout)


def media_came_up(call: Call) -> None:
    """Note that the caller hears audio; from here on the queue's own limit counts."""
    now = timezone.now()
    set_fields(call, media_at=now)
    if call.announcement:  # the node ends it when that was said; this is the backstop
        set_fields(call, deadline=now + LONGEST_ANNOUNCEMENT)
    elif call.status == Status.WAITING:
        set_fields(call, deadline=wait_ends_at(call))


def wait_ends_at(call: Call) -> datetime:
    queued_at = call.queued_at or call.created_at
    return admission.wait_ends_at(limits_of(call.queue), queued_at)
