"""An operator allows private networks by name; nothing else is theirs to allow."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.media.transport.addresses import (
    INNER,
    NOWHERE,
    Networks,
    is_inner,
    is_of_one_host,
)
from calls.media.transport.candidates import UnusableCandidate, read_candidate


def line(address: object, port: int = 3484) -> str:
    return f"1 1 udp 2122260223 {address} {port} typ host"


def passes(address: object, allowed: Networks, port: int = 3484) -> bool:
    try:
        return read_candidate(line(address, port), allowed=allowed) is not None
    except UnusableCandidate:
        return False


def addresses_in(network: object) -> st.SearchStrategy[object]:
    return st.ip_addresses(network=str(network))


private = st.sampled_from(INNER).flatmap(addresses_in)
nowhere = st.sampled_from(NOWHERE).flatmap(addresses_in)
anything = st.one_of(st.ip_addresses(), private, nowhere)
part_of_inner = st.sampled_from(INNER).flatmap(
    lambda inner: st.builds(
        lambda address, bits: ip_network((address, bits), strict=False),
        addresses_in(inner),
        st.integers(inner.prefixlen, inner.max_prefixlen),
    )
)
networks = st.lists(part_of_inner, max_size=3).map(tuple)


@given(anything, networks)
def test_a_private_address_passes_only_in_an_allowed_network(address, allowed):
    named = any(address in network for network in allowed)
    expected = is_of_one_host(address) and (named or not is_inner(address))
    assert passes(address, allowed) is expected


@given(private)
def test_nobody_allows_a_private_address_by_default(address):
    assert not passes(address, ())


@given(nowhere)
def test_no_permission_reaches_multicast_or_link_local(address):
    assert not passes(address, INNER)
    assert not passes(address, tuple(map(ip_network, ("0.0.0.0/0", "::/0"))))


@given(private, st.integers(0, 1023))
def test_no_permission_opens_a_port_of_the_system(address, port):
    assert not passes(address, INNER, port)


@pytest.mark.parametrize("name", ["relay.example.com", "localhost", "0x7f.1", "10.1"])
def test_no_permission_lets_a_host_name_be_looked_up(name):
    assert not passes(name, INNER)


def test_a_relay_of_ones_own_is_reached_and_its_neighbour_is_not():
    allowed = (ip_network("10.20.0.0/16"),)
    assert passes("10.20.3.4", allowed)
    assert not passes("10.21.3.4", allowed)
    assert not passes(ip_address("127.0.0.1"), allowed)
