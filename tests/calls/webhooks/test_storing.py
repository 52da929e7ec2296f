"""Storing: whatever comes together or again, each webhook is one row."""

import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import hypothesis
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import strategies as st

from callcenter.wati.events import CallTerminated, Kind
from calls.lifecycle import inbound
from calls.lifecycle.ending import finish
from calls.locking import dispatch_lock
from calls.models import Call, CallChange, WebhookDelivery
from calls.signaling import deliveries
from calls.states import Event
from calls.webhooks import processor
from tests.cast import CARLA, Cast

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
NONSENSE = -1
moments = count()


def webhook(cast: Cast, number: int, kind: Kind = Kind.TERMINATE_CALL):
    """The end of this call, or what is not understood; each comes a moment later."""
    body = {"callId": f"wacid.{number}"} if number != NONSENSE else {}
    [said] = deliveries.read(incoming(cast, body, kind))
    return said


def incoming(cast: Cast, body: object, kind: Kind) -> deliveries.Incoming:
    return deliveries.Incoming(
        account_id=cast.account.pk,
        kind=kind,
        body=json.dumps(body).encode(),
        remote_address="192.0.2.1",
        received_at=START + timedelta(milliseconds=next(moments)),
    )


numbers = st.integers(NONSENSE, 5)
batches = st.lists(st.lists(numbers, min_size=1, max_size=8), max_size=8)


@hypothesis.settings(
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)
@hypothesis.given(batches=batches)
def test_each_is_one_row_that_counts_its_copies(cast: Cast, batches: list[list[int]]):
    WebhookDelivery.objects.all().delete()
    new: list[int] = []
    for batch in batches:
        stored = deliveries.store_all([webhook(cast, number) for number in batch])
        new += [n for n, row in zip(batch, stored, strict=True) if row is not None]
        for number, row in zip(batch, stored, strict=True):
            assert row is None or row.wati_call_id == f"wacid.{number}"
    came = Counter(number for batch in batches for number in batch)
    nonsense = came.pop(NONSENSE, 0)

    assert sorted(new) == sorted(came)  # each once, and nothing else
    rows = WebhookDelivery.objects.filter(status="new")
    assert {row.wati_call_id: row.copies for row in rows} == {
        f"wacid.{number}": times - 1 for number, times in came.items()
    }
    assert WebhookDelivery.objects.filter(status="dead").count() == nonsense


@pytest.mark.parametrize("size", [1, 60])
def test_a_batch_is_one_statement(cast: Cast, size: int):
    webhooks = [webhook(cast, number) for number in range(size)]
    with CaptureQueriesContext(connection) as statements:
        stored = deliveries.store_all([*webhooks, *webhooks])
    assert len(statements) == 1
    assert [row is not None for row in stored] == [True] * size + [False] * size


def test_the_same_arrival_stored_twice_has_not_come_again(cast: Cast):
    one, again = webhook(cast, 1), webhook(cast, 1)
    first = deliveries.store_all([one])[0]
    assert deliveries.store_all([one])[0] == first  # whose effect may be missing
    assert WebhookDelivery.objects.get().copies == 0
    assert deliveries.store_all([again]) == [None]
    assert WebhookDelivery.objects.get().copies == 1


def test_what_is_stored_is_what_came(cast: Cast):
    one = webhook(cast, 1)
    deliveries.store_all([one])
    came = one.incoming
    row = WebhookDelivery.objects.get()
    assert (row.account_id, row.kind, bytes(row.body)) == (
        came.account_id,
        came.kind,
        came.body,
    )
    assert (row.remote_address, row.received_at) == ("192.0.2.1", came.received_at)
    assert (row.status, row.attempts, row.problem) == ("new", 0, "")
    assert row.next_attempt_at == came.received_at + deliveries.SWEEP_AFTER


async def test_two_processes_that_get_the_same_at_once_store_each_once(cast: Cast):
    """Wati posts again what it thinks is lost, perhaps to another node."""
    webhooks = [webhook(cast, number % 20) for number in range(400)]
    with ThreadPoolExecutor(4) as nodes:
        chunks = [webhooks[start : start + 25] for start in range(0, 400, 25)]
        orders = [chunk if n % 2 else chunk[::-1] for n, chunk in enumerate(chunks)]
        barrier = threading.Barrier(4)

        def store(batch: list[deliveries.Webhook]) -> int:
            barrier.wait(30)
            stored = deliveries.store_all(batch)
            connection.close()
            return sum(row is not None for row in stored)

        assert sum(nodes.map(store, orders)) == 20
    rows = WebhookDelivery.objects.values_list("copies", flat=True)
    assert list(rows) == [19] * 20


