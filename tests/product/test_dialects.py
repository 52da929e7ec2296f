"""Every dialect that the simulator writes, posted to the product, has its effect."""

from itertools import product
from typing import Any

import pytest

from callcenter.simulator import payloads
from callcenter.simulator.behaviour import CHOICES, Behaviour
from calls.models import Call, Node, WebhookDelivery
from permissions.models import PermissionEvent
from tests.cast import CARLA, Cast
from tests.console import Console
from tests.paths import SDP
from tests.servers import wait_for
from tests.stack import Stack

OFFER = (SDP / "whatsapp_offer.sdp").read_bytes().decode()
ANSWER = (SDP / "whatsapp_answer.sdp").read_bytes().decode()
DIALECTS = CHOICES["dialect"]
FORMS = list(product(DIALECTS, CHOICES["sdp_form"], CHOICES["newline"]))


def told(stack: Stack, behaviour: Behaviour, kind: str, **fields: Any) -> None:
    """Post what WhatsApp tells, written as this behaviour does, and wait for it."""
    notice = payloads.Notice(kind=kind, tenant="demo", **fields)
    assert stack.webhook(kind, payloads.write(notice, behaviour)).status_code == 200
    settled()


def settled() -> None:
    """Everything had its effect; nothing needs a look, or came to a wrong address."""
    new = WebhookDelivery.objects.filter(status="new")
    wait_for(lambda: not new.exists(), "its effect")
    rows = WebhookDelivery.objects.values_list("kind", "said_kind", "problem", "status")
    assert {row for row in rows if row[0] != row[1] or row[3] == "dead"} == set()


@pytest.mark.parametrize(("dialect", "sdp_form", "newline"), FORMS)
def test_a_call_in_and_a_call_out(
    stack: Stack, crew: Cast, ana: Console, dialect: str, sdp_form: str, newline: str
):
    behaviour = Behaviour(dialect=dialect, sdp_form=sdp_form, newline=newline)
    number = crew.line.number
    inbound = {"number": number, "call": "wacid.in+/=", "direction": "inbound"}
    told(stack, behaviour, payloads.INBOUND, sdp=OFFER, at=1.8e9, **inbound)
    call = Call.objects.get()
    assert (call.status, call.line) == ("ringing", crew.line)
    told(stack, behaviour, payloads.TERMINATE, at=1.8e9, **inbound)
    call.refresh_from_db()
    assert (call.status, call.result) == ("ended", "abandoned")

    node = Node.objects.latest("lease_until")  # or the call would have lost its own
    known = {"account": crew.account, "line": crew.line, "status": "dialing"}
    known |= {"node": node.name, "node_epoch": node.epoch}
    call = Call.objects.create(wati_call_id="wacid.out", direction="outbound", **known)
    outbound = {"number": number, "call": "wacid.out", "direction": "outbound"}
    told(stack, behaviour, payloads.STATUS, status="RINGING", at=1.8e9, **outbound)
    told(stack, behaviour, payloads.OUTBOUND, sdp=ANSWER, at=1.8e9, **outbound)
    call.refresh_from_db()
    assert (call.status, call.progress) == ("dialing", "ringing")
    assert "a=ice-ufrag" in call.answer_sdp
    told(stack, behaviour, payloads.STATUS, status="REJECTED", at=1.8e9, **outbound)
    call.refresh_from_db()
    assert (call.status, call.result) == ("ended", "rejected")


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("reply", ["temporary", "permanent", "reject"])
def test_a_word_about_calls(stack: Stack, crew: Cast, dialect: str, reply: str):
    stack.simulator.behave(dialect=dialect)
    stack.simulator.reply(CARLA, reply)
    stack.simulator.settle()
    heard = PermissionEvent.objects.filter(source="webhook", contact__waid=CARLA)
    wait_for(heard.exists, "the word")
    settled()
    kind = heard.get().kind
    assert (kind == "granted") is (reply != "reject")
