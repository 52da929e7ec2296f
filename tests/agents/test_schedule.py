"""When a line is open, in zones that move their clocks and in one that does not."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.schedule import ClosedDay, Opening, Span, Week, is_open, next_opening

pytestmark = pytest.mark.stackless

BERLIN, NEW_YORK, KOLKATA = "Europe/Berlin", "America/New_York", "Asia/Kolkata"
MONDAY, SATURDAY, SUNDAY = 0, 5, 6


def daily(zone: str, opens: time, closes: time) -> Week:
    return Week(zone, tuple(Span(day, opens, closes) for day in range(7)))


def office(zone: str) -> Week:
    return Week(zone, tuple(Span(day, time(9), time(17)) for day in range(5)))


def local(zone: str, text: str, fold: int = 0) -> datetime:
    """An instant by the clock on the wall there; `fold`: the second time it shows."""
    wall = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return wall.astimezone(UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# --- The week ----------------------------------------------------------------------


@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK, KOLKATA])
@pytest.mark.parametrize(
    ("at", "open_", "until"),
    [
        ("2026-03-02 08:59:59", False, "2026-03-02 09:00"),
        ("2026-03-02 09:00", True, "2026-03-02 17:00"),
        ("2026-03-02 16:59:59", True, "2026-03-02 17:00"),
        ("2026-03-02 17:00", False, "2026-03-03 09:00"),
        ("2026-03-06 17:00", False, "2026-03-09 09:00"),
        ("2026-03-07 12:00", False, "2026-03-09 09:00"),
    ],
)
def test_an_office_is_open_by_its_own_clock(zone, at, open_, until):
    opening = is_open(office(zone), (), local(zone, at))
    assert (opening.open, opening.until) == (open_, local(zone, until))


def test_a_lunch_break_is_a_change_and_touching_hours_are_none():
    lunch = Week(
        BERLIN,
        (
            Span(MONDAY, time(13), time(17)),
            Span(MONDAY, time(9), time(12)),
            Span(MONDAY, time(17), time(18)),
        ),
    )
    at_ten = is_open(lunch, (), local(BERLIN, "2026-03-02 10:00"))
    assert at_ten.until == local(BERLIN, "2026-03-02 12:00")
    at_noon = is_open(lunch, (), local(BERLIN, "2026-03-02 12:00"))
    assert (at_noon.open, at_noon.until) == (False, local(BERLIN, "2026-03-02 13:00"))
    at_two = is_open(lunch, (), local(BERLIN, "2026-03-02 14:00"))
    assert at_two.until == local(BERLIN, "2026-03-02 18:00")


def test_a_night_belongs_to_the_day_on_which_it_begins():
    saturday_night = Week(BERLIN, (Span(SATURDAY, time(22), time(4)),))
    sunday = is_open(saturday_night, (), local(BERLIN, "2026-03-08 03:59"))
    assert (sunday.open, sunday.until) == (True, local(BERLIN, "2026-03-08 04:00"))
    assert not is_open(saturday_night, (), local(BERLIN, "2026-03-07 03:59")).open


def test_round_the_clock_there_is_no_next_change():
    always = daily(BERLIN, time(0), time(0))
    assert is_open(always, (), utc("2026-03-02 10:00")) == Opening(
        True, "Within business hours.", None
    )


def test_without_hours_a_line_never_opens():
    never = Week(BERLIN, ())
    at = utc("2026-03-02 10:00")
    assert is_open(never, (), at) == Opening(False, "Outside business hours.", None)
    assert next_opening(never, (), at) is None


# --- Holidays ----------------------------------------------------------------------

EVE = ClosedDay(date(2026, 12, 24), "Christmas Eve", time(10), time(13))
CHRISTMAS = ClosedDay(date(2026, 12, 25), "Christmas")


@pytest.mark.parametrize(
    ("at", "open_", "sentence", "until"),
    [
        ("12-24 09:30", False, "Outside holiday hours: {}.", "12-24 10:00"),
        ("12-24 10:00", True, "Open with holiday hours: {}.", "12-24 13:00"),
        ("12-24 16:00", False, "Outside holiday hours: {}.", "12-28 09:00"),
        ("12-25 10:00", False, "Closed for a holiday: {}.", "12-28 09:00"),
        ("12-26 10:00", False, "Outside business hours.", "12-28 09:00"),
    ],
)
def test_a_holiday_has_its_own_hours_or_none(at, open_, sentence, until):
    opening = is_open(office(BERLIN), [EVE, CHRISTMAS], local(BERLIN, f"2026-{at}"))
    name = "Christmas Eve" if at.startswith("12-24") else "Christmas"
    assert opening.sentence() == sentence.format(name)
    assert (opening.open, opening.until) == (open_, local(BERLIN, f"2026-{until}"))


def test_a_holiday_is_a_day_of_the_lines_own_zone():
    """At 20:00 UTC on Christmas it is the 26th in Kolkata, a Saturday with hours."""
    week = daily(KOLKATA, time(0), time(0))
    assert not is_open(week, [CHRISTMAS], utc("2026-12-25 18:29")).open
    assert is_open(week, [CHRISTMAS], utc("2026-12-25 18:30")).open


def test_the_night_before_a_holiday_is_worked_to_its_end():
    week = daily(BERLIN, time(22), time(6))
    holidays = [CHRISTMAS]
    assert is_open(week, holidays, local(BERLIN, "2026-12-25 05:59")).open
    assert not is_open(week, holidays, local(BERLIN, "2026-12-25 23:00")).open
    assert not is_open(week, holidays, local(BERLIN, "2026-12-26 05:00")).open


def test_the_sentence_is_translated_with_the_name_in_it():
    opening = is_open(office(BERLIN), [CHRISTMAS], local(BERLIN, "2026-12-25 10:00"))
    spanish = {"Closed for a holiday: {holiday}.": "Cerrado por festivo: {holiday}."}
    assert opening.sentence(spanish.__getitem__) == "Cerrado por festivo: Christmas."


# --- When clocks are moved ---------------------------------------------------------

# Berlin: 2026-03-29 02:00 becomes 03:00 (01:00 UTC), 2026-10-25 03:00 becomes 02:00
# (01:00 UTC). New York: 2026-03-08 (07:00 UTC), 2026-11-01 (06:00 UTC). Kolkata: never.
CHANGES = [
    # zone, opens, closes, the day, opens in UTC, closes in UTC
    (BERLIN, time(9), time(17), "2026-03-28", "03-28 08:00", "03-28 16:00"),
    (BERLIN, time(9), time(17), "2026-03-29", "03-29 07:00", "03-29 15:00"),
    (BERLIN, time(9), time(17), "2026-10-25", "10-25 08:00", "10-25 16:00"),
    (BERLIN, time(1), time(4), "2026-03-29", "03-29 00:00", "03-29 02:00"),
    (BERLIN, time(1), time(4), "2026-10-25", "10-24 23:00", "10-25 03:00"),
    # 02:30 is never shown: the jump takes its place.
    (BERLIN, time(2, 30), time(5), "2026-03-29", "03-29 01:00", "03-29 03:00"),
    (BERLIN, time(1), time(2, 30), "2026-03-29", "03-29 00:00", "03-29 01:00"),
    # 02:30 is shown twice: opens with the first, closes with the second.
    (BERLIN, time(2, 30), time(5), "2026-10-25", "10-25 00:30", "10-25 04:00"),
    (BERLIN, time(1), time(2, 30), "2026-10-25", "10-24 23:00", "10-25 01:30"),
    # A night over the change, by its evening.
    (BERLIN, time(22), time(6), "2026-03-28", "03-28 21:00", "03-29 04:00"),
    (BERLIN, time(22), time(6), "2026-10-24", "10-24 20:00", "10-25 05:00"),
    (NEW_YORK, time(9), time(17), "2026-03-07", "03-07 14:00", "03-07 22:00"),
    (NEW_YORK, time(9), time(17), "2026-03-08", "03-08 13:00", "03-08 21:00"),
    (NEW_YORK, time(2, 30), time(5), "2026-03-08", "03-08 07:00", "03-08 09:00"),
    (NEW_YORK, time(1, 30), time(5), "2026-11-01", "11-01 05:30", "11-01 10:00"),
    (NEW_YORK, time(0), time(1, 30), "2026-11-01", "11-01 04:00", "11-01 06:30"),
    (KOLKATA, time(9), time(17), "2026-03-29", "03-29 03:30", "03-29 11:30"),
    (KOLKATA, time(2, 30), time(5), "2026-03-29", "03-28 21:00", "03-28 23:30"),
    (KOLKATA, time(22), time(6), "2026-10-24", "10-24 16:30", "10-25 00:30"),
]


@pytest.mark.parametrize(("zone", "opens", "closes", "day", "first", "end"), CHANGES)
def test_hours_follow_the_clock_on_the_wall(zone, opens, closes, day, first, end):
    weekday = date.fromisoformat(day).weekday()
    week = Week(zone, (Span(weekday, opens, closes),))
    begins, ends = utc(f"2026-{first}"), utc(f"2026-{end}")
    second = timedelta(seconds=1)
    assert is_open(week, (), begins - second) == Opening(
        False, "Outside business hours.", begins
    )
    assert is_open(week, (), begins).until == ends
    assert is_open(week, (), ends - second).open
    assert not is_open(week, (), ends).open


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        (BERLIN, "2026-03-29", 23),
        (BERLIN, "2026-10-25", 25),
        (NEW_YORK, "2026-03-08", 23),
        (NEW_YORK, "2026-11-01", 25),
        (KOLKATA, "2026-03-29", 24),
    ],
)
def test_a_whole_day_has_the_hours_that_it_has(zone, day, hours):
    today = date.fromisoformat(day)
    week = Week(zone, (Span(today.weekday(), time(0), time(0)),))
    midnight = local(zone, f"{day} 00:00")
    opening = is_open(week, (), midnight)
    assert opening.until == midnight + timedelta(hours=hours)


def test_hours_that_the_clock_jumps_over_do_not_happen_that_day():
    week = Week(BERLIN, (Span(SUNDAY, time(2, 15), time(2, 45)),))
    before = local(BERLIN, "2026-03-29 00:00")
    assert next_opening(week, (), before) == local(BERLIN, "2026-04-05 02:15")


# --- What always holds -------------------------------------------------------------

clocks = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
zones = [BERLIN, NEW_YORK, KOLKATA, "America/Havana", "Australia/Lord_Howe"]
weeks = st.builds(
    Week,
    st.sampled_from(zones),
    st.lists(st.builds(Span, st.integers(0, 6), clocks, clocks), max_size=4).map(tuple),
)
whenever = st.datetimes(
    datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)
)
around_a_change = st.builds(
    lambda change, minutes: utc(change) + timedelta(minutes=minutes),
    st.sampled_from(
        ["2026-03-29 01:00", "2026-10-25 01:00", "2026-03-08 05:00", "2026-11-01 06:00"]
    ),
    st.integers(-200, 200),
)
moments = whenever | around_a_change
days_off = st.lists(
    st.builds(
        ClosedDay,
        st.dates(date(2026, 1, 1), date(2026, 12, 31)),
        st.just("Feast"),
        st.none() | clocks,
        st.none() | clocks,
    ),
    max_size=3,
)


@given(weeks, days_off, moments)
def test_until_is_the_very_next_change(week, holidays, at):
    opening = is_open(week, holidays, at)
    if opening.until is not None:
        assert opening.until > at
        assert is_open(week, holidays, opening.until).open != opening.open
        last = opening.until - timedelta(microseconds=1)
        assert is_open(week, holidays, last).open == opening.open
        middle = at + (opening.until - at) / 2
        assert is_open(week, holidays, middle).open == opening.open


@given(weeks, moments)
def test_nobody_who_goes_by_the_clock_on_the_wall_finds_it_closed(week, at):
    wall = at.astimezone(ZoneInfo(week.zone))
    for weekday, opens, closes in week.spans:
        if weekday == wall.weekday() and opens < closes:
            shown = wall.time().replace(fold=0)
            assert is_open(week, (), at).open or not opens <= shown < closes


@given(weeks, days_off, moments)
def test_the_next_opening_is_open(week, holidays, at):
    opens = next_opening(week, holidays, at)
    if opens is not None:
        assert opens >= at
        assert is_open(week, holidays, opens).open
