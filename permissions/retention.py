"""Old entries of the ledger that decide nothing, and contacts without any story."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.utils import timezone

from permissions import ledger, rules
from permissions.belief import facts_of
from permissions.facts import EventKind, Facts, LedgerEntry, PermissionStatus
from permissions.models import CallPermission, Contact, PermissionEvent

LAST_WORDS = (EventKind.GRANTED, EventKind.DECLINED, EventKind.REVOKED)


def old_events(before: datetime) -> QuerySet[PermissionEvent]:
    return PermissionEvent.objects.filter(at__lt=before)


def with_old_events(before: datetime) -> QuerySet[CallPermission]:
    old = old_events(before).filter(permission=OuterRef("pk"))
    return CallPermission.objects.filter(Exists(old))


def forget_events(permission_ids: Sequence[int], before: datetime) -> int:
    """Delete the entries of these pairs from before then that decide nothing.

    Those of them stay without which the rules would answer otherwise: the newest, and
    the last word about the permission itself. A pair that somebody is at work on stays
    as it is.
    """
    events = Prefetch("events", PermissionEvent.objects.order_by("-at", "-pk"))
    pairs = CallPermission.objects.select_for_update(skip_locked=True)
    with transaction.atomic():
        gone = [
            event.pk
            for pair in pairs.filter(pk__in=permission_ids).prefetch_related(events)
            for event in _decides_nothing(pair, before)
        ]
        return PermissionEvent.objects.filter(pk__in=gone).delete()[0]


def _decides_nothing(pair: CallPermission, before: datetime) -> list[PermissionEvent]:
    events = list(pair.events.all())
    old = [event for event in events if event.at < before]
    young = events[: len(events) - len(old)]
    kept = {event.pk for event in next(_enough(pair, young, old))}
    return [one for one in old if one.pk not in kept and not _is_shared(one)]


def _is_shared(event: PermissionEvent) -> bool:
    """Say whether it counts for everybody whom this business number calls."""
    return event.code == ledger.NUMBER_CANNOT_CALL


def _enough(
    permission: CallPermission, young: list[PermissionEvent], old: list[PermissionEvent]
) -> Iterator[list[PermissionEvent]]:
    """Yield the old events that must stay, as few as will do."""
    now = timezone.now()
    so_far = _decided(permission, [*young, *old], now)
    last_word = [event for event in old if event.kind in LAST_WORDS][:1]
    newest = 0
    while newest < len(old):
        kept = old[:newest]
        more = [*kept, *(one for one in last_word if one not in kept)]
        for some in (kept, more):
            if _decided(permission, [*young, *some], now) == so_far:
                yield some
        newest = max(1, 2 * newest)
    yield old


def _decided(
    permission: CallPermission, events: list[PermissionEvent], now: datetime
) -> tuple[Any, ...]:
    entries: list[LedgerEntry] = [event.entry() for event in events]
    facts = facts_of(entries, now, permission.reading)
    call, ask = rules.may_call(facts, now), rules.may_ask(facts, now)
    return (
        (call.allowed, call.until, call.earliest, ask.allowed, ask.earliest),
        (_standing(facts), facts.streak, facts.declined_at, facts.rings_since),
    )


def _standing(facts: Facts) -> str:
    """Return the status; that there was a permission once decides nothing."""
    status = facts.status
    return PermissionStatus.NONE if status == PermissionStatus.EXPIRED else status


def old_list_entries(before: datetime) -> QuerySet[PermissionEvent]:
    """Select entries about the do-not-call list, but the last of who is on it."""
    mine = PermissionEvent.objects.filter(permission=None, contact=OuterRef("contact"))
    later = mine.filter(kind=EventKind.BLOCKED, pk__gt=OuterRef("pk"))
    entries = old_events(before).filter(permission=None)
    is_over = entries.filter(contact__do_not_call=False)
    return is_over | entries.filter(Exists(later))


def without_calls(before: datetime) -> QuerySet[Contact]:
    """Select contacts from before then of whom no call, plan or merge tells."""
    return Contact.objects.filter(
        created_at__lt=before, calls=None, plans=None, merges=None
    )


def forgotten_contacts(before: datetime) -> QuerySet[Contact]:
    """Select contacts without a call, a permission or a wish, known since long."""
    return without_calls(before).filter(do_not_call=False, permission_events=None)
