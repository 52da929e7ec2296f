"""The board's websocket: who comes in, what they may say, and what ends it."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.contrib.sessions.models import Session
from django.test import Client

from agents.session_watch import session_watch
from agents.websocket_auth import NOT_SIGNED_IN, NOT_YOURS, TOO_MUCH
from callcenter import limits
from callcenter.asgi import application, stop
from callcenter.buckets import Buckets, Rate
from callcenter.database import in_database
from callcenter.web.sessions import row_name
from calls.board import consumer
from calls.board.boards import boards
from tests.cast import HASHED, Cast

pytestmark = pytest.mark.stackless


@pytest.fixture
async def site() -> AsyncIterator[Any]:
    """The application as servers run it."""
    yield application
    await stop()
    assert len(boards) == 0


def key_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def staff(*rights: str, **fields: Any) -> User:
    user = User.objects.create(
        username="rui", password=HASHED, **({"is_staff": True} | fields)
    )
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    return user


def visit(site: Any, key: str, address: str = "/ws/board/") -> WebsocketCommunicator:
    cookie = f"{settings.SESSION_COOKIE_NAME}={key}".encode()
    headers = [(b"origin", b"http://localhost"), (b"host", b"localhost")]
    return WebsocketCommunicator(site, address, [*headers, (b"cookie", cookie)])


async def opened(site: Any, user: User, address: str = "/ws/board/") -> Any:
    visitor = visit(site, await in_database(key_of, user), address)
    assert (await visitor.connect())[0]
    return visitor


async def hears(visitor: WebsocketCommunicator, kind: str) -> dict[str, Any]:
    while True:
        message = await visitor.receive_output(20)
        assert message["type"] == "websocket.send", message
        content: dict[str, Any] = json.loads(message["text"])
        if content["type"] == kind:
            return content
        await visitor.send_to(text_data='{"type": "took"}')


async def code_of(visitor: WebsocketCommunicator) -> int:
    while (message := await visitor.receive_output(20))["type"] != "websocket.close":
        pass
    code: int = message["code"]
    return code


async def test_a_supervisor_sees_the_board(cast: Cast, site: Any):
    visitor = await opened(site, cast.sofia)
    board = await hears(visitor, "board")
    assert [one["name"] for one in board["queues"]] == ["Support"]
    await visitor.send_to(text_data='{"type": "took"}')
    assert (await hears(visitor, "day"))["type"] == "day"
    await visitor.disconnect()
    assert len(boards) == 0


async def test_staff_with_the_right_sees_it_and_needs_no_other(cast: Cast, site: Any):
    rui = await in_database(staff, "watch_board")
    visitor = await opened(site, rui)
    await hears(visitor, "board")
    await visitor.disconnect()


@pytest.mark.parametrize(
    ("rights", "fields"),
    [
        ((), {}),
        (("view_call", "view_agent"), {}),
        (("watch_board",), {"is_staff": False}),
    ],
)
async def test_nobody_else_does(
    cast: Cast, site: Any, rights: tuple[str, ...], fields: Any
):
    rui = await in_database(lambda: staff(*rights, **fields))
    assert await code_of(await opened(site, rui)) == NOT_YOURS


async def test_an_agent_does_not(cast: Cast, site: Any):
    assert await code_of(await opened(site, cast.ana.user)) == NOT_YOURS


@pytest.mark.parametrize(
    "address", ["/ws/console/", "/ws/nodes/node-1/echo/", "/ws/nodes/node-1/console/"]
)
async def test_a_supervisor_is_no_agent_elsewhere(cast: Cast, site: Any, address: str):
    assert await code_of(await opened(site, cast.sofia, address)) == NOT_YOURS


async def test_signing_out_closes_it(
    cast: Cast, site: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(session_watch._rounds, "_every", 0.1)
    key = await in_database(key_of, cast.sofia)
    visitor = visit(site, key)
    await visitor.connect()
    await hears(visitor, "board")
    sessions = Session.objects.filter(pk=row_name(key))
    await in_database(sessions.delete)
    assert await code_of(visitor) == NOT_SIGNED_IN


@pytest.mark.parametrize("fields", [{"is_active": False}, {"is_staff": False}])
async def test_a_locked_user_and_one_who_is_staff_no_more(
    cast: Cast, site: Any, monkeypatch: pytest.MonkeyPatch, fields: dict[str, bool]
):
    monkeypatch.setattr(session_watch._rounds, "_every", 0.1)
    visitor = await opened(site, cast.sofia)
    await hears(visitor, "board")
    users = User.objects.filter(pk=cast.sofia.pk)
    await in_database(lambda: users.update(**fields))
    assert await code_of(visitor) in (NOT_SIGNED_IN, NOT_YOURS)


async def test_one_who_loses_the_right(
    cast: Cast, site: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(session_watch._rounds, "_every", 0.1)
    rui = await in_database(staff, "watch_board")
    visitor = await opened(site, rui)
    await hears(visitor, "board")
    await in_database(rui.user_permissions.clear)
    assert await code_of(visitor) in (NOT_SIGNED_IN, NOT_YOURS)


@pytest.mark.parametrize(
    "text",
    ["{", "[]", "null", '{"type": "hello"}', '{"type": ["took"]}', "x" * 300],
)
async def test_what_is_no_word_of_the_page_is_told(cast: Cast, site: Any, text: str):
    visitor = await opened(site, cast.sofia)
    await visitor.send_to(text_data=text)
    problem = await hears(visitor, "problem")
    assert problem["text"].startswith("The server did not understand")
    await visitor.disconnect()


async def test_bytes_are_no_word_either(cast: Cast, site: Any):
    visitor = await opened(site, cast.sofia)
    await visitor.send_to(bytes_data=b"\x00\xff")
    await hears(visitor, "problem")
    await visitor.disconnect()


async def test_too_many_messages_close_it(
    cast: Cast, site: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(consumer, "_messages", Buckets(Rate(5, 60)))
    visitor = await opened(site, cast.sofia)
    for _ in range(7):
        await visitor.send_to(text_data='{"type": "took"}')
    assert await code_of(visitor) == TOO_MUCH


async def test_one_message_may_be_too_much_too(cast: Cast, site: Any):
    visitor = await opened(site, cast.sofia)
    await visitor.send_to(text_data="x" * 100 * limits.BOARD_MESSAGE_UNIT)
    assert await code_of(visitor) == TOO_MUCH


async def test_too_many_boards_of_one_user(cast: Cast, site: Any):
    there = [await opened(site, cast.sofia) for _ in range(limits.BOARDS)]
    assert await code_of(await opened(site, cast.sofia)) == TOO_MUCH
    await there.pop().disconnect()
    again = await opened(site, cast.sofia)
    await hears(again, "board")
    for visitor in [again, *there]:
        await visitor.disconnect()


async def test_the_page_names_its_language(cast: Cast, site: Any):
    await in_database(cast.account.token_refused)
    spanish = await opened(site, cast.sofia, "/ws/board/?language=es")
    strange = await opened(site, cast.sofia, "/ws/board/?language=../../x&language=")
    found = [(await hears(one, "board"))["alerts"] for one in (spanish, strange)]
    assert found[0][0]["text"].startswith("Wati rechaza")
    assert found[1][0]["text"].startswith("Wati rejects")
    for visitor in (spanish, strange):
        await visitor.disconnect()
