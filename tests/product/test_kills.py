"""Processes die at the worst moment: nothing is lost, nothing is done twice."""

import signal
import socket
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from calls.models import Call, Node, WatiRequest, WebhookDelivery
from tests.cast import CARLA, Cast
from tests.servers import wait_for
from tests.sound import Headset
from tests.stack import FULL, Console, Stack

pytestmark = pytest.mark.distributed


@pytest.fixture
def own_stack(stack: Stack, crew: Cast) -> Iterator[Stack]:
    """The stack, whole again afterwards."""
    yield stack
    stack.heal()


@pytest.fixture
def ana(own_stack: Stack, crew: Cast) -> Iterator[Console]:
    console = own_stack.console(crew.ana).go_available()
    yield console
    console.close()


def answered_call(stack: Stack, ana: Console) -> tuple[str, str, Headset]:
    # Her phone does not give up while a node is started again.
    patient = {"media_gap_limit": 600.0}
    wati_id = stack.simulator.place_call(
        waid=CARLA, name="Carla", tone=440, behaviour=patient
    )
    call_id = ana.wait_for_ring()
    headset = Headset(ana.open(ana.answer(call_id)), 1200)
    ana.wait_for_status(call_id, "active")
    return wati_id, call_id, headset


def test_a_node_that_is_killed_loses_its_calls_and_they_are_ended_once(
    own_stack: Stack, ana: Console
):
    wati_id, call_id, headset = answered_call(own_stack, ana)
    holder = next(n for n in own_stack.nodes if n.name == Call.objects.get().node)
    holder.stop(signal.SIGKILL)
    if not FULL:  # nobody else is there to notice: it must see it on its return
        own_stack.heal()
    wait_for(lambda: Call.objects.get().status == "ended", "the end of the call")
    call = Call.objects.get()
    assert (call.end_reason, call.result) == ("node_lost", "answered")
    assert call.created_at < call.answered_at < call.ended_at
    wait_for(
        lambda: bool(own_stack.simulator.requests(verb="terminate", call_id=wati_id)),
        "the terminate at Wati",
    )
    wait_for(
        lambda: WatiRequest.objects.get(verb="terminate").finished_at is not None,
        "its reply",
    )
    assert len(own_stack.simulator.requests(verb="terminate", call_id=wati_id)) == 1
    headset.close()


def test_ctrl_c_at_a_node_ends_its_calls_properly(own_stack: Stack, ana: Console):
    wati_id, call_id, headset = answered_call(own_stack, ana)
    holder = next(n for n in own_stack.nodes if n.name == Call.objects.get().node)
    holder.stop(signal.SIGINT)
    call = Call.objects.get()
    assert (call.status, call.end_reason) == ("ended", "node_lost")
    assert Node.objects.get(name=holder.name).draining
    wait_for(lambda: headset.is_closed, "the sound to close")
    own_stack.heal()
    wait_for(
        lambda: bool(own_stack.simulator.requests(verb="terminate", call_id=wati_id)),
        "the terminate at Wati",
    )
    headset.close()


def test_a_webhook_that_was_acknowledged_survives_the_kill(
    own_stack: Stack, crew: Cast
):
    node = own_stack.nodes[0]
    for number in range(20):
        body = {"callId": f"wacid.{number}", "tenantId": "demo"}
        assert own_stack.webhook("terminate-call", body).status_code == 200
    node.stop(signal.SIGKILL)
    own_stack.heal()
    wait_for(
        lambda: not WebhookDelivery.objects.filter(status="new").exists(), "the rest"
    )
    assert WebhookDelivery.objects.count() == 20
    assert Call.objects.filter(status="ended").count() == 20


@pytest.mark.full
def test_a_worker_killed_while_placing_a_call_never_places_it_twice(
    own_stack: Stack, ana: Console
):
    own_stack.simulator.reply(CARLA, "temporary")
    own_stack.simulator.set_person(CARLA, reaction="answer", says="tone")
    # It takes effect at once; the reply, and with it the name, comes too late.
    own_stack.simulator.set_fault(verb="outbound", delay_after=5.0)
    person = ana.look_up(f"+{CARLA}")
    ana.say("call", contact=person["contact"], line=person["line"])
    ana.until(lambda: ana.dialing() is not None, "the call")
    call = ana.dialing()
    assert call is not None
    headset = Headset(ana.open(call["audio_url"]), 1200)
    wait_for(lambda: bool(own_stack.simulator.requests(verb="outbound")), "the request")
    own_stack.worker.stop(signal.SIGKILL)
    own_stack.heal()
    request = WatiRequest.objects.filter(verb="outbound")
    request.update(sent_at=timezone.now() - timedelta(minutes=1))  # so long ago
    wait_for(lambda: request.get().status == "unknown", "nobody to answer for it")
    Call.objects.filter(status="dialing").update(deadline=timezone.now())
    ended = ana.wait_for_status(call["id"], "ended")
    assert ended["end_reason"] in ("lost_track", "customer_ended")
    assert len(own_stack.simulator.requests(verb="outbound")) == 1
    headset.close()


def test_ctrl_c_leaves_no_process_and_no_port(own_stack: Stack):
    node = own_stack.nodes[0]
    node.stop(signal.SIGINT)
    assert node.process.returncode == 0
    port = int(node.url.rsplit(":", 1)[1])
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
