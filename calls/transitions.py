"""Change a call's status: one place, by compare-and-set."""

import logging
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from calls import notify
from calls.models import Call, CallChange
from calls.states import Event, IllegalMove, after

# Rows for a timeline: events, each with its detail.
Notes = Sequence[tuple[str, str]]

logger = logging.getLogger(__name__)


class Overtaken(IllegalMove):
    """The call has moved on before. For the caller it means the same: too late."""


def move(
    call: Call, event: Event, *, user: Any = None, detail: str = "", **fields: Any
) -> None:
    """Apply one event by compare-and-set. Raises IllegalMove, or Overtaken."""
    old, new = call.status, after(call.status, event)
    with transaction.atomic(savepoint=False):
        mine = Call.objects.filter(pk=call.pk, status=old)
        moved = mine.update(status=new, version=F("version") + 1, **fields)
        if moved:
            detail = detail or fields.get("end_text", "")
            record(call, event, new, user=user, detail=detail)
    if not moved:
        raise Overtaken(str(call.pk))
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
    """Add a row to the call's timeline, and push the call."""
    CallChange.objects.create(
        call=call,
        event=event,
        old=call.status,
        new=new or call.status,
        user=user,
        detail=detail[:300],
    )
    notify.call_changed(call)


def record_all(call: Call, notes: Notes) -> None:
    """Add facts to the call's timeline that change nothing."""
    for event, detail in notes:
        record(call, event, detail=detail)


def music_ends(call: Call) -> dict[str, Any]:
    """Add the time with music, once the customer talks again or is gone."""
    if call.held_since is None:
        return {}
    seconds = max(0.0, (timezone.now() - call.held_since).total_seconds())
    return {"held_since": None, "hold_seconds": call.hold_seconds + round(seconds)}


def bump_version(call: Call) -> None:
    """Give browsers a newer version: something other than the status changed."""
    bump_versions([call])


def bump_versions(calls: Iterable[Call]) -> None:
    ids = list(dict.fromkeys(call.pk for call in calls))
    if ids:
        Call.objects.filter(pk__in=ids).update(version=F("version") + 1)
        notify.calls_changed(ids)
