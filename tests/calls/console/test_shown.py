"""A console knows when the rows have gone on without it."""

from typing import Any

import pytest

from calls.console.shown import MOST_CALLS, Shown
from calls.snapshots import Standing


def things(**versions: int) -> list[dict[str, Any]]:
    return [{"id": name, "version": version} for name, version in versions.items()]


def standing(agent: int = 3, plans: Any = None, **calls: int) -> Standing:
    return Standing(agent, "available", "", calls, plans or {})


@pytest.fixture
def shown() -> Shown:
    """A console that shows its agent at 3 and a call at 5."""
    shown = Shown()
    agent = {"id": 1, "version": 3}
    calls = things(carla=5)
    shown.hear({"type": "console", "agent": agent, "calls": calls, "plans": []})
    assert not shown.is_behind(standing(carla=5))
    return shown


def test_what_was_pushed_is_not_missed(shown: Shown):
    shown.hear({"type": "agent", "agent": {"version": 4}})
    shown.hear({"type": "call", "call": things(carla=6)[0]})
    shown.hear({"type": "call", "call": things(dora=1)[0]})
    shown.hear({"type": "plans", "plans": things(later=2)})
    assert not shown.is_behind(standing(4, {"later": 2}, carla=6, dora=1))


def test_a_push_that_overtook_the_look_is_not_missed(shown: Shown):
    shown.hear({"type": "agent", "agent": {"version": 9}})
    shown.hear({"type": "call", "call": things(carla=9)[0]})
    assert not shown.is_behind(standing(carla=5))


@pytest.mark.parametrize(
    "rows",
    [
        standing(4, carla=5),
        standing(carla=6),
        standing(carla=5, dora=0),
        standing(3, {"later": 0}, carla=5),
        standing(),
    ],
    ids=["agent", "call", "new call", "plan", "call that is over"],
)
def test_what_was_not_pushed_is_missed_until_all_is_sent_again(shown, rows):
    assert shown.is_behind(rows)
    assert shown.is_behind(rows)
    shown.hear(
        {
            "type": "console",
            "agent": {"version": rows.version},
            "calls": things(**rows.calls),
            "plans": things(**rows.plans),
        }
    )
    assert not shown.is_behind(rows)


def test_a_call_whose_end_was_pushed_may_go(shown: Shown):
    shown.hear({"type": "call", "call": things(carla=6)[0]})
    assert not shown.is_behind(standing())
    assert not shown.is_behind(standing())


def test_an_older_message_is_no_step_back(shown: Shown):
    shown.hear({"type": "call", "call": things(carla=4)[0]})
    assert not shown.is_behind(standing(carla=5))


def test_a_long_shift_is_not_all_remembered(shown: Shown):
    for number in range(3 * MOST_CALLS):
        shown.hear({"type": "call", "call": {"id": str(number), "version": 1}})
        shown.hear({"type": "call", "call": things(carla=6)[0]})
    assert len(shown._calls) == MOST_CALLS
    assert not shown.is_behind(standing(carla=6))
