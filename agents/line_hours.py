"""Opening hours of a business number and its queue, read from the rows."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from agents.models import Schedule
from agents.schedule import ClosedDay, Opening, Span, Week, is_open

ALWAYS = Opening(open=True, reason="", until=None)
# So often a number and its queue may open and close in turns before both are open.
MOST_TURNS = 20


def opening_of_all(schedules: Iterable[Schedule | None], at: datetime) -> Opening:
    """Say whether all of them are open at `at`, and until when that is so."""
    chosen = [one for one in schedules if one is not None]
    now = _all_at(chosen, at)
    opens = now.until
    if now.open or opens is None:
        return now
    for _turn in range(MOST_TURNS):
        then = _all_at(chosen, opens)
        if then.open or then.until is None:
            break
        opens = then.until
    return replace(now, until=opens if then.open else None)


def _all_at(schedules: list[Schedule], at: datetime) -> Opening:
    """Return what closes it, or the hours that end first."""
    openings = [opening_of(one, at) for one in schedules]
    closed = [one for one in openings if not one.open]
    if closed:
        # It stays closed until the last of them opens; without an end, for good.
        endless = [one for one in closed if one.until is None]
        return endless[0] if endless else max(closed, key=_end)
    known = [one for one in openings if one.until is not None]
    return min(known, key=_end, default=openings[0] if openings else ALWAYS)


def _end(opening: Opening) -> datetime:
    assert opening.until is not None
    return opening.until


def opening_of(schedule: Schedule | None, at: datetime) -> Opening:
    """Say whether it is open at `at`; without business hours it always is."""
    if schedule is None:
        return ALWAYS
    hours = schedule.hours.values_list("weekday", "opens", "closes")
    spans = tuple(Span(*row) for row in hours)
    holidays = [
        ClosedDay(one.date, one.name, one.opens, one.closes)
        for one in schedule.holidays.all()
    ]
    return is_open(Week(schedule.time_zone, spans), holidays, at)
