"""The simulator as a process of its own, by its control desk and under Daphne."""

from urllib.parse import quote

import httpx2
import pytest

from callcenter.simulator.control import ControlError, SimulatorControl
from tests.callcenter.simulator.business import Business
from tests.callcenter.simulator.conftest import (
    CALLS,
    CARLA,
    business_answer,
    business_offer,
    until,
)
from tests.callcenter.simulator.receiver import Receiver

HEADERS = {"Authorization": "Bearer simulator-token"}


def test_a_call_can_be_placed_found_and_hung_up(
    control: SimulatorControl, desk_receiver: Receiver
) -> None:
    call = control.place_call(waid=CARLA, name="Carla", tone=440)
    told = desk_receiver.wait_for("inbound-call")
    assert told["callId"] == call
    assert told["contact"] == {"ContactName": "Carla", "ContactNumber": CARLA}
    assert control.call(call)["state"] == "ringing"
    assert control.heard(call).packets == 0
    control.hang_up(call)
    control.settle()
    assert [w["kind"] for w in control.webhooks(call_id=call)] == [
        "inbound-call",
        "terminate-call",
    ]
    with pytest.raises(ControlError, match="has ended"):
        control.hang_up(call)


def test_a_user_can_be_added_altered_and_known(
    control: SimulatorControl, desk_receiver: Receiver
) -> None:
    rosa = control.add_user(waid="5215512345678", habits={"name": "Rosa"})
    assert rosa["forms"] == ["5215512345678", "525512345678"]
    assert control.users() == [rosa]
    control.change_user("525512345678", username="rosa", hides_number=True)
    control.reply("rosa", "permanent", number="15550109999")
    control.settle()
    told = desk_receiver.wait_for("call-permission")
    assert rosa["bsuid"] in told.values()
    assert rosa["waid"] not in told.values()
    belief = control.belief(rosa["user"], "15550109999")
    assert (belief["name"], belief["permission"]) == ("Rosa", "permanent")
    assert not control.belief(rosa["user"])["may_call"]
    with pytest.raises(ControlError, match="somebody else"):
        control.add_user(username="rosa")


async def test_what_each_side_heard_can_be_asked_and_downloaded(
    address: str, control: SimulatorControl
) -> None:
    business = Business(500)
    call = control.place_call(tone=700, behaviour={"media_gap_limit": 0.5})
    answer = await business.answer(control.call(call)["offer"])
    path = f"{address}{CALLS}/{quote(call, safe='')}/accept"
    async with httpx2.AsyncClient(headers=HEADERS) as client:
        assert (await client.post(path, json={"Sdp": answer})).json()["code"] == 200
    await until(lambda: abs(control.heard(call).frequency - 500) < 5)
    await until(lambda: abs(business.frequency - 700) < 5)
    heard = control.heard(call, levels_of=(500, 700))
    assert heard.connected
    assert heard.payload_types == {"111": heard.packets}
    assert heard.levels[0] > 10 * heard.levels[1]
    assert control.heard_wav(call).startswith(b"RIFF")
    control.send_dtmf(call, "5")
    control.mute(call)
    control.lose_network(call)
    await until(lambda: control.call(call)["error"] == 138021)
    await business.close()


def test_a_lost_reply_leaves_the_business_in_doubt(
    address: str, control: SimulatorControl
) -> None:
    call = control.place_call(media="paper")
    control.set_fault(verb="accept", outcome="drop", done=True)
    path = f"{address}{CALLS}/{quote(call, safe='')}/accept"
    with pytest.raises(httpx2.RemoteProtocolError):
        httpx2.post(path, json={"Sdp": business_answer()}, headers=HEADERS)
    assert control.call(call)["state"] == "accepted"
    assert control.requests(verb="accept")[0]["status"] == 0


def test_permissions_can_be_given_and_time_can_pass(
    address: str, control: SimulatorControl
) -> None:
    path = f"{address}{CALLS}/outbound-call/{CARLA}"
    control.set_person(CARLA, media="paper", reaction="ignore")
    control.reply(CARLA, "temporary")
    body = {"Sdp": business_offer()}
    first = httpx2.post(path, json=body, headers=HEADERS)
    assert first.status_code == 200
    control.decide(first.json()["result"]["callId"], "reject")
    control.advance_clock(8 * 24 * 3600)
    assert control.permission(CARLA)["kind"] == "no_permission"
    assert httpx2.post(path, json=body, headers=HEADERS).status_code == 401


def test_what_is_wrong_with_an_order_is_said(control: SimulatorControl) -> None:
    with pytest.raises(ControlError, match="400.*'speed'"):
        control.place_call(speed=3)
    with pytest.raises(ControlError, match="says must be one of voice"):
        control.place_call(says="poem")
    with pytest.raises(ControlError, match="reply must be one of"):
        control.set_person(CARLA, reply="perhaps")
    with pytest.raises(ControlError, match="404"):
        control.heard("wacid.nobody")
    with pytest.raises(ControlError, match="dialect must be one of"):
        control.behave(dialect="klingon")
    with pytest.raises(ControlError, match="no scripted phone"):
        control.mute(control.place_call(media="paper"))


def test_strangers_need_the_token(address: str) -> None:
    stranger = {"X-Forwarded-For": "203.0.113.7"}
    path = f"{address}/simulator/api/calls"
    assert httpx2.get(path, headers=stranger).status_code == 403
    assert httpx2.get(path, headers=stranger | HEADERS).status_code == 200


def test_a_form_on_another_page_can_not_give_orders(address: str) -> None:
    reply = httpx2.post(f"{address}/simulator/api/reset", data={"a": "b"})
    assert reply.status_code == 415
    opened = httpx2.post(f"{address}/simulator/page/open", json={"waid": CARLA})
    assert opened.status_code == 403


def test_the_phone_page_is_strict_about_scripts(address: str) -> None:
    page = httpx2.get(f"{address}/simulator/")
    assert page.status_code == 200
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert httpx2.get(f"{address}/static/simulator/main.js").status_code == 200
    assert httpx2.get(f"{address}/admin/").status_code == 404
