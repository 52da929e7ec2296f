"""Things that WhatsApp tells the business, before they are put into words. Pure."""

from dataclasses import dataclass, field

from callcenter.simulator.people import Ids

INBOUND = "inbound-call"
TERMINATE = "terminate-call"
OUTBOUND = "outbound-call"
STATUS = "outbound-call-status"
PERMISSION = "call-permission"
KINDS = (INBOUND, TERMINATE, OUTBOUND, STATUS, PERMISSION)


@dataclass(frozen=True)
class Notice:
    """One thing that WhatsApp tells, before it is put into a dialect.

    Times are unix seconds; 0 and empty words mean "not known". ``revoked``: there had
    been a grant.
    """

    kind: str
    number: str
    tenant: str
    ids: Ids = field(default_factory=Ids)
    name: str = ""
    call: str = ""
    direction: str = ""
    sdp: str = ""
    status: str = ""
    at: float = 0.0
    started: float = 0.0
    ended: float = 0.0
    error: int = 0
    granted: bool = False
    permanent: bool = False
    until: float = 0.0
    by_user: bool = True
    revoked: bool = False

    @property
    def subject(self) -> str:
        """Return what notices are kept in order by: their call, or their user."""
        return self.call or self.ids.waid or self.ids.bsuid
