"""ICE candidates from outside: which ones may be probed at all.

Every candidate that reaches the ICE agent makes this host send datagrams to the address
it names. So only literal, globally routable addresses pass, and a description that
tries anything else is refused as a whole: nobody honest writes one.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

LOWEST_PORT = 1024
LINE = re.compile(
    r"(?P<foundation>[\w+/]{1,32}) (?P<component>\d{1,3}) (?P<transport>\w{1,16})"
    r" (?P<priority>\d{1,10}) (?P<address>\S{1,255}) (?P<port>\d{1,5})"
    r" typ (?P<type>\w{1,16})(?: .*)?",
    re.ASCII,
)
# Addresses that carry an IPv4 address inside reach a host that no check has seen.
_TRANSITION = tuple(
    IPv6Network(network)
    for network in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
)


class HostileCandidate(ValueError):
    """A candidate that names an address this host must not be led to."""


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


def read_candidate(value: str, *, allow_private: bool) -> IceCandidate | None:
    """Return the candidate of one `a=candidate:` value; None if it is of no use to us.

    Of no use, and harmless because never contacted: what cannot be read, TCP, other
    components, unknown types, and in front of a simulator the mDNS names of browsers.
    Raises `HostileCandidate` for a name or address that must not be contacted.
    """
    match = LINE.fullmatch(value)
    if match is None or not _is_usable(match):
        return None
    if allow_private and match["address"].endswith(".local"):
        return None
    address = _read_address(match["address"], allow_private=allow_private)
    port = int(match["port"])
    if not LOWEST_PORT <= port <= 65535:
        raise HostileCandidate(f"A candidate names port {port}.")
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


def _read_address(text: str, *, allow_private: bool) -> IPv4Address | IPv6Address:
    try:
        address = ip_address(text)
    except ValueError:
        raise HostileCandidate("A candidate names a host, not an address.") from None
    if _is_never_a_peer(address):
        raise HostileCandidate("A candidate names an address of no single host.")
    if not address.is_global and not allow_private:
        raise HostileCandidate("A candidate names a private address.")
    return address


def _is_never_a_peer(address: IPv4Address | IPv6Address) -> bool:
    if (
        address.is_multicast
        or address.is_unspecified
        or address.is_link_local
        or (address.is_reserved and not address.is_loopback)
    ):
        return True
    if isinstance(address, IPv6Address):
        return (
            address.ipv4_mapped is not None
            or address.scope_id is not None
            or any(address in network for network in _TRANSITION)
        )
    return False
