"""From the clock on the wall to the instant, on days that are odd."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from callcenter.wall_clock import instant, known_zones

pytestmark = pytest.mark.stackless

BERLIN = ZoneInfo("Europe/Berlin")
FORWARD, BACK = date(2026, 3, 29), date(2026, 10, 25)


def test_on_most_days_a_clock_shows_each_time_once():
    noon = datetime(2026, 7, 1, 10, tzinfo=UTC)
    assert instant(date(2026, 7, 1), time(12), BERLIN) == noon
    assert instant(date(2026, 7, 1), time(12), BERLIN, last=True) == noon


def test_a_time_that_comes_twice_has_a_first_and_a_last_instant():
    first = instant(BACK, time(2, 30), BERLIN)
    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    last = instant(BACK, time(2, 30), BERLIN, last=True)
    assert last - first == timedelta(hours=1)


@pytest.mark.parametrize(
    ("zone", "day", "clock", "jump"),
    [
        ("Europe/Berlin", FORWARD, time(2), "2026-03-29 01:00"),
        ("Europe/Berlin", FORWARD, time(2, 59, 59), "2026-03-29 01:00"),
        ("America/Havana", date(2026, 3, 8), time(0, 30), "2026-03-08 05:00"),
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 15), "2026-10-03 15:30"),
        # A whole day was left out.
        ("Pacific/Apia", date(2011, 12, 30), time(12), "2011-12-30 10:00"),
    ],
)
def test_a_time_that_the_clock_jumps_over_is_the_instant_of_the_jump(
    zone: str, day: date, clock: time, jump: str
):
    expected = datetime.fromisoformat(jump).replace(tzinfo=UTC)
    for last in (False, True):
        assert instant(day, clock, ZoneInfo(zone), last=last) == expected


def test_zones_are_known_by_their_names():
    assert "Asia/Kolkata" in known_zones()
    assert "Middle Earth" not in known_zones()
