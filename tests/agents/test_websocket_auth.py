"""No websocket is served to a stranger, and none outlasts its session."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest
from channels.testing import WebsocketCommunicator
from django.conf import settings

from agents.models import Agent
from agents.session_watch import session_watch
from agents.sessions import Badge
from agents.websocket_auth import NO_SUCH_CALL, NOT_SIGNED_IN, for_agents
from callcenter import push
from callcenter.asgi import application, stop
from callcenter.database import in_database
from callcenter.urls import websocket_urlpatterns
from callcenter.web.sessions import row_name
from tests.agents import test_sessions as ends
from tests.agents.test_sessions import REVOKED, sign_out, time_is_over
from tests.cast import Cast
from tests.console import session_key

# Full mode has the running product for this: tests/product/test_neighbours.py.
pytestmark = pytest.mark.stackless

WITHIN = 2.0  # seconds
CONSOLE, ECHO = "/ws/console/", "/ws/nodes/node-1/echo/"
# One address for each route; a route that is new here must be tried, too.
ADDRESSES = {
    "ws/board/": "/ws/board/",
    "ws/console/": CONSOLE,
    "ws/nodes/<str:node>/calls/<uuid:call_id>/audio/": (
        "/ws/nodes/node-1/calls/0b2f6d1c-7a52-4c3e-9a57-5f0c1f4a9e11/audio/"
    ),
    "ws/supervision/": "/ws/supervision/",
    "ws/nodes/<str:node>/calls/<uuid:call_id>/supervision/": (
        "/ws/nodes/node-1/calls/0b2f6d1c-7a52-4c3e-9a57-5f0c1f4a9e11/supervision/"
    ),
    "ws/nodes/<str:node>/console/": "/ws/nodes/node-1/console/",
    "ws/nodes/<str:node>/echo/": ECHO,
}


@pytest.fixture
async def site():
    """The application as servers run it."""
    yield application
    await stop()


@pytest.fixture
def quick_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_watch._rounds, "_every", 0.1)


def visit(site: Any, address: str, key: str = "") -> WebsocketCommunicator:
    cookie = f"{settings.SESSION_COOKIE_NAME}={key}".encode()
    headers = [(b"origin", b"http://localhost"), (b"host", b"localhost")]
    return WebsocketCommunicator(site, address, [*headers, (b"cookie", cookie)])


def signed_in(agent: Agent) -> tuple[str, Badge]:
    """Sign the agent in once more; returns the cookie's value, too."""
    key = session_key(agent)
    return key, Badge(row_name(key), agent.pk)


async def closed_with(visitor: WebsocketCommunicator) -> tuple[int, float]:
    """Read on, saying nothing; returns the code, and after how long it came."""
    begun = time.monotonic()
    while (message := await visitor.receive_output(20))["type"] != "websocket.close":
        pass
    return message["code"], time.monotonic() - begun


def test_every_route_is_tried():
    assert ADDRESSES.keys() == {str(one.pattern) for one in websocket_urlpatterns}


@pytest.mark.parametrize("address", ADDRESSES.values())
async def test_no_route_is_for_strangers(cast: Cast, site, address: str):
    signed_out, ana = await in_database(signed_in, cast.ana)
    await in_database(sign_out, ana)
    for key in ("", "invented", signed_out, ana.session):
        visitor = visit(site, address, key)
        assert await visitor.connect() == (True, None)  # a browser sees the code then
        assert (await closed_with(visitor))[0] == NOT_SIGNED_IN


@pytest.mark.parametrize(
    ("address", "end"),
    [(CONSOLE, end) for end in [*REVOKED, time_is_over]] + [(ECHO, sign_out)],
)
async def test_a_websocket_that_says_nothing_is_closed(
    cast: Cast, site, quick_watch, address: str, end
):
    """Nobody but the clock of this process says so."""
    key, ana = await in_database(signed_in, cast.ana)
    silent = visit(site, address, key)
    elsewhere = visit(site, address, await in_database(session_key, cast.bruno))
    await silent.connect()
    await elsewhere.connect()
    await in_database(end, ana)
    assert (await closed_with(silent))[0] == NOT_SIGNED_IN
    assert await elsewhere.receive_nothing(0.1)
    await elsewhere.disconnect()