# --- What may be said again -----------------------------------------------------------


def yes(cast: Cast, seconds: float, waid: str = CARLA) -> deliveries.Webhook:
    body = {"waid": waid, "hasPermission": True, "status": "granted"}
    came = incoming(cast, body, Kind.CALL_PERMISSION)
    at = START + timedelta(seconds=seconds)
    [said] = deliveries.read(replace(came, received_at=at))
    return said


def stored_of(batch: list[deliveries.Webhook]) -> list[str]:
    """What became of each: new, a repeat, or nothing."""
    return [
        "-" if row is None else "repeat" if row.is_repeat else "new"
        for row in deliveries.store_all(batch)
    ]


def test_the_same_permission_is_a_copy_for_two_minutes(cast: Cast):
    assert stored_of([yes(cast, 0)]) == ["new"]
    assert stored_of([yes(cast, 120)]) == ["repeat"]
    assert WebhookDelivery.objects.get().copies == 1
    assert stored_of([yes(cast, 120.1)]) == ["new"]
    assert stored_of([yes(cast, 200), yes(cast, 0, "4915112345679")]) == [
        "repeat",
        "new",
    ]
    copies = WebhookDelivery.objects.order_by("received_at", "pk").values_list("copies")
    assert [n for (n,) in copies] == [1, 0, 1]


def test_what_was_spooled_for_an_hour_is_taken_apart_the_same_way(cast: Cast):
    batch = [yes(cast, seconds) for seconds in (0, 30, 1800, 1830, 3600)]
    assert stored_of(batch) == ["-", "-", "-", "-", "new"]
    rows = WebhookDelivery.objects.order_by("received_at")
    assert [(row.copies, row.status) for row in rows] == [
        (1, "new"),  # the sweep takes it up
        (1, "new"),
        (0, "new"),
    ]


def test_what_arrives_late_from_the_spool_is_no_copy_of_what_came_after(cast: Cast):
    assert stored_of([yes(cast, 3600)]) == ["new"]
    assert stored_of([yes(cast, 0)]) == ["new"]


@pytest.mark.parametrize("known", [False, True])
def test_processes_that_get_the_same_permission_at_once_count_it_once(
    cast: Cast, known: bool
):
    if known:  # eight days ago
        deliveries.store_all([yes(cast, -8 * 86400)])
    barrier = threading.Barrier(4)

    def store(number: int) -> list[str]:
        webhook = yes(cast, number / 1000)
        barrier.wait(30)
        try:
            return stored_of([webhook])
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as nodes:
        outcomes = [word for words in nodes.map(store, range(4)) for word in words]
    assert sorted(outcomes) == ["new", "repeat", "repeat", "repeat"]
    newest = WebhookDelivery.objects.order_by("-received_at").exclude(dedupe_key=None)
    assert newest.get().copies == 3


# --- Effects --------------------------------------------------------------------------


def statements_of(work, *arguments) -> int:
    with CaptureQueriesContext(connection) as statements:
        work(*arguments)
    ends = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
    return sum(not s["sql"].startswith(ends) for s in statements)


def test_the_end_of_an_unknown_call_takes_few_statements(cast: Cast):
    [stored] = deliveries.store_all([webhook(cast, 1)])
    assert stored is not None
    # The webhook, the lock, the call and its timeline, the webhook.
    assert statements_of(processor._process, stored) <= 6
    assert WebhookDelivery.objects.get().status == "waiting"


def test_a_tombstone_is_the_row_of_a_shadow_that_ended(cast: Cast):
    ended = CallTerminated("wacid.1", duration=7, error_code=138000)
    tombstone = inbound.customer_ended(cast.account, ended)
    said = {"text": tombstone.end_text, "provider_duration": 7, "error_code": 138000}
    with dispatch_lock():
        shadow = inbound.lock_or_create(cast.account, "wacid.2")
        finish(shadow, Event.CUSTOMER_ENDED, **said)
    one, other = (facts(Call.objects.get(pk=c.pk)) for c in (tombstone, shadow))
    assert one == other
    changes = [
        (c.event, c.old, c.new, c.user, c.detail) for c in CallChange.objects.all()
    ]
    assert changes[0] == changes[1]


def facts(call: Call) -> dict[str, object]:
    """Everything but the name and the time."""
    assert call.ended_at is not None
    assert call.ended_at >= call.created_at
    names = {field.attname for field in Call._meta.concrete_fields}
    names -= {"id", "wati_call_id", "created_at", "ended_at"}
    return {name: getattr(call, name) for name in names}
