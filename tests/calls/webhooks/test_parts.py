"""One body that says several things: each is kept and done, or none is acknowledged."""

import json
from dataclasses import replace
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from callcenter.wati.events import Kind
from calls.models import Call, Line, WebhookDelivery
from calls.signaling import deliveries
from calls.webhooks import processor, spool, spool_import
from permissions.models import Contact
from tests.calls.webhooks.test_views import post
from tests.cast import CARLA, Cast
from tests.paths import SDP
from tests.servers import wait_for

OFFER = (SDP / "whatsapp_offer.sdp").read_bytes().decode()
ENDS = "/webhooks/wati/terminate-call/"
PERMISSIONS = "/webhooks/wati/call-permission/"
BRUNOS_WIFE = "4366012345678"


def told(body: object, path: str = "/webhooks/wati/inbound-call/") -> list[Any]:
    """Post it, and return its rows once each has had its effect."""
    assert post(body, path).status_code == 200
    new = WebhookDelivery.objects.filter(status="new")
    wait_for(lambda: not new.exists(), "their effect")
    return list(WebhookDelivery.objects.order_by("received_at", "part"))


def call_of(cast: Cast, number: int, who: str, **changes: Any) -> dict[str, Any]:
    call = {"id": f"wacid.{number}", "from": who, "to": cast.line.number}
    session = {"sdp_type": "offer", "sdp": OFFER}
    return call | {"event": "connect", "session": session} | changes


def entry(*calls: dict[str, Any], **value: Any) -> dict[str, Any]:
    value = {"calls": list(calls)} | value
    return {"id": "77", "changes": [{"field": "calls", "value": value}]}


@pytest.mark.parametrize("how", ["calls", "changes", "entries", "list"])
def test_two_calls_in_one_body_both_ring(cast: Cast, how: str):
    carla, wife = call_of(cast, 1, CARLA), call_of(cast, 2, BRUNOS_WIFE)
    body: Any = {
        "calls": {"entry": [entry(carla, wife)]},
        "changes": {
            "entry": [{"changes": entry(carla)["changes"] + entry(wife)["changes"]}]
        },
        "entries": {"entry": [entry(carla), entry(wife)]},
        "list": [carla, wife],
    }[how]
    rows = told(body)
    assert [(row.part, row.parts, row.status) for row in rows] == [
        (0, 2, "done"),
        (1, 2, "done"),
    ]
    ringing = Call.objects.filter(status="ringing").order_by("wati_call_id")
    assert [call.contact.waid for call in ringing] == [CARLA, BRUNOS_WIFE]
    assert all(json.loads(bytes(row.body)) == body for row in rows)


def test_a_call_and_its_end_and_a_permission_are_each_themselves(cast: Cast):
    reply = {"call_permission_reply": {"response": "accept"}}
    yes = {"from": BRUNOS_WIFE, "type": "interactive", "interactive": reply}
    over = {"id": "wacid.1", "event": "terminate", "duration": 3}
    rows = told({"entry": [entry(call_of(cast, 1, CARLA), over, messages=[yes])]})
    kinds = ["inbound-call", "terminate-call", "call-permission"]
    assert [row.said_kind for row in rows] == kinds
    assert {row.status for row in rows} == {"done"}
    call = Call.objects.get()
    assert (call.status, call.provider_duration) == ("ended", 3)
    wife = Contact.objects.get(waid=BRUNOS_WIFE)
    assert wife.permissions.get().status == "temporary"


def test_what_is_not_understood_needs_a_look_and_its_neighbour_rings(cast: Cast):
    rows = told(
        [call_of(cast, 1, CARLA), {"hello": 1}, "text", call_of(cast, 2, CARLA)]
    )
    assert [row.status for row in rows] == ["done", "dead", "dead", "done"]
    assert rows[1].problem == "The body has no call ID."
    assert Call.objects.filter(status="ringing").count() == 2


def test_a_batch_that_comes_again_has_no_second_effect(cast: Cast):
    body = [call_of(cast, 1, CARLA), call_of(cast, 2, BRUNOS_WIFE)]
    told(body)
    rows = told(body[::-1])
    assert [row.copies for row in rows] == [1, 1]
    assert Call.objects.count() == 2


