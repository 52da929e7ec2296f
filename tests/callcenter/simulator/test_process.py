"""The simulator as a process of its own, by its control desk and under Daphne."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx2
import pytest

from callcenter.simulator.control import ControlError, SimulatorControl
from tests.callcenter.simulator.conftest import (
    CALLS,
    CARLA,
    business_answer,
    business_offer,
)
from tests.callcenter.simulator.receiver import Receiver

ROOT = Path(__file__).parents[3]
HEADERS = {"Authorization": "Bearer simulator-token"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def address(receiver: Receiver) -> Iterator[str]:
    port = free_port()
    command = ["manage.py", "simulator", "--port", str(port)]
    process = subprocess.Popen(
        [sys.executable, *command, "--webhooks", receiver.url],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": "sqlite:////nowhere/at/all.sqlite3"},
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until_served(address, process)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def wait_until_served(address: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert process.poll() is None
        try:
            httpx2.get(f"{address}/simulator/api/calls")
        except httpx2.TransportError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the simulator does not serve")


@pytest.fixture
def control(address: str, receiver: Receiver) -> Iterator[SimulatorControl]:
    with SimulatorControl(address) as control:
        control.reset()
        receiver.received.clear()
        yield control
        control.reset()


def test_a_call_can_be_placed_found_and_hung_up(
    control: SimulatorControl, receiver: Receiver
) -> None:
    call = control.place_call(waid=CARLA, name="Carla", tone=440)
    told = receiver.wait_for("inbound-call")
    assert told["callId"] == call
    assert told["contact"] == {"ContactName": "Carla", "ContactNumber": CARLA}
    assert control.call(call)["state"] == "ringing"
    assert control.heard(call).packets == 0
    control.hang_up(call)
    control.settle()
    assert [w["kind"] for w in control.webhooks(call=call)] == [
        "inbound-call",
        "terminate-call",
    ]
    with pytest.raises(ControlError, match="has ended"):
        control.hang_up(call)


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
    with pytest.raises(ControlError, match="voice, tone or silence"):
        control.place_call(says="poem")
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
