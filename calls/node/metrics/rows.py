"""Numbers of the rows. Each look is bounded, however many rows there are."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, QuerySet
from django.utils import timezone
from prometheus_client.core import Metric

from agents.models import Agent, AgentState
from callcenter.models import CanaryRun, WatiAccount
from calls import placement
from calls.models import (
    Call,
    Offer,
    SetAsideLine,
    SweepRun,
    WatiRequest,
    WebhookDelivery,
)
from calls.node.metrics.families import gauges, quantiles, single
from calls.reporting import recent
from calls.reporting.hearing import recent_hearings
from calls.signaling import breaker
from calls.states import LIVE

MOST_COUNTED = 10_000


def families() -> Iterator[Metric]:
    live = Call.objects.logged().filter(status__in=LIVE)
    yield gauges("calls", "Live calls", "status", _by("status", live, LIVE))
    agents = _by("state", Agent.objects.people(), AgentState.values)
    yield gauges("agents", "Agents", "state", agents)
    yield single("nodes_alive", "Nodes with a lease", placement.living().count())
    yield from _of_wati()
    yield from _lately()
    yield from _work()
    yield from _sweeps()
    yield from _hearing()
    yield from _canary()


def _by(field: str, rows: QuerySet[Any], words: Any) -> dict[Any, float]:
    counted = dict(rows.order_by().values_list(field).annotate(Count("pk")))
    return {str(word): counted.get(word, 0) for word in words}


def _at_most(rows: QuerySet[Any]) -> int:
    """Count them, but no further than matters."""
    return rows.order_by()[:MOST_COUNTED].count()


def _of_wati() -> Iterator[Metric]:
    """Count what is not done; indexes hold these rows alone."""
    webhooks, requests = WebhookDelivery.Status, WatiRequest.Status
    unsettled: dict[Any, float] = {
        str(status): _at_most(WebhookDelivery.objects.filter(status=status))
        for status in (webhooks.NEW, webhooks.WAITING, webhooks.DEAD)
    }
    yield gauges("webhooks", "Webhooks that are not done", "status", unsettled)
    open_requests: dict[Any, float] = {
        str(status): _at_most(WatiRequest.objects.filter(status=status))
        for status in (requests.PENDING, requests.SENT, requests.UNKNOWN)
    }
    yield gauges(
        "wati_requests", "Requests not known to be done", "status", open_requests
    )
    set_aside = _at_most(SetAsideLine.objects.all())
    yield single("webhooks_set_aside", "Lines from the disk not stored", set_aside)
    failing: dict[Any, float] = {
        account.name: breaker.is_failing(account.pk)
        for account in WatiAccount.objects.of_people().filter(is_active=True)
    }
    yield gauges("wati_failing", "1 while Wati fails", "account", failing)


def _lately() -> Iterator[Metric]:
    now = timezone.now()
    calls: dict[Any, float] = {**recent.calls(now)}
    yield gauges("recent_calls", "Calls begun lately", "direction,outcome", calls)
    found = recent.ring_attempts(now)
    outcomes: dict[Any, float] = {
        str(outcome): found.outcomes[outcome] for outcome in Offer.Outcome.values
    }
    yield gauges("recent_ring_attempts", "Ring attempts lately", "outcome", outcomes)
    for name, what, seconds in (
        ("ring_confirmed", "From ring attempt to the console's word", found.confirmed),
        ("first_ring", "From webhook to the first ring", found.first),
        ("answer_sent", "From click to our answer", recent.answers(now)),
    ):
        yield quantiles(f"recent_{name}_seconds", what, seconds)


def _work() -> Iterator[Metric]:
    now = timezone.now()
    late: dict[Any, float] = {**recent.overdue(now)}
    yield gauges("overdue_seconds", "Age of the oldest due work", "work", late)


def _sweeps() -> Iterator[Metric]:
    """Yield how the sweeps go, whichever process runs them."""
    now, runs = timezone.now(), list(SweepRun.objects.all())
    ages: dict[Any, float] = {
        run.name: (now - run.ran_at).total_seconds() for run in runs
    }
    yield gauges("sweep_age_seconds", "Since a sweep ran last", "sweep", ages)
    failing: dict[Any, float] = {
        run.name: run.failing_since is not None for run in runs
    }
    yield gauges("sweep_failing", "1 while this sweep fails", "sweep", failing)
    yield single(
        "worker_silent", "1 while nodes do its work", SweepRun.objects.stood_in()
    )


def _hearing() -> Iterator[Metric]:
    """Yield what tells whether Wati's webhooks arrive and are understood."""
    now = timezone.now()
    ages: dict[Any, float] = {}
    counts: dict[Any, float] = {}
    offsets: dict[Any, float] = {}
    for hearing in recent_hearings(now):
        account = hearing.account.name
        for line in hearing.lines:
            for kind, at in line.heard.items():
                ages[line.line.number, kind] = (now - at).total_seconds()
        for fact, count in hearing.counts.items():
            counts[account, fact] = count
        offset = hearing.clock_offset
        offsets[account] = offset.total_seconds() if offset else 0
    yield gauges(
        "webhook_age_seconds", "Since a line was last heard", "line,kind", ages
    )
    yield gauges("webhooks_day", "Of the last 24 hours", "account,fact", counts)
    yield gauges(
        "webhook_clock_offset_seconds",
        "The sender's clock behind ours, where most webhooks agree",
        "account",
        offsets,
    )


def _canary() -> Iterator[Metric]:
    """Yield the last canary call; nothing where none was ever made."""
    run = CanaryRun.objects.exclude(finished_at=None).order_by("-pk").first()
    if run is None:
        return
    age = (timezone.now() - run.started_at).total_seconds()
    yield single("canary_ok", "Whether the last canary call went well", not run.problem)
    yield single("canary_age_seconds", "Since it began", age)
    steps: dict[Any, float] = {**run.steps}
    yield gauges("canary_step_seconds", "When it had come so far", "step", steps)
