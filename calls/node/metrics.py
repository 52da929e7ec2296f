"""Prometheus numbers, read from the rows and this node's hub when asked for."""

from collections.abc import Iterable, Iterator

from django.db.models import Count
from django.utils import timezone
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from agents.models import Agent
from calls.locking import watch
from calls.models import Call, SetAsideLine, SweepRun, WatiRequest, WebhookDelivery
from calls.node.bridge import bridge
from calls.node.process import node_process
from calls.reporting.hearing import recent_hearings
from calls.webhooks import descriptions
from calls.webhooks.intake import intake
from calls.webhooks.processor import processor


class Collector:
    def collect(self) -> Iterator[Metric]:
        for name, what, value in (
            ("node_calls", "Calls this node holds", len(bridge.held.hub)),
            ("node_draining", "1 while it takes no new call", node_process.is_draining),
            ("node_clock_offset_seconds", "Ahead of the database's", _clock_offset()),
            ("loop_lag_seconds", "Worst of a minute", node_process.watch.worst),
            ("loop_lag_p99_seconds", "99 % of a minute", node_process.watch.p99),
            ("tasks", "Tasks of the event loop", node_process.count_tasks()),
            ("webhooks_waiting", "Effects that wait here", processor.waiting),
        ):
            yield GaugeMetricFamily(f"callcenter_{name}", what, value=value)
        for name, what, seconds in (
            ("dispatch_lock_held", "The lock of the floor was held", watch.held),
            ("dispatch_lock_waited", "The lock was waited for", watch.waited),
        ):
            yield _quantiles(f"callcenter_{name}_seconds", what, seconds)
        yield _received()
        yield from _troubles()
        yield _left_out()
        yield from _hearing()
        yield _counted("callcenter_calls", Call.objects.logged(), "status")
        yield _counted("callcenter_agents", Agent.objects.all(), "state")
        yield _counted("callcenter_webhooks", WebhookDelivery.objects.all(), "status")
        yield _counted("callcenter_wati_requests", WatiRequest.objects.all(), "status")


def _clock_offset() -> float:
    return bridge.held.node.clock_offset if bridge.held.node else 0.0


def _quantiles(name: str, what: str, latest: Iterable[float]) -> GaugeMetricFamily:
    """Return the quantiles of the latest thousand times, of this process alone."""
    family = GaugeMetricFamily(name, f"{what}, latest thousand", labels=["quantile"])
    ordered = sorted(latest)
    for quantile in (0.5, 0.99, 1):
        at = min(int(len(ordered) * quantile), len(ordered) - 1)
        family.add_metric([str(quantile)], ordered[at] if ordered else 0)
    return family


def _received() -> CounterMetricFamily:
    family = CounterMetricFamily(
        "callcenter_webhooks_received", "Webhooks of this process", labels=["outcome"]
    )
    family.add_metric(["stored"], intake.stored)
    family.add_metric(["spooled"], intake.spooled.total)
    family.add_metric(["refused"], intake.refused.total)
    family.add_metric(["unauthorised"], intake.unauthorised.total)
    return family


def _troubles() -> Iterator[Metric]:
    """Yield what somebody must look after, as the admin's start page has it."""
    failing = GaugeMetricFamily(
        "callcenter_sweep_failing", "1 while this sweep fails", labels=["sweep"]
    )
    for run in SweepRun.objects.all():
        failing.add_metric([run.name], run.failing_since is not None)
    yield failing
    for name, what, value in (
        (
            "worker_silent",
            "1 while nodes do the worker's work",
            SweepRun.objects.stood_in(),
        ),
        (
            "webhooks_set_aside",
            "Lines from the disk that cannot be stored",
            SetAsideLine.objects.count(),
        ),
    ):
        yield GaugeMetricFamily(f"callcenter_{name}", what, value=value)


def _left_out() -> CounterMetricFamily:
    family = CounterMetricFamily(
        "callcenter_sdp_left_out", "Of WhatsApp's SDP in this process", labels=["what"]
    )
    family.add_metric(["candidates"], descriptions.counts.candidates)
    family.add_metric(["media"], descriptions.counts.media)
    family.add_metric(["descriptions"], descriptions.counts.refused)
    return family


def _hearing() -> Iterator[Metric]:
    """Yield what tells whether Wati's webhooks arrive and are understood."""
    now = timezone.now()
    found = recent_hearings(now)
    ages = GaugeMetricFamily(
        "callcenter_webhook_age_seconds",
        "Since a business number was last heard by a kind of webhook",
        labels=["line", "kind"],
    )
    counts = GaugeMetricFamily(
        "callcenter_webhooks_day", "Of the last 24 hours", labels=["account", "fact"]
    )
    offsets = GaugeMetricFamily(
        "callcenter_webhook_clock_offset_seconds",
        "The sender's clock behind ours, where most webhooks agree",
        labels=["account"],
    )
    for hearing in found:
        account = hearing.account.name
        for line in hearing.lines:
            for kind, at in line.heard.items():
                ages.add_metric([line.line.number, kind], (now - at).total_seconds())
        for fact, count in hearing.counts.items():
            counts.add_metric([account, fact], count)
        offset = hearing.clock_offset
        offsets.add_metric([account], offset.total_seconds() if offset else 0)
    yield from (ages, counts, offsets)


def _counted(name, rows, field) -> GaugeMetricFamily:  # type: ignore[no-untyped-def]
    family = GaugeMetricFamily(name, f"Rows by {field}", labels=[field])
    for value, count in rows.order_by().values_list(field).annotate(Count("pk")):
        family.add_metric([value], count)
    return family


def registry() -> CollectorRegistry:
    fresh = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=fresh)
    fresh.register(Collector())
    return fresh
