"""Families of metrics in the shapes that are used here, under one prefix."""

from collections.abc import Iterable, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

PREFIX = "callcenter_"
QUANTILES = (0.5, 0.99, 1)

Labels = str | tuple[str, ...]


def single(name: str, what: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(PREFIX + name, what, value=value)


def gauges(
    name: str, what: str, label: str, values: Mapping[Labels, float]
) -> GaugeMetricFamily:
    """Return a gauge for each value; `label`: its labels, separated by commas."""
    family = GaugeMetricFamily(PREFIX + name, what, labels=label.split(","))
    for key, value in values.items():
        family.add_metric([key] if isinstance(key, str) else list(key), value)
    return family


def counters(
    name: str, what: str, label: str, values: Mapping[str, float]
) -> CounterMetricFamily:
    family = CounterMetricFamily(PREFIX + name, what, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def quantiles(name: str, what: str, values: Iterable[float]) -> GaugeMetricFamily:
    """Return the median, the 99th percentile and the worst; 0 without values."""
    family = GaugeMetricFamily(PREFIX + name, what, labels=["quantile"])
    ordered = sorted(values)
    for quantile in QUANTILES:
        at = min(int(len(ordered) * quantile), len(ordered) - 1)
        family.add_metric([str(quantile)], ordered[at] if ordered else 0)
    return family
