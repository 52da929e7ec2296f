"""The windows of an agent in the rows: who rings, and what the next one is told."""

import threading

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from agents import services as staff
from agents import windows
from agents.heartbeats import ConsolePage
from agents.models import Agent, ConsoleWindow
from calls import notify
from tests.cast import Cast, hire
from tests.shift import Shift
from tests.windows import open_window, rings_in, settle, silent


@pytest.fixture
def why(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Why another window rings, as the windows are told."""
    told: list[str] = []
    monkeypatch.setattr(notify, "window_rings", lambda _agent, why: told.append(why))
    return told


def test_the_window_that_was_loaded_last_rings(cast: Cast, shift: Shift, why):
    first = open_window(cast.ana, "first")
    assert rings_in(cast.ana) == "first"
    shift.clock.forward(1)
    open_window(cast.ana, "second")
    assert rings_in(cast.ana) == "second"
    open_window(cast.ana, "first", since=first)  # its network came back
    assert rings_in(cast.ana) == "second"
    assert why[-1] == "newer"


def test_the_window_that_rings_stays_so_when_it_reconnects(cast: Cast, shift: Shift):
    since = open_window(cast.ana, "first")
    staff.heartbeat(cast.ana.pk, ready=True)
    shift.clock.forward(2)
    assert open_window(cast.ana, "first", since=since, connection="new") == since
    assert rings_in(cast.ana) == "first"
    assert Agent.objects.get(pk=cast.ana.pk).can_ring


def test_who_presses_use_this_window_has_it_and_keeps_it(cast: Cast, shift: Shift):
    open_window(cast.ana, "first")
    shift.clock.forward(1)
    second = open_window(cast.ana, "second")
    taken = open_window(cast.ana, "first", take=True)
    assert rings_in(cast.ana) == "first"
    assert taken > second
    open_window(cast.ana, "second", since=second)
    assert rings_in(cast.ana) == "first"


def test_two_presses_in_one_instant_have_an_order(cast: Cast, shift: Shift):
    shift.clock.TICK *= 0
    open_window(cast.ana, "first")
    for page in ("second", "first", "second", "first"):
        open_window(cast.ana, page, take=True)
        assert rings_in(cast.ana) == page


def test_a_window_from_the_future_is_no_newer_than_now(cast: Cast, shift: Shift):
    shift.clock.forward(100)
    future = shift.clock.at
    shift.clock.forward(-100)
    assert open_window(cast.ana, "liar", since=future) < future
    shift.clock.forward(1)
    open_window(cast.ana, "honest")
    assert rings_in(cast.ana) == "honest"


def test_what_the_old_window_proved_says_nothing_of_the_new_one(
    cast: Cast, shift: Shift
):
    open_window(cast.ana, "first")
    staff.heartbeat(cast.ana.pk, ready=True)
    open_window(cast.ana, "second")
    assert not Agent.objects.get(pk=cast.ana.pk).can_ring


def test_the_next_takes_over_from_one_that_was_closed(cast: Cast, shift: Shift, why):
    open_window(cast.ana, "first")
    open_window(cast.ana, "second")
    windows.left(["socket of second"])
    settle(cast.ana)
    assert rings_in(cast.ana) == "second"  # it may be on its way back
    shift.clock.forward(2)
    settle(cast.ana)
    assert rings_in(cast.ana) == "first"
    assert why[-1] == "closed"


def test_the_next_takes_over_from_one_that_fell_silent(cast: Cast, shift: Shift, why):
    open_window(cast.ana, "first")
    open_window(cast.ana, "second")
    silent(cast.ana, "second", 4)
    settle(cast.ana)
    assert rings_in(cast.ana) == "first"
    assert why[-1] == "silent"
    windows.heard([ConsolePage(cast.ana.pk, "second")])
    settle(cast.ana)
    assert rings_in(cast.ana) == "first"


def test_a_connection_that_ends_late_closes_no_window(cast: Cast, shift: Shift):
    """The page has gone to another node, or its network came back another way."""
    open_window(cast.ana, "first")
    since = open_window(cast.ana, "second", connection="old")
    open_window(cast.ana, "second", connection="new", since=since)
    windows.left(["old"])
    shift.clock.forward(3)
    settle(cast.ana)
    assert rings_in(cast.ana) == "second"


def test_nobody_beats_for_a_colleague(cast: Cast, shift: Shift):
    open_window(cast.ana, "first")
    open_window(cast.ana, "second")
    silent(cast.ana, "second", 4)
    windows.heard([ConsolePage(cast.bruno.pk, "second")])
    settle(cast.ana)
    assert rings_in(cast.ana) == "first"


def test_the_last_window_keeps_its_place_when_it_goes(cast: Cast, shift: Shift):
    open_window(cast.ana, "only")
    silent(cast.ana, "only", 3600)
    settle(cast.ana)
    assert rings_in(cast.ana) == "only"


def test_fifty_agents_cost_as_many_statements_as_five(cast: Cast):
    agents = [hire(f"agent{number}", cast.queue) for number in range(50)]
    for agent in agents:
        open_window(agent, "one")
        open_window(agent, "two")
    pages = [ConsolePage(agent.pk, "one") for agent in agents]
    for many in (5, 50):
        with CaptureQueriesContext(connection) as queries:
            windows.heard(pages[:many])
            windows.left([f"socket {n}" for n in range(many)])
            assert windows.to_elect([agent.pk for agent in agents[:many]]) == []
        assert len(queries) == 3


def test_windows_of_yesterday_are_forgotten(cast: Cast, shift: Shift):
    open_window(cast.ana, "yesterday's")
    silent(cast.ana, "yesterday's", 25 * 3600)
    open_window(cast.ana, "today's")
    assert [one.page for one in ConsoleWindow.objects.all()] == ["today's"]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite locks no rows")
def test_of_two_who_take_over_at_once_one_does(cast: Cast):
    """Two nodes find the window gone in the same instant."""
    open_window(cast.ana, "first")
    open_window(cast.ana, "second")
    silent(cast.ana, "second", 5)
    turns: list[windows.Turn | None] = []

    def take_over() -> None:
        turns.append(windows.elect(cast.ana.pk))
        connection.close()

    with transaction.atomic():
        Agent.objects.select_for_update().get(pk=cast.ana.pk)
        both = [threading.Thread(target=take_over) for _ in range(2)]
        for one in both:
            one.start()
    for one in both:
        one.join()
    assert sorted(turn is not None for turn in turns) == [False, True]
    assert rings_in(cast.ana) == "first"
