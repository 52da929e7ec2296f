"""From and to: two dates that narrow a list, on the screen and in a file alike."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.admin import ListFilter, ModelAdmin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class BadPeriod(ValueError):
    """A date that cannot be read; the text is a sentence for the person who asked."""


def day_of(now: datetime) -> tuple[datetime, datetime]:
    """Return when the day around an instant starts and ends, in the current zone."""
    start = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    # Not 24 hours: days on which the clock changes are longer or shorter.
    following = timezone.make_aware(start.replace(tzinfo=None) + timedelta(days=1))
    return start, following


def read_period(first: str, last: str) -> tuple[datetime | None, datetime | None]:
    """Read from and to: dates in the current zone or ISO instants; empty is open.

    A date as `to` includes its whole day. The end is exclusive. Raises BadPeriod.
    """
    start = _instant("from", first, days=0)
    end = _instant("to", last, days=1)
    if start and end and start >= end:
        raise BadPeriod(_("“from” must be before “to”."))
    return start, end


def _instant(name: str, text: str, *, days: int) -> datetime | None:
    text = text.strip()
    if not text:
        return None
    try:
        day = _date(text)
        if day:
            midnight = datetime.combine(day + timedelta(days=days), time.min)
            return timezone.make_aware(midnight).astimezone(UTC)
        # In a query string a bare + is a space: 10:00:00+01:00 arrives without it.
        instant = datetime.fromisoformat(text.replace(" ", "+"))
        if timezone.is_naive(instant):
            instant = timezone.make_aware(instant)
        return instant.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadPeriod(
            _(
                "“{name}” must be a date such as 2026-11-23 or a time such as "
                "2026-11-23T09:30:00Z, not “{text}”."
            ).format(name=name, text=text[:40])
        ) from None


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


class PeriodFilter(ListFilter):
    """?from=&to=: two dates to fill in, about the instant of `field`."""

    title = gettext_lazy("period")
    field = "created_at"
    template = "admin/period_filter.html"

    def __init__(
        self,
        request: HttpRequest,
        params: dict[str, list[str]],
        model: Any,
        model_admin: "ModelAdmin[Any]",
    ) -> None:
        super().__init__(request, params, model, model_admin)
        for name in self.expected_parameters():
            if name in params:
                self.used_parameters[name] = params.pop(name)[-1]

    def expected_parameters(self) -> list[str | None]:
        return ["from", "to"]

    def has_output(self) -> bool:
        return True

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        others = changelist.get_filters_params()
        yield {
            "values": self.used_parameters,
            "others": [
                (name, value)
                for name, values in others.items()
                if name not in self.expected_parameters()
                for value in values
            ],
            "search": changelist.query,
            "clear": changelist.get_query_string(remove=["from", "to"]),
        }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        try:
            start, end = read_period(
                str(self.used_parameters.get("from", "")),
                str(self.used_parameters.get("to", "")),
            )
        except BadPeriod as problem:
            messages.error(request, str(problem))
            return queryset.none()
        if start:
            queryset = queryset.filter(**{f"{self.field}__gte": start})
        if end:
            queryset = queryset.filter(**{f"{self.field}__lt": end})
        return queryset
