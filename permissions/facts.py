"""Facts about one person and one business number. Pure: entries in, Facts out.

Facts are a function of what the entries say and when it was true, not of the order in
which they were written. Where two readings are possible the careful one is taken: a
call of unknown outcome counts as unanswered, a request of unknown outcome as sent.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import TextChoices

from permissions.hours import CallingHours
from permissions.reading import Grant, Reading

GRANT_LASTS = timedelta(days=7)  # a temporary one
REQUEST_LASTS = timedelta(days=7)  # WhatsApp shows the question for so long
# Whatever was reported of an outbound call: after this its phone is silent.
OUTBOUND_MAY_RING = timedelta(seconds=90)
OVERRIDE_LASTS = timedelta(days=1)

NO_PERMISSION = 138006
PERMANENT_EXISTS = 138017


class PermissionStatus(TextChoices):
    NONE = "none", "No permission"
    REQUESTED = "requested", "Requested"
    TEMPORARY = "temporary", "Temporary (7 days)"
    PERMANENT = "permanent", "Permanent"
    DECLINED = "declined", "Declined"
    REVOKED = "revoked", "Revoked"
    EXPIRED = "expired", "Expired"


class EventKind(TextChoices):
    REQUESTED = "requested", "Requested"
    REQUEST_REFUSED = "request_refused", "Request rejected"
    REQUEST_NOT_SENT = "request_not_sent", "Request not sent"
    GRANTED = "granted", "Granted"
    DECLINED = "declined", "Declined"
    REVOKED = "revoked", "Revoked"
    EXPIRED = "expired", "Expired"
    USED = "used", "Called"
    CONNECTED = "connected", "Answered"
    UNANSWERED = "unanswered", "Not answered"
    CALL_REFUSED = "call_refused", "Call rejected"
    CALL_NOT_SENT = "call_not_sent", "Call not sent"
    CALLED_US = "called_us", "Called us"
    OVERRIDDEN = "overridden", "Overridden"
    BLOCKED = "blocked", "Added to do-not-call"
    UNBLOCKED = "unblocked", "Removed from do-not-call"


class Source(TextChoices):
    WEBHOOK = "webhook", "Webhook"
    API = "api", "Wati's response"
    OWN = "own", "Our count"


ALLOWING = (PermissionStatus.TEMPORARY, PermissionStatus.PERMANENT)
TAKING = (EventKind.DECLINED, EventKind.REVOKED, EventKind.EXPIRED)


@dataclass(frozen=True)
class LedgerEntry:
    """One line of the ledger. `about` ties an outcome to its call or request."""

    kind: str
    at: datetime
    source: str = Source.OWN
    about: str = ""
    grant: str = ""
    expires_at: datetime | None = None
    code: int | None = None  # WhatsApp's own, such as 138006


@dataclass(frozen=True)
class WhatsAppRefusal:
    code: int
    at: datetime


@dataclass(frozen=True)
class Facts:
    """All that the rules look at. Every instant is aware; tuples are in order."""

    status: PermissionStatus = PermissionStatus.NONE
    expires_at: datetime | None = None  # of the grant that stands, or of the request
    requested_at: datetime | None = None  # of the request that waits for its answer
    declined_at: datetime | None = None  # the person's last word was no
    requests: tuple[datetime, ...] = ()  # since a call last connected
    requests_free_since: datetime | None = None
    connected: tuple[datetime, ...] = ()  # outbound calls that were answered
    streak: int = 0  # outbound calls in a row without an answer
    rings_since: datetime | None = None  # an outbound call without an outcome yet
    overridden_at: datetime | None = None  # by a supervisor, for a call still to come
    request_refused: WhatsAppRefusal | None = None
    call_refused: WhatsAppRefusal | None = None
    reading: Reading | None = None
    # What the pair's own entries do not hold:
    has_number: bool = True
    do_not_call: bool = False
    call_running: bool = False
    number_refused_at: datetime | None = None  # 138013, whoever was called
    hours: CallingHours | None = None

    @property
    def is_allowed(self) -> bool:
        return self.status in ALLOWING


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
    ordered = sorted(entries, key=_rank)
    attempts = attempts_of(ordered)
    free_since = _requests_free_since(ordered, attempts)
    requests = _requests(ordered)
    facts = Facts(
        requests=tuple(at for at in requests if not free_since or at > free_since),
        requests_free_since=free_since,
        connected=tuple(sorted(a.connected_at for a in attempts if a.connected_at)),
        streak=_streak(attempts, _renewed_at(ordered, reading), now),
        rings_since=_rings_since(attempts, now),
        overridden_at=_override(ordered, attempts, now),
        request_refused=_refusal(ordered, EventKind.REQUEST_REFUSED),
        call_refused=_refusal(ordered, EventKind.CALL_REFUSED),
        reading=reading,
    )
    return _with_standing(facts, standing_of(ordered, reading), requests, now)


def _rank(entry: LedgerEntry) -> tuple[datetime, bool, str, str, str]:
    # In the same instant a no comes after a yes; the rest only makes ties plain.
    is_no = entry.kind != EventKind.GRANTED
    return entry.at, is_no, entry.kind, entry.about, str(entry.expires_at)


# --- Where the permission stands ---------------------------------------------------


def standing_of(ordered: Iterable[LedgerEntry], reading: Reading | None) -> Standing:
    """Walk through the entries; the reading takes its place among them by its time."""
    standing, unread = Standing(), reading
    for entry in ordered:
        if unread and unread.at < entry.at:
            standing, unread = _after_reading(standing, unread), None
        standing = _after(standing, entry)
    return _after_reading(standing, unread) if unread else standing


def _after(standing: Standing, entry: LedgerEntry) -> Standing:
    if entry.kind == EventKind.GRANTED:
        return _after_grant(standing, entry)
    if entry.kind == EventKind.REQUEST_REFUSED and entry.code == PERMANENT_EXISTS:
        return Standing(PermissionStatus.PERMANENT)
    if entry.kind == EventKind.CALL_REFUSED and entry.code == NO_PERMISSION:
        return _after_no(standing, entry.at)
    # Our own note that time ran out says nothing that the clock does not.
    if entry.kind in TAKING and entry.source != Source.OWN:
        is_word = entry.source == Source.WEBHOOK
        said_at = entry.at if is_word else standing.answered_at
        declined_at = entry.at if is_word and entry.kind != EventKind.EXPIRED else None
        return Standing(PermissionStatus(entry.kind), None, declined_at, said_at)
    return standing


def _after_grant(standing: Standing, entry: LedgerEntry) -> Standing:
    if entry.grant == Grant.PERMANENT:
        return Standing(PermissionStatus.PERMANENT, answered_at=entry.at)
    if entry.expires_at is None and standing.holds(entry.at):
        # It names no term, so it may be the known one, reported late.
        return replace(standing, declined_at=None, answered_at=entry.at)
    expires_at = entry.expires_at or entry.at + GRANT_LASTS
    return Standing(PermissionStatus.TEMPORARY, expires_at, answered_at=entry.at)


def _after_reading(standing: Standing, reading: Reading) -> Standing:
    if reading.grant == Grant.PERMANENT:
        return Standing(PermissionStatus.PERMANENT, answered_at=reading.at)
    if reading.grant == Grant.TEMPORARY:
        known = standing.expires_at if standing.holds(reading.at) else None
        expires_at = reading.expires_at or known or reading.at + GRANT_LASTS
        return Standing(PermissionStatus.TEMPORARY, expires_at, answered_at=reading.at)
    if reading.grant == Grant.NONE:
        return _after_no(standing, reading.at)
    return standing


def _after_no(standing: Standing, at: datetime) -> Standing:
    """Mark the permission as lost for an unknown reason: WhatsApp has none."""
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
    )


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
        elif entry.kind == EventKind.UNANSWERED:
            attempts.setdefault(entry.about, Attempt(entry.at)).missed_at = entry.at
        elif entry.kind in (EventKind.CALL_REFUSED, EventKind.CALL_NOT_SENT):
            attempts.setdefault(entry.about, Attempt(entry.at)).is_dropped = True
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


def _renewed_at(ordered: list[LedgerEntry], reading: Reading | None) -> datetime | None:
    """Return when the newest grant of a known instant began: the streak restarts.

    A grant without a term proves no instant: it may be an old one that came late.
    """
    told = [
        (entry.at, entry.expires_at)
        for entry in ordered
        if entry.kind == EventKind.GRANTED and entry.expires_at
    ]
    if reading and reading.grant == Grant.TEMPORARY and reading.expires_at:
        told.append((reading.at, reading.expires_at))
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
    refusals = [e for e in ordered if e.kind == kind and e.code is not None]
    return (
        WhatsAppRefusal(refusals[-1].code or 0, refusals[-1].at) if refusals else None
    )
