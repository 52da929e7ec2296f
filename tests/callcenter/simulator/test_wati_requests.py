"""The five requests, as a false Wati answers them."""

import json
from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from callcenter.simulator.behaviour import Behaviour, RestFault
from callcenter.simulator.calls import PhoneCall, Placed
from callcenter.simulator.people import WhatsAppUser
from callcenter.simulator.world import World
from tests.callcenter.simulator.conftest import (
    CARLA,
    NUMBER,
    Ask,
    business_answer,
    business_offer,
    until,
)
from tests.callcenter.simulator.receiver import Receiver


async def ring(world: World, **placed: Any) -> PhoneCall:
    return await world.place_call(Placed(media="paper", **placed), world.behaviour)


def grant(world: World) -> None:
    world.consent.of(NUMBER, CARLA).grant(world.now(), permanent=False)


async def dial(ask: Ask, **query: str) -> httpx2.Response:
    body = {"Sdp": business_offer()}
    return await ask("POST", f"outbound-call/{CARLA}", json=body, params=query)


@pytest.mark.parametrize("name", ["Sdp", "sdp", "SDP"])
async def test_a_ringing_call_can_be_accepted(
    world: World, ask: Ask, name: str
) -> None:
    call = await ring(world, call="wacid.a/b+c=")
    path = f"{quote(call.call_id, safe='')}/accept"
    reply = await ask("POST", path, json={name: business_answer()})
    assert reply.status_code == 200
    assert reply.json() == {"code": 200, "message": "Success"}
    assert call.state == "accepted"


async def test_a_wrong_token_is_refused_in_plain_text(world: World, ask: Ask) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "token"}):
        reply = await ask("GET", f"permissions/{CARLA}", headers=headers)
        assert (reply.status_code, reply.text) == (401, "Unauthorized")
        assert reply.headers["Content-Type"].startswith("text/plain")


async def test_a_call_is_accepted_only_once(world: World, ask: Ask) -> None:
    call = await ring(world)
    path = f"{quote(call.call_id, safe='')}/accept"
    await ask("POST", path, json={"Sdp": business_answer()})
    second = await ask("POST", path, json={"Sdp": business_answer()})
    assert second.status_code == 400
    assert call.state == "accepted"


async def test_a_call_that_is_unknown_or_over_can_not_be_accepted(
    world: World, ask: Ask
) -> None:
    body = {"Sdp": business_answer()}
    unknown = await ask("POST", "wacid.nobody/accept", json=body)
    assert (unknown.status_code, unknown.json()["code"]) == (404, 404)
    call = await ring(world)
    world.hang_up(call.call_id)
    over = await ask("POST", f"{quote(call.call_id, safe='')}/accept", json=body)
    assert (over.status_code, over.json()["code"]) == (400, 400)


@pytest.mark.parametrize("shape", ["envelope", "meta", "ok"])
async def test_a_fingerprint_meta_does_not_know_is_refused_in_the_chosen_shape(
    world: World, ask: Ask, shape: str
) -> None:
    world.behaviour = Behaviour(error_shape=shape)
    call = await ring(world)
    bad = business_answer().replace("sha-256", "sha-384")
    path = f"{quote(call.call_id, safe='')}/accept"
    reply = await ask("POST", path, json={"Sdp": bad})
    assert reply.status_code == (200 if shape == "ok" else 400)
    assert "2494010" in reply.text
    assert call.state == "ringing"


async def test_a_body_without_sdp_is_refused(world: World, ask: Ask) -> None:
    call = await ring(world)
    path = f"{quote(call.call_id, safe='')}/accept"
    for body in (b"", b"nonsense", b"[]", b'{"Sdp": 1}', b"[" * 100_000):
        reply = await ask("POST", path, content=body)
        assert (reply.status_code, reply.json()["code"]) == (400, 400)


async def test_terminate_ends_a_call_and_is_told(
    world: World, ask: Ask, receiver: Receiver
) -> None:
    call = await ring(world)
    path = f"{quote(call.call_id, safe='')}/terminate"
    assert (await ask("POST", path)).json()["code"] == 200
    await world.postman.settle()
    assert receiver.kinds() == ["inbound-call", "terminate-call"]
    assert (await ask("POST", path)).json()["code"] == 400


