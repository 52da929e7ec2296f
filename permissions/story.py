"""Everything about one person, for the tables on their page. Questions only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from callcenter.models import WatiAccount
from permissions import words
from permissions.basis import basis_of
from permissions.ledger import Pair, facts_for
from permissions.models import CallPermission, Contact
from permissions.rules import may_ask, may_call
from permissions.verdicts import Verdict

NEWEST_EVENTS = 100
NEWEST_CALLS = 10


@dataclass(frozen=True)
class StandingSentence:
    """One person and one business number: where they stand, and what we may do."""

    line: str
    pair: Pair
    permission: CallPermission | None
    state: str  # a badge
    basis: str  # how we know, and since when
    streak: str
    call: Verdict
    ask: Verdict


def standings(contact: Contact, now: datetime) -> list[StandingSentence]:
    """Return one line for each business number, and for those the ledger remembers."""
    known = contact.permissions.select_related("account")
    permissions = {
        (permission.account_id, permission.business_number): permission
        for permission in known.prefetch_related(words.WITH_LINES)
    }
    pairs = {
        (account.pk, line.number): (Pair(contact, account, line.number), line.name)
        for account in WatiAccount.objects.filter(is_active=True)
        for line in account.lines.order_by("name")
    }
    for key, permission in permissions.items():
        pair = Pair(contact, permission.account, permission.business_number)
        pairs.setdefault(key, (pair, words.line_of(permission)))
    return [
        _standing(pair, name, permissions.get(key), now)
        for key, (pair, name) in pairs.items()
    ]


def standing(permission: CallPermission, now: datetime) -> StandingSentence:
    pair = Pair(permission.contact, permission.account, permission.business_number)
    return _standing(pair, words.line_of(permission), permission, now)


def _standing(
    pair: Pair, line: str, permission: CallPermission | None, now: datetime
) -> StandingSentence:
    facts = facts_for(pair, now=now, call_running=_in_a_call(pair.contact))
    shown = permission or CallPermission(business_number=pair.business_number)
    return StandingSentence(
        line=line,
        pair=pair,
        permission=permission,
        state=words.state_badge(shown, now),
        basis=words.basis(basis_of(facts, is_pending=bool(shown.check_at)), now),
        streak=words.streak_badge(facts.streak),
        call=may_call(facts, now),
        ask=may_ask(facts, now),
    )


def _in_a_call(contact: Contact) -> bool:
    # A row without a direction is no call yet, only news of one.
    return contact.calls.exclude(direction="").filter(ended_at=None).exists()


def story_of(contact: Contact, now: datetime) -> dict[str, Any]:
    events = contact.permission_events.select_related("user", "permission__account")
    newest = events.prefetch_related(f"permission__{words.WITH_LINES}")
    calls = contact.calls.exclude(direction="").select_related("agent", "line")
    plans = contact.plans.select_related("agent", "line").order_by("-created_at")
    return {
        "standings": standings(contact, now),
        "events": [
            {
                "row": event,
                "what": words.happened(event),
                "line": words.line_of(event.permission),
                "counters": words.counters(event),
            }
            for event in newest.order_by("-at", "-pk")[:NEWEST_EVENTS]
        ],
        "event_count": events.count(),
        "ids": contact.ids.select_related("account").order_by("kind", "pk"),
        "merges": contact.merges.select_related("user", "undone_by"),
        "calls": calls.order_by("-created_at")[:NEWEST_CALLS],
        "plans": plans[:NEWEST_CALLS],
    }
