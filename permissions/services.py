"""Events of contacts and their permissions. The only writer of the ledger.

Every verb about a pair writes its fact in one transaction, under a lock on the pair's
row, and says the same thing once: a second call with the same key (or call id)
changes nothing. Verbs may come in any order; `at` is when the fact was true, now if
left out. None of them talks to the network or to browsers: look at the Change that
they return, and announce it after commit.

A request to the person:  ask() -> send -> nothing | ask_refused() | ask_not_sent()
A call to the person:     place_call() -> send -> call_connected() | call_unanswered()
                          | call_refused() | call_not_sent()
                          and after call_connected() perhaps answer_withdrawn()

A time-out while sending is nothing to report: a request without a word counts as
sent, a call without a word as ringing and, after 90 s, as unanswered.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from callcenter.refusals import Refused
from callcenter.wati.errors import sentence
from callcenter.wati.events import PermissionChanged
from permissions import checks, ledger, marks, rules
from permissions.facts import EventKind, Facts, Source
from permissions.hours import CallingHours
from permissions.ledger import Change, Pair
from permissions.models import CallPermission, Contact, PermissionEvent
from permissions.reading import Grant, as_json, parse
from permissions.verdicts import Verdict


class NotAllowed(Exception):
    """The rules say no; the verdict says why, and when that changes."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.sentence)
        self.verdict = verdict


# --- Requests ----------------------------------------------------------------------


def ask(
    pair: Pair,
    *,
    key: str,
    by: User | None = None,
    at: datetime | None = None,
) -> Change:
    """Reserve a permission request, just before it is sent. Raises NotAllowed.

    `key` (at most 100 characters) names this request; with a key that is known it
    changes nothing and never raises, so a task may run again after a crash.
    """
    with transaction.atomic():
        permission = ledger.locked(pair)
        at = at or timezone.now()
        if not ledger.is_known(permission, EventKind.REQUESTED, key):
            facts = ledger.whole_facts(pair, ledger.ledger_facts(permission, at))
            _demand(rules.may_ask(facts, at))
        return ledger.record(permission, EventKind.REQUESTED, key, at, user=by)


def asked(
    pair: Pair,
    *,
    key: str,
    by: User | None = None,
    at: datetime | None = None,
) -> Change:
    """Record a sent request, whatever the rules say: it may come from another tool."""
    return ledger.note(pair, EventKind.REQUESTED, key, at, user=by)


def ask_refused(
    pair: Pair,
    *,
    key: str,
    code: int | None = None,
    detail: str = "",
    until: datetime | None = None,
    at: datetime | None = None,
) -> Change:
    """Record that WhatsApp rejected the request `key`: it does not count.

    `until`: the earliest instant of the next one, if WhatsApp said so.
    """
    fields: dict[str, Any] = {
        "code": code,
        "detail": detail or sentence(code),
        "wait_until": until,
    }
    return ledger.note(pair, EventKind.REQUEST_REFUSED, key, at, **fields)


def ask_not_sent(
    pair: Pair, *, key: str, detail: str = "", at: datetime | None = None
) -> Change:
    """Record that the request `key` never left. Ask again with a new key."""
    return ledger.note(pair, EventKind.REQUEST_NOT_SENT, key, at, detail=detail)


# --- What WhatsApp and the person say ----------------------------------------------


def permission_webhook(
    pair: Pair,
    event: PermissionChanged,
    *,
    key: str,
    received_at: datetime,
    is_repeat: bool = False,
) -> Change:
    """Record that the contact allowed or declined calls, requested or not.

    `key` names the webhook's delivery: one delivery counts once, however often it is
    processed. It is a hint: read the permission from the API afterwards, which settles
    it. Until then it stands. `is_repeat`: the same words came a moment ago; they say
    something new only if they are not what is believed meanwhile.
    """
    with transaction.atomic():
        permission = ledger.locked(pair)
        hints = permission.events.filter(source=Source.WEBHOOK)
        held = ledger.facts_at(permission, received_at)
        is_known = is_repeat and held.is_allowed == event.granted
        if hints.filter(about=key).exists() or is_known:
            return ledger.refresh(permission)
        kind, fields = _word_of(event, held)
        permission.failed_checks = 0
        return ledger.record(
            permission, kind, key, received_at, Source.WEBHOOK, **fields
        )


