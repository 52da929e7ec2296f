"""Addresses that no media may be sent to, by the registries of IANA.

From the IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890 and its updates, as
of October 2026), multicast (RFC 5771, RFC 4291) and what was once assigned and is
deprecated. Python's own `is_global` follows older editions of them, and calls some of
these addresses global that are globally routable, but lead to no single host.
"""

from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_network,
)

Address = IPv4Address | IPv6Address
Networks = tuple[IPv4Network | IPv6Network, ...]

GLOBAL_UNICAST = ip_network("2000::/3")
"""All of IPv6 that is assigned to hosts; whatever is outside is something else."""

INNER: Networks = tuple(
    map(
        ip_network,
        (
            "10.0.0.0/8",
            "100.64.0.0/10",  # of a carrier (RFC 6598)
            "127.0.0.0/8",
            "172.16.0.0/12",
            "192.0.2.0/24",  # documentation
            "192.168.0.0/16",
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "::1/128",
            "2001:db8::/32",  # documentation
            "3fff::/20",  # documentation
            "fc00::/7",
        ),
    )
)
"""Private networks, where nobody is found whom an operator has not named: a
simulator, or relays of one's own."""

NOWHERE = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",
            "169.254.0.0/16",  # link-local, and the metadata service of clouds
            "192.0.0.0/24",  # protocol assignments, such as the 192.0.0.8 of RFC 7600
            "192.31.196.0/24",  # AS112
            "192.52.193.0/24",  # AMT
            "192.88.99.0/24",  # 6to4 relays, deprecated
            "192.175.48.0/24",  # AS112
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and the broadcast address
            "2001::/23",  # protocol assignments, Teredo and ORCHID among them
            "2002::/16",  # 6to4 leads to any IPv4 address, unseen
            "2620:4f:8000::/48",  # AS112
        ),
    )
)


def is_inner(address: Address) -> bool:
    """Say whether the address belongs to a private network, or to this host."""
    return any(address in network for network in INNER)


def is_of_one_host(address: Address) -> bool:
    """Say whether the address may be that of a single host, here or anywhere.

    An IPv6 address with a zone names an interface of ours; one outside of
    `GLOBAL_UNICAST` may hold an IPv4 address that no check has seen, or be site-local,
    link-local or multicast.
    """
    if is_inner(address):
        return not _has_zone(address)
    if address.version == 6 and address not in GLOBAL_UNICAST:
        return False
    return not (_has_zone(address) or any(address in network for network in NOWHERE))


def _has_zone(address: Address) -> bool:
    return isinstance(address, IPv6Address) and address.scope_id is not None
