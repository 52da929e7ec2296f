"""Calling hours on the wall clock of the person called."""

from datetime import UTC, datetime, time

import pytest

from permissions.hours import CallingHours

OFFICE = CallingHours("Europe/Berlin", time(9), time(20))
NIGHT = CallingHours("Europe/Berlin", time(20), time(6))
ALWAYS = CallingHours("Europe/Berlin", time(0), time(0))


def berlin(hour: int, minute: int = 0, day: int = 10) -> datetime:
    """In January Berlin is an hour ahead of UTC."""
    return datetime(2026, 1, day, hour - 1, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "at", "is_open"),
    [
        (OFFICE, berlin(9), True),
        (OFFICE, berlin(8, 59), False),
        (OFFICE, berlin(19, 59), True),
        (OFFICE, berlin(20), False),
        (OFFICE, berlin(3), False),
        (NIGHT, berlin(23), True),
        (NIGHT, berlin(3), True),
        (NIGHT, berlin(12), False),
        (ALWAYS, berlin(3), True),
    ],
)
def test_a_window_opens_and_closes_on_the_local_clock(
    hours: CallingHours, at: datetime, is_open: bool
):
    assert hours.is_open(at) == is_open


def test_the_next_opening_is_today_or_tomorrow():
    assert OFFICE.opens_from(berlin(3)) == berlin(9)
    assert OFFICE.opens_from(berlin(21)) == berlin(9, day=11)
    assert OFFICE.opens_from(berlin(12)) == berlin(12)


def test_a_window_over_midnight_closes_in_the_morning():
    assert NIGHT.closes_after(berlin(23)) == berlin(6, day=11)
    assert ALWAYS.closes_after(berlin(23)) is None


def test_the_window_follows_daylight_saving_time():
    # On 29 March 2026 the clock jumps from 02:00 to 03:00.
    saturday_night = datetime(2026, 3, 28, 22, tzinfo=UTC)
    assert OFFICE.opens_from(saturday_night) == datetime(2026, 3, 29, 7, tzinfo=UTC)
    missing_hour = CallingHours("Europe/Berlin", time(2, 30), time(9))
    opens = missing_hour.opens_from(saturday_night)
    assert opens == datetime(2026, 3, 29, 1, tzinfo=UTC)  # the jump itself
    assert missing_hour.is_open(opens)