def test_one_more_in_a_batch_that_came_before_is_new(cast: Cast):
    told([call_of(cast, 1, CARLA)])
    rows = told([call_of(cast, 1, CARLA), call_of(cast, 2, BRUNOS_WIFE)])
    assert [(row.wati_call_id, row.copies) for row in rows] == [
        ("wacid.1", 1),
        ("wacid.2", 0),
    ]
    assert Call.objects.filter(status="ringing").count() == 2


def test_too_many_need_a_look_and_none_is_begun(cast: Cast):
    [row] = told([{"callId": f"wacid.{number}"} for number in range(51)], ENDS)
    assert (row.status, row.problem) == ("dead", "The body holds more than 50 parts.")
    assert not Call.objects.exists()


def read(cast: Cast, body: object, kind: Kind = Kind.TERMINATE_CALL):
    content = json.dumps(body).encode()
    incoming = deliveries.Incoming(cast.account.pk, kind, content, None, timezone.now())
    return deliveries.read(incoming)


def test_all_parts_are_stored_by_one_statement(cast: Cast):
    said = read(cast, [{"callId": f"wacid.{number}"} for number in range(50)])
    with CaptureQueriesContext(connection) as statements:
        [rows] = deliveries.store_bodies([said])
    assert len(statements) == 1
    assert len([row for row in rows if row]) == 50


