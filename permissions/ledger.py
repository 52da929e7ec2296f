"""The ledger of one pair: reading its facts, and writing one more under a lock.

Other packages ask here (facts_for) and write through permissions.services.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from callcenter.models import WatiAccount
from permissions import rules
from permissions.belief import facts_of
from permissions.facts import ALLOWING, EventKind, Facts, LedgerEntry, Source
from permissions.hours import CallingHours
from permissions.models import CallPermission, Contact, PermissionEvent

# Far more than WhatsApp lets happen in the eight days that the facts look back.
MOST_ENTRIES = 2000
NUMBER_CANNOT_CALL = 138013
# What the row repeats of the facts, for lists and sweeps.
COLUMNS = ("status", "expires_at", "requested_at", "streak")
CHECK = ("check_at", "failed_checks")


@dataclass(frozen=True)
class Pair:
    """A person and one of our business numbers: WhatsApp counts per pair."""

    contact: Contact
    account: WatiAccount
    business_number: str  # digits


@dataclass(frozen=True)
class Change:
    """The outcome of a write. `recorded` is False when the fact was known already."""

    permission: CallPermission
    recorded: bool
    before: str
    after: str
    kind: str = ""  # of what was recorded

    @property
    def is_new_grant(self) -> bool:
        """Say whether calls were not allowed before, and are now: wake what waits."""
        return self.before not in ALLOWING and self.after in ALLOWING

    @property
    def is_loss(self) -> bool:
        """Say whether calls were allowed before, and are not any more."""
        return self.before in ALLOWING and self.after not in ALLOWING


def facts_for(
    pair: Pair,
    *,
    now: datetime | None = None,
    call_running: bool = False,
    hours: CallingHours | None = None,
) -> Facts:
    """Collect what rules.may_call() and rules.may_ask() need. Writes nothing.

    `call_running`: whether a call with this contact is live, either way; only calls/
    knows. `hours`: the number's calling hours, for a contact without any.
    """
    facts = ledger_facts(known(pair), now or timezone.now())
    return whole_facts(pair, facts, call_running=call_running, hours=hours)


def facts_for_all(
    pairs: Collection[Pair], *, in_calls: Collection[int] = ()
) -> dict[Pair, Facts]:
    """Collect the same for many pairs, with a handful of statements.

    `in_calls`: the contacts with whom a call is live.
    """
    now = timezone.now()
    rows = {_key(row): row for row in _rows_of(pairs)}
    entries = _entries_of(rows.values())
    contacts = Contact.objects.in_bulk([pair.contact.pk for pair in pairs])
    refusals = {key: _refused_at(*key) for key in {_from(pair) for pair in pairs}}
    found: dict[Pair, Facts] = {}
    for pair in pairs:
        row = rows.get((pair.contact.pk, *_from(pair)))
        facts = facts_of(entries[row.pk], now, row.reading) if row else Facts()
        contact = contacts.get(pair.contact.pk, pair.contact)
        found[pair] = replace(
            facts,
            has_number=bool(contact.waid),
            do_not_call=contact.do_not_call,
            call_running=contact.pk in in_calls,
            hours=contact.hours(),
            number_refused_at=refusals[_from(pair)],
        )
    return found


def _key(row: CallPermission) -> tuple[int, int, str]:
    return row.contact_id, row.account_id, row.business_number


def _from(pair: Pair) -> tuple[int, str]:
    return pair.account.pk, pair.business_number


def _rows_of(pairs: Collection[Pair]) -> Iterable[CallPermission]:
    return CallPermission.objects.filter(
        contact__in={pair.contact.pk for pair in pairs},
        account__in={pair.account.pk for pair in pairs},
        business_number__in={pair.business_number for pair in pairs},
    )


def _entries_of(rows: Collection[CallPermission]) -> dict[int, list[LedgerEntry]]:
    """Return the newest entries of each row, as many as of one alone."""
    found: dict[int, list[LedgerEntry]] = defaultdict(list)
    events = PermissionEvent.objects.filter(permission__in=rows)
    for event in events.order_by("-at", "-id")[: MOST_ENTRIES * max(1, len(rows))]:
        if event.permission_id is not None:
            found[event.permission_id].append(event.entry())
    return found


def _refused_at(account_id: int, business_number: str) -> datetime | None:
    """Return when WhatsApp last said that this number of ours can call nobody."""
    refusals = PermissionEvent.objects.filter(
        code=NUMBER_CANNOT_CALL,
        permission__account=account_id,
        permission__business_number=business_number,
    )
    return refusals.order_by("-at").values_list("at", flat=True).first()


def known(pair: Pair) -> CallPermission | None:
    """Return the pair's row, if anything was ever noted of it."""
    return CallPermission.objects.filter(
        contact=pair.contact,
        account=pair.account,
        business_number=pair.business_number,
    ).first()


