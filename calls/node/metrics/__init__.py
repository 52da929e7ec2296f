"""Prometheus numbers: of this process, and of the rows that all processes share."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import Metric

from callcenter.instruments import INSTRUMENTS
from calls.node.metrics import audio, process, rows
from calls.node.metrics.families import single


class OfThisProcess:
    """Collects numbers that need no database, also while it is away."""

    def collect(self) -> Iterator[Metric]:
        yield from process.families()
        yield from audio.families()
        yield from INSTRUMENTS.collect()


class OfTheRows:
    """Collects numbers that every process reads alike from the rows."""

    def collect(self) -> Iterator[Metric]:
        yield single("database_up", "Whether the database answered", 1)
        yield from rows.families()


class WithoutRows:
    """Stands in for the numbers of the rows while the database is away."""

    def collect(self) -> Iterator[Metric]:
        yield single("database_up", "Whether the database answered", 0)


def of_this_process() -> CollectorRegistry:
    fresh = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=fresh)
    fresh.register(OfThisProcess())
    return fresh


def of_the_rows(*, are_there: bool = True) -> CollectorRegistry:
    fresh = CollectorRegistry(auto_describe=False)
    fresh.register(OfTheRows() if are_there else WithoutRows())
    return fresh


def registry() -> CollectorRegistry:
    """Return everything at once; raises DatabaseError while the database is away."""
    fresh = of_this_process()
    fresh.register(OfTheRows())
    return fresh
