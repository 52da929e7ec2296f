"""A call out: whatever order Wati's reply and its webhooks come in."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import combinations, permutations
from uuid import uuid4

import pytest
from django.utils import timezone

from calls import placement, transitions
from calls.models import Call, Direction, Node, WebhookDelivery
from calls.outbound import dialing
from calls.states import Event
from permissions.models import Contact
from tests.cast import Cast, hire
from tests.orders import EVERY_ORDER, Order, part_of
from tests.paths import SDP
from tests.servers import wait_for
from tests.stack import Stack

pytestmark = pytest.mark.distributed

ANSWER = (SDP / "whatsapp_answer.sdp").read_bytes().decode()
EVENTS = ("reply", "RINGING", "answer", "ACCEPTED", "terminate")


def orders() -> Iterator[Order]:
    for size in range(1, len(EVENTS) + 1):
        for subset in combinations(EVENTS, size):
            yield from permutations(subset)


def expected(order: Order) -> tuple[str, str]:
    """Status and result, from the rules alone."""
    if "reply" not in order:
        return "dialing", ""
    over = order.index("terminate") if "terminate" in order else len(order)
    picked_up = "ACCEPTED" in order[:over]
    if "terminate" in order:
        return "ended", "answered" if picked_up else "no_answer"
    return ("active" if picked_up else "dialing"), ""


def begin(cast: Cast, node: Node, number: int) -> Call:
    """A call out whose request is on its way, with an agent of its own."""
    agent = hire(f"agent-{number}", cast.queue)
    contact = Contact.objects.create(waid=f"4915{number:08}")
    call = Call.objects.create(
        account=cast.account,
        direction=Direction.OUTBOUND,
        line=cast.line,
        contact=contact,
        agent=agent,
        offer_sdp="v=0",
    )
    later = timezone.now() + timedelta(hours=1)
    where = {"node": node.name, "node_epoch": node.epoch, "deadline": later}
    transitions.move(call, Event.DIALED, **where)
    return call


def tell(stack: Stack, call: Call, wati_id: str, event: str) -> None:
    match event:
        case "reply":
            dialing.placed(call, wati_id)
        case "answer":
            stack.webhook("outbound-call", {"callId": wati_id, "sdp": ANSWER})
        case "terminate":
            stack.webhook("terminate-call", {"callId": wati_id})
        case status:
            body = {"callId": wati_id, "status": status}
            stack.webhook("outbound-call-status", body)


def settled() -> bool:
    return not WebhookDelivery.objects.filter(status="new").exists()


def test_every_order_of_a_call_outs_events_ends_as_the_rules_say(
    stack: Stack, crew: Cast
):
    node = placement.choose()
    assert node is not None
    started: list[tuple[Order, Call]] = []
    for number, order in enumerate(part_of(orders())):
        call, wati_id = begin(crew, node, number), f"wacid.{uuid4().hex}"
        started.append((order, call))
        for event in order:
            if event == "reply":  # the other events have been acted upon by then
                wait_for(settled, "the webhooks before the reply")
            tell(stack, call, wati_id, event)
    wait_for(settled, "the last webhook", 60)

    wrong = []
    for order, call in started:
        call.refresh_from_db()
        if (call.status, call.result) != expected(order):
            wrong.append((order, call.status, call.result))
        if {"reply", "answer"} <= set(order):
            assert call.answer_sdp
    assert not wrong, wrong
    assert len(started) == 325 or not EVERY_ORDER
    # Each webhook found its call, or waits for one that nobody placed.
    assert not WebhookDelivery.objects.filter(status="dead").exists()
