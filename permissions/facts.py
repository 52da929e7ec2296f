"""The words of the ledger, and the facts that the rules look at. Pure.

How the facts follow from the entries is in belief.py.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import TextChoices

from permissions.hours import CallingHours
from permissions.reading import Reading

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
    CHECKED = "checked", "Checked with WhatsApp"
    USED = "used", "Called"
    CONNECTED = "connected", "Answered"
    UNANSWERED = "unanswered", "Not answered"
    ANSWER_WITHDRAWN = "answer_withdrawn", "Answer withdrawn"
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
READINGS = (EventKind.CHECKED, EventKind.GRANTED, EventKind.REVOKED)


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
    wait_until: datetime | None = None  # as WhatsApp said with its refusal


@dataclass(frozen=True)
class WhatsAppRefusal:
    code: int | None
    at: datetime
    until: datetime | None = None  # if WhatsApp said how long to wait


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
    # How old the belief is, and whether WhatsApp's API has confirmed it:
    checked_at: datetime | None = None  # a reading that counts
    reported_at: datetime | None = None  # a webhook that no reading has settled
    check_due: datetime | None = None
    # What the pair's own entries do not hold:
    has_number: bool = True
    do_not_call: bool = False
    call_running: bool = False
    number_refused_at: datetime | None = None  # 138013, whoever was called
    hours: CallingHours | None = None

    @property
    def is_allowed(self) -> bool:
        return self.status in ALLOWING
