"""Opening hours of a business number, read from the rows."""

from datetime import datetime

from agents.models import Schedule
from agents.schedule import ClosedDay, Opening, Span, Week, is_open

ALWAYS = Opening(open=True, reason="", until=None)


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
