"""What Wati tells, in every dialect and with every fault."""

from typing import Any

import pytest

from callcenter.simulator.behaviour import Behaviour, WebhookFault
from callcenter.simulator.calls import PhoneCall, Placed
from callcenter.simulator.notices import KINDS, Notice
from callcenter.simulator.payloads import write
from callcenter.simulator.people import Ids
from callcenter.simulator.world import Account, World
from tests.callcenter.simulator.conftest import CARLA, NUMBER, until
from tests.callcenter.simulator.receiver import Receiver


def notice(kind: str, **facts: Any) -> Notice:
    known = {
        "number": NUMBER,
        "tenant": "demo",
        "ids": Ids(waid=CARLA),
        "name": "Carla",
        "call": "wacid.1",
        "direction": "inbound",
        "sdp": "v=0\r\ns=-\r\n",
        "status": "RINGING",
        "at": 1000.0,
    }
    return Notice(kind=kind, **known | facts)


MINIMAL = {
    "inbound-call": {"callId", "sdp", "businessNumber"},
    "terminate-call": {"callId"},
    "outbound-call": {"callId", "sdp"},
    "outbound-call-status": {"callId", "status"},
    "call-permission": {"waid", "hasPermission"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_minimal_dialect_is_what_the_help_article_shows(kind: str) -> None:
    body = write(notice(kind), Behaviour(dialect="minimal"))
    assert set(body) == MINIMAL[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_the_full_dialect_adds_and_the_pascal_dialect_renames(kind: str) -> None:
    full = write(notice(kind), Behaviour(dialect="full"))
    pascal = write(notice(kind), Behaviour(dialect="pascal"))
    assert set(full) > MINIMAL[kind]
    assert set(pascal) == {name[:1].upper() + name[1:] for name in full}


def test_meta_passed_through_is_metas_own_envelope() -> None:
    behaviour = Behaviour(dialect="meta")
    ended = notice("terminate-call", started=900.0, ended=960.0, error=138021)
    change = write(ended, behaviour)["entry"][0]["changes"][0]
    (call,) = change["value"]["calls"]
    assert (change["field"], call["event"]) == ("calls", "terminate")
    assert (call["status"], call["duration"]) == ("FAILED", 60)
    assert call["errors"][0]["code"] == 138021
    assert (call["from"], call["to"]) == (CARLA, NUMBER)
    reply = write(notice("call-permission", granted=True, until=5.0), behaviour)
    message = reply["entry"][0]["changes"][0]["value"]["messages"][0]
    assert message["interactive"]["call_permission_reply"]["response"] == "accept"


@pytest.mark.parametrize("dialect", ["full", "meta", "pascal", "minimal"])
def test_a_caller_can_be_missing(dialect: str) -> None:
    behaviour = Behaviour(dialect=dialect, missing_caller=True)
    assert CARLA not in str(write(notice("inbound-call"), behaviour))


@pytest.mark.parametrize(
    ("newline", "text"),
    [
        ("crlf", "v=0\r\ns=-\r\n"),
        ("lf", "v=0\ns=-\n"),
        ("literal", "v=0\\r\\ns=-\\r\\n"),
    ],
)
def test_sdp_comes_as_text_or_object_with_any_newline(newline: str, text: str) -> None:
    body = write(notice("inbound-call"), Behaviour(newline=newline))
    assert body["sdp"] == text
    body = write(notice("inbound-call"), Behaviour(newline=newline, sdp_form="object"))
    assert body["sdp"] == {"type": "offer", "sdp": text}


async def ring(world: World, **behaviour: Any) -> PhoneCall:
    return await world.place_call(Placed(media="paper"), Behaviour.parse(behaviour))


async def ring_and_end(world: World, **behaviour: Any) -> None:
    call = await ring(world, **behaviour)
    world.hang_up(call.call_id)
    await world.postman.settle()


async def test_webhooks_of_a_call_come_in_order_with_the_key(
    world: World, receiver: Receiver
) -> None:
    await ring_and_end(world)
    assert receiver.kinds() == ["inbound-call", "terminate-call"]
    assert {bearer for _, _, bearer in receiver.received} == {"Bearer webhook-key"}
    assert [entry.status for entry in world.ledger.deliveries] == [200, 200]


async def test_a_webhook_can_come_more_than_once(
    world: World, receiver: Receiver
) -> None:
    world.postman.faults.add(WebhookFault(kind="inbound-call", copies=2))
    await ring_and_end(world)
    assert receiver.kinds() == ["inbound-call"] * 3 + ["terminate-call"]


async def test_a_webhook_can_be_lost(world: World, receiver: Receiver) -> None:
    world.postman.faults.add(WebhookFault(kind="inbound-call", lose=True))
    await ring_and_end(world)
    assert receiver.kinds() == ["terminate-call"]
    assert [entry.lost for entry in world.ledger.deliveries] == [True, False]


async def test_webhooks_can_change_places(world: World, receiver: Receiver) -> None:
    world.postman.faults.add(WebhookFault(kind="inbound-call", hold=True))
    await ring_and_end(world)
    assert receiver.kinds() == ["terminate-call", "inbound-call"]


async def test_a_delayed_webhook_keeps_its_place(
    world: World, receiver: Receiver
) -> None:
    world.postman.faults.add(WebhookFault(kind="inbound-call", delay=0.1))
    await ring_and_end(world)
    assert receiver.kinds() == ["inbound-call", "terminate-call"]


@pytest.mark.parametrize("retries", [0, 1, 3])
async def test_a_refused_webhook_is_tried_again_as_often_as_told(
    world: World, receiver: Receiver, retries: int
) -> None:
    receiver.statuses = [500] * 10
    await ring(world, webhook_retries=retries, webhook_retry_delay=0.0)
    await world.postman.settle()
    assert receiver.kinds() == ["inbound-call"] * (1 + retries)
    attempts = [entry.attempt for entry in world.ledger.deliveries]
    assert attempts == list(range(1, 2 + retries))


async def test_a_business_that_is_not_there_is_noted(world: World) -> None:
    world.postman.base_urls = ["http://127.0.0.1:9"]
    await ring(world)
    await world.postman.settle()
    assert [entry.status for entry in world.ledger.deliveries] == [0]


async def test_a_caller_gives_up_or_is_given_up(
    world: World, receiver: Receiver
) -> None:
    bored = await world.place_call(
        Placed(media="paper", give_up_after=0.01), world.behaviour
    )
    unheard = await ring(world, ring_limit=0.01)
    await until(lambda: bored.is_over and unheard.is_over)
    assert (bored.ended_by, unheard.ended_by) == ("user", "whatsapp")
    await world.postman.settle()
    assert receiver.kinds().count("terminate-call") == 2


async def test_several_addresses_take_turns(receiver: Receiver) -> None:
    """Wati has one address; a proxy behind it spreads what comes over the nodes."""
    with Receiver() as other:
        account = Account("demo", "token", NUMBER, f"{receiver.url},{other.url}/", "k")
        world = World(account)
        for _ in range(4):
            await world.place_call(Placed(media="paper"), Behaviour())
        await world.postman.settle()
        await world.reset()
    assert receiver.kinds() == other.kinds() == ["inbound-call"] * 2