def test_a_body_is_never_cut_in_two(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(deliveries, "MOST_ROWS", 5)
    sizes = [3, 1, 4, 1, 5, 9, 2]
    numbers = iter(range(100))
    bodies = [
        read(cast, [{"callId": f"wacid.{next(numbers)}"} for _ in range(size)])
        for size in sizes
    ]
    with CaptureQueriesContext(connection) as statements:
        stored = deliveries.store_bodies(bodies)
    assert [len(rows) for rows in stored] == sizes
    assert len(statements) == 5  # 3 and 1, 4 and 1, 5, 9, 2
    assert WebhookDelivery.objects.count() == sum(sizes)


def test_a_part_that_cannot_be_stored_takes_the_others_along(cast: Cast):
    good, bad = read(cast, [{"callId": "wacid.1"}, {"callId": "wacid.2"}])
    nowhere = replace(bad.incoming, kind=None)  # type: ignore[arg-type]
    with pytest.raises(IntegrityError):
        deliveries.store_bodies([[good, replace(bad, incoming=nowhere)]])
    assert not WebhookDelivery.objects.exists()


def test_a_part_is_read_again_after_a_crash(cast: Cast):
    said = read(cast, [call_of(cast, 1, CARLA), call_of(cast, 2, BRUNOS_WIFE)])
    deliveries.store_bodies([said])
    WebhookDelivery.objects.update(next_attempt_at=timezone.now())
    processor.sweep()
    assert Call.objects.filter(status="ringing").count() == 2


def test_a_batch_waits_on_disk_as_one_line(cast: Cast, settings, tmp_path):
    settings.SPOOL_DIR = tmp_path
    said = read(cast, [{"callId": "wacid.1"}, {"callId": "wacid.2"}])
    spool.append([said[0].incoming])
    assert spool_import.import_all() == 1
    assert WebhookDelivery.objects.filter(status="waiting").count() == 2


# --- At the wrong address ------------------------------------------------------------


@pytest.fixture
def ringing(cast: Cast) -> Call:
    told(call_of(cast, 1, CARLA))
    return Call.objects.get()


REPORT = {"eventType": "call.status", "call_id": "wacid.1"}


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("word", ["ringing", "in_progress", "abducted"])
def test_watis_status_event_ends_no_call_at_any_address(
    ringing: Call, kind: Kind, word: str
):
    rows = told(REPORT | {"metadata": {"status": word}}, f"/webhooks/wati/{kind}/")
    assert (rows[-1].status, rows[-1].said_kind) == ("done", "call-report")
    ringing.refresh_from_db()
    assert ringing.status == "ringing"


@pytest.mark.parametrize("word", ["completed", "missed", "failed"])
def test_its_words_for_an_end_do(ringing: Call, word: str):
    told(REPORT | {"metadata": {"status": word, "duration_seconds": 42}}, ENDS)
    ringing.refresh_from_db()
    assert (ringing.status, ringing.provider_duration) == ("ended", 42)


def test_it_tells_how_our_own_call_goes(cast: Cast):
    known = {"wati_call_id": "wacid.1", "direction": "outbound", "line": cast.line}
    Call.objects.create(account=cast.account, status="dialing", **known)
    told(REPORT | {"metadata": {"status": "ringing"}}, ENDS)
    assert Call.objects.get().progress == "ringing"


def test_a_status_at_the_address_for_ends_ends_nothing(ringing: Call):
    rows = told({"callId": "wacid.1", "status": "RINGING"}, ENDS)
    assert rows[-1].said_kind == "outbound-call-status"
    ringing.refresh_from_db()
    assert ringing.status == "ringing"


def test_an_answer_without_an_sdp_harms_no_call(cast: Cast):
    known = {"wati_call_id": "wacid.1", "direction": "outbound", "line": cast.line}
    Call.objects.create(account=cast.account, status="dialing", **known)
    rows = told({"callId": "wacid.1", "x": 1}, "/webhooks/wati/outbound-call/")
    assert (rows[0].status, rows[0].problem) == ("dead", "The body has no SDP answer.")
    assert Call.objects.get().status == "dialing"


# --- Who and where -------------------------------------------------------------------


def test_a_caller_without_a_number_is_known_by_the_user_id(cast: Cast):
    told(call_of(cast, 1, "US.13491208655302741918"))
    contact = Call.objects.get().contact
    assert contact is not None
    assert contact.waid is None


def test_who_it_is_may_come_later_in_a_twin_of_the_same_event(cast: Cast):
    body = call_of(cast, 1, "")
    told(body)
    assert Call.objects.get().contact is None
    rows = told(body | {"from": CARLA, "from_user_id": "DE.1A9f"})
    assert [row.status for row in rows] == ["done", "done"]
    call = Call.objects.get()
    assert (call.status, call.contact.waid) == ("ringing", CARLA)
    told(body | {"session": {"sdp": OFFER.replace("111", "112")}})
    assert WebhookDelivery.objects.filter(status="dead").count() == 1


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (Kind.OUTBOUND_CALL_STATUS, {"status": "RINGING"}),
        (Kind.TERMINATE_CALL, {"duration": 3}),
    ],
)
def test_the_person_who_is_called_is_known_by_the_user_id_in_a_twin(
    cast: Cast, kind: Kind, body: dict[str, Any]
):
    carla = Contact.objects.create(waid=CARLA)
    known = {"wati_call_id": "wacid.1", "direction": "outbound", "line": cast.line}
    Call.objects.create(account=cast.account, status="dialing", contact=carla, **known)
    told({"callId": "wacid.1"} | body, f"/webhooks/wati/{kind}/")
    twin = {"callId": "wacid.1", "bsuid": "DE.1A9f", "parentBsuid": "DE.ENT.p4"} | body
    told(twin, f"/webhooks/wati/{kind}/")
    ids = set(carla.ids.values_list("value", flat=True))
    assert ids == {CARLA, "DE.1A9f", "DE.ENT.p4"}


def test_a_permission_of_nobody_needs_a_look(cast: Cast):
    [row] = told({"waid": "hidden", "hasPermission": True}, PERMISSIONS)
    assert (row.status, row.problem) == ("dead", "The permission has no contact.")


def test_the_number_that_came_is_kept(cast: Cast):
    [row] = told(call_of(cast, 1, CARLA, to="4900123"))
    assert (row.status, row.business_number) == ("done", "4900123")
    Line.objects.create(
        account=cast.account, number="4915100000000", name="Other", queue=cast.queue
    )
    row = told(call_of(cast, 2, CARLA, to="4900123"))[-1]
    assert row.status == "dead"
    assert row.problem == "The business number does not belong to this account."


def test_a_person_with_a_new_user_id_is_remembered(cast: Cast):
    changed = {"type": "user_changed_user_id", "user_id": "DE.new1"}
    system = changed | {"previous_user_id": "DE.old1"}
    message = {"from": CARLA, "type": "system", "system": system}
    [row] = told({"messages": [message]}, PERMISSIONS)
    assert (row.status, row.said_kind) == ("done", "person-changed")
    assert Contact.objects.get().waid == CARLA
