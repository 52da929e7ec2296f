"""The short way in: as the server calls it, many at once."""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.handlers.asgi import ASGIHandler
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone
from prometheus_client import generate_latest

from callcenter.asgi import application
from callcenter.models import WatiAccount
from callcenter.web import webhook_auth
from calls.models import Line, WebhookDelivery
from calls.node.metrics import registry
from calls.signaling import deliveries
from calls.webhooks import batches, processor, spool, spool_import, views
from calls.webhooks import door as doors
from calls.webhooks import intake as intakes
from calls.webhooks.door import webhook_door
from calls.webhooks.intake import intake
from tests.cast import Cast
from tests.servers import wait_for

KEY = "simulator-webhook-key"
TERMINATE = "/webhooks/wati/terminate-call/"
Answer = tuple[int, dict[str, str], bytes]


async def post(
    body: object,
    path: str = TERMINATE,
    *,
    key: str = KEY,
    app: Any = application,
    **scope: Any,
) -> Answer:
    """Post as a server hands it over: in pieces, and without its length."""
    chunk = 8192
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    parts = [content[i : i + chunk] for i in range(0, len(content), chunk)] or [b""]
    messages = [
        {"type": "http.request", "body": part, "more_body": part is not parts[-1]}
        for part in parts
    ]
    sent: list[dict[str, Any]] = []
    gone = asyncio.Event()

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop(0)
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    request = {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": b"",
        "scheme": "http",
        "client": ["192.0.2.1", 4000],
        "headers": [
            (b"host", b"localhost"),
            (b"authorization", f"Bearer {key}".encode()),
        ],
    }
    await app(request | scope, receive, send)
    headers = {k.decode().lower(): v.decode() for k, v in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(m.get("body", b"") for m in sent[1:])


async def statuses(*posts: Any) -> list[int]:
    return [answer[0] for answer in await asyncio.gather(*posts)]


def no_news() -> bool:
    return not WebhookDelivery.objects.filter(status="new").exists()


@pytest.fixture
def settled(cast: Cast):
    """The cast; at the end all webhooks have had their effect."""
    yield cast
    wait_for(no_news, "the effects")


@pytest.mark.parametrize("slash", ["", "/"])
async def test_a_webhook_comes_in_with_and_without_the_last_slash(
    settled: Cast, slash: str
):
    for kind in ("inbound-call", "terminate-call", "call-permission"):
        status, headers, body = await post({}, f"/webhooks/wati/{kind}{slash}")
        assert (status, json.loads(body)) == (200, {"message": "Received."})
        assert headers["content-length"] == str(len(body))
    assert WebhookDelivery.objects.count() == 3


@pytest.mark.parametrize("path", [TERMINATE, "/webhooks/wati/nonsense/"])
@pytest.mark.parametrize("size", [65 * 1024, 100_000, 1_000_000])
async def test_what_is_too_large_is_refused_though_nobody_said_its_size(
    settled: Cast, path: str, size: int
):
    status, _, _ = await post(b" " * size, path)
    assert status == 413


async def test_what_is_just_small_enough_is_kept(settled: Cast):
    body = json.dumps({"callId": "1", "pad": "x" * 65_000}).encode()
    status, _, _ = await post(body.ljust(64 * 1024))
    assert status == 200


async def test_who_shows_no_key_is_told_so(settled: Cast):
    status, headers, _ = await post({"callId": "1"}, key="wrong")
    assert (status, headers["www-authenticate"]) == (401, "Bearer")
    assert not WebhookDelivery.objects.exists()


async def test_plain_http_is_redirected_where_that_is_the_rule(settled: Cast, settings):
    settings.SECURE_SSL_REDIRECT = True
    app = webhook_door(ASGIHandler())
    assert (await post({}, app=app, scheme="http"))[0] == 301
    assert (await post({}, app=app, scheme="https"))[0] == 200


async def test_a_host_that_is_not_ours_is_refused(settled: Cast):
    host = [(b"host", b"evil.example"), (b"authorization", f"Bearer {KEY}".encode())]
    assert (await post({"callId": "1"}, headers=host))[0] == 400
    assert not WebhookDelivery.objects.exists()


# --- Keys -----------------------------------------------------------------------------


async def test_a_new_key_works_at_once_and_an_old_one_no_more(settled: Cast):
    assert await statuses(post({}), post({}, key="new")) == [200, 401]
    settled.account.webhook_key = "new"
    settled.account.save()
    assert await statuses(post({}, key="new"), post({})) == [200, 401]


async def test_a_key_that_another_process_added_works_at_once(settled: Cast):
    assert await statuses(post({})) == [200]
    WatiAccount.objects.update(webhook_key="new")  # tells nobody
    assert await statuses(post({}, key="new")) == [200]


async def test_an_account_that_was_replaced_elsewhere_gets_its_webhooks(settled: Cast):
    """Deleted and entered anew, with the same key, within the same second."""
    assert await statuses(post({})) == [200]
    account = settled.account
    raw = WatiAccount.objects.filter(pk=account.pk)
    Line.objects.all().delete()
    WebhookDelivery.objects.all().delete()
    raw._raw_delete(raw.db)  # tells nobody, as another process would not
    again = WatiAccount(name="Again", webhook_key=account.webhook_key)
    WatiAccount.objects.bulk_create([again])
    assert await statuses(post({"callId": "1"})) == [200]
    assert WebhookDelivery.objects.get().account == again


async def test_a_key_that_another_process_revoked_works_until_keys_are_read_again(
    settled: Cast, monkeypatch: pytest.MonkeyPatch
):
    assert await statuses(post({})) == [200]
    WatiAccount.objects.update(is_active=False)
    monkeypatch.setattr(webhook_auth, "FRESH", 0.0)
    assert await statuses(post({})) == [401]


async def test_many_unknown_keys_cost_few_reads(
    settled: Cast, monkeypatch: pytest.MonkeyPatch
):
    read, reads = webhook_auth.keys._read_accounts, []

    def count() -> None:
        reads.append(1)
        read()

    monkeypatch.setattr(webhook_auth.keys, "_read_accounts", count)
    keys = [f"wrong {number}" for number in range(150)]
    assert set(await statuses(*(post({}, key=key) for key in keys))) == {401}
    assert len(reads) < len(keys) / 10


async def test_without_a_database_keys_are_those_read_last(
    settled: Cast, monkeypatch: pytest.MonkeyPatch, tmp_path, settings
):
    settings.SPOOL_DIR = tmp_path
    assert await statuses(post({})) == [200]
    with no_database(monkeypatch):
        webhook_auth.keys.forget()
        answers = await statuses(post({"callId": "1"}), post({}, key="wrong"))
    assert answers == [200, 401]
    spool_import.import_all()
    assert WebhookDelivery.objects.filter(wati_call_id="1").count() == 1
    WebhookDelivery.objects.update(next_attempt_at=timezone.now())
    processor.sweep()


async def test_a_process_that_never_saw_the_database_has_wati_come_again(
    settled: Cast, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(views, "keys", webhook_auth.Keys())
    with no_database(monkeypatch):
        assert await statuses(post({}), post({}, key="wrong")) == [503, 503]
    webhook_auth.keys.forget()


@contextmanager
def no_database(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No thread gets a new connection."""

    def away(*_: object, **__: object) -> None:
        raise OperationalError("connection refused")

    with monkeypatch.context() as patch:
        patch.setattr(BaseDatabaseWrapper, "connect", away)
        yield


# --- Many at once ---------------------------------------------------------------------


async def wait(number: int) -> None:
    """Until so many webhooks wait besides those that are being stored."""
    queue = intake._database._queue

    def are_there() -> bool:
        return queue.qsize() >= number

    await asyncio.to_thread(wait_for, are_there, f"{number} to wait")


class Gate:
    """Holds up the writer of the database, and counts what it stores in one go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opened, self.reached = threading.Event(), threading.Event()
        self.batches: list[int] = []
        store_all = deliveries.store_all

        def store(webhooks: Sequence[deliveries.Webhook]) -> list[Any]:
            self.reached.set()
            assert self.opened.wait(60)
            stored = store_all(webhooks)
            self.batches.append(len(webhooks))
            return stored

        monkeypatch.setattr(deliveries, "store_all", store)

    async def hold_up(self, call_id: str) -> asyncio.Task[Answer]:
        """Post a webhook, behind which all others wait from now on."""
        first = asyncio.create_task(post({"callId": call_id}))
        assert await asyncio.to_thread(self.reached.wait, 60)
        return first


@pytest.fixture
def gate(settled: Cast, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    # The gate and a crowded machine may take their time: not what is tested here.
    monkeypatch.setattr(intakes, "STORE_WITHIN", 60.0)
    monkeypatch.setattr(batches, "STUCK_AFTER", 60.0)
    gate = Gate(monkeypatch)
    yield gate
    gate.opened.set()


async def test_what_waits_together_is_stored_together(gate: Gate):
    first = await gate.hold_up("first")
    posts = statuses(*(post({"callId": f"{number}"}) for number in range(100)))
    rest = asyncio.create_task(posts)
    await wait(100)
    gate.opened.set()
    assert {(await first)[0], *await rest} == {200}
    assert gate.batches == [1, 64, 36]
    assert WebhookDelivery.objects.count() == 101


async def test_what_is_too_much_is_refused_before_any_work(
    gate: Gate, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(intake, "refused", intakes.Tally("%s webhooks were refused"))
    monkeypatch.setattr(intake, "spooled", intakes.Tally("%s went to the spool"))
    room = intakes.ROOM - 1
    first = await gate.hold_up("first")
    posts = statuses(*(post({"callId": f"{number}"}) for number in range(room)))
    kept = asyncio.create_task(posts)
    await wait(room)
    answers = await asyncio.gather(*(post(b"{", key="wrong") for _ in range(50)))
    gate.opened.set()
    assert {(await first)[0], *await kept} == {200}

    assert {status for status, _, _ in answers} == {503}
    _, headers, body = answers[0]
    assert headers["retry-after"] == "5"
    assert json.loads(body) == {"message": "Too many webhooks at once. Try again."}
    # On a crowded machine the database may take too long for some.
    assert WebhookDelivery.objects.count() + intake.spooled.total == room + 1
    assert intake.refused.total == 50
    lines = [line for line in caplog.messages if "refused" in line]
    assert lines == ["1 webhooks were refused: too many at once"]
    assert b'refused"} 50.0' in generate_latest(registry())


async def test_few_come_in_with_each_turn_of_the_event_loop(
    settled: Cast, monkeypatch: pytest.MonkeyPatch
):
    turn, seen = 0, Counter[int]()
    loop = asyncio.get_running_loop()
    read = doors._read

    def count_turns() -> None:
        nonlocal turn
        turn += 1
        loop.call_soon(count_turns)

    def note(*arguments: Any) -> Any:
        seen[turn] += 1
        return read(*arguments)

    monkeypatch.setattr(doors, "_read", note)
    loop.call_soon(count_turns)
    calls = [f"wacid.{number}" for number in range(100)]
    answers = await statuses(*(post({"callId": call}) for call in calls))
    assert set(answers) == {200}
    assert seen.total() == 100
    assert max(seen.values()) <= doors.MOST_A_TURN


async def test_who_hangs_up_before_his_turn_is_left_out(gate: Gate):
    first = await gate.hold_up("first")
    second = asyncio.create_task(post({"callId": "second"}))
    third = asyncio.create_task(post({"callId": "third"}))
    await wait(2)
    second.cancel()
    await asyncio.wait([second])
    gate.opened.set()
    assert {(await first)[0], (await third)[0]} == {200}
    calls = WebhookDelivery.objects.values_list("wati_call_id", flat=True)
    assert sorted(calls) == ["first", "third"]


async def test_a_database_that_does_not_answer_holds_no_webhook(
    settled: Cast, monkeypatch: pytest.MonkeyPatch, settings, tmp_path
):
    """The first is given up after its second, the others do not wait at all."""
    settings.SPOOL_DIR = tmp_path
    monkeypatch.setattr(intakes, "STORE_WITHIN", 0.3)
    monkeypatch.setattr(batches, "STUCK_AFTER", 0.2)
    gate = Gate(monkeypatch)
    try:
        assert await statuses(post({"callId": "1"})) == [200]
        assert intake._database.is_stuck
        answers = await statuses(*(post({"callId": f"{n}"}) for n in range(2, 10)))
        assert set(answers) == {200}
        assert not WebhookDelivery.objects.exists()
    finally:
        gate.opened.set()
    wait_for(lambda: not intake._database.is_stuck, "the writer")
    assert spool_import.import_all() == 9
    kept = WebhookDelivery.objects.values_list("wati_call_id", "copies")
    assert sorted(kept) == [(f"{number}", 0) for number in range(1, 10)]


async def test_one_that_cannot_be_stored_costs_the_others_nothing(
    gate: Gate, settings, tmp_path
):
    settings.SPOOL_DIR = tmp_path
    first = await gate.hold_up("first")
    gone = WatiAccount.objects.create(name="Gone", webhook_key="gone")
    webhooks = [post({"callId": "1"}), post({"callId": "2"}, key="gone")]
    rest = asyncio.create_task(statuses(*webhooks, post({"callId": "3"})))
    await wait(3)
    gone.delete()
    gate.opened.set()
    assert [(await first)[0], *await rest] == [200, 200, 401, 200]
    assert WebhookDelivery.objects.count() == 3
    assert spool_import.import_all() == 0
    assert not list(tmp_path.glob(f"{spool.FILE}*"))
