"""What Prometheus is told: to whom, when the database is away, and by which names."""

import asyncio
import json
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from callcenter import push
from callcenter.models import CanaryRun
from callcenter.web.metrics_token import metrics_token_is_set
from calls.models import (
    Call,
    Offer,
    SetAsideLine,
    SweepRun,
    WatiRequest,
    WebhookDelivery,
)
from calls.node.metrics import rows
from calls.reporting import recent
from calls.signaling import breaker
from tests.cast import Cast
from tests.paths import ROOT

TOKEN = "a-long-random-text"
ROW = re.compile(r"^\| `((?:callcenter|process)_\w+)(?:\{[^}]*\})?`", re.MULTILINE)
# In an expression: a name, and not what stands in quotes.
NAME = re.compile(r"\b(?:callcenter|process)_\w+\b")
AN_ALERT = re.compile(
    r"- alert: (?P<alert>\w+)\n +expr: (?P<expr>.+)\n +for: \d+m\n"
    r" +labels: {severity: (?P<severity>\w+)}\n +annotations:\n"
    r' +summary: "(?P<summary>.+)"\n +action: "(?P<action>.+)"\n'
)
OF_A_HISTOGRAM = re.compile(r"_(?:bucket|count|sum)$")
OPERATIONS = ROOT / "docs/operations.md"


@pytest.fixture
def busy(cast: Cast) -> Cast:
    """Something of everything that is told."""
    now = timezone.now()
    call = Call.objects.create(
        account=cast.account,
        wati_call_id="wacid.1",
        direction="inbound",
        line=cast.line,
        queue=cast.queue,
        status="active",
        claimed_at=now,
        deadline=now - timedelta(seconds=30),
        created_at=now - timedelta(seconds=3),
    )
    Offer.objects.create(
        call=call,
        agent=cast.ana,
        outcome="answered",
        offered_at=now - timedelta(seconds=2.5),
        rang_at=now - timedelta(seconds=2),
    )
    WatiRequest.objects.create(
        account=cast.account,
        call=call,
        verb="accept",
        status="unknown",
        sent_at=now + timedelta(seconds=0.25),
    )
    WebhookDelivery.objects.create(
        account=cast.account, kind="inbound-call", status="dead", body=b"{}"
    )
    cast.line.heard.create(kind="inbound-call", at=now)
    SweepRun.objects.create(
        name="sweep_webhooks", ran_at=now - timedelta(seconds=90), failing_since=now
    )
    CanaryRun.objects.create(finished_at=now, steps={"ring": 0.4})
    return cast