def ledger_facts(permission: CallPermission | None, now: datetime) -> Facts:
    if permission is None:
        return Facts()
    return facts_of(_entries(permission), now, permission.reading)


def facts_at(permission: CallPermission, at: datetime) -> Facts:
    """Return what was known up to that instant."""
    entries = [entry for entry in _entries(permission) if entry.at <= at]
    reading = permission.reading
    return facts_of(entries, at, reading if reading and reading.at <= at else None)


def _entries(permission: CallPermission) -> list[LedgerEntry]:
    events = permission.events.order_by("-at", "-id")[:MOST_ENTRIES]
    return [event.entry() for event in events]


def whole_facts(
    pair: Pair,
    facts: Facts,
    *,
    call_running: bool = False,
    hours: CallingHours | None = None,
) -> Facts:
    """Add what the ledger itself cannot know to its facts."""
    contact = Contact.objects.get(pk=pair.contact.pk)  # as it is now, not as it was
    return replace(
        facts,
        has_number=bool(contact.waid),
        do_not_call=contact.do_not_call,
        call_running=call_running,
        hours=contact.hours(hours),
        number_refused_at=_refused_at(*_from(pair)),
    )


# --- How a fact is written ---------------------------------------------------------


def note(
    pair: Pair,
    kind: EventKind,
    about: str,
    at: datetime | None,
    source: Source = Source.OWN,
    **fields: Any,
) -> Change:
    with transaction.atomic():
        permission = locked(pair)
        at = at or timezone.now()  # read under the lock: later facts get later instants
        return record(permission, kind, about, at, source, **fields)


def locked(pair: Pair) -> CallPermission:
    """Lock the pair's row until the commit; create it at the first need."""
    rows = CallPermission.objects.select_for_update()
    identity: dict[str, Any] = {
        "account": pair.account,
        "business_number": pair.business_number,
        "contact": pair.contact,
    }
    try:
        with transaction.atomic():
            return rows.get_or_create(**identity)[0]
    except IntegrityError:
        return rows.get(**identity)


def is_known(permission: CallPermission, kind: EventKind, about: str) -> bool:
    return permission.events.filter(kind=kind, about=about).exists()


def record(
    permission: CallPermission,
    kind: EventKind,
    about: str,
    at: datetime,
    source: Source = Source.OWN,
    *,
    detail: str = "",
    **fields: Any,
) -> Change:
    if is_known(permission, kind, about):
        return refresh(permission)
    event = PermissionEvent(
        contact_id=permission.contact_id,
        permission=permission,
        kind=kind,
        source=source,
        at=at,
        about=about,
        detail=detail[:300],
        **fields,
    )
    entries = [*_entries(permission), event.entry()]
    now = timezone.now()
    facts = facts_of(entries, now, permission.reading)
    event.tally = rules.tally(facts, now)
    event.save()
    return refresh(permission, recorded=True, kind=kind, facts=facts)


def refresh(
    permission: CallPermission,
    *,
    recorded: bool = False,
    kind: str = "",
    facts: Facts | None = None,
) -> Change:
    """Write the row as the events say, under its lock. `kind`: of the newest one."""
    status, before = permission.status, _columns(permission)
    facts = facts or ledger_facts(permission, timezone.now())
    for name in COLUMNS:
        setattr(permission, name, getattr(facts, name))
    _schedule_check(permission, facts)
    if recorded or before != _columns(permission):
        permission.version += 1
        permission.save()
    return Change(permission, recorded, status, facts.status, kind)


def _columns(permission: CallPermission) -> list[Any]:
    return [getattr(permission, name) for name in (*COLUMNS, *CHECK)]


def _schedule_check(permission: CallPermission, facts: Facts) -> None:
    """Have WhatsApp asked when it is due; after a failure its own pause goes on.

    Wati's API finds people by their number. Without one the webhook is all there is.
    """
    due = facts.check_due
    if due is not None and not permission.contact.waid:
        due = None
    if due is None:
        permission.check_at, permission.failed_checks = None, 0
    elif not permission.failed_checks:
        permission.check_at = due


def unchanged(permission: CallPermission) -> Change:
    return Change(permission, False, permission.status, permission.status)
