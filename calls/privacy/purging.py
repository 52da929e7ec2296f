"""Old data goes by itself, in the night, as the settings say; see docs/operations.md.

Each class is read by its keys and deleted in small transactions, each of which asks
again whether its rows may go. What a night does not finish, the next one does.
"""

import logging
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.utils import timezone

from agents.models import AgentStateSpan, FloorMessage
from callcenter import audit
from callcenter.models import AuditEntry
from callcenter.shared_clock import SharedNow
from calls.models import Call, Leg, Plan, SetAsideLine, SweepRun, WebhookDelivery
from calls.models.legs import LEG_IN_WRAP_UP, OPEN_LEG
from calls.privacy.erasing import AT_WATI
from calls.privacy.pages import PAGE, PAUSE, keys
from calls.states import LIVE
from permissions import retention

logger = logging.getLogger(__name__)

NAME = "purge"
# By the clock on the wall: when there are few calls.
NIGHT = range(2, 5)
EVERY = timedelta(hours=20)
# A machine that is off at night has it done by day.
AT_LEAST_EVERY = timedelta(hours=44)
LASTS = 300.0  # seconds
# Of a call many rows may be gone with it.
CALLS_AT_ONCE = 50
# Who calls somebody meanwhile waits for as many.
PAIRS_AT_ONCE = 50
READ = (WebhookDelivery.Status.DONE, WebhookDelivery.Status.DEAD)


class Class(NamedTuple):
    """Data of one kind: how old it may get, and how it is removed in small steps."""

    what: str
    setting: str
    # Given the instant before which it goes; yields how many rows have gone.
    remove: Callable[[datetime], Iterator[int]]


Remover = Callable[[QuerySet[Any]], int]


def _delete(
    rows: QuerySet[Any], at: str, *, at_once: int = 0, by: Remover | None = None
) -> Iterator[int]:
    """Delete rows in small transactions, those that may still go."""
    for some in _oldest_first(rows, at, at_once or PAGE):
        with transaction.atomic():
            count = (by or _count)(rows.filter(pk__in=some))
        yield count


def _oldest_first(rows: QuerySet[Any], at: str, at_once: int) -> Iterator[list[Any]]:
    """Yield keys by the index of their times, each row once.

    Those of the very instant at which a page ends are left to the next night.
    """
    rows, last = rows.order_by(at), None
    while True:
        some = rows if last is None else rows.filter(**{f"{at}__gt": last})
        page = list(some.values_list("pk", at)[:at_once])
        if not page:
            return
        last = page[-1][1]
        yield [key for key, _ in page]


def _count(rows: QuerySet[Any]) -> int:
    """Delete these; count them without what hung on them."""
    _, each = rows.model._base_manager.filter(pk__in=list(_locked(rows))).delete()
    return each.get(rows.model._meta.label, 0)


