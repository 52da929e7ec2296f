"""Opening hours: a week and holidays, on the wall clock there. Pure."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_noop

from callcenter.wall_clock import instant

DAY = timedelta(days=1)
# Closed for longer than this, there is no next opening worth showing.
LOOK_AHEAD = 400

OPEN = gettext_noop("Within business hours.")
OPEN_ON_HOLIDAY = gettext_noop("Open with holiday hours: {holiday}.")
CLOSED = gettext_noop("Outside business hours.")
CLOSED_FOR_HOLIDAY = gettext_noop("Closed for a holiday: {holiday}.")
CLOSED_ON_HOLIDAY = gettext_noop("Outside holiday hours: {holiday}.")


class Span(NamedTuple):
    """Open from `opens` to `closes`; over midnight where that is not later.

    Monday is 0. A span belongs to the day on which it begins. Equal times: 24 hours.
    """

    weekday: int
    opens: time
    closes: time


@dataclass(frozen=True)
class Week:
    """`zone` is an IANA name such as Europe/Berlin. Without spans: never open."""

    zone: str
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class ClosedDay:
    """A day with hours of its own instead of the week's; without them: closed."""

    date: date
    name: str
    opens: time | None = None
    closes: time | None = None


@dataclass(frozen=True)
class Opening:
    """`until`: when this changes; None: not within LOOK_AHEAD days."""

    open: bool
    reason: str
    until: datetime | None
    holiday: str = ""

    def sentence(self, translate: Callable[[str], str] = str) -> str:
        return translate(self.reason).format(holiday=self.holiday)


def is_open(week: Week, holidays: Collection[ClosedDay], at: datetime) -> Opening:
    hours = _hours_from(week, holidays, at)
    first = next(hours, None)
    if first is None or first.opens > at:
        return _closed(week, holidays, at, first.opens if first else None)
    closes = first.closes
    for following in hours:
        if following.opens > closes:
            break
        closes = max(closes, following.closes)
    is_known = closes - at < (LOOK_AHEAD - 2) * DAY
    reason = OPEN_ON_HOLIDAY if first.holiday else OPEN
    return Opening(True, reason, closes if is_known else None, first.holiday)


def next_opening(
    week: Week, holidays: Collection[ClosedDay], at: datetime
) -> datetime | None:
    """Return the first instant from `at` on at which it is open, if there is one."""
    opening = is_open(week, holidays, at)
    return at if opening.open else opening.until


def _closed(
    week: Week, holidays: Collection[ClosedDay], at: datetime, until: datetime | None
) -> Opening:
    today = at.astimezone(ZoneInfo(week.zone)).date()
    holiday = _by_date(holidays).get(today)
    if holiday is None:
        return Opening(False, CLOSED, until)
    reason = CLOSED_ON_HOLIDAY if _has_hours(holiday) else CLOSED_FOR_HOLIDAY
    return Opening(False, reason, until, holiday.name)


class _Hours(NamedTuple):
    """A span on one day, in instants."""

    opens: datetime
    closes: datetime
    holiday: str = ""


def _hours_from(
    week: Week, holidays: Collection[ClosedDay], at: datetime
) -> Iterator[_Hours]:
    """Return the hours that are not over at `at`, by their start."""
    zone = ZoneInfo(week.zone)
    yesterday = at.astimezone(zone).date() - DAY
    named = _by_date(holidays)
    for offset in range(LOOK_AHEAD):
        day = yesterday + offset * DAY
        holiday = named.get(day)
        name = holiday.name if holiday else ""
        for span in _spans_of(week, day, holiday):
            # Where the clock shows a time twice, the later one closes.
            last_day = day if span.opens < span.closes else day + DAY
            opens = instant(day, span.opens, zone)
            closes = instant(last_day, span.closes, zone, last=True)
            if opens < closes and at < closes:
                yield _Hours(opens, closes, name)


def _spans_of(week: Week, day: date, holiday: ClosedDay | None) -> list[Span]:
    weekday = day.weekday()
    if holiday is None:
        return sorted(span for span in week.spans if span.weekday == weekday)
    if holiday.opens is None or holiday.closes is None:
        return []
    return [Span(weekday, holiday.opens, holiday.closes)]


def _has_hours(holiday: ClosedDay) -> bool:
    return holiday.opens is not None and holiday.closes is not None


def _by_date(holidays: Collection[ClosedDay]) -> dict[date, ClosedDay]:
    return {holiday.date: holiday for holiday in holidays}
