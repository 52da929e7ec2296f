"""Business hours in rows, as callers meet them."""

from datetime import UTC, date, datetime, time

import pytest

from agents.line_hours import ALWAYS, opening_of, opening_of_all
from agents.models import Schedule

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def berlin(db: None) -> Schedule:
    """Mondays from nine to five, and on Christmas Eve until noon."""
    schedule = Schedule.objects.create(name="Office", time_zone="Europe/Berlin")
    schedule.hours.create(weekday=0, opens=time(9), closes=time(17))
    schedule.holidays.create(date=date(2026, 3, 9), name="Founders' day")
    schedule.holidays.create(
        date=date(2026, 3, 16), name="Inventory", opens=time(14), closes=time(16)
    )
    return schedule


def test_a_line_without_business_hours_is_always_open():
    assert opening_of(None, MONDAY) == ALWAYS


@pytest.mark.parametrize(
    ("hour", "is_open"), [(7, False), (8, True), (15, True), (16, False)]
)
def test_the_hours_are_those_of_the_time_zone(
    berlin: Schedule, hour: int, is_open: bool
):
    assert opening_of(berlin, MONDAY.replace(hour=hour)).open is is_open


def test_a_holiday_is_closed_or_has_hours_of_its_own(berlin: Schedule):
    founders = opening_of(berlin, MONDAY.replace(day=9, hour=10))
    assert (founders.open, founders.holiday) == (False, "Founders' day")
    assert not opening_of(berlin, MONDAY.replace(day=16, hour=10)).open
    assert opening_of(berlin, MONDAY.replace(day=16, hour=14)).open


def test_business_hours_without_any_hours_are_closed(db: None):
    schedule = Schedule.objects.create(name="Never", time_zone="UTC")
    opening = opening_of(schedule, MONDAY)
    assert (opening.open, opening.until) == (False, None)


# --- A number and its queue -----------------------------------------------------------


@pytest.fixture
def evenings(db: None) -> Schedule:
    """Mondays from three to eight in the evening, in UTC."""
    schedule = Schedule.objects.create(name="Evenings", time_zone="UTC")
    schedule.hours.create(weekday=0, opens=time(15), closes=time(20))
    return schedule


def test_a_call_is_taken_when_both_are_open(berlin: Schedule, evenings: Schedule):
    both = (berlin, None, evenings)
    hours = {
        hour: opening_of_all(both, MONDAY.replace(hour=hour)) for hour in range(24)
    }
    assert [hour for hour, opening in hours.items() if opening.open] == [15]
    assert hours[15].until == MONDAY.replace(hour=16)
    assert hours[9].until == MONDAY.replace(hour=15)
    # Neither the number's holiday nor its inventory lets both be open.
    assert hours[17].until == MONDAY.replace(day=23, hour=15)
    assert hours[9].reason == "Outside business hours."


def test_what_never_opens_together_has_no_opening_ahead(evenings: Schedule):
    never = Schedule.objects.create(name="Never", time_zone="UTC")
    opening = opening_of_all((evenings, never), MONDAY.replace(hour=16))
    assert (opening.open, opening.until) == (False, None)
    assert opening_of_all((None, None), MONDAY) == ALWAYS
