"""Webhooks of calls out and permissions that come twice, late or astray."""

from typing import Any

import pytest

from calls.models import Call, Plan, WebhookDelivery
from permissions.models import PermissionEvent
from tests.cast import CARLA, Cast
from tests.paths import SDP
from tests.servers import wait_for
from tests.stack import Stack

OFFER = (SDP / "whatsapp_offer.sdp").read_bytes().decode()
ANSWER = (SDP / "whatsapp_answer.sdp").read_bytes().decode()


@pytest.fixture
def post(stack: Stack, crew: Cast):
    """Post one webhook, and wait until it has had its effect."""

    def deliver(kind: str, **body: Any) -> None:
        assert stack.webhook(kind, body).status_code == 200
        new = WebhookDelivery.objects.filter(status="new")
        wait_for(lambda: not new.exists(), "its effect")

    return deliver


def words(**wanted: str) -> list[str]:
    """What the ledger heard by webhook; WhatsApp is asked for the rest meanwhile."""
    events = PermissionEvent.objects.filter(source="webhook", **wanted)
    return list(events.order_by("id").values_list("kind", flat=True))


def problems() -> list[str]:
    dead = WebhookDelivery.objects.filter(status="dead")
    return list(dead.values_list("problem", flat=True))


def test_words_of_a_call_out_do_not_touch_one_that_came_in(crew: Cast, post):
    number = crew.line.number
    post("inbound-call", callId="wacid.1", sdp=OFFER, businessNumber=number)
    post("outbound-call", callId="wacid.1", sdp=ANSWER)
    post("outbound-call-status", callId="wacid.1", status="ENDED")
    assert Call.objects.get().status == "ringing"
    assert len(problems()) == 2


def test_an_unknown_status_word_is_kept_and_changes_nothing(crew: Cast, post):
    post("outbound-call-status", callId="wacid.2", status="ABDUCTED")
    assert Call.objects.get().status == "unmatched"
    assert not Call.objects.logged().exists()


def test_permission_said_twice_is_one_grant(crew: Cast, post):
    for _ in range(2):
        post("call-permission", waid=CARLA, hasPermission=True)
    assert words() == ["granted"]
    assert WebhookDelivery.objects.get().copies == 1


def test_a_no_after_a_yes_stands_and_dials_nobody(crew: Cast, post):
    post("call-permission", waid=CARLA, hasPermission=True)
    post("call-permission", waid=CARLA, hasPermission=False, status="denied")
    assert words() in (["granted", "revoked"], ["granted", "declined"])
    assert not Call.objects.exists()


def test_a_yes_after_a_no_counts_but_dials_nobody_by_itself(crew: Cast, post):
    post("call-permission", waid=CARLA, hasPermission=False, status="denied")
    post("call-permission", waid=CARLA, hasPermission=True, status="granted")
    assert words() == ["declined", "granted"]
    assert not Call.objects.exists()
    assert not Plan.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {"waId": CARLA, "response": "accept", "is_permanent": True},
        {"Waid": CARLA, "HasPermission": "true", "IsPermanent": "true"},
        {"data": {"waid": CARLA, "status": "granted", "isPermanent": True}},
    ],
    ids=["meta", "pascal", "wrapped"],
)
def test_a_permission_for_good_in_every_dialect(crew: Cast, post, body):
    post("call-permission", **body)
    assert words(grant="permanent") == ["granted"]


def test_a_permission_that_says_nothing_needs_a_look(crew: Cast, post):
    post("call-permission", waid=CARLA)
    post("call-permission", hasPermission=True)
    assert len(problems()) == 2
    assert words() == []