def _word_of(event: PermissionChanged, held: Facts) -> tuple[EventKind, dict[str, Any]]:
    if event.granted and event.permanent:
        return EventKind.GRANTED, {"grant": Grant.PERMANENT}
    if event.granted:
        fields = {"grant": Grant.TEMPORARY, "expires_at": event.expires_at}
        return EventKind.GRANTED, fields
    if event.status in (EventKind.REVOKED, EventKind.EXPIRED):
        return EventKind(event.status), {}
    # An answer to our request, or a revoked grant; the rules treat both alike.
    return EventKind.REVOKED if held.is_allowed else EventKind.DECLINED, {}


def read_from_api(pair: Pair, result: dict[str, Any], *, at: datetime) -> Change:
    """Store what `GET permissions` returned: the client's Answer.result, as it came.

    `at` is the instant the question was *sent*, so that whatever happens while Wati
    thinks counts as later. An older answer than the one we have is not kept.
    """
    reading = parse(result, at)
    with transaction.atomic():
        permission = ledger.locked(pair)
        if permission.read_at and permission.read_at >= at:
            return ledger.unchanged(permission)
        held = ledger.facts_at(permission, at)
        permission.read_at, permission.read_result = at, as_json(reading)
        permission.failed_checks = 0
        permission.save(update_fields=["read_at", "read_result", "failed_checks"])
        kind = checks.evidence_of(held, ledger.facts_at(permission, at))
        if kind is None:
            return ledger.refresh(permission)
        said: dict[str, Any] = {}
        if kind != EventKind.REVOKED:
            said = {"grant": reading.grant, "expires_at": reading.expires_at}
        about = f"read {at.isoformat()}"
        return ledger.record(permission, kind, about, at, Source.API, **said)


# --- Calls -------------------------------------------------------------------------


def place_call(
    pair: Pair,
    *,
    call: UUID,
    by: User | None = None,
    call_running: bool = False,
    hours: CallingHours | None = None,
    at: datetime | None = None,
) -> Change:
    """Reserve a call, just before it is sent to Wati. Raises NotAllowed.

    `call` is our own call's id; `call_running` and `hours` as in facts_for(), with
    `call_running` counting every call but this one. For a call that is reserved
    already it changes nothing and never raises. A supervisor's override is used up.
    """
    with transaction.atomic():
        permission = ledger.locked(pair)
        at = at or timezone.now()
        if not ledger.is_known(permission, EventKind.USED, str(call)):
            facts = ledger.whole_facts(
                pair,
                ledger.ledger_facts(permission, at),
                call_running=call_running,
                hours=hours,
            )
            _demand(rules.may_call(facts, at))
        return ledger.record(
            permission, EventKind.USED, str(call), at, call=call, user=by
        )


def call_connected(pair: Pair, *, call: UUID, at: datetime | None = None) -> Change:
    """Record that the contact answered our call at `at`. It outweighs
    call_unanswered()."""
    return ledger.note(pair, EventKind.CONNECTED, str(call), at, call=call)


def answer_withdrawn(pair: Pair, *, call: UUID, at: datetime | None = None) -> Change:
    """Record that call_connected() was wrong; call_unanswered() or another follows."""
    about = str(call)
    return ledger.note(pair, EventKind.ANSWER_WITHDRAWN, about, at, call=call)


def call_unanswered(
    pair: Pair, *, call: UUID, detail: str = "", at: datetime | None = None
) -> Change:
    """Record that our call was not answered, was rejected, or was cancelled by us.

    Also for a call that may have rung and whose outcome stays unknown.
    """
    return ledger.note(
        pair, EventKind.UNANSWERED, str(call), at, call=call, detail=detail
    )


