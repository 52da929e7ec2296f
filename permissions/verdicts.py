"""The rules' answers, for pages and tasks alike."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Reason(StrEnum):
    ALLOWED = "allowed"
    OVERRIDDEN = "overridden"
    DO_NOT_CALL = "do_not_call"
    NO_NUMBER = "no_number"
    CALL_RUNNING = "call_running"
    NUMBER_CANNOT_CALL = "number_cannot_call"
    NO_PERMISSION = "no_permission"
    REQUESTED = "requested"
    DECLINED = "declined"
    REVOKED = "revoked"
    EXPIRED = "expired"
    STREAK = "streak"
    CALL_LIMIT = "call_limit"
    REQUEST_LIMIT = "request_limit"
    ALREADY_PERMANENT = "already_permanent"
    REFUSED = "refused"
    WHATSAPP_SAYS_NO = "whatsapp_says_no"
    OUTSIDE_HOURS = "outside_hours"


@dataclass(frozen=True)
class Verdict:
    """The answer. Sentences name no instants: the page shows them in its own zone.

    `until`: how long a yes holds; None: without end. `earliest`: when a no may turn
    into a yes by itself; None: never by itself.
    """

    allowed: bool
    reason: Reason
    sentence: str
    until: datetime | None = None
    earliest: datetime | None = None
    advice: str = ""

    @property
    def can_override(self) -> bool:
        """Say whether a supervisor's approval is all that is missing."""
        return self.reason == Reason.STREAK


@dataclass(frozen=True)
class Obstacle:
    reason: Reason
    sentence: str
    earliest: datetime | None = None
    advice: str = ""
