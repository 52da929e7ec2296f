"""Wati's webhooks as events of our own."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    INBOUND_CALL = "inbound-call"
    TERMINATE_CALL = "terminate-call"
    OUTBOUND_CALL = "outbound-call"
    OUTBOUND_CALL_STATUS = "outbound-call-status"
    CALL_PERMISSION = "call-permission"


@dataclass(frozen=True)
class Person:
    """The other end, as far as WhatsApp reports it. All may be empty."""

    waid: str = ""  # digits, in the form that WhatsApp wrote
    name: str = ""
    # Business-scoped user IDs: of the account, and of the business above it.
    bsuids: tuple[str, ...] = ()
    username: str = ""  # without its @

    @property
    def ids(self) -> tuple[str, ...]:
        """Return all that there is to know them by."""
        return (self.waid, *self.bsuids, self.username)

    @property
    def is_known(self) -> bool:
        """Say whether there is anything to know them by; a name is nothing."""
        return bool(self.waid or self.bsuids or self.username)


@dataclass(frozen=True)
class InboundCall:
    call_id: str
    offer: str
    business_number: str = ""  # digits
    caller: Person = field(default_factory=Person)
    sent_at: datetime | None = None


@dataclass(frozen=True)
class CallTerminated:
    call_id: str
    duration: int | None = None  # seconds, as WhatsApp counts
    status: str = ""
    error_code: int | None = None
    sent_at: datetime | None = None
    person: Person = field(default_factory=Person)


@dataclass(frozen=True)
class OutboundAnswer:
    call_id: str
    answer: str
    callee: Person = field(default_factory=Person)
    sent_at: datetime | None = None


@dataclass(frozen=True)
class OutboundStatus:
    call_id: str
    status: str  # one of parsing.STATUSES, or the unknown word itself
    callee: Person = field(default_factory=Person)
    sent_at: datetime | None = None


@dataclass(frozen=True)
class PermissionChanged:
    person: Person
    granted: bool
    business_number: str = ""
    permanent: bool = False
    expires_at: datetime | None = None
    status: str = ""
    sent_at: datetime | None = None


@dataclass(frozen=True)
class CallReport:
    """A call of either direction, as Wati's own event `call.status` reports it.

    No address is for it; it comes where the wrong address was entered in Wati.
    """

    call_id: str
    status: str  # as that of OutboundStatus
    direction: str = ""  # inbound, outbound, or not said
    duration: int | None = None  # seconds
    person: Person = field(default_factory=Person)
    sent_at: datetime | None = None


@dataclass(frozen=True)
class PersonChanged:
    """A person has another number or user ID now; what they had before, if told."""

    person: Person
    previous: Person = field(default_factory=Person)
    sent_at: datetime | None = None


Event = (
    InboundCall
    | CallTerminated
    | OutboundAnswer
    | OutboundStatus
    | PermissionChanged
    | CallReport
    | PersonChanged
)
