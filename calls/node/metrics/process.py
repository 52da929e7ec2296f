"""Numbers of this process itself."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import connection
from prometheus_client.core import Metric

from callcenter import push
from calls.locking import watch
from calls.node.bridge import bridge
from calls.node.metrics.families import counters, gauges, quantiles, single
from calls.node.process import node_process
from calls.webhooks import descriptions, spool_figures
from calls.webhooks.intake import intake
from calls.webhooks.processor import processor


def families() -> Iterator[Metric]:
    for name, what, value in (
        ("node_calls", "Calls this node holds", len(bridge.held.hub)),
        ("node_max_calls", "Calls it may hold", settings.NODE_MAX_CALLS),
        ("node_draining", "1 while it takes no new call", node_process.is_draining),
        ("node_clock_offset_seconds", "Ahead of the database's", _clock_offset()),
        ("loop_lag_seconds", "Worst of a minute", node_process.watch.worst),
        ("loop_lag_p99_seconds", "99 % of a minute", node_process.watch.p99),
        ("tasks", "Tasks of the event loop", node_process.count_tasks()),
        ("webhooks_waiting", "Effects that wait here", processor.waiting),
        ("push_silent", "1 while pushes of others are lost", push.is_silent()),
    ):
        yield single(name, what, value)
    for name, what, seconds in (
        ("dispatch_lock_held", "The dispatch lock was held", watch.held),
        ("dispatch_lock_waited", "The dispatch lock was waited for", watch.waited),
    ):
        yield quantiles(f"{name}_seconds", f"{what}, latest thousand", list(seconds))
    yield counters(
        "webhooks_received",
        "Webhooks of this process",
        "outcome",
        {
            "stored": intake.stored,
            "spooled": intake.spooled.total,
            "refused": intake.refused.total,
            "unauthorised": intake.unauthorised.total,
        },
    )
    left_out = {
        "candidates": descriptions.counts.candidates,
        "media": descriptions.counts.media,
        "descriptions": descriptions.counts.refused,
    }
    yield counters(
        "sdp_left_out", "Of WhatsApp's SDP in this process", "what", left_out
    )
    yield gauges("database_pool", "Connections to PostgreSQL", "state", _pool())
    yield from _spool()


def _clock_offset() -> float:
    return bridge.held.node.clock_offset if bridge.held.node else 0.0


def _spool() -> Iterator[Metric]:
    kept = spool_figures.look()
    yield single("spool_lines", "Webhooks on disk, not brought in yet", kept.lines)
    yield single("spool_bytes", "Size of these on disk", kept.bytes)
    yield single("spool_oldest_seconds", "Since the oldest came", kept.oldest_seconds)


def _pool() -> dict[Any, float]:
    """Return how the pool of this process is used; nothing where there is none."""
    if connection.vendor != "postgresql":
        return {}
    pool: Any = getattr(connection, "pool", None)
    if pool is None:
        return {}
    told = pool.get_stats()
    size, free = told.get("pool_size", 0), told.get("pool_available", 0)
    return {
        "used": size - free,
        "free": free,
        "most": told.get("pool_max", 0),
        "waiting": told.get("requests_waiting", 0),
    }