def told(**headers: str) -> dict[tuple[str, str], float]:
    """Every sample by its name and labels."""
    answer = Client().get("/metrics", headers=headers)
    assert answer.status_code == 200, answer.content
    return {
        (sample.name, " ".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


# --- Who may read them ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("shown", "status"),
    [
        (f"Bearer {TOKEN}", 200),
        (f"bearer {TOKEN}", 200),
        ("", 401),
        ("Bearer", 401),
        (TOKEN, 401),
        (f"Bearer {TOKEN}x", 401),
        ("Bearer ü", 401),
        (f"Basic {TOKEN}", 401),
    ],
)
def test_only_who_shows_the_token_reads_them(cast, settings, shown, status):
    settings.METRICS_TOKEN = TOKEN
    answer = Client().get("/metrics", headers={"Authorization": shown})
    assert answer.status_code == status
    assert (b"callcenter_" in answer.content) == (status == 200)
    assert answer.headers.get("WWW-Authenticate") == (
        "Bearer" if status == 401 else None
    )


def test_without_a_token_they_are_closed_and_the_answer_says_what_to_do(cast, settings):
    answer = Client().get("/metrics")
    assert answer.status_code == 403
    assert b"Set METRICS_TOKEN" in answer.content
    settings.DEBUG = True
    assert Client().get("/metrics").status_code == 200


def test_a_site_without_a_token_is_told_so_before_it_starts(settings):
    (problem,) = metrics_token_is_set(None)
    assert "METRICS_TOKEN is empty" in problem.msg
    settings.METRICS_TOKEN = TOKEN
    assert metrics_token_is_set(None) == []


def test_nothing_but_reading_is_possible(settings, cast):
    settings.METRICS_TOKEN = TOKEN
    assert Client().post("/metrics").status_code == 405


# --- What they say --------------------------------------------------------------------


@pytest.fixture
def open_to_all(settings) -> None:
    settings.METRICS_TOKEN, settings.DEBUG = "", True


def test_a_call_is_told_from_its_webhook_to_our_answer(busy, open_to_all):
    now = told()
    assert now["callcenter_calls", "active"] == 1
    assert now["callcenter_recent_calls", "inbound live"] == 1
    assert now["callcenter_recent_ring_attempts", "answered"] == 1
    assert now["callcenter_recent_ring_confirmed_seconds", "0.5"] == pytest.approx(0.5)
    assert now["callcenter_recent_first_ring_seconds", "1"] == pytest.approx(1.0)
    assert now["callcenter_recent_answer_sent_seconds", "0.99"] == pytest.approx(0.25)


def test_what_stands_still_is_told_with_its_age(busy, open_to_all):
    now = told()
    assert 30 <= now["callcenter_overdue_seconds", "calls"] < 60
    assert now["callcenter_overdue_seconds", "webhooks"] == 0
    assert 90 <= now["callcenter_sweep_age_seconds", "sweep_webhooks"] < 120
    assert now["callcenter_webhooks", "dead"] == 1
    assert now["callcenter_wati_requests", "unknown"] == 1


def test_what_goes_on_by_other_means_is_told(busy, open_to_all):
    """A fault that nobody in a call notices is one that somebody must be told of."""
    before = told()
    assert before["callcenter_sweep_failing", "sweep_webhooks"] == 1
    assert before["callcenter_worker_silent", ""] == 0
    assert before["callcenter_webhooks_set_aside", ""] == 0
    SweepRun.objects.update(ran_at=timezone.now(), runner="node-1", failing_since=None)
    SetAsideLine.objects.create(file="any", line=b"torn", problem="torn")
    now = told()
    assert now["callcenter_sweep_failing", "sweep_webhooks"] == 0
    assert now["callcenter_worker_silent", ""] == 1
    assert now["callcenter_webhooks_set_aside", ""] == 1


def test_a_wati_that_fails_is_told_for_each_account(busy, open_to_all):
    name = busy.account.name
    assert told()["callcenter_wati_failing", name] == 0
    WatiRequest.objects.bulk_create(
        WatiRequest(
            account=busy.account,
            verb="accept",
            status="unknown",
            sent_at=timezone.now(),
        )
        for _ in range(breaker.FAILURES)
    )
    assert told()["callcenter_wati_failing", name] == 1


async def test_a_layer_that_nobody_hears_is_told(monkeypatch):
    hears = asyncio.Event()
    assert not push.is_silent()
    monkeypatch.setattr(push, "_listening", {hears})
    assert push.is_silent()
    hears.set()
    assert not push.is_silent()


def test_the_canary_s_own_calls_are_not_told(busy, open_to_all):
    Call.objects.update(is_canary=True)
    now = told()
    assert now["callcenter_calls", "active"] == 0
    assert ("callcenter_recent_calls", "inbound live") not in now
    assert now["callcenter_recent_ring_attempts", "answered"] == 0
    assert now["callcenter_canary_ok", ""] == 1
    assert now["callcenter_canary_step_seconds", "ring"] == 0.4


def test_with_the_database_away_the_rest_is_told(cast, open_to_all, monkeypatch):
    def away() -> Iterator[None]:
        raise OperationalError

    monkeypatch.setattr(rows, "families", away)
    now = told()
    assert now["callcenter_database_up", ""] == 0
    assert ("callcenter_node_calls", "") in now
    assert ("callcenter_calls", "active") not in now
    monkeypatch.undo()
    assert told()["callcenter_database_up", ""] == 1


def test_no_statement_counts_all_rows_of_a_large_table(busy):
    """Each look at a table of calls, webhooks or requests has a condition."""
    with CaptureQueriesContext(
        connection,
    ) as asked:
        list(rows.families())
    large = ("calls_call", "calls_webhookdelivery", "calls_watirequest", "calls_offer")
    for one in asked.captured_queries:
        sql = one["sql"]
        if any(f'FROM "{table}"' in sql for table in large):
            assert "WHERE" in sql, sql
    assert len(asked) < 60


def test_a_flood_of_calls_is_looked_at_up_to_a_bound(busy, monkeypatch):
    monkeypatch.setattr(recent, "MOST", 3)
    now = timezone.now()
    Call.objects.bulk_create(
        Call(
            account=busy.account, direction="outbound", status="ended", result="failed"
        )
        for _ in range(5)
    )
    assert recent.calls(now).total() == 3
    assert recent.calls(now)["outbound", "failed"] == 3


# --- The documents --------------------------------------------------------------------


@pytest.fixture
def names(busy, open_to_all, monkeypatch) -> set[str]:
    """Every name that the product may give."""
    from calls.node.metrics import process

    pool = {"used": 1, "free": 0, "most": 20, "waiting": 0}
    monkeypatch.setattr(process, "_pool", lambda: pool)
    return {name for name, _ in told()}


def test_every_metric_stands_in_the_documents_and_no_other(names):
    described = set(ROW.findall(OPERATIONS.read_text()))
    own = {OF_A_HISTOGRAM.sub("", name) for name in names}
    own = {"process_*" if name.startswith("process_") else name for name in own}
    assert described | {"process_*"} == own


def alerts() -> list[dict[str, str]]:
    """The rules, in the one layout that they are written in."""
    text = (ROOT / "deploy/prometheus-rules.yaml").read_text()
    found = [one.groupdict() for one in AN_ALERT.finditer(text)]
    assert len(found) == text.count("- alert:") > 20
    return found


def test_every_metric_of_an_alert_is_one_that_the_product_gives(names):
    for rule in alerts():
        assert set(NAME.findall(rule["expr"])) <= names, rule["alert"]


def test_every_alert_says_what_to_do_and_so_do_the_documents():
    chapter = (
        OPERATIONS.read_text().split("# When an alert fires\n")[1].split("\n## ")[0]
    )
    for rule in alerts():
        assert rule["severity"] in ("page", "ticket")
        assert rule["summary"].endswith(".")
        row = f"| `{rule['alert']}` | {rule['action']} |"
        assert row in chapter, f"docs/operations.md needs: {row}"


def test_every_metric_of_the_dashboard_is_one_that_the_product_gives(names):
    board = json.loads((ROOT / "deploy/grafana-dashboard.json").read_text())
    assert board["schemaVersion"] >= 39
    assert board["templating"]["list"][0]["type"] == "datasource"
    rows_ = [panel["title"] for panel in board["panels"] if panel["type"] == "row"]
    assert rows_ == ["Calls", "Ringing", "Audio", "Webhooks", "Wati", "Machine"]
    asked = {
        name
        for panel in board["panels"]
        for target in panel.get("targets", [])
        for name in NAME.findall(target["expr"])
    }
    assert asked <= names
    assert len(asked) > 25
