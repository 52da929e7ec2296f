"""The Wati door, as whoever posts to it sees it."""

import json
import os
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from callcenter.wati.events import Kind
from calls.models import Call, WebhookDelivery
from calls.signaling import deliveries
from calls.webhooks import processor, spool, spool_import
from tests.cast import CARLA, Cast
from tests.paths import SDP
from tests.servers import wait_for

KEY = "simulator-webhook-key"
ANSWER = SDP / "whatsapp_answer.sdp"
DOOR = "/webhooks/wati/inbound-call/"


def post(body: object, path: str = DOOR, **headers: str):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {KEY}"} | headers
    return Client().post(
        path, content, content_type="application/json", headers=headers
    )


def inbound(cast: Cast, call_id: str = "wacid.1", **changes: object) -> dict:
    body = {"callId": call_id, "businessNumber": cast.line.number, "sdp": "v=0"}
    return body | {"contact": {"ContactNumber": CARLA}} | changes


def settled() -> WebhookDelivery:
    """The only delivery, once it has had its effect."""
    wait_for(lambda: not WebhookDelivery.objects.filter(status="new").exists(), "work")
    return WebhookDelivery.objects.get()


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (f"Bearer {KEY}", 200),
        (f"bearer {KEY}", 200),
        (KEY, 200),
        (f"Bearer {KEY} ", 401),
        (f"Bearer {KEY},Bearer {KEY}", 401),
        ("Bearer wrong", 401),
        ("Bearer ", 401),
        ("", 401),
        ("Bearer " + "x" * 8000, 401),
    ],
)
def test_only_who_shows_the_key_comes_in(cast: Cast, header: str, status: int):
    reply = post(inbound(cast), Authorization=header)
    assert reply.status_code == status
    assert WebhookDelivery.objects.count() == (1 if status == 200 else 0)
    settled() if status == 200 else None


def test_two_keys_are_good_during_a_rotation(cast: Cast):
    account = cast.account
    account.webhook_key, account.old_webhook_key = "new", KEY
    account.old_webhook_key_until = timezone.now() + timedelta(hours=1)
    account.save()
    assert post([], Authorization="Bearer new").status_code == 200
    assert post([]).status_code == 200
    account.old_webhook_key_until = timezone.now()
    account.save()
    assert post([]).status_code == 401


def test_what_is_too_large_is_refused(cast: Cast):
    fits = json.dumps({"callId": "1", "pad": "x" * 65000}).encode()
    assert len(fits) < 64 * 1024
    assert post(fits).status_code == 200
    assert post(b" " * (64 * 1024 + 1)).status_code == 413


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 60000, b"\xff", b'{"a": NaN}'])
def test_what_is_not_json_is_refused_and_not_kept(cast: Cast, body: bytes):
    assert post(body).status_code == 400
    assert not WebhookDelivery.objects.exists()


@pytest.mark.parametrize("body", [[], None, 7, "text", {}, {"callId": ["x"]}])
def test_what_is_not_understood_is_kept_for_a_look(cast: Cast, body: object):
    assert post(body).status_code == 200
    delivery = settled()
    assert delivery.status == "dead"
    assert delivery.problem
    assert json.loads(bytes(delivery.body)) == body


def test_the_body_is_kept_as_it_came_and_counts_once(cast: Cast):
    for _ in range(3):
        assert post(inbound(cast)).status_code == 200
    delivery = settled()
    assert (delivery.status, delivery.copies) == ("done", 2)
    assert json.loads(bytes(delivery.body)) == inbound(cast)
    assert Call.objects.count() == 1


def test_only_post_is_answered(cast: Cast):
    assert Client().get(DOOR).status_code in (401, 405)


def test_a_terminate_waits_for_its_call_and_then_needs_a_look(cast: Cast):
    post({"callId": "wacid.1"}, "/webhooks/wati/terminate-call/")
    delivery = settled()
    assert delivery.status == "waiting"
    processor.sweep()
    assert settled().status == "waiting"
    WebhookDelivery.objects.update(next_attempt_at=timezone.now())
    processor.sweep()
    assert settled().status == "dead"


def test_a_terminate_whose_call_came_is_done(cast: Cast):
    post({"callId": "wacid.1"}, "/webhooks/wati/terminate-call/")
    settled()
    post(inbound(cast))
    wait_for(
        lambda: WebhookDelivery.objects.filter(status="done").count() == 2, "both done"
    )


