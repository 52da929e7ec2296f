"""The belief about a permission: entries of the ledger in, Facts out. Pure.

Facts are a function of what the entries say and when it was true, not of the order in
which they were written. What each statement of WhatsApp is worth, evidence.py judges.
Where two readings are possible the careful one is taken: a call of unknown outcome
counts as unanswered, a request of unknown outcome as sent.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from permissions.evidence import Statement, judge
from permissions.facts import (
    ALLOWING,
    GRANT_LASTS,
    NO_PERMISSION,
    OUTBOUND_MAY_RING,
    OVERRIDE_LASTS,
    PERMANENT_EXISTS,
    READINGS,
    REQUEST_LASTS,
    TAKING,
    EventKind,
    Facts,
    LedgerEntry,
    PermissionStatus,
    Source,
    WhatsAppRefusal,
)
from permissions.reading import Grant, Reading

# WhatsApp is asked about a request without an answer after these times: the webhook
# with the answer may be lost.
UNANSWERED_CHECKED_AFTER = (
    timedelta(hours=1),
    timedelta(hours=6),
    *(timedelta(days=days) for days in range(1, REQUEST_LASTS.days)),
    REQUEST_LASTS - timedelta(minutes=5),
)


@dataclass(frozen=True)
class Standing:
    """The state of the permission after the entries so far."""

    label: PermissionStatus = PermissionStatus.NONE
    expires_at: datetime | None = None
    declined_at: datetime | None = None
    answered_at: datetime | None = None  # the person's last word, yes or no

    def holds(self, at: datetime) -> bool:
        if self.label == PermissionStatus.TEMPORARY:
            return self.expires_at is None or at < self.expires_at
        return self.label == PermissionStatus.PERMANENT


@dataclass
class Attempt:
    """One outbound call, from whatever its entries say."""

    placed_at: datetime
    connected_at: datetime | None = None
    missed_at: datetime | None = None
    is_dropped: bool = False  # it never reached the person
    is_withdrawn: bool = False  # what counted as its answer was none

    @property
    def counts(self) -> bool:
        return bool(self.connected_at or self.missed_at) or not self.is_dropped

    @property
    def is_open(self) -> bool:
        return self.counts and not (self.connected_at or self.missed_at)

    def may_ring(self, now: datetime) -> bool:
        """Say whether no end is known; a call that was lost sight of ends later."""
        lost = self.missed_at is not None and self.missed_at > now
        is_over = self.connected_at is not None or not (self.is_open or lost)
        return not is_over and now < self.placed_at + OUTBOUND_MAY_RING

    def unanswered_at(self, now: datetime) -> datetime | None:
        """Return when it ended unanswered; without an outcome, when it must have."""
        if self.connected_at:
            return None
        if self.is_open and now >= self.placed_at + OUTBOUND_MAY_RING:
            return self.placed_at + OUTBOUND_MAY_RING
        return self.missed_at


def facts_of(
    entries: Iterable[LedgerEntry], now: datetime, reading: Reading | None = None
) -> Facts:
    """Return the facts as they stand at `now`.

    Entries may come in any order, but must hold all of the last eight days and
    everything since the last grant. The reading is the newest one of WhatsApp's API.
    """
    read = [_read(reading)] if reading and reading.grant is not None else []
    ordered = sorted([*entries, *read], key=_rank)
    judgement = judge(_statements(ordered), reading.at if reading else None)
    believed = [e for e in ordered if _statement(e) not in judgement.ignored]
    attempts = attempts_of(ordered)
    free_since = _requests_free_since(ordered, attempts)
    requests = _requests(ordered)
    facts = Facts(
        requests=tuple(at for at in requests if not free_since or at > free_since),
        requests_free_since=free_since,
        connected=tuple(sorted(a.connected_at for a in attempts if a.connected_at)),
        streak=_streak(attempts, _renewed_at(believed), now),
        rings_since=_rings_since(attempts, now),
        overridden_at=_override(ordered, attempts, now),
        request_refused=_refusal(ordered, EventKind.REQUEST_REFUSED),
        call_refused=_refusal(ordered, EventKind.CALL_REFUSED),
        reading=reading,
        checked_at=judgement.checked_at,
        reported_at=judgement.reported_at,
        check_due=judgement.check_due,
    )
    return _with_standing(facts, standing_of(believed), requests, now)


def _rank(entry: LedgerEntry) -> tuple[datetime, int, str, str, str]:
    # In the same instant a no comes after a yes, and WhatsApp's answer after a word of
    # the person; the rest only makes ties plain.
    is_no = 2 if entry.source == Source.API else entry.kind != EventKind.GRANTED
    return entry.at, is_no, entry.kind, entry.about, str(entry.expires_at)


def _read(reading: Reading) -> LedgerEntry:
    return LedgerEntry(
        EventKind.CHECKED,
        reading.at,
        source=Source.API,
        grant=reading.grant or "",
        expires_at=reading.expires_at,
    )


# --- What is said about the permission ----------------------------------------------


def _statements(entries: list[LedgerEntry]) -> list[Statement]:
    return [found for entry in entries if (found := _statement(entry))]


def _statement(entry: LedgerEntry) -> Statement | None:
    """Return the yes or no that an entry is; of our own notes none is one."""
    kind, at = entry.kind, entry.at
    if entry.source == Source.WEBHOOK and (kind == EventKind.GRANTED or kind in TAKING):
        is_yes = kind == EventKind.GRANTED
        return Statement(at, is_yes, True, _ends_at(entry), _is_permanent(entry))
    if entry.source == Source.API and kind in READINGS:
        until, permanent = entry.expires_at, _is_permanent(entry)
        return Statement(at, _is_yes(entry), False, until, permanent)
    if kind == EventKind.REQUEST_REFUSED and entry.code == PERMANENT_EXISTS:
        return Statement(at, allows=True, is_hint=False, is_permanent=True)
    if kind == EventKind.CALL_REFUSED and entry.code == NO_PERMISSION:
        return Statement(at, allows=False, is_hint=False)
    return None


def _ends_at(entry: LedgerEntry) -> datetime | None:
    if entry.kind != EventKind.GRANTED or entry.grant == Grant.PERMANENT:
        return None
    return entry.expires_at or entry.at + GRANT_LASTS


def _is_permanent(entry: LedgerEntry) -> bool:
    return _is_yes(entry) and entry.grant == Grant.PERMANENT


def _is_yes(entry: LedgerEntry) -> bool:
    if entry.kind == EventKind.CHECKED:
        return entry.grant in (Grant.TEMPORARY, Grant.PERMANENT)
    return entry.kind == EventKind.GRANTED


# --- Where the permission stands ---------------------------------------------------


def standing_of(believed: Iterable[LedgerEntry]) -> Standing:
    """Walk through the entries that count, in their order."""
    standing = Standing()
    for entry in believed:
        standing = _after(standing, entry)
    return standing


def _after(standing: Standing, entry: LedgerEntry) -> Standing:
    statement = _statement(entry)
    if entry.kind == EventKind.REQUEST_REFUSED and statement:
        return Standing(PermissionStatus.PERMANENT)
    if _is_yes(entry):
        return _after_grant(standing, entry)
    if statement and statement.is_hint:
        return _after_word(standing, entry)
    # Our own note that time ran out says nothing that the clock does not.
    return _after_no(standing, entry.at) if statement else standing


def _after_grant(standing: Standing, entry: LedgerEntry) -> Standing:
    if entry.grant == Grant.PERMANENT:
        return Standing(PermissionStatus.PERMANENT, answered_at=entry.at)
    if entry.expires_at is None and standing.holds(entry.at):
        # It names no term, so it may be the known one, reported late.
        return replace(standing, declined_at=None, answered_at=entry.at)
    expires_at = entry.expires_at or entry.at + GRANT_LASTS
    return Standing(PermissionStatus.TEMPORARY, expires_at, answered_at=entry.at)


def _after_word(standing: Standing, entry: LedgerEntry) -> Standing:
    """Take the person's no, or WhatsApp's word that the permission has expired."""
    label = PermissionStatus(entry.kind)
    if label == PermissionStatus.DECLINED and standing.holds(entry.at):
        label = PermissionStatus.REVOKED
    declined_at = None if label == PermissionStatus.EXPIRED else entry.at
    return Standing(label, None, declined_at, entry.at)


def _after_no(standing: Standing, at: datetime) -> Standing:
    """Mark the permission as lost for an unknown reason: WhatsApp has none.

    That is not the person's word: nobody has to wait because of it.
    """
    if standing.label not in ALLOWING:
        return standing
    label = PermissionStatus.REVOKED if standing.holds(at) else PermissionStatus.EXPIRED
    return replace(standing, label=label, expires_at=None)


def _with_standing(
    facts: Facts, standing: Standing, requests: list[datetime], now: datetime
) -> Facts:
    waiting = _waiting_request(standing, requests)
    label, expires_at = standing.label, standing.expires_at
    if label == PermissionStatus.TEMPORARY and not standing.holds(now):
        label, expires_at = PermissionStatus.EXPIRED, None
    if waiting and label not in ALLOWING:
        is_open = now < waiting + REQUEST_LASTS
        label = PermissionStatus.REQUESTED if is_open else PermissionStatus.EXPIRED
        expires_at = waiting + REQUEST_LASTS if is_open else None
    return replace(
        facts,
        status=label,
        expires_at=expires_at,
        requested_at=waiting if label == PermissionStatus.REQUESTED else None,
        declined_at=standing.declined_at,
        check_due=facts.check_due or _unanswered_check(label, waiting, facts.reading),
    )


def _unanswered_check(
    label: PermissionStatus, waiting: datetime | None, reading: Reading | None
) -> datetime | None:
    if label != PermissionStatus.REQUESTED or waiting is None:
        return None
    due = (waiting + after for after in UNANSWERED_CHECKED_AFTER)
    return next((at for at in due if reading is None or at > reading.at), None)


def _waiting_request(standing: Standing, requests: list[datetime]) -> datetime | None:
    answered_at = standing.answered_at
    waiting = [at for at in requests if not answered_at or at > answered_at]
    return waiting[-1] if waiting else None


# --- Requests and calls ------------------------------------------------------------


def _requests(ordered: list[LedgerEntry]) -> list[datetime]:
    void = (EventKind.REQUEST_REFUSED, EventKind.REQUEST_NOT_SENT)
    unsent = {entry.about for entry in ordered if entry.kind in void}
    return [
        entry.at
        for entry in ordered
        if entry.kind == EventKind.REQUESTED and entry.about not in unsent
    ]


def attempts_of(ordered: Iterable[LedgerEntry]) -> list[Attempt]:
    """Return our calls in the order of placing; entries as facts_of() takes them."""
    attempts: dict[str, Attempt] = {}
    for entry in ordered:
        if entry.kind == EventKind.USED:
            attempts.setdefault(entry.about, Attempt(entry.at)).placed_at = entry.at
        elif entry.kind == EventKind.CONNECTED:
            attempts.setdefault(entry.about, Attempt(entry.at)).connected_at = entry.at
        elif entry.kind == EventKind.ANSWER_WITHDRAWN:
            attempts.setdefault(entry.about, Attempt(entry.at)).is_withdrawn = True
        elif entry.kind == EventKind.UNANSWERED:
            attempts.setdefault(entry.about, Attempt(entry.at)).missed_at = entry.at
        elif entry.kind in (EventKind.CALL_REFUSED, EventKind.CALL_NOT_SENT):
            attempts.setdefault(entry.about, Attempt(entry.at)).is_dropped = True
    for attempt in attempts.values():
        if attempt.is_withdrawn:
            attempt.connected_at = None
    return sorted(attempts.values(), key=lambda attempt: attempt.placed_at)


def _requests_free_since(
    ordered: list[LedgerEntry], attempts: list[Attempt]
) -> datetime | None:
    """Return the start of the last connected call, inbound or outbound.

    Its start and not its answer: we may learn of the answer late, and a request in
    between would be forgotten while WhatsApp still counts it.
    """
    starts = [entry.at for entry in ordered if entry.kind == EventKind.CALLED_US]
    starts += [attempt.placed_at for attempt in attempts if attempt.connected_at]
    return max(starts, default=None)


def _renewed_at(believed: list[LedgerEntry]) -> datetime | None:
    """Return when the newest grant of a known instant began: the streak restarts.

    A grant without a term proves no instant: it may be an old one that came late.
    """
    told = [
        (entry.at, entry.expires_at)
        for entry in believed
        if entry.expires_at and _is_yes(entry)
    ]
    given = [min(at, expires_at - GRANT_LASTS) for at, expires_at in told]
    return max(given, default=None)


def _streak(attempts: list[Attempt], renewed_at: datetime | None, now: datetime) -> int:
    """Count our last calls without an answer, as WhatsApp may count them.

    A call from the contact frees the requests but is not known to end the streak.
    """
    streak = 0
    for attempt in attempts:
        missed_at = attempt.unanswered_at(now)
        if attempt.connected_at:
            streak = 0
        elif missed_at and (renewed_at is None or missed_at > renewed_at):
            streak += 1
    return streak


def _rings_since(attempts: list[Attempt], now: datetime) -> datetime | None:
    ringing = [attempt.placed_at for attempt in attempts if attempt.may_ring(now)]
    return max(ringing, default=None)


def _override(
    ordered: list[LedgerEntry], attempts: list[Attempt], now: datetime
) -> datetime | None:
    """Return the override that no call has used up yet."""
    last_call = max((a.placed_at for a in attempts if a.counts), default=None)
    unused = [
        entry.at
        for entry in ordered
        if entry.kind == EventKind.OVERRIDDEN
        and now < entry.at + OVERRIDE_LASTS
        and (last_call is None or entry.at > last_call)
    ]
    return max(unused, default=None)


def _refusal(ordered: list[LedgerEntry], kind: EventKind) -> WhatsAppRefusal | None:
    refusals = [e for e in ordered if e.kind == kind and (e.code or e.wait_until)]
    if not refusals:
        return None
    newest = refusals[-1]
    return WhatsAppRefusal(newest.code, newest.at, newest.wait_until)
