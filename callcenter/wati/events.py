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
class Caller:
    """The other end, as far as WhatsApp reports it. All may be empty."""

    waid: str = ""  # digits
    name: str = ""
    bsuid: str = ""  # stands in for the number of users who hide it


@dataclass(frozen=True)
class InboundCall:
    call_id: str
    offer: str
    business_number: str = ""  # digits
    caller: Caller = field(default_factory=Caller)
    sent_at: datetime | None = None


@dataclass(frozen=True)
class CallTerminated:
    call_id: str
    duration: int | None = None  # seconds, as WhatsApp counts
    status: str = ""
    error_code: int | None = None
    sent_at: datetime | None = None


@dataclass(frozen=True)
class OutboundAnswer:
    call_id: str
    answer: str
    waid: str = ""


@dataclass(frozen=True)
class OutboundStatus:
    call_id: str
    status: str  # one of parsing.STATUSES, or the unknown word itself
    waid: str = ""
    sent_at: datetime | None = None


@dataclass(frozen=True)
class PermissionChanged:
    waid: str
    granted: bool
    business_number: str = ""
    permanent: bool = False
    expires_at: datetime | None = None
    status: str = ""


Event = (
    InboundCall | CallTerminated | OutboundAnswer | OutboundStatus | PermissionChanged
)