@pytest.mark.parametrize("address", ["10.0.0.7", "127.0.0.1", "fd00::7"])
def test_a_sound_answer_from_a_private_address_ends_the_call(
    cast: Cast, settings, address: str
):
    settings.MEDIA_ALLOWED_NETWORKS = ()
    known = {"wati_call_id": "wacid.1", "direction": "outbound", "line": cast.line}
    call = Call.objects.create(account=cast.account, status="dialing", **known)
    sdp = ANSWER.read_bytes().decode().replace("157.240.19.131", address)
    post({"callId": "wacid.1", "sdp": sdp}, "/webhooks/wati/outbound-call/")
    assert settled().status == "done"
    call.refresh_from_db()
    assert (call.status, call.end_reason) == ("ended", "media_failed")
    assert call.end_text == "A candidate names a private address."
    assert call.answer_sdp == ""


def incoming(cast: Cast, body: dict) -> deliveries.Incoming:
    return deliveries.Incoming(
        account_id=cast.account.pk,
        kind=Kind.INBOUND_CALL,
        body=json.dumps(body).encode(),
        remote_address="192.0.2.1",
        received_at=timezone.now(),
    )


def kept(webhook: deliveries.Incoming) -> int:
    [delivery] = deliveries.store_all(deliveries.read(webhook))
    assert delivery is not None
    return delivery.pk


def test_a_webhook_that_a_crash_left_behind_is_swept_up(cast: Cast):
    kept(incoming(cast, inbound(cast)))
    assert not Call.objects.exists()
    WebhookDelivery.objects.update(next_attempt_at=timezone.now())
    processor.sweep()
    assert settled().status == "done"
    assert Call.objects.count() == 1


def test_a_webhook_that_always_fails_is_tried_five_times_and_holds_up_nobody(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    def fall_over(*_: object) -> None:
        raise RuntimeError("poison")

    poisoned = kept(incoming(cast, inbound(cast)))
    with monkeypatch.context() as patch:
        patch.setattr(processor, "_effect", fall_over)
        for _ in range(4):
            processor.process(poisoned)
            assert WebhookDelivery.objects.get().status == "new"
        processor.process(poisoned)
    delivery = WebhookDelivery.objects.get()
    assert (delivery.status, delivery.attempts) == ("dead", 4)
    assert "RuntimeError" in delivery.problem
    processor.process(kept(incoming(cast, inbound(cast, "wacid.2"))))
    assert Call.objects.get().wati_call_id == "wacid.2"

    processor.replay(poisoned)
    assert WebhookDelivery.objects.get(pk=poisoned).status == "done"
    assert Call.objects.count() == 2


@pytest.fixture
def no_database(cast: Cast, monkeypatch: pytest.MonkeyPatch, settings, tmp_path):
    """The database goes away; the accounts were read once before."""
    settings.SPOOL_DIR = tmp_path / "spool"
    assert post([], Authorization="Bearer wrong").status_code == 401

    def away(*_: object, **__: object) -> None:
        raise OperationalError("server closed the connection")

    with monkeypatch.context() as patch:
        patch.setattr(deliveries, "store_all", away)
        yield patch


def test_while_the_database_is_away_webhooks_wait_on_disk(cast: Cast, no_database):
    for number in range(3):
        assert post(inbound(cast, f"wacid.{number}")).status_code == 200
    no_database.undo()
    assert spool_import.import_all() == 3
    assert spool_import.import_all() == 0
    deliveries = WebhookDelivery.objects.order_by("received_at", "pk")
    assert [delivery.wati_call_id for delivery in deliveries] == [
        "wacid.0",
        "wacid.1",
        "wacid.2",
    ]
    assert Call.objects.count() == 3


def test_a_torn_line_of_the_spool_costs_only_itself(cast: Cast, no_database, settings):
    post(inbound(cast, "wacid.1"))
    with (settings.SPOOL_DIR / spool.FILE).open("ab") as file:
        file.write(b'{"account_id": 1, "kind": "inbound-ca\n')
    post(inbound(cast, "wacid.2"))
    no_database.undo()
    assert spool_import.import_all() == 2


def test_without_database_and_disk_wati_is_told_to_come_again(
    cast: Cast, no_database, settings
):
    settings.SPOOL_DIR = "/dev/null/nowhere"
    assert post(inbound(cast)).status_code == 503


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux only")
def test_a_full_disk_is_noticed(cast: Cast, no_database, settings):
    settings.SPOOL_DIR.mkdir()
    (settings.SPOOL_DIR / spool.FILE).symlink_to("/dev/full")
    assert post(inbound(cast)).status_code == 503


@pytest.mark.stackless
def test_while_another_program_writes_into_sqlite_webhooks_wait_on_disk(
    cast: Cast, settings, tmp_path
):
    settings.SPOOL_DIR = tmp_path / "spool"
    with closing(sqlite3.connect(connection.settings_dict["NAME"])) as program:
        program.execute("BEGIN IMMEDIATE")
        assert post(inbound(cast, "wacid.1")).status_code == 200
    assert not WebhookDelivery.objects.exists()
    assert spool_import.import_all() == 1
    assert Call.objects.get().wati_call_id == "wacid.1"
