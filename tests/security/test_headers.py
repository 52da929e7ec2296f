"""Headers that a stranger makes up: doubled, misspelt, or in a proxy's name."""

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings

from callcenter.asgi import application, http
from tests.paths import ROOT

pytestmark = pytest.mark.stackless

HOST = "calls.example.com"
PROXY, STRANGER = "127.0.0.1", "6.6.6.6"


@pytest.fixture(autouse=True)
def by_https_only(settings: Any) -> Iterator[None]:
    """As in production; Django's middleware reads that once."""
    settings.ALLOWED_HOSTS = [HOST]
    settings.SECURE_SSL_REDIRECT = True
    http.load_middleware(is_async=True)
    yield
    settings.SECURE_SSL_REDIRECT = False
    http.load_middleware(is_async=True)


async def asked(peer: str, *told: tuple[str, str], path: str = "/nowhere/") -> Any:
    """Return the status, and where it sends the browser."""
    said: list[dict[str, Any]] = []
    body = iter([{"type": "http.request", "body": b""}])

    async def receive() -> dict[str, Any]:
        for message in body:
            return message
        return await asyncio.Future()  # the browser waits

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": b"",
        "client": [peer, 4711],
        "headers": [(name.encode(), value.encode()) for name, value in told],
    }
    await application(scope, receive, send)
    headers = dict(said[0]["headers"])
    location = headers.get(b"Location", headers.get(b"location", b""))
    return said[0]["status"], location.decode()


BY_HTTPS = ("x-forwarded-proto", "https")
OURS = ("host", HOST)
REDIRECTED = (301, f"https://{HOST}/nowhere/")


async def test_a_proxy_says_whether_it_is_by_https():
    assert await asked(PROXY, OURS, BY_HTTPS) == (404, "")
    assert await asked(PROXY, OURS, ("x-forwarded-proto", "http")) == REDIRECTED


@pytest.mark.parametrize(
    "spoofed",
    [
        [BY_HTTPS],
        [("X-Forwarded-Proto", "https")],
        [("x_forwarded_proto", "https")],
        [("X_Forwarded-Proto", "https")],
        [("x-forwarded_proto", "https"), BY_HTTPS],
    ],
)
async def test_a_stranger_does_not(spoofed: list[tuple[str, str]]):
    assert await asked(STRANGER, OURS, *spoofed) == REDIRECTED


@pytest.mark.parametrize("name", ["x_forwarded_proto", "X_FORWARDED_PROTO"])
async def test_nor_does_a_name_that_only_looks_like_it(name: str):
    plainly = ("x-forwarded-proto", "http")
    for told in ([plainly, (name, "https")], [(name, "https"), plainly]):
        assert await asked(PROXY, OURS, *told) == REDIRECTED


@pytest.mark.parametrize(
    "told",
    [
        [OURS, ("host", "evil.example")],
        [("host", "evil.example"), OURS],
        [("host", "evil.example"), ("x-forwarded-host", HOST)],
        [("host", f"{HOST},evil.example")],
        [("host", f"{HOST}@evil.example")],
        [("host_", HOST)],
    ],
)
async def test_a_host_that_is_not_clearly_ours_is_refused(told: list[tuple[str, str]]):
    for peer in (PROXY, STRANGER):
        assert await asked(peer, *told, BY_HTTPS) == (400, "")


@pytest.mark.parametrize(
    "name", ["x-forwarded-host", "forwarded", "x-original-url", "x-rewrite-url"]
)
async def test_no_other_header_says_where_somebody_is(name: str):
    said = (name, "evil.example")
    assert await asked(PROXY, OURS, said, path="/nowhere/") == REDIRECTED


def test_django_itself_believes_no_host_of_a_proxy():
    assert not settings.USE_X_FORWARDED_HOST
    assert not settings.USE_X_FORWARDED_PORT


# --- The proxies we ship --------------------------------------------------------------


def test_nginx_overwrites_what_a_client_says_of_itself():
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    told = dict(re.findall(r"proxy_set_header (\S+) (\S+);", text))
    assert told["X-Forwarded-For"] == "$remote_addr"
    assert told["X-Forwarded-Proto"] == "$scheme"
    assert told["X-Request-ID"] == "$request_id"
    assert "underscores_in_headers" not in text  # nginx drops them, unless told
    # One header that a location sets would replace all of the server's.
    for location in re.findall(r"location [^{]+\{([^}]*)\}", text):
        assert "proxy_set_header" not in location


def test_caddy_is_told_to_trust_nobody():
    """By default it overwrites what clients say of themselves."""
    text = (ROOT / "deploy" / "Caddyfile").read_text()
    assert "trusted_proxies" not in text
    assert "X-Forwarded" not in text
    # What it does not overwrite by itself.
    assert text.count("header_up X-Request-ID {http.request.uuid}") == text.count(
        "\treverse_proxy "
    )