async def test_permissions_are_shown_as_meta_shows_them(world: World, ask: Ask) -> None:
    shown = (await ask("GET", f"permissions/{CARLA}")).json()["result"]
    assert shown["permission"] == {"status": "no_permission"}
    may = {a["action_name"]: a["can_perform_action"] for a in shown["actions"]}
    assert may == {"send_call_permission_request": True, "start_call": False}
    grant(world)
    shown = (await ask("GET", f"permissions/{CARLA}")).json()["result"]
    assert shown["permission"]["status"] == "temporary"
    assert shown["permission"]["expiration_time"] > world.now()


async def test_each_business_number_has_permissions_of_its_own(
    world: World, ask: Ask
) -> None:
    grant(world)
    query = {"channelPhoneNumber": "15550109999"}
    other = await ask("GET", f"permissions/{CARLA}", params=query)
    assert other.json()["result"]["permission"]["status"] == "no_permission"


async def test_a_permission_request_is_answered_by_the_user(
    world: World, ask: Ask, receiver: Receiver
) -> None:
    world.people.meet(CARLA).habits = WhatsAppUser(reply="permanent", reply_after=0.0)
    reply = await ask("POST", f"call-permission-request/{CARLA}")
    assert reply.json()["code"] == 200
    await until(lambda: receiver.bodies("call-permission"))
    told = receiver.bodies("call-permission")[0]
    assert (told["waid"], told["hasPermission"]) == (CARLA, True)


async def test_a_second_request_on_the_same_day_is_refused(
    world: World, ask: Ask
) -> None:
    await ask("POST", f"call-permission-request/{CARLA}")
    again = await ask("POST", f"call-permission-request/{CARLA}")
    assert again.status_code == 400
    assert "138009" in again.text


@pytest.mark.parametrize(
    ("person", "code", "status"),
    [
        (WhatsAppUser(reaction="busy"), "138003", 400),
        (WhatsAppUser(reaction="unreachable"), "138001", 400),
    ],
)
async def test_users_who_can_not_be_called_are_refused(
    world: World, ask: Ask, person: WhatsAppUser, code: str, status: int
) -> None:
    grant(world)
    world.people.meet(CARLA).habits = person
    reply = await dial(ask)
    assert reply.status_code == status
    assert code in reply.text


async def test_a_call_without_permission_is_refused(world: World, ask: Ask) -> None:
    reply = await dial(ask)
    assert reply.status_code == 401
    assert "138006" in reply.text
    assert not world.calls


async def test_an_outbound_call_is_told_step_by_step(
    world: World, ask: Ask, receiver: Receiver
) -> None:
    grant(world)
    world.people.meet(CARLA).habits = WhatsAppUser(
        media="paper", answer_after=0.05, hang_up_after=0.05
    )
    call_id = (await dial(ask)).json()["result"]["callId"]
    await until(lambda: receiver.bodies("terminate-call"))
    statuses = [body["status"] for body in receiver.bodies("outbound-call-status")]
    assert statuses == ["CALLING", "RINGING", "ACCEPTED"]
    assert receiver.kinds() == [
        "outbound-call-status",
        "outbound-call-status",
        "outbound-call",
        "outbound-call-status",
        "terminate-call",
    ]
    assert {body["callId"] for _, body, _ in receiver.received} == {call_id}
    assert "a=setup:active\r\n" in receiver.bodies("outbound-call")[0]["sdp"]


async def test_the_answer_can_come_only_when_the_user_picks_up(
    world: World, ask: Ask, receiver: Receiver
) -> None:
    world.behaviour = Behaviour(answer_at="accepted")
    grant(world)
    world.people.meet(CARLA).habits = WhatsAppUser(media="paper", answer_after=0.05)
    await dial(ask)
    await until(lambda: len(receiver.received) == 4)
    assert receiver.kinds()[2] == "outbound-call"


async def test_the_answer_can_overtake_the_reply(
    world: World, ask: Ask, receiver: Receiver
) -> None:
    world.behaviour = Behaviour(answer_at="before_reply")
    grant(world)
    world.people.meet(CARLA).habits = WhatsAppUser(media="paper", reaction="ignore")
    await dial(ask)
    assert receiver.kinds()[-1] == "outbound-call"


async def test_a_rejected_call_is_told_and_ends(
    world: World, ask: Ask, receiver: Receiver
) -> None:
    grant(world)
    world.people.meet(CARLA).habits = WhatsAppUser(
        media="paper", reaction="reject", answer_after=0.0
    )
    await dial(ask)
    await until(lambda: receiver.bodies("terminate-call"))
    assert receiver.bodies("outbound-call-status")[-1]["status"] == "REJECTED"


