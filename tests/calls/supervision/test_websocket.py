"""Sofia's page asks to step in, is told, and is shut out when she may no longer."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import Permission, User
from django.utils import timezone

from agents.session_watch import session_watch
from agents.websocket_auth import NOT_SIGNED_IN, NOT_YOURS
from callcenter import limits
from callcenter.asgi import application, stop
from callcenter.buckets import Buckets
from callcenter.database import in_database
from callcenter.models import AuditEntry
from calls.lifecycle import ending
from calls.models import Call, Leg, Node, Supervision
from calls.states import Event
from calls.supervision import consumer
from permissions.models import Contact
from tests.agents.test_websocket_auth import closed_with, visit
from tests.cast import CARLA, HASHED, Cast
from tests.console import session_key

# Full mode has the running product for this.
pytestmark = pytest.mark.stackless

ADDRESS = "/ws/supervision/"


@pytest.fixture
async def site(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    monkeypatch.setattr(session_watch._rounds, "_every", 0.1)
    monkeypatch.setattr(consumer, "_messages", Buckets(limits.SUPERVISION_MESSAGES))
    yield application
    await stop()


class Desk:
    """A supervisor's page, as a program."""

    over: dict[str, str] | None = None
    """The call that was over last, whether that was pushed or answered."""

    def __init__(self, site: Any, key: str) -> None:
        self.socket: WebsocketCommunicator = visit(site, ADDRESS, key)

    async def open(self) -> dict[str, Any]:
        await self.socket.connect()
        return await self.ask("hello", language="en")

    async def ask(self, kind: str, **fields: Any) -> dict[str, Any]:
        await self.socket.send_to(json.dumps({"type": kind, "request": 7, **fields}))
        while (told := await self.told()).get("request") != 7:
            pass
        return told

    async def told(self) -> dict[str, Any]:
        message = await self.socket.receive_output(20)
        assert message["type"] == "websocket.send", message
        told: dict[str, Any] = json.loads(message["text"])
        self.over = told.get("over") or self.over
        return told


def anas_call(cast: Cast) -> Call:
    """Ana talks to Carla, on a node that is no process."""
    now = timezone.now()
    Node.objects.create(name="node-9", url="http://node", epoch=1, lease_until=now)
    call = Call.objects.create(
        account=cast.account,
        wati_call_id="wacid.1",
        direction="inbound",
        status="active",
        line=cast.line,
        queue=cast.queue,
        contact=Contact.objects.create(waid=CARLA, name="Carla"),
        agent=cast.ana,
        node="node-9",
        node_epoch=1,
        answered_at=now,
    )
    Leg.objects.create(call=call, agent=cast.ana, started_at=now, joined_at=now)
    return call


def person(*rights: str, is_staff: bool = True) -> User:
    user = User.objects.create(username="rui", password=HASHED, is_staff=is_staff)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    return user


class Who:
    """As tests.console.session_key() wants an agent."""

    def __init__(self, user: User) -> None:
        self.user = user


async def key_of(user: User) -> str:
    key: str = await in_database(session_key, Who(user))  # type: ignore[arg-type]
    return key


async def test_she_steps_in_and_is_told_what_is_so(cast: Cast, site: Any):
    call = await in_database(anas_call, cast)
    desk = Desk(site, await key_of(cast.sofia))
    assert (await desk.open())["supervision"] is None
    told = await desk.ask("step_in", call=str(call.pk), mode="listen")
    shown = told["supervision"]
    assert shown["call"] == str(call.pk)
    assert (shown["mode"], shown["status"], shown["agent"]) == (
        "listen",
        "active",
        "Ana",
    )
    assert shown["contact"]["name"] == "Carla"
    assert shown["agent_is_told"] is True
    assert shown["audio_url"] == (
        f"ws://node/ws/nodes/node-9/calls/{call.pk}/supervision/"
    )
    told = await desk.ask("step_in", call=str(call.pk), mode="whisper")
    assert told["supervision"]["mode"] == "whisper"
    told = await desk.ask("stop")
    assert told["supervision"] is None
    assert desk.over == {"call": str(call.pk), "text": ""}
    entries = AuditEntry.objects.filter(action="stepped_in", object_pk=str(call.pk))
    details = entries.order_by("pk").values_list("details", flat=True)
    assert await in_database(list, details) == ["listen", "whisper"]
    await desk.socket.disconnect()


async def test_she_is_told_when_the_call_ends_and_why(cast: Cast, site: Any):
    call = await in_database(anas_call, cast)
    desk = Desk(site, await key_of(cast.sofia))
    await desk.open()
    await desk.ask("step_in", call=str(call.pk), mode="listen")
    await in_database(ending.end, call.pk, Event.CUSTOMER_ENDED)
    told = await desk.told()
    while told["supervision"] is not None:
        told = await desk.told()
    assert told["over"] == {"call": str(call.pk), "text": "The customer hung up."}
    await desk.socket.disconnect()


