"""What WhatsApp believes, whatever it is asked by and whatever it has told."""

from typing import Any

import httpx2
import pytest

from callcenter.simulator.behaviour import Behaviour
from callcenter.simulator.calls import PhoneCall, Placed
from callcenter.simulator.people import Person, Profile, WhatsAppUser
from callcenter.simulator.rules import DAY, WEEK
from callcenter.simulator.world import World
from tests.callcenter.simulator.conftest import (
    CARLA,
    NUMBER,
    Ask,
    business_offer,
    until,
)
from tests.callcenter.simulator.receiver import Receiver

FORMS = [
    ("553188887766", "5531988887766"),
    ("5215512345678", "525512345678"),
    ("5491152345678", "541152345678"),
]
SILENT = WhatsAppUser(media="paper", reaction="ignore", reply="ignore")


def add(world: World, waid: str, **profile: Any) -> Person:
    person = world.people.add(Profile(waid=waid, **profile))
    person.habits = SILENT
    return person


async def believed(
    web: httpx2.AsyncClient, user: str, number: str = ""
) -> dict[str, Any]:
    path = f"/simulator/api/belief/{user}"
    reply = await web.get(path, params={"number": number})
    found: dict[str, Any] = reply.json()
    return found


async def post(web: httpx2.AsyncClient, path: str, **body: Any) -> httpx2.Response:
    return await web.post(f"/simulator/api/{path}", json=body)


async def dial(world: World, ask: Ask, waid: str) -> PhoneCall:
    reply = await ask("POST", f"outbound-call/{waid}", json={"Sdp": business_offer()})
    return world.find(reply.json()["result"]["callId"])


async def ring_in(world: World, user: str, **placed: Any) -> PhoneCall:
    ordered = Placed(waid=user, media="paper", **placed)
    return await world.place_call(ordered, world.behaviour)


@pytest.mark.parametrize(("own", "asked"), [*FORMS, *(f[::-1] for f in FORMS)])
async def test_one_user_stands_behind_all_forms_and_is_named_by_their_own(
    world: World, ask: Ask, web: httpx2.AsyncClient, receiver: Receiver, own, asked
) -> None:
    add(world, own)
    world.behaviour = Behaviour(dialect="meta")
    assert (await ask("POST", f"call-permission-request/{asked}")).status_code == 200
    again = await ask("POST", f"call-permission-request/{own}")
    assert "138009" in again.text
    await post(web, f"permissions/{asked}", reply="temporary")
    for form in (own, asked):
        shown = (await ask("GET", f"permissions/{form}")).json()["result"]
        assert shown["permission"]["status"] == "temporary"
    call = await dial(world, ask, asked)
    await world.postman.settle()
    told = str(receiver.received)
    assert f"'{own}'" in told
    assert f"'{asked}'" not in told
    belief, same = await believed(web, asked), await believed(web, call.user.key)
    assert belief | {"now": 0} == same | {"now": 0}
    assert (belief["waid"], belief["calls_placed"]) == (own, 1)
    assert belief["refused"] == {"call": {}, "request": {"138009": 1}}


async def test_the_whole_truth_is_told_for_each_line(
    world: World, ask: Ask, web: httpx2.AsyncClient
) -> None:
    bia = add(world, CARLA, username="bia")
    await ask("POST", f"call-permission-request/{CARLA}")
    belief = await believed(web, "@bia")
    assert belief["is_asked"]
    assert belief["requests_in_a_day"] == belief["requests_in_a_week"] == 1
    assert not belief["may_request"]
    assert not belief["may_call"]
    await post(web, f"permissions/{CARLA}", reply="temporary")
    call = await dial(world, ask, CARLA)
    belief = await believed(web, bia.bsuid)
    assert belief["rings_now"]
    assert (belief["permission"], belief["may_call"]) == ("temporary", True)
    assert belief["expires"] == pytest.approx(belief["now"] + WEEK, abs=60)
    call.decide("")
    await until(lambda: call.is_over)
    belief = await believed(web, bia.key)
    assert (belief["unanswered"], belief["rings_now"]) == (1, False)
    world.clock.advance(WEEK)
    belief = await believed(web, bia.key)
    assert (belief["permission"], belief["expires"]) == ("no_permission", None)
    assert belief["requests_in_a_week"] == 0
    other = await believed(web, bia.key, "15550109999")
    assert (other["permission"], other["unanswered"]) == ("no_permission", 0)
    assert (await web.get("/simulator/api/belief/nobody")).status_code == 404


async def test_calls_without_permission_are_counted(
    world: World, ask: Ask, web: httpx2.AsyncClient
) -> None:
    add(world, CARLA)
    for _ in range(2):
        path, offer = f"outbound-call/{CARLA}", {"Sdp": business_offer()}
        assert "138006" in (await ask("POST", path, json=offer)).text
    belief = await believed(web, CARLA)
    assert belief["refused"]["call"] == {"138006": 2}
    assert belief["calls_placed"] == 0
    await world.reset()
    assert not world.consent.refused


async def test_a_reading_lags_behind_a_yes_and_behind_a_no(
    world: World, ask: Ask, web: httpx2.AsyncClient
) -> None:
    add(world, CARLA)
    world.behaviour = Behaviour(reading_lag=30.0)

    async def read() -> tuple[str, bool]:
        shown = (await ask("GET", f"permissions/{CARLA}")).json()["result"]
        may_call = shown["actions"][1]["can_perform_action"]
        return shown["permission"]["status"], may_call

    for reply, before, after in (
        ("temporary", ("no_permission", False), ("temporary", True)),
        ("reject", ("temporary", True), ("no_permission", False)),
    ):
        await post(web, f"permissions/{CARLA}", reply=reply)
        assert await read() == before
        world.clock.advance(29.0)
        assert await read() == before
        world.clock.advance(2.0)
        assert await read() == after


