"""Checks of a permission with WhatsApp: when the next is due, what its answer adds.

A deadline in the permission's row, set by ledger.refresh() from the facts: it outlasts
every process, and a sweep finds it.
"""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from permissions import ledger
from permissions.evidence import SAME_END
from permissions.facts import EventKind, Facts, PermissionStatus
from permissions.ledger import Pair
from permissions.models import CallPermission
from permissions.reading import Grant, Reading

# A reading that was lost is tried again after these pauses, then with the next look-up.
LOST_WAITS = tuple(
    timedelta(seconds=seconds) for seconds in (5, 15, 60, 300, 900, 3600, 4 * 3600)
)
# A reading takes less; whoever was to make it has died, and another one does.
LASTS = timedelta(seconds=30)


def begin(pair: Pair) -> None:
    """Note that WhatsApp is being asked: nobody else needs to, unless this one dies."""
    asked = CallPermission.objects.filter(
        contact=pair.contact,
        account=pair.account,
        business_number=pair.business_number,
    )
    asked.exclude(check_at=None).update(check_at=timezone.now() + LASTS)


def take(*, at_most: int = 100) -> list[int]:
    """Return the permissions to check with WhatsApp now, each to one caller."""
    now = timezone.now()
    due = CallPermission.objects.to_check(now).values_list("pk", flat=True)[:at_most]
    return [
        pk
        for pk in list(due)
        if CallPermission.objects.to_check(now)
        .filter(pk=pk)
        .order_by()
        .update(check_at=now + LASTS)
    ]


def lost(pair: Pair) -> None:
    """Note that WhatsApp could not be asked: again after a pause, a few times."""
    with transaction.atomic():
        permission = ledger.locked(pair)
        if permission.check_at is None:
            return
        tries = permission.failed_checks
        is_last = tries >= len(LOST_WAITS)
        permission.failed_checks = tries + 1
        permission.check_at = None if is_last else timezone.now() + LOST_WAITS[tries]
        permission.save(update_fields=["check_at", "failed_checks"])


# --- What a reading adds ------------------------------------------------------------


def evidence_of(held: Facts, now: Facts) -> EventKind | None:
    """Return as what the newest reading belongs into the ledger; None: nothing new.

    `held`: what was known before it; `now`: with it.
    """
    reading = now.reading
    if reading is None or reading.grant is None:
        return None
    if now.checked_at != reading.at:  # it contradicts a fresh webhook
        return EventKind.CHECKED
    if reading.grant != Grant.NONE and not _is_same(held, reading):
        return EventKind.GRANTED
    if held.is_allowed and now.status == PermissionStatus.REVOKED:
        return EventKind.REVOKED
    is_news = held.reported_at is not None or held.status != now.status
    return EventKind.CHECKED if is_news else None


def _is_same(held: Facts, reading: Reading) -> bool:
    if held.status != reading.grant:
        return False
    if held.expires_at is None or reading.expires_at is None:
        return True
    return abs(held.expires_at - reading.expires_at) <= SAME_END