async def test_a_page_that_comes_back_is_told_at_once(cast: Cast, site: Any):
    call = await in_database(anas_call, cast)
    key = await key_of(cast.sofia)
    desk = Desk(site, key)
    await desk.open()
    await desk.ask("step_in", call=str(call.pk), mode="barge")
    await desk.socket.disconnect()
    desk = Desk(site, key)
    told = await desk.open()
    assert told["supervision"]["mode"] == "barge"
    await desk.socket.disconnect()


@pytest.mark.parametrize(
    ("is_staff", "rights", "code"),
    [
        (True, (), NOT_YOURS),
        (True, ("view_call", "change_call"), NOT_YOURS),
        (False, ("listen_call",), NOT_YOURS),
    ],
)
async def test_without_the_right_nobody_comes_in(
    cast: Cast, site: Any, is_staff: bool, rights: tuple[str, ...], code: int
):
    call = await in_database(anas_call, cast)
    user = await in_database(person, *rights, is_staff=is_staff)
    key = await key_of(user)
    audio = f"/ws/nodes/node-1/calls/{call.pk}/supervision/"
    for address in (ADDRESS, audio):
        visitor = visit(site, address, key)
        await visitor.connect()
        assert (await closed_with(visitor))[0] == code
    ana = visit(site, ADDRESS, await in_database(session_key, cast.ana))
    await ana.connect()
    assert (await closed_with(ana))[0] == NOT_YOURS


async def test_the_right_alone_is_enough(cast: Cast, site: Any):
    call = await in_database(anas_call, cast)
    user = await in_database(person, "listen_call")
    desk = Desk(site, await key_of(user))
    await desk.open()
    told = await desk.ask("step_in", call=str(call.pk), mode="listen")
    assert told["supervision"]["mode"] == "listen"
    await desk.socket.disconnect()


def loses_the_right(user: User) -> None:
    user.user_permissions.clear()


def is_no_staff_any_more(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_staff=False)


def is_locked(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def gets_another_password(user: User) -> None:
    user.set_password("another one")
    user.save()


ENDS = [loses_the_right, is_no_staff_any_more, is_locked, gets_another_password]


@pytest.mark.parametrize("end", ENDS)
async def test_who_may_not_listen_any_more_is_out_within_two_seconds(
    cast: Cast, site: Any, end: Callable[[User], None]
):
    call = await in_database(anas_call, cast)
    user = await in_database(person, "listen_call")
    desk = Desk(site, await key_of(user))
    await desk.open()
    await desk.ask("step_in", call=str(call.pk), mode="listen")
    await in_database(end, user)
    assert (await closed_with(desk.socket))[0] == NOT_SIGNED_IN
    is_over = Supervision.objects.filter(ended_at__isnull=False)
    assert await in_database(is_over.exists)


@pytest.mark.parametrize("end", ENDS)
async def test_a_message_is_judged_before_it_does_anything(
    cast: Cast, site: Any, monkeypatch: pytest.MonkeyPatch, end: Callable[[User], None]
):
    monkeypatch.setattr(session_watch._rounds, "_every", 60.0)
    call = await in_database(anas_call, cast)
    user = await in_database(person, "listen_call")
    desk = Desk(site, await key_of(user))
    await desk.open()
    await in_database(end, user)
    message = {"type": "step_in", "call": str(call.pk), "mode": "listen"}
    await desk.socket.send_to(json.dumps(message))
    assert (await closed_with(desk.socket))[0] == NOT_SIGNED_IN
    assert not await in_database(Supervision.objects.exists)


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ({"type": "step_in", "call": "x", "mode": "listen"}, "Unknown call."),
        ({"type": "step_in", "mode": "listen"}, "Unknown call."),
        ({"type": "step_in", "call": CARLA, "mode": "sing"}, "Unknown mode."),
        ({"type": "step_in", "call": CARLA, "mode": ["listen"]}, "Unknown mode."),
        ({"type": "hang_up"}, "You have not taken over this call."),
        ({"type": "look"}, consumer.NOT_UNDERSTOOD),
        ({"type": ["stop"]}, consumer.NOT_UNDERSTOOD),
        ({"type": "stop", "more": "x" * 5000}, consumer.NOT_UNDERSTOOD),
        ([], consumer.NOT_UNDERSTOOD),
    ],
)
async def test_bad_messages_get_a_sentence(
    cast: Cast, site: Any, message: Any, sentence: str
):
    desk = Desk(site, await key_of(cast.sofia))
    await desk.open()
    await desk.socket.send_to(json.dumps(message))
    told = await desk.told()
    assert (told["type"], told["text"]) == ("problem", sentence)
    await desk.socket.disconnect()


async def test_who_sends_too_much_is_closed(cast: Cast, site: Any):
    desk = Desk(site, await key_of(cast.sofia))
    await desk.open()
    for _ in range(limits.SUPERVISION_MESSAGES.burst + 5):
        await desk.socket.send_to('{"type": "beat"}')
    assert (await closed_with(desk.socket))[0] == 4429