def _locked(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Lock them; whatever somebody else is at work on, stays until the next night."""
    locked = rows.select_for_update(skip_locked=True, of=("self",))
    return locked.values_list("pk", flat=True)


# --- What goes --------------------------------------------------------------------


def webhooks(before: datetime) -> Iterator[int]:
    rows = WebhookDelivery.objects.filter(received_at__lt=before, status__in=READ)
    yield from _delete(rows, "received_at")
    lines = SetAsideLine.objects.filter(found_at__lt=before)
    yield from _delete(lines, "found_at")
    shadows = Call.objects.filter(direction="", created_at__lt=before)
    yield from _delete(shadows.exclude(status__in=LIVE), "created_at")


def over(before: datetime) -> QuerySet[Call]:
    """Select calls that ended before then, and that nothing goes on with."""
    open_leg = Leg.objects.filter(OPEN_LEG | LEG_IN_WRAP_UP, call=OuterRef("pk"))
    open_plan = Plan.objects.open().filter(call=OuterRef("pk"))
    calls = Call.objects.filter(created_at__lt=before, ended_at__lt=before)
    calls = calls.exclude(status__in=LIVE).exclude(requests__status__in=AT_WATI)
    return calls.exclude(Exists(open_leg) | Exists(open_plan))


def sdp(before: datetime) -> Iterator[int]:
    with_sdp = over(before).filter(Q(offer_sdp__gt="") | Q(answer_sdp__gt=""))

    def empty(rows: QuerySet[Call]) -> int:
        mine = Call.objects.filter(pk__in=list(_locked(rows)))
        return mine.update(offer_sdp="", answer_sdp="")

    yield from _delete(with_sdp, "created_at", by=empty)


def calls(before: datetime) -> Iterator[int]:
    yield from _delete(over(before), "created_at", at_once=CALLS_AT_ONCE)


def permissions(before: datetime) -> Iterator[int]:
    for page in _from_anywhere(retention.with_old_events(before), PAIRS_AT_ONCE):
        yield retention.forget_events(page, before)
    yield from _delete(retention.old_list_entries(before), "at")


def _from_anywhere(rows: QuerySet[Any], at_once: int) -> Iterator[list[Any]]:
    """Yield all keys, beginning at one by chance.

    Of these rows some stay, and are looked at each night anew: from the first one on,
    a night that is too short would never come to the last.
    """
    newest = rows.model._base_manager.aggregate(key=Max("pk"))["key"] or 0
    first = random.randint(0, newest)
    yield from keys(rows.filter(pk__gte=first), at_once=at_once)
    yield from keys(rows.filter(pk__lt=first), at_once=at_once)


def activity(before: datetime) -> Iterator[int]:
    spans = AgentStateSpan.objects.filter(ended_at__lt=before)
    yield from _delete(spans, "started_at")
    messages = FloorMessage.objects.filter(until__lt=before)
    yield from _delete(messages, "until")


def contacts(before: datetime) -> Iterator[int]:
    yield from _delete(retention.forgotten_contacts(before), "created_at")


def audit_entries(before: datetime) -> Iterator[int]:
    entries = AuditEntry.objects.filter(at__lt=before)
    for some in _oldest_first(entries, "at", PAGE):
        yield audit.forget(some)


CLASSES = (
    Class("webhooks", "RETENTION_WEBHOOK_DAYS", webhooks),
    Class("SDP of calls", "RETENTION_SDP_DAYS", sdp),
    Class("calls", "RETENTION_CALL_DAYS", calls),
    Class("permission history", "RETENTION_PERMISSION_DAYS", permissions),
    Class("contacts", "RETENTION_CONTACT_DAYS", contacts),
    Class("agent activity", "RETENTION_ACTIVITY_DAYS", activity),
    Class("audit entries", "RETENTION_AUDIT_DAYS", audit_entries),
)


# --- When -------------------------------------------------------------------------


def is_due() -> bool:
    """Say whether it is night, and nothing has gone since the last one.

    The first night after an update leaves time to change the settings.
    """
    first = SweepRun(name=NAME, ran_at=SharedNow())
    SweepRun.objects.bulk_create([first], ignore_conflicts=True)
    mine = SweepRun.objects.filter(name=NAME)
    is_night = timezone.localtime().hour in NIGHT
    since = EVERY if is_night else AT_LEAST_EVERY
    return mine.not_since(since).exists()


def run() -> Counter[str]:
    """Remove what is older than the settings allow; say what it was."""
    until, done = time.monotonic() + LASTS, Counter[str]()
    try:
        for one in CLASSES:
            if days := getattr(settings, one.setting):
                _remove(one, timezone.now() - timedelta(days=days), until, done)
    finally:
        _tell(done)
    return done


def _remove(one: Class, before: datetime, until: float, done: Counter[str]) -> None:
    for count in one.remove(before):
        done[one.what] += count
        if time.monotonic() > until:
            logger.warning("purge: %s are not all gone, more next night", one.what)
            return
        time.sleep(PAUSE)


def _tell(done: Counter[str]) -> None:
    told = ", ".join(f"{what}: {count}" for what, count in done.items() if count)
    if told:
        logger.info("purge: removed %s", told)
        audit.record(audit.Action.ERASED, details=f"by age: {told}")