async def test_four_calls_without_an_answer_take_the_permission_away(
    world: World, ask: Ask, receiver: Receiver
) -> None:
    world.behaviour = Behaviour(ring_limit=0.01)
    grant(world)
    world.people.meet(CARLA).habits = WhatsAppUser(media="paper", reaction="ignore")
    for number in range(1, 5):
        assert (await dial(ask)).status_code == 200
        await until(lambda: len(receiver.bodies("terminate-call")) == number)  # noqa: B023
        await world.postman.settle()
    assert receiver.bodies("call-permission")[0]["hasPermission"] is False
    assert (await dial(ask)).status_code == 401


async def test_two_calls_with_one_user_do_not_run_at_once(
    world: World, ask: Ask
) -> None:
    grant(world)
    world.people.meet(CARLA).habits = WhatsAppUser(media="paper", reaction="ignore")
    assert (await dial(ask)).status_code == 200
    assert "138003" in (await dial(ask)).text


FAULTS = [
    (RestFault(outcome="status", status=401), 401, "text/plain"),
    (RestFault(outcome="status", status=403), 403, "application/json"),
    (RestFault(outcome="status", status=404), 404, "application/json"),
    (RestFault(outcome="status", status=410), 410, "application/json"),
    (RestFault(outcome="status", status=429, retry_after=7), 429, "application/json"),
    (RestFault(outcome="status", status=500), 500, "text/html"),
    (RestFault(outcome="status", status=502), 502, "text/html"),
    (RestFault(outcome="code", code=500), 200, "application/json"),
    (RestFault(outcome="redirect"), 307, "text/html"),
    (RestFault(outcome="hang", hang_for=0.05), 504, "text/html"),
    (RestFault(outcome="body", status=403, body='{"code": 403}'), 403, "application"),
    (RestFault(outcome="body", status=200, body="No."), 200, "text/plain"),
    (RestFault(outcome="meta", code=368), 403, "application/json"),
    (RestFault(outcome="meta", code=131016), 503, "application/json"),
    (RestFault(outcome="meta", code=130429, retry_after=7), 429, "application/json"),
]


@pytest.mark.parametrize(("fault", "status", "content"), FAULTS)
@pytest.mark.parametrize("done", [False, True])
async def test_a_fault_replaces_the_reply_whether_it_was_done_or_not(
    world: World, ask: Ask, fault: RestFault, status: int, content: str, done: bool
) -> None:
    world.faults.add(RestFault.parse({"verb": "accept", "done": done}, fault))
    call = await ring(world)
    path = f"{quote(call.call_id, safe='')}/accept"
    reply = await ask("POST", path, json={"Sdp": business_answer()})
    assert reply.status_code == status
    assert reply.headers["Content-Type"].startswith(content)
    assert reply.headers.get("Retry-After") == ("7" if status == 429 else None)
    assert call.state == ("accepted" if done else "ringing")


@pytest.mark.parametrize("shape", ["envelope", "meta", "ok"])
async def test_metas_refusals_come_in_the_shape_that_was_chosen(
    world: World, ask: Ask, shape: str
) -> None:
    world.behaviour = Behaviour(error_shape=shape)
    world.faults.add(RestFault(outcome="meta", code=368))
    reply = await ask("GET", f"permissions/{CARLA}")
    body = reply.json()
    error = body if shape == "meta" else json.loads(body["message"])
    assert error["error"]["code"] == 368
    assert reply.status_code == (200 if shape == "ok" else 403)


async def test_a_fault_meets_only_the_call_it_was_meant_for(
    world: World, ask: Ask
) -> None:
    first, second = await ring(world), await ring(world)
    world.faults.add(RestFault(call=second.call_id, outcome="status", status=502))
    for call, status in ((first, 200), (second, 502), (second, 200)):
        path = f"{quote(call.call_id, safe='')}/accept"
        reply = await ask("POST", path, json={"Sdp": business_answer()})
        assert reply.status_code == status


async def test_every_request_stands_in_the_ledger(world: World, ask: Ask) -> None:
    call = await ring(world)
    await ask("POST", f"{quote(call.call_id, safe='')}/terminate")
    await ask("GET", f"permissions/{CARLA}", headers={})
    found = [(r.verb, r.call, r.status) for r in world.ledger.requests]
    assert found == [("terminate", call.call_id, 200), ("permissions", "", 401)]
