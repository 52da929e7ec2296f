"""ICE candidates from outside: which ones may be probed at all.

Every candidate that reaches the ICE agent makes this host send datagrams to the address
it names. So only literal, globally routable addresses of one host pass. The others are
left out with a reason: the call needs one good candidate, not all of them. An operator
may allow private networks by name; nothing else of this is theirs to allow.
"""

import re
from dataclasses import dataclass
from ipaddress import ip_address

from calls.media.transport.addresses import (
    Address,
    Networks,
    is_inner,
    is_of_one_host,
)

LOWEST_PORT = 1024
LINE = re.compile(
    r"(?P<foundation>[\w+/]{1,32}) (?P<component>\d{1,3}) (?P<transport>\w{1,16})"
    r" (?P<priority>\d{1,10}) (?P<address>\S{1,255}) (?P<port>\d{1,5})"
    r" typ (?P<type>\w{1,16})(?: .*)?",
    re.ASCII,
)


class UnusableCandidate(ValueError):
    """A candidate that cannot be read, or that this host must not be led to."""


@dataclass(frozen=True, slots=True)
class IceCandidate:
    """One UDP candidate of component 1, its address literal and in normal form."""

    foundation: str
    priority: int
    address: str
    port: int
    type: str

    def __str__(self) -> str:
        """Return the value of the `a=candidate:` line, without extensions."""
        return (
            f"{self.foundation} 1 udp {self.priority} {self.address} {self.port}"
            f" typ {self.type}"
        )


def read_candidate(value: str, *, allowed: Networks) -> IceCandidate | None:
    """Return the candidate of one `a=candidate:` value; None if it is of no use to us.

    Of no use, and harmless because never contacted: TCP, other components, unknown
    types, and where networks are allowed the mDNS names of browsers. Raises
    `UnusableCandidate` for one that cannot be read, and for a name or address that must
    not be contacted.
    """
    match = LINE.fullmatch(value)
    if match is None:
        raise UnusableCandidate("A candidate cannot be read.")
    if not _is_usable(match):
        return None
    if allowed and match["address"].endswith(".local"):
        return None
    address = _read_address(match["address"], allowed=allowed)
    port = int(match["port"])
    if not LOWEST_PORT <= port <= 65535:
        raise UnusableCandidate("A candidate names a port below 1024 or above 65535.")
    return IceCandidate(
        foundation=match["foundation"],
        priority=min(int(match["priority"]), 2**31 - 1),
        address=str(address),
        port=port,
        type=match["type"],
    )


def _is_usable(match: re.Match[str]) -> bool:
    return (
        match["transport"].lower() == "udp"
        and int(match["component"]) == 1
        and match["type"] in ("host", "srflx", "relay")
    )


def _read_address(text: str, *, allowed: Networks) -> Address:
    try:
        address = ip_address(text)
    except ValueError:
        raise UnusableCandidate("A candidate names a host, not an address.") from None
    if not is_of_one_host(address):
        raise UnusableCandidate("A candidate names an address of no single host.")
    if is_inner(address) and not any(address in network for network in allowed):
        raise UnusableCandidate("A candidate names a private address.")
    return address
