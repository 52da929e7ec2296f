"""The ledger of one pair: reading its facts, and writing one more under a lock.

Other packages ask here (facts_for) and write through permissions.services.
"""

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
    country_refusals = PermissionEvent.objects.filter(
        code=NUMBER_CANNOT_CALL,
        permission__account=pair.account,
        permission__business_number=pair.business_number,
    )
    return replace(
        facts,
        has_number=bool(contact.waid),
        do_not_call=contact.do_not_call,
        call_running=call_running,
        hours=contact.hours(hours),
        number_refused_at=country_refusals.order_by("-at")
        .values_list("at", flat=True)
        .first(),
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
