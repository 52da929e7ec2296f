"""More webhooks than a node can take, and a database that does not take any."""

import asyncio
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import httpx2
import pytest
from django.conf import settings
from django.db import connection, transaction

from calls.models import Call, WebhookDelivery
from tests.cast import Cast
from tests.processes import most_threads
from tests.servers import wait_for
from tests.stack import Stack

CALLS = 400
AT_ONCE = 200
WORDS = ("calling", "ringing", "accepted")
Answers = dict[str, list[httpx2.Response]]


def no_news() -> bool:
    return not WebhookDelivery.objects.filter(status="new").exists()


def spooled(stack: Stack) -> float:
    text = stack.http.get(f"{stack.nodes[0].url}/metrics").text
    found = re.search(r'received_total{outcome="spooled"} ([\d.e+]+)', text)
    assert found is not None
    return float(found[1])


class Flood:
    """Says three things of each of many calls, and the next only after an answer.

    What a connection that broke left without an answer is sent again, as Wati does.
    """

    def __init__(self, stack: Stack) -> None:
        self.url = f"{stack.nodes[0].url}/webhooks/wati/outbound-call-status/"
        self.headers = {"Authorization": f"Bearer {settings.SIMULATOR_WEBHOOK_KEY}"}
        self.answers: Answers = {f"wacid.flood.{n}": [] for n in range(CALLS)}
        self.repeated: set[str] = set()

    def run(self) -> Answers:
        asyncio.run(self._run())
        return self.answers

    async def _run(self) -> None:
        limits = httpx2.Limits(max_connections=AT_ONCE)
        options: Any = {"limits": limits, "timeout": 120, "trust_env": False}
        async with httpx2.AsyncClient(headers=self.headers, **options) as client:
            await asyncio.gather(*(self._say(client, call) for call in self.answers))

    async def _say(self, client: httpx2.AsyncClient, call: str) -> None:
        for word in WORDS:
            body = {"callId": call, "status": word}
            self.answers[call].append(await self._answer(client, body))

    async def _answer(
        self, client: httpx2.AsyncClient, body: dict[str, str]
    ) -> httpx2.Response:
        for _ in range(5):
            try:
                return await client.post(self.url, json=body)
            except httpx2.TransportError:
                self.repeated.add(body["callId"])
        return await client.post(self.url, json=body)


@pytest.mark.distributed
def test_a_flood_is_stored_or_refused_and_leaves_the_node_as_it_was(
    stack: Stack, crew: Cast
):
    node, before = stack.nodes[0], spooled(stack)
    assert stack.webhook("call-permission", {}).status_code == 200
    with most_threads(node.process.pid) as threads:
        sender = Flood(stack)
        answers = sender.run()
    assert max(threads) < min(threads) + 30  # and not one for each of 200 at once

    every = [answer for of_call in answers.values() for answer in of_call]
    statuses = Counter(answer.status_code for answer in every)
    assert statuses[200] + statuses[503] == len(every) == CALLS * len(WORDS)
    assert all(a.headers["Retry-After"] for a in every if a.status_code == 503)

    flood = WebhookDelivery.objects.filter(wati_call_id__startswith="wacid.flood.")
    wait_for(lambda: flood.count() >= statuses[200], "the spool", 120)
    wait_for(no_news, "the effects", 120)
    assert flood.count() == statuses[200]
    once = flood.exclude(wati_call_id__in=sender.repeated)
    assert not once.exclude(copies=0).exists()
    assert len(sender.repeated) < CALLS / 10
    heard = dict(Call.objects.values_list("wati_call_id", "heard"))
    # What is said of a call has its effect in the order in which it came; but what a
    # database did not store within a second, as SQLite in a flood, comes later.
    in_order = list if spooled(stack) == before else sorted
    for call, of_call in answers.items():
        pairs = zip(WORDS, of_call, strict=True)
        taken = [word for word, answer in pairs if answer.status_code == 200]
        assert in_order(heard.get(call, "").split()) == in_order(taken)

    assert stack.webhook("terminate-call", {"callId": "wacid.after"}).status_code == 200
    wait_for(lambda: Call.objects.filter(wati_call_id="wacid.after").exists(), "it")


@contextmanager
def database_locked() -> Iterator[None]:
    """Another program keeps everybody from writing."""
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(connection.settings_dict["NAME"])) as program:
            program.execute("BEGIN IMMEDIATE")
            yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {WebhookDelivery._meta.db_table}")
        yield


@pytest.mark.distributed
def test_a_locked_database_holds_no_webhook_and_loses_none(stack: Stack, crew: Cast):
    assert stack.webhook("call-permission", {}).status_code == 200
    calls = [f"wacid.locked.{number}" for number in range(20)]
    with database_locked():
        for call in calls:
            answer = stack.webhook("terminate-call", {"callId": call})
            assert answer.status_code == 200
    wait_for(
        lambda: Call.objects.filter(wati_call_id__in=calls).count() == len(calls),
        "the spool to be brought in",
    )
    rows = WebhookDelivery.objects.filter(wati_call_id__in=calls)
    assert list(rows.values_list("copies", flat=True)) == [0] * len(calls)
