"""Whatever order Wati's webhooks come in, and whichever comes twice: one outcome."""

from collections.abc import Iterator
from itertools import combinations, permutations
from uuid import uuid4

import pytest

from calls.models import Call, WebhookDelivery
from tests.cast import CARLA, Cast
from tests.orders import EVERY_ORDER, Order, part_of
from tests.paths import SDP
from tests.servers import wait_for
from tests.stack import Stack

pytestmark = pytest.mark.distributed

OFFER = (SDP / "whatsapp_offer.sdp").read_bytes().decode()


def body(event: str, call_id: str, number: str) -> tuple[str, dict[str, object]]:
    """The door and the body of one webhook about an inbound call."""
    match event:
        case "inbound":
            contact = {"ContactNumber": CARLA, "ContactName": "Carla"}
            call = {"callId": call_id, "sdp": OFFER, "businessNumber": number}
            return "inbound-call", call | {"contact": contact}
        case "terminate":
            return "terminate-call", {"callId": call_id, "tenantId": "demo"}
        case "status":
            return "outbound-call-status", {"callId": call_id, "status": "ENDED"}
        case "terminate in Meta's words":
            ended = {"id": call_id, "event": "terminate", "status": "COMPLETED"}
            return "terminate-call", {"calls": [ended]}
    raise AssertionError(event)


EVENTS = ("inbound", "terminate", "terminate in Meta's words", "status")


def orders() -> Iterator[Order]:
    """Each permutation of each subset, plain and (a part) with one event repeated."""
    for size in range(1, len(EVENTS) + 1):
        for subset in combinations(EVENTS, size):
            yield from permutations(subset)
            for repeated in subset:
                yield from part_of(set(permutations((*subset, repeated))))


def outcome(call_id: str) -> tuple[object, ...]:
    """Where the call stands, what was asked of Wati, and whether anybody was rung."""
    call = Call.objects.filter(wati_call_id=call_id).first()
    if call is None:
        return ("no call",)
    asked = tuple(call.requests.values_list("verb", flat=True))
    facts = (call.status, call.direction, call.result, call.end_reason, call.ended_by)
    ends = call.changes.filter(new="ended").exclude(old="ended").count()
    return (*facts, str(call.contact), asked, ends)


def test_every_order_of_an_inbound_calls_events_has_one_outcome(
    stack: Stack, crew: Cast
):
    told = {f"wacid.{uuid4().hex}": order for order in sorted(orders())}
    assert len(told) == 64 + 424 or not EVERY_ORDER
    # Rings for as long as it takes to tell them all.
    crew.queue.ring_seconds = 600
    crew.queue.save()
    for call_id, order in told.items():
        for event in order:
            kind, content = body(event, call_id, crew.line.number)
            assert stack.webhook(kind, content).status_code == 200

    new = WebhookDelivery.objects.filter(status="new")
    wait_for(lambda: not new.exists(), "the last webhook", 60)

    outcomes: dict[frozenset[str], set[tuple[object, ...]]] = {}
    for call_id, order in told.items():
        outcomes.setdefault(frozenset(order), set()).add(outcome(call_id))
    several = {facts: found for facts, found in outcomes.items() if len(found) > 1}
    assert not several, several
    (ended,) = outcomes[frozenset({"inbound", "terminate"})]
    assert ended == (
        *("ended", "inbound", "abandoned", "customer_ended", "customer", "Carla"),
        *((), 1),
    )
    (ringing,) = outcomes[frozenset({"inbound", "status"})]
    assert ringing[0] == "ringing"
