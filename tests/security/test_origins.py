"""Websockets are for our own pages: the session's cookie comes from any page."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.asgi import application
from callcenter.web.origin import is_ours

pytestmark = pytest.mark.stackless

HOST = "calls.example.com"
OTHERS = [
    "",
    "null",
    "https://evil.example",
    f"https://{HOST}.evil.example",
    f"https://evil.{HOST}",
    f"https://{HOST}:8443",
    f"https://evil.example@{HOST}:8443",
    f"https://{HOST}@evil.example",
    f"https://{HOST}#@evil.example",
    f"https://{HOST}/",
    f"file://{HOST}",
    f"javascript://{HOST}",
    HOST,
    "https://",
    f"https://{HOST.upper()}.",
    "https://[::1",
]


@pytest.fixture(autouse=True)
def our_host(settings: Any) -> None:
    settings.PUBLIC_URL = f"https://{HOST}"
    settings.ALLOWED_HOSTS = [HOST]


def headers(origin: str, host: str = HOST) -> list[tuple[bytes, bytes]]:
    named = [(b"origin", origin.encode())] if origin else []
    return [(b"host", host.encode()), *named]


async def handshake(path: str, told: list[tuple[bytes, bytes]]) -> dict[str, Any]:
    """Return the first word that a websocket is answered."""
    said: list[dict[str, Any]] = []

    words = iter(["websocket.connect", "websocket.disconnect"])

    async def receive() -> dict[str, Any]:
        return {"type": next(words), "code": 1001}

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    scope = {"type": "websocket", "path": path, "headers": told, "query_string": b""}
    await application(scope, receive, send)
    return said[0]


@pytest.mark.parametrize("origin", OTHERS)
async def test_a_page_elsewhere_gets_no_websocket(origin: str):
    for path in ("/ws/console/", "/ws/nodes/node-1/echo/", "/ws/nowhere/"):
        said = await handshake(path, headers(origin))
        assert said == {"type": "websocket.close", "code": 1008}


@pytest.mark.parametrize(
    "twice",
    [
        [("origin", "https://evil.example"), ("origin", f"https://{HOST}")],
        [("origin", f"https://{HOST}"), ("Origin", "https://evil.example")],
        [("host", "evil.example"), ("origin", f"https://{HOST}")],
    ],
)
async def test_what_is_said_twice_is_not_believed(twice: list[tuple[str, str]]):
    told = [(name.encode(), value.encode()) for name, value in twice]
    said = await handshake("/ws/console/", [(b"host", HOST.encode()), *told])
    assert said == {"type": "websocket.close", "code": 1008}


def test_our_own_pages_do():
    assert is_ours(dict(headers(f"https://{HOST}")))
    assert is_ours(dict(headers(f"https://{HOST}:8443", f"{HOST}:8443")))


def test_a_host_that_the_sender_made_up_does_not_help():
    assert not is_ours(dict(headers("https://evil.example", "evil.example")))


@given(st.binary(), st.binary())
def test_no_header_can_be_a_surprise(origin: bytes, host: bytes):
    assert not is_ours({b"origin": origin, b"host": host})
