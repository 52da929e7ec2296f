"""The floor knows when it is deaf, and does not cry wolf when it is only quiet."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client import generate_latest

from callcenter.wati.events import Kind
from calls.models import Call, Line, LineHeard, Plan, WatiRequest, WebhookDelivery
from calls.node.metrics import registry
from calls.reporting.hearing import hearings
from calls.reporting.hearing_words import facts, needs_attention
from calls.signaling import deliveries
from calls.signaling.heard import heard
from calls.webhooks import processor
from permissions.models import Contact
from tests.cast import CARLA, Cast
from tests.paths import SDP

NOW = timezone.now()
OFFER = (SDP / "whatsapp_offer.sdp").read_bytes().decode()


@pytest.fixture(autouse=True)
def carla_has_called(cast: Cast) -> Call:
    """The account is not new: there was a call long ago."""
    return call(cast, "inbound", created_at=NOW - timedelta(days=90))


def call(cast: Cast, direction: str, **fields: Any) -> Call:
    name = f"wacid.{Call.objects.count()}"
    at = {"created_at": NOW - timedelta(hours=1), "ended_at": NOW}
    known = {"account": cast.account, "line": cast.line, "status": "ended"}
    return Call.objects.create(
        direction=direction, wati_call_id=name, **(known | at | fields)
    )


def come(cast: Cast, kind: Kind, *bodies: Any, at: datetime | None = None) -> None:
    """Wati posts these bodies to this address; each has had its effect."""
    for body in bodies:
        incoming = deliveries.Incoming(
            cast.account.pk, kind, json.dumps(body).encode(), None, at or timezone.now()
        )
        for row in deliveries.store_all(deliveries.read(incoming)):
            if row is not None:
                processor.process(row.pk)
    heard.write()


def sentences(cast: Cast, *, urgent: bool = True) -> list[str]:
    [hearing] = hearings(timezone.now(), [cast.account])
    return [fact.text for fact in facts(hearing) if fact.is_urgent or not urgent]


def test_a_quiet_night_is_no_trouble(cast: Cast):
    assert sentences(cast, urgent=False) == []
    assert needs_attention(NOW) == []


def test_a_new_account_asks_for_a_first_call(cast: Cast):
    Call.objects.all().delete()
    [sentence] = sentences(cast)
    assert sentence.startswith("No inbound call has ever come in.")
    come(cast, Kind.INBOUND_CALL, inbound(1))
    assert sentences(cast) == []


def inbound(number: int, **changes: Any) -> dict[str, Any]:
    body = {"callId": f"wacid.in{number}", "sdp": OFFER, "waid": CARLA}
    return body | changes


# --- What is missing -----------------------------------------------------------------


def test_calls_that_end_and_no_terminate_comes(cast: Cast):
    for _ in range(2):
        call(cast, "inbound", accepted_at=NOW - timedelta(minutes=30))
    assert sentences(cast) == []  # two may be chance
    third = call(cast, "inbound", accepted_at=NOW - timedelta(minutes=30))
    [sentence] = sentences(cast)
    assert sentence.startswith("Shop: the last 3 calls ended without “Terminate Call”.")
    come(cast, Kind.TERMINATE_CALL, {"callId": third.wati_call_id})
    assert sentences(cast) == []


def test_calls_out_without_a_status_or_an_answer(cast: Cast):
    for _ in range(3):
        call(cast, "outbound", answered_at=NOW - timedelta(minutes=30))
    status, answer = sentences(cast)
    assert "the last 3 outbound calls had no “New Outbound Call Status”" in status
    assert "the last 3 answered outbound calls had no “New Outbound Call”" in answer
    come(cast, Kind.OUTBOUND_CALL_STATUS, {"callId": "wacid.1", "status": "RINGING"})
    assert sentences(cast) == [answer]
    come(cast, Kind.OUTBOUND_CALL, {"callId": "wacid.1", "sdp": "v=0"})
    assert sentences(cast) == []


def test_requests_that_nobody_ever_answers(cast: Cast):
    contact = Contact.objects.create(waid=CARLA)
    long_ago = NOW - timedelta(days=3)

    def ask() -> None:
        plan = Plan.objects.create(contact=contact, line=cast.line, agent=cast.ana)
        plan.requests.create(
            account=cast.account,
            verb=WatiRequest.Verb.ASK,
            status=WatiRequest.Status.OK,
            created_at=long_ago,
        )

    for _ in range(3):
        ask()
        Plan.objects.update(state=Plan.State.EXPIRED)
    [sentence] = sentences(cast)
    assert sentence.startswith("Shop: 3 permission requests were sent, and no “Call ")
    come(cast, Kind.CALL_PERMISSION, {"waid": CARLA, "hasPermission": True})
    assert sentences(cast) == []


def test_what_one_line_hears_says_nothing_of_another(cast: Cast):
    other = Line.objects.create(
        account=cast.account, number="4915100000000", name="Repairs", queue=cast.queue
    )
    for _ in range(3):
        call(cast, "inbound", accepted_at=NOW - timedelta(minutes=30), line=other)
    mine = call(cast, "inbound", accepted_at=NOW - timedelta(minutes=30))
    come(cast, Kind.TERMINATE_CALL, {"callId": mine.wati_call_id})
    [sentence] = sentences(cast)
    assert sentence.startswith("Repairs: ")


# --- What comes, and is wrong --------------------------------------------------------


def test_bodies_that_nobody_understands(cast: Cast):
    come(cast, Kind.INBOUND_CALL, *[inbound(n) for n in range(7)], {"x": 1}, {"x": 2})
    text = "2 of 9 at the address of “New Inbound Call” were not understood."
    assert sentences(cast, urgent=False) == [text]
    assert sentences(cast) == []  # a few, and no more
    come(cast, Kind.INBOUND_CALL, {"x": 3})
    assert sentences(cast) == [text.replace("2 of 9", "3 of 10")]


def test_the_wrong_address(cast: Cast):
    report = {"eventType": "call.status", "call_id": "wacid.0"}
    come(cast, Kind.TERMINATE_CALL, report | {"metadata": {"status": "ringing"}})
    come(cast, Kind.CALL_PERMISSION, {"callId": "wacid.0"})
    assert sentences(cast) == [
        "1 webhook of the kind “Terminate Call” came to the address of “Call "
        "Permission”. Correct the address in Wati.",
        "1 webhook of the kind “call.status” came to the address of “Terminate Call”."
        " Correct the address in Wati.",
    ]


def test_a_batch_is_at_no_wrong_address(cast: Cast):
    come(cast, Kind.TERMINATE_CALL, [{"callId": "wacid.0"}, inbound(1)])
    assert sentences(cast) == []


def test_a_number_that_is_not_ours(cast: Cast):
    come(cast, Kind.INBOUND_CALL, inbound(1, to="4900123456"))
    [sentence] = sentences(cast)
    assert "named the business number +4900123456, which is not in" in sentence
    assert sentence.endswith("It was taken for Shop, the only one here.")
    cast.line.number = "4900123456"
    cast.line.save()
    assert sentences(cast) == []  # it is ours now


def test_the_other_form_of_our_number_is_no_trouble(cast: Cast):
    cast.line.number = "5564992345678"
    cast.line.save()
    come(cast, Kind.INBOUND_CALL, inbound(1, to="+55 64 9234-5678"))
    assert sentences(cast) == []


def test_calls_that_waited_here_too_long(cast: Cast):
    come(cast, Kind.INBOUND_CALL, inbound(1), at=timezone.now() - timedelta(minutes=2))
    assert sentences(cast) == [
        "1 call did not ring, because its webhook had waited here too long."
    ]


@pytest.mark.parametrize(
    ("off", "says"),
    [
        (timedelta(seconds=31), "31 s behind our clock."),
        (timedelta(hours=1), "60 min behind our clock."),
        (timedelta(hours=-5), "5 h ahead of our clock."),
    ],
)
def test_a_clock_that_is_wrong(cast: Cast, off: timedelta, says: str):
    def sent(number: int) -> dict[str, Any]:
        return inbound(number, timestamp=(timezone.now() - off).isoformat())

    come(cast, Kind.INBOUND_CALL, *map(sent, range(4)))
    assert sentences(cast) == []  # not enough to tell
    come(cast, Kind.INBOUND_CALL, sent(4))
    assert sentences(cast) == [f"The times in Wati's webhooks are {says}"]
    assert Call.objects.filter(status="ringing").count() == 5


def test_a_webhook_that_comes_late_is_not_a_wrong_clock(cast: Cast):
    for number in range(8):
        sent_at = timezone.now() - timedelta(minutes=number)
        come(cast, Kind.INBOUND_CALL, inbound(number, timestamp=sent_at.isoformat()))
    assert sentences(cast) == []


def test_words_and_codes_that_are_new(cast: Cast):
    come(cast, Kind.OUTBOUND_CALL_STATUS, {"callId": "wacid.9", "status": "ABDUCTED"})
    come(cast, Kind.TERMINATE_CALL, {"callId": "wacid.9", "errorCode": 139999})
    assert sentences(cast, urgent=False) == [
        "1 webhook has the status “abducted”, which is not known here.",
        "WhatsApp's error 139999 is not known here. It came 1 times.",
    ]


# --- Where it stands -----------------------------------------------------------------


def test_the_admin_says_it_on_its_start_page_and_on_the_accounts(cast: Cast):
    come(cast, Kind.CALL_PERMISSION, {"callId": "wacid.0"})
    admin = Client()
    admin.force_login(cast.sofia)
    text = sentences(cast)[0]
    page = f"/admin/callcenter/watiaccount/{cast.account.pk}/change/"
    for address in ("/admin/", page):
        assert text in admin.get(address).content.decode()
    assert "just now" in admin.get(page).content.decode()


def test_metrics_tell_it(cast: Cast):
    come(cast, Kind.TERMINATE_CALL, {"callId": "wacid.0"}, {"x": 1})
    text = generate_latest(registry()).decode()
    labels = f'{{kind="terminate-call",line="{cast.line.number}"}} '
    age = f"callcenter_webhook_age_seconds{labels}"
    [line] = [line for line in text.splitlines() if line.startswith(age)]
    assert 0 <= float(line.removeprefix(age)) < 60
    counted = 'callcenter_webhooks_day{account="Simulator",fact="not_understood"} 1.0'
    assert counted in text


def test_the_newest_time_is_kept_whoever_writes_it_last(cast: Cast):
    for minutes in (5, 1, 9):
        heard.note(cast.line.pk, Kind.INBOUND_CALL, NOW - timedelta(minutes=minutes))
        heard.note(cast.line.pk + 99, Kind.INBOUND_CALL, NOW)  # was deleted
        heard.write()
    assert LineHeard.objects.get().at == NOW - timedelta(minutes=1)
    assert not WebhookDelivery.objects.exists()
