"""Effects: each once, and those of one call in their order, also in a flood."""

import json
import threading
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from callcenter.wati.events import Kind, OutboundStatus
from calls.models import WebhookDelivery
from calls.signaling import deliveries
from calls.signaling.deliveries import Stored
from calls.webhooks import processor
from tests.cast import Cast
from tests.servers import wait_for

LONG_AGO = datetime(2026, 3, 2, 9, tzinfo=UTC)


def status(cast: Cast, call: int, number: int) -> deliveries.Webhook:
    """The so-manieth that Wati says of this call."""
    [said] = deliveries.read(
        deliveries.Incoming(
            account_id=cast.account.pk,
            kind=Kind.OUTBOUND_CALL_STATUS,
            body=json.dumps({"callId": f"wacid.{call}", "status": number}).encode(),
            remote_address=None,
            received_at=LONG_AGO + timedelta(seconds=number, milliseconds=call),
        )
    )
    return said


def keep(cast: Cast, calls: int, each: int) -> list[Stored]:
    """Store what is said of so many calls, in order of time."""
    webhooks = [status(cast, call, n) for n in range(each) for call in range(calls)]
    return [row for row in deliveries.store_all(webhooks) if row is not None]


def settled() -> bool:
    return not WebhookDelivery.objects.filter(status="new").exists()


class Effects:
    """Notes what has an effect, and lets nothing begin before it is opened."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.of_call: dict[str, list[int]] = defaultdict(list)
        self.opened = threading.Event()
        monkeypatch.setattr(processor, "_effect", self)

    def __call__(self, delivery: Stored, event: OutboundStatus) -> None:
        assert self.opened.wait(60)
        self.of_call[event.call_id].append(int(event.status))


@pytest.fixture
def effects(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Effects:
    return Effects(monkeypatch)


@pytest.mark.parametrize("before", [0, 3, 30])
def test_what_does_not_fit_follows_in_order_and_takes_no_memory(
    cast: Cast, effects: Effects, monkeypatch: pytest.MonkeyPatch, before: int
):
    """Wherever the flood breaks off, and more comes while it is worked off."""
    monkeypatch.setattr(processor, "MOST_QUEUED", 5)
    monkeypatch.setattr(processor, "CATCH_UP", 4)
    inbox = processor.Processor()
    rows = keep(cast, calls=4, each=12)
    for row in rows[:before]:
        inbox.soon(row)
    effects.opened.set()
    for row in rows[before:]:
        inbox.soon(row)
        assert inbox.waiting <= 5
    inbox.drain(60)
    assert settled()
    assert effects.of_call == {f"wacid.{n}": list(range(12)) for n in range(4)}
    inbox.soon(keep(cast, calls=5, each=1)[-1])  # and all is as before
    inbox.drain(60)
    assert effects.of_call["wacid.4"] == [0]


def test_one_sweep_goes_on_until_nothing_is_due(
    cast: Cast, effects: Effects, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(processor, "SWEEP_AT_ONCE", 10)
    monkeypatch.setattr(processor, "SWEEP_LASTS", 60.0)
    effects.opened.set()
    keep(cast, calls=7, each=5)
    processor.sweep()
    assert settled()
    assert effects.of_call == {f"wacid.{n}": list(range(5)) for n in range(7)}


def test_a_sweep_does_not_wait_for_what_fails(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    def fall_over(*_: object) -> None:
        raise RuntimeError("poison")

    monkeypatch.setattr(processor, "SWEEP_AT_ONCE", 3)
    monkeypatch.setattr(processor, "_effect", fall_over)
    keep(cast, calls=10, each=1)
    processor.sweep()
    attempts = WebhookDelivery.objects.filter(next_attempt_at__gt=timezone.now())
    assert list(attempts.values_list("attempts", flat=True)) == [1] * 10


@pytest.mark.full
def test_a_sweep_leaves_a_call_alone_that_is_at_work_elsewhere(
    cast: Cast, effects: Effects
):
    effects.opened.set()
    first = keep(cast, calls=3, each=3)[1]
    taken, free = threading.Event(), threading.Event()

    def work_elsewhere() -> None:
        with transaction.atomic():
            rows = WebhookDelivery.objects.select_for_update()
            assert rows.get(pk=first.pk).status == "new"
            taken.set()
            assert free.wait(60)
        connection.close()

    elsewhere = threading.Thread(target=work_elsewhere)
    elsewhere.start()
    try:
        assert taken.wait(60)
        processor.sweep()
    finally:
        free.set()
        elsewhere.join(60)
    assert effects.of_call == {"wacid.0": [0, 1, 2], "wacid.2": [0, 1, 2]}
    processor.sweep()
    assert effects.of_call["wacid.1"] == [0, 1, 2]


def test_a_body_too_large_for_memory_is_read_again(cast: Cast, effects: Effects):
    effects.opened.set()
    large = status(cast, 1, 1)
    body = large.incoming.body.ljust(deliveries.LARGE + 1)
    incoming = deliveries.Incoming(
        cast.account.pk, Kind.OUTBOUND_CALL_STATUS, body, None, timezone.now()
    )
    [row] = deliveries.store_all(deliveries.read(incoming))
    assert row is not None
    assert row.event is None
    processor.processor.soon(row)
    wait_for(settled, "its effect")
    assert effects.of_call == {"wacid.1": [1]}