async def test_without_pushes_it_is_closed_as_soon(cast: Cast, site, monkeypatch):
    async def away(*_: Any) -> None:
        raise ConnectionError("Valkey is away.")

    monkeypatch.setattr(push, "listen", away)
    key, ana = await in_database(signed_in, cast.ana)
    silent = visit(site, CONSOLE, key)
    await silent.connect()
    await in_database(sign_out, ana)
    code, after = await closed_with(silent)
    assert (code, after < WITHIN) == (NOT_SIGNED_IN, True)


@pytest.mark.parametrize(
    "message",
    [
        {"type": "available"},
        {"type": "look_up", "number": "+49 151 12345678"},
        {"type": "refresh"},
        {"type": "hello", "console": "page"},
    ],
    ids=lambda message: message["type"],
)
async def test_what_is_said_after_sign_out_is_not_done(
    cast: Cast, site, monkeypatch, message: dict[str, Any]
):
    """Judged at the message: the watch does not even look."""
    monkeypatch.setattr(session_watch, "enter", lambda *_: None)
    key, ana = await in_database(signed_in, cast.ana)
    console = visit(site, CONSOLE, key)
    await console.connect()
    await in_database(sign_out, ana)
    before = await in_database(_row_of, cast)
    await console.send_to(text_data=json.dumps(message))
    answer = await console.receive_output(10)
    assert (answer["type"], answer.get("code")) == ("websocket.close", NOT_SIGNED_IN)
    assert await in_database(_row_of, cast) == before


def _row_of(cast: Cast) -> dict[str, Any]:
    return dict(type(cast.ana).objects.filter(pk=cast.ana.pk).values().get())


async def test_a_session_whose_time_is_over_serves_its_call_to_the_end(
    cast: Cast, site, quick_watch
):
    key, ana = await in_database(signed_in, cast.ana)
    await in_database(_in_state, cast, "in_call")
    console = visit(site, CONSOLE, key)
    await console.connect()
    await in_database(time_is_over, ana)
    await console.send_to(text_data=json.dumps({"type": "targets", "request": 1}))
    assert json.loads((await console.receive_output(10))["text"])["type"] == "targets"
    # The network may go and come again meanwhile.
    headset = visit(site, ECHO, key)
    assert (await headset.connect())[0]
    assert await headset.receive_nothing(0.3)
    call = visit(site, f"/ws/nodes/n/calls/{uuid4()}/audio/", key)
    await call.connect()
    assert (await closed_with(call))[0] == NO_SUCH_CALL
    await in_database(_in_state, cast, "available")
    assert (await closed_with(console))[0] == NOT_SIGNED_IN
    assert (await closed_with(headset))[0] == NOT_SIGNED_IN


def _in_state(cast: Cast, state: str) -> None:
    type(cast.ana).objects.filter(pk=cast.ana.pk).update(state=state)


async def test_one_that_will_not_end_is_closed_all_the_same(
    cast: Cast, site, quick_watch
):
    stubborn_ends = asyncio.Event()

    async def stubborn(scope: Any, receive: Any, send: Callable[..., Awaitable[None]]):
        await send({"type": "websocket.accept"})
        while not stubborn_ends.is_set():
            try:
                await stubborn_ends.wait()
            except asyncio.CancelledError:
                continue

    key, ana = await in_database(signed_in, cast.ana)

    async def with_session(scope: Any, receive: Any, send: Any) -> None:
        session = type("Session", (), {"session_key": key})
        await for_agents(stubborn)({**scope, "session": session}, receive, send)

    visitor = visit(with_session, "/ws/new/", key)
    await visitor.connect()
    await in_database(ends.lock, ana)
    assert (await closed_with(visitor))[0] == NOT_SIGNED_IN
    stubborn_ends.set()
