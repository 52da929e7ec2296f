"""A call as bars: in order, to scale, within the drawing."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as some

from calls.admin.drawing import LEAST, MOST_MARKS, WIDTH, draw, states_between

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
STATES = ("ringing", "waiting", "active", "held")


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_carla_rings_talks_is_held_and_talks():
    moves = [
        (at(0), "ringing", "Ringing"),
        (at(10), "active", "In call"),
        (at(40), "held", "On hold"),
        (at(60), "active", "In call"),
        (at(100), "ended", "Ended"),
    ]
    drawing = draw(NOON, at(100), [("Caller", states_between(moves, at(100)))])
    [lane] = drawing.lanes
    assert [(bar.state, bar.x, bar.width) for bar in lane.bars] == [
        ("ringing", 0, 100),
        ("active", 100, 300),
        ("held", 400, 200),
        ("active", 600, 400),
    ]
    assert lane.bars[2].title == "On hold 0:20"
    assert [label for _, label in drawing.legend] == ["Ringing", "In call", "On hold"]
    assert [mark.text for mark in drawing.marks][:2] == ["0:00", "0:30"]


def test_a_fact_that_changes_no_state_cuts_no_bar():
    moves = [(at(0), "active", "In call"), (at(5), "active", "In call")]
    [one] = states_between(moves, at(9))
    assert (one.start, one.end) == (at(0), at(9))


@given(
    some.lists(some.tuples(some.floats(0, 9000), some.sampled_from(STATES))),
    some.floats(0, 9000),
)
def test_whatever_happens_the_bars_stay_inside_and_in_order(happened, lasts):
    moves = [(at(seconds), state, state) for seconds, state in sorted(happened)]
    end = at(lasts)
    drawing = draw(NOON, end, [("Caller", states_between(moves, end))])
    bars = drawing.lanes[0].bars
    assert all(bar.x >= 0 and bar.x + bar.width <= WIDTH + 0.1 for bar in bars)
    assert all(bar.width >= LEAST for bar in bars)
    assert [bar.x for bar in bars] == sorted(bar.x for bar in bars)
    assert 1 <= len(drawing.marks) <= MOST_MARKS + 1
