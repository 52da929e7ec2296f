"""The service level and the share of abandoned calls: one rule for all who count.

A call counts in the interval in which it was offered, and in the queue that it is in.
Service level: answered within the queue's time, as a share of all that were offered in
business hours and did not hang up at once. Who waits and still has time does not count
yet; once all are decided, the share is that of the definition.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Self

from django.db.models import (
    Count,
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    IntegerField,
    Q,
    Value,
)
from django.db.models.functions import Coalesce

from agents.targets import SERVICE_SECONDS, SHORT_SECONDS
from calls.models import Call, Direction
from calls.reporting.figures import INBOUND

SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Service:
    """Inbound calls of one interval and queue."""

    offered: int = 0
    answered: int = 0
    abandoned: int = 0
    after_hours: int = 0
    in_time: int = 0  # answered within the queue's time
    short: int = 0  # abandoned at once
    undecided: int = 0  # still waiting, and not for too long

    def __add__(self, other: Self) -> "Service":
        names = (one.name for one in fields(self))
        return Service(*(getattr(self, n) + getattr(other, n) for n in names))

    @property
    def counted(self) -> int:
        """Return the calls of which the service level is a share."""
        return self.expected - self.undecided

    @property
    def expected(self) -> int:
        """Return the callers who came in business hours and stayed for a moment."""
        return self.offered - self.after_hours - self.short

    @property
    def gave_up(self) -> int:
        """Return the callers who gave up, without those who hung up at once."""
        return self.abandoned - self.short

    @property
    def level(self) -> float | None:
        return self.in_time / self.counted if self.counted else None

    @property
    def abandon_rate(self) -> float | None:
        return self.gave_up / self.expected if self.expected else None


Services = dict[int | None, Service]


def services(starts: Iterable[datetime], now: datetime) -> list[Services]:
    """Count by queue what was offered since each of these; one statement for all.

    None: calls of no queue, such as those that came in outside business hours.
    """
    starts = list(starts)
    calls = Call.objects.logged().filter(
        direction=Direction.INBOUND, created_at__gte=min(starts), created_at__lte=now
    )
    counts = {
        f"{name}_{number}": Count("pk", filter=Q(created_at__gte=start) & group)
        for number, start in enumerate(starts)
        for name, group in _groups(now).items()
    }
    rows: list[Any] = list(calls.order_by().values("queue").annotate(**counts))
    return [
        {row["queue"]: _service(row, number) for row in rows}
        for number in range(len(starts))
    ]


def _service(row: dict[str, Any], number: int) -> Service:
    return Service(**{one.name: row[f"{one.name}_{number}"] for one in fields(Service)})


def _groups(now: datetime) -> dict[str, Q]:
    in_time, at_once = _after("service_seconds"), _after("short_seconds")
    return {
        "offered": Q(pk__isnull=False),
        "answered": INBOUND["answered"],
        "abandoned": INBOUND["abandoned"],
        "after_hours": INBOUND["after_hours"],
        "in_time": INBOUND["answered"] & Q(answered_at__lte=in_time),
        "short": INBOUND["abandoned"] & Q(ended_at__lte=at_once),
        "undecided": INBOUND["waiting"] & Q(created_at__gt=_before(now)),
    }


DEFAULTS = {"service_seconds": SERVICE_SECONDS, "short_seconds": SHORT_SECONDS}


def _seconds(column: str) -> Any:
    # SQLite multiplies no small integers.
    usual = Value(DEFAULTS[column], IntegerField())
    seconds = Coalesce(F(f"queue__{column}"), usual, output_field=IntegerField())
    return ExpressionWrapper(
        seconds * Value(SECOND, DurationField()), output_field=DurationField()
    )


def _after(column: str) -> Any:
    """Return so long after a call's start."""
    return ExpressionWrapper(
        F("created_at") + _seconds(column), output_field=DateTimeField()
    )


def _before(now: datetime) -> Any:
    """Return from when on a caller who waits still has time."""
    return ExpressionWrapper(
        Value(now, DateTimeField()) - _seconds("service_seconds"),
        output_field=DateTimeField(),
    )