async def test_the_number_of_a_hidden_user_is_shown_after_a_contact_by_number(
    world: World, ask: Ask, receiver: Receiver
) -> None:
    bia = add(world, CARLA, hides_number=True)

    async def ring() -> None:
        world.hang_up((await ring_in(world, bia.key)).call_id)
        await world.postman.settle()

    await ring()
    await ring()
    await ask("POST", f"call-permission-request/{CARLA}")
    await ring()
    world.clock.advance(31 * DAY)
    await ring()
    bodies = receiver.bodies("inbound-call")
    assert [CARLA in str(body) for body in bodies] == [False, False, True, False]
    assert [bia.bsuid in str(body) for body in bodies] == [True, True, False, True]


@pytest.mark.parametrize("accepts", [True, False])
async def test_a_path_takes_a_bsuid_where_this_wati_does(
    world: World, ask: Ask, accepts: bool
) -> None:
    bia = add(world, CARLA)
    world.behaviour = Behaviour(accepts_bsuid=accepts)
    reply = await ask("GET", f"permissions/{bia.bsuid}")
    assert reply.status_code == (200 if accepts else 400)


async def test_a_user_who_changes_ids_may_be_told_of(
    world: World, web: httpx2.AsyncClient, receiver: Receiver
) -> None:
    added = await post(web, "users", waid="553188887766", habits={"name": "Bia"})
    bia = added.json()
    await post(web, f"users/{bia['user']}", username="@bia")
    assert (await believed(web, "bia"))["username"] == "bia"
    await post(web, "behaviour", system_messages=True)
    changed = (await post(web, "users/bia", waid="553177776655")).json()
    await world.postman.settle()
    messages = [
        body["entry"][0]["changes"][0]["value"]["messages"][0]
        for body in receiver.bodies("call-permission")
    ]
    assert [message["system"]["type"] for message in messages] == [
        "user_changed_number",
        "user_changed_user_id",
    ]
    assert messages[0]["from"] == "553188887766"
    assert messages[0]["system"]["wa_id"] == "553177776655"
    assert messages[1]["system"]["previous_user_id"] == bia["bsuid"]
    assert messages[1]["system"]["user_id"] == changed["bsuid"] != bia["bsuid"]
    assert changed["former"] == ["553188887766", bia["bsuid"]]


async def test_permissions_follow_a_user_to_a_new_number(
    world: World, ask: Ask, web: httpx2.AsyncClient
) -> None:
    bia = add(world, "553188887766")
    await post(web, f"permissions/{bia.key}", reply="permanent")
    await post(web, f"users/{bia.key}", waid="553177776655")
    for waid, status in (
        ("5531977776655", "permanent"),
        ("5531988887766", "no_permission"),
    ):
        shown = (await ask("GET", f"permissions/{waid}")).json()["result"]
        assert shown["permission"]["status"] == status


@pytest.mark.parametrize("how", ["items", "changes", "entries"])
async def test_two_calls_can_come_in_one_body_and_keep_their_order(
    world: World, receiver: Receiver, how: str
) -> None:
    world.behaviour = Behaviour(dialect="meta", batch=how, batch_wait=60.0)
    one = await ring_in(world, CARLA, call="wacid.one")
    other = await ring_in(world, "15550101002", call="wacid.other")
    for call in (one, other):
        world.hang_up(call.call_id)
    await world.postman.settle()
    assert receiver.kinds() == ["inbound-call", "terminate-call"]
    for _, body, _ in receiver.received:
        assert "wacid.one" in str(body)
        assert "wacid.other" in str(body)
    assert len(world.ledger.find_deliveries(call="wacid.other")) == 2


async def test_a_batch_does_not_wait_for_ever(world: World, receiver: Receiver) -> None:
    world.behaviour = Behaviour(dialect="meta", batch="items", batch_wait=0.01)
    call = await ring_in(world, CARLA)
    world.hang_up(call.call_id)
    await world.postman.settle()
    assert receiver.kinds() == ["inbound-call", "terminate-call"]


async def test_twins_and_general_events_come_besides(
    world: World, receiver: Receiver
) -> None:
    world.behaviour = Behaviour(twins=True, call_status_at="terminate-call")
    call = await ring_in(world, CARLA)
    world.hang_up(call.call_id)
    await world.postman.settle()
    assert [body.get("eventType", kind) for kind, body, _ in receiver.received] == [
        "inbound-call",
        "newInboundCall_bsuid",
        "call.status",
        "terminate-call",
        "terminateCall_bsuid",
        "call.status",
    ]
    words = [
        b["metadata"]["status"] for _, b, _ in receiver.received if "metadata" in b
    ]
    assert words == ["ringing", "missed"]
    assert receiver.kinds()[2] == "terminate-call"
    assert NUMBER in str(receiver.received[0])


async def test_the_clock_can_be_held_and_turned_forward(
    world: World, web: httpx2.AsyncClient
) -> None:
    assert (await post(web, "clock", hold=1e9)).json() == {"now": 1e9}
    assert (await post(web, "clock", advance=7.0)).json() == {"now": 1e9 + 7}
    await post(web, f"permissions/{CARLA}", reply="temporary")
    assert (await believed(web, CARLA))["expires"] == 1e9 + 7 + WEEK
    for wrong in ({"hold": "noon"}, {"advance": -1}, {}):
        assert (await post(web, "clock", **wrong)).status_code == 400
    await world.reset()
    assert world.now() > 1.7e9