def call_refused(
    pair: Pair,
    *,
    call: UUID,
    code: int | None = None,
    detail: str = "",
    until: datetime | None = None,
    at: datetime | None = None,
) -> Change:
    """Record that WhatsApp did not place our call: the phone never rang.

    `until`: the earliest instant of the next one, if WhatsApp said so.
    """
    fields: dict[str, Any] = {
        "call": call,
        "code": code,
        "detail": detail or sentence(code),
        "wait_until": until,
    }
    return ledger.note(pair, EventKind.CALL_REFUSED, str(call), at, **fields)


def call_not_sent(
    pair: Pair, *, call: UUID, detail: str = "", at: datetime | None = None
) -> Change:
    """Record that our call never left for Wati: unreachable, wrong token, cancelled."""
    about = str(call)
    return ledger.note(
        pair, EventKind.CALL_NOT_SENT, about, at, call=call, detail=detail
    )


def called_us(pair: Pair, *, call: UUID, started_at: datetime) -> Change:
    """Record an answered inbound call; `started_at` is when it began to ring.

    It frees the permission requests. It does not end the unanswered streak: WhatsApp
    does not promise to count it that way.
    """
    return ledger.note(pair, EventKind.CALLED_US, str(call), started_at, call=call)


# --- Time, and supervisors ---------------------------------------------------------


def expire(*, at_most: int = 500) -> list[Change]:
    """Record every permission and request that has expired, once each.

    Safe to run in several places at once; call it every minute or so.
    """
    now = timezone.now()
    due = CallPermission.objects.due(now).values_list("pk", flat=True)[:at_most]
    changes = (_expire_one(pk, now) for pk in list(due))
    return [change for change in changes if change is not None]


def _expire_one(pk: int, now: datetime) -> Change | None:
    with transaction.atomic():
        rows = CallPermission.objects.select_for_update(skip_locked=True)
        permission = rows.filter(pk=pk, expires_at__lte=now).first()
        if permission is None:
            return None
        expires_at = permission.expires_at or now
        about = f"{permission.status} {expires_at.isoformat()}"
        return ledger.record(permission, EventKind.EXPIRED, about, expires_at)


def override(
    pair: Pair, *, user: User, reason: str, at: datetime | None = None
) -> Change:
    """Let one more call through the streak's block, for a day. Raises Refused."""
    reason = reason.strip()
    if not user.is_staff:
        raise Refused(_("Only a supervisor can allow this call."))
    if not reason:
        raise Refused(_("Enter a reason. It is saved with the permission."))
    at = at or timezone.now()
    about = at.isoformat()
    return ledger.note(pair, EventKind.OVERRIDDEN, about, at, user=user, detail=reason)


def block(contact: Contact, *, user: User | None, reason: str) -> bool:
    """Put a person on the do-not-call list. False when they were on it. Or Refused."""
    reason = reason.strip()
    if not reason:
        raise Refused(_("Enter a reason. It is saved with the contact."))
    return _set_do_not_call(contact, True, user, reason)


def unblock(contact: Contact, *, user: User | None, reason: str = "") -> bool:
    """Take a person off the do-not-call list. False when they were not on it."""
    return _set_do_not_call(contact, False, user, reason.strip())


def _set_do_not_call(
    contact: Contact, on: bool, user: User | None, reason: str
) -> bool:
    now = timezone.now()
    with transaction.atomic():
        changed = Contact.objects.filter(pk=contact.pk, do_not_call=not on).update(
            do_not_call=on,
            do_not_call_reason=reason[:300] if on else "",
            do_not_call_by=user if on else None,
            do_not_call_at=now if on else None,
        )
        if changed:
            PermissionEvent.objects.create(
                contact=contact,
                kind=EventKind.BLOCKED if on else EventKind.UNBLOCKED,
                at=now,
                user=user,
                detail=reason[:300],
            )
        if changed and not on:
            marks.drop(contact)
    contact.refresh_from_db()
    return bool(changed)


def _demand(verdict: Verdict) -> None:
    if not verdict.allowed:
        raise NotAllowed(verdict)
