"""Where a request comes from: by the word of our own proxy, and of nobody else."""

from ipaddress import ip_network

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as some

from callcenter.web.proxy import behind_proxy

CARLA, MALLORY = "203.0.113.7", "6.6.6.6"
LOCAL = ("127.0.0.1", "::1", "::ffff:127.0.0.1")


async def seen(peer: str | None, *headers: tuple[str, str]) -> tuple[str, set[str]]:
    """Return the client that the application sees, and the names of its headers."""
    scopes = []

    async def app(scope, receive, send):
        scopes.append(scope)

    pairs = [(name.encode(), value.encode()) for name, value in headers]
    scope = {"type": "http", "headers": pairs, "client": peer and [peer, 4711]}
    await behind_proxy(app)(scope, None, None)
    client = scopes[0]["client"]
    return client[0] if client else "", {
        name.decode() for name, _ in scopes[0]["headers"]
    }


@pytest.mark.parametrize("proxy", LOCAL)
@pytest.mark.parametrize(
    ("header", "client"),
    [
        (CARLA, CARLA),
        (f"{MALLORY}, {CARLA}", CARLA),
        (f"{MALLORY},{CARLA}, 127.0.0.1", CARLA),
        ("2001:0db8::0001", "2001:db8::1"),
        (f"::ffff:{CARLA}", CARLA),
    ],
)
async def test_a_proxy_of_ours_is_believed(proxy: str, header: str, client: str):
    assert (await seen(proxy, ("x-forwarded-for", header)))[0] == client


@pytest.mark.parametrize("header", ["", "unknown", "x" * 5000, f"{CARLA}, '; --"])
async def test_what_is_no_address_leaves_the_proxys_own(header: str):
    assert (await seen("127.0.0.1", ("x-forwarded-for", header)))[0] == "127.0.0.1"


async def test_two_lines_are_one_list():
    lines = [("x-forwarded-for", MALLORY), ("X-Forwarded-For", CARLA)]
    assert (await seen("127.0.0.1", *lines))[0] == CARLA


async def test_nobody_else_is_believed():
    said = [
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-proto", "https"),
        ("x-request-id", "0af7651916cd43dd"),
    ]
    client, names = await seen(MALLORY, *said, ("accept", "*/*"))
    assert (client, names) == (MALLORY, {"accept"})


async def test_a_proxy_on_another_machine_is_named():
    with override_settings(TRUSTED_PROXIES=[ip_network("10.1.0.0/24")]):
        header = ("x-forwarded-for", CARLA)
        assert (await seen("10.1.0.9", header))[0] == CARLA
        assert (await seen("127.0.0.1", header))[0] == "127.0.0.1"


@pytest.mark.parametrize("peer", ["127.0.0.1", MALLORY])
@pytest.mark.parametrize(
    "name", ["x_forwarded_for", "X_Forwarded-For", "x_forwarded_proto", "host_"]
)
async def test_a_name_with_an_underscore_is_no_header(peer: str, name: str):
    """Django would take it for the true one (CVE-2026-3902)."""
    assert await seen(peer, (name, MALLORY)) == (peer, set())


async def test_a_server_on_a_unix_socket_has_no_address():
    assert (await seen(None))[0] == ""
    assert (await seen(None, ("x-forwarded-for", CARLA)))[0] == CARLA


@given(some.lists(some.sampled_from([CARLA, MALLORY, "127.0.0.1", "::1", "junk"])))
async def test_nobody_can_hide_behind_what_he_says(before: list[str]):
    """Whatever a client sends, a proxy that appends ends it with the truth."""
    header = ", ".join([*before, "198.51.100.1"])
    assert (await seen("127.0.0.1", ("x-forwarded-for", header)))[0] == "198.51.100.1"
