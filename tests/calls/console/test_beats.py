"""Beats of many consoles are written together, and count one by one."""

import threading
from collections.abc import Callable

import pytest
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents import heartbeats, readiness
from agents.heartbeats import ConsolePage
from agents.models import Agent, AgentState
from calls import snapshots
from calls.console.beats import Beat, note
from calls.lifecycle import answer, transfer
from tests.calls.console.consoles import open_console, open_consoles
from tests.cast import Cast
from tests.shift import Shift, fresh
from tests.windows import open_window


def statements(work: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as queries:
        work()
    return sum(
        not one["sql"].startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE"))
        for one in queries.captured_queries
    )


def now_of(agent: Agent) -> Agent:
    return Agent.objects.get(pk=agent.pk)


# --- What it costs -------------------------------------------------------------------


def test_fifty_consoles_cost_as_many_statements_as_five(cast: Cast):
    consoles = open_consoles(cast, 50)

    def cost(many: int) -> list[int]:
        some, now = consoles[:many], timezone.now()
        shown = {one.page: True for one in some}
        beats = {one.page: Beat(one.badge(), True) for one in some}
        return [
            statements(lambda: heartbeats.note(shown, now)),
            statements(lambda: note(beats)),
            statements(lambda: snapshots.standings([one.agent.pk for one in some])),
        ]

    assert cost(5) == cost(50) == [1, 4, 2]


# --- What is written -----------------------------------------------------------------


def test_each_console_is_noted_as_it_showed_itself(cast: Cast, shift: Shift):
    ana, bruno = open_console(cast.ana), open_console(cast.bruno)
    shift.clock.forward(5)
    at = shift.clock.now()
    heartbeats.note({ana.page: True, bruno.page: False}, at)
    assert (now_of(cast.ana).seen_at, now_of(cast.ana).ready_at) == (at, at)
    assert (now_of(cast.bruno).seen_at, now_of(cast.bruno).ready_at) == (at, None)
    assert now_of(cast.ana).can_ring


def test_only_the_page_that_rings_counts(cast: Cast, shift: Shift):
    first = open_console(cast.ana, "first")
    shift.clock.forward(1)
    second = open_console(cast.ana, "second")
    at = shift.clock.now()
    heartbeats.note({first.page: True}, at)
    assert not now_of(cast.ana).can_ring
    heartbeats.note({first.page: True, second.page: False}, at)
    assert (now_of(cast.ana).seen_at, now_of(cast.ana).can_ring) == (at, False)


def test_nobody_beats_for_a_colleague(cast: Cast, shift: Shift):
    bruno = open_console(cast.bruno, "Bruno's own")
    open_console(cast.ana, "Ana's own")
    before = now_of(cast.bruno).seen_at
    shift.clock.forward(3)
    shown = {
        ConsolePage(cast.ana.pk, bruno.page.console): True,
        ConsolePage(cast.bruno.pk, "another page"): True,
    }
    heartbeats.note(shown, shift.clock.now())
    assert now_of(cast.bruno).seen_at == before
    assert not now_of(cast.ana).can_ring


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite locks no rows")
def test_an_agent_who_is_being_rung_is_not_waited_for(cast: Cast):
    ana, bruno = open_console(cast.ana), open_console(cast.bruno)
    done = threading.Event()

    def note() -> None:
        heartbeats.note({ana.page: True, bruno.page: True}, timezone.now())
        connection.close()
        done.set()

    with transaction.atomic():
        Agent.objects.select_for_update().get(pk=cast.ana.pk)
        threading.Thread(target=note).start()
        assert done.wait(20)
    assert not now_of(cast.ana).can_ring
    assert now_of(cast.bruno).can_ring


# --- What a state says of a console --------------------------------------------------


@pytest.mark.parametrize("state", AgentState)
def test_a_state_agrees_with_what_made_it(state: str):
    flat = readiness.MICROPHONES["flat"]
    agrees = {
        "available": [True, False, False],
        "cannot_ring": [False, True, False],
    }.get(state, [True, True, True])
    verdicts = ["", flat, readiness.SLOW]
    assert [readiness.agrees(state, flat, one) for one in verdicts] == agrees


def test_before_the_first_beat_no_wish_for_calls_agrees():
    assert not readiness.agrees("available", "", None)
    assert not readiness.agrees("cannot_ring", readiness.UNSURE, None)


# --- Whose beats count ----------------------------------------------------------------


def test_who_is_signed_out_beats_for_nothing_and_nobody_else(cast: Cast, shift: Shift):
    ana, bruno = open_console(cast.ana), open_console(cast.bruno)
    beats = {one.page: Beat(one.badge(), True) for one in (ana, bruno)}
    Session.objects.filter(pk=beats[ana.page].badge.session).delete()
    note(beats)
    assert not now_of(cast.ana).can_ring
    assert now_of(cast.bruno).can_ring


# --- How consoles should stand -------------------------------------------------------


def test_consoles_stand_as_their_snapshots_say(cast: Cast, shift: Shift):
    shift.begins(cast.ana, cast.bruno)
    call = shift.calls_in()
    _as_shown(cast)
    answer.decline(call.pk, cast.ana)
    _as_shown(cast)
    shift.answers(cast.bruno, call)
    _as_shown(cast)
    transfer.consult(call.pk, cast.bruno, cast.ana)
    _as_shown(cast)
    shift.joins(cast.ana, call)
    _as_shown(cast)
    transfer.complete(call.pk, cast.bruno)
    _as_shown(cast)
    shift.hangs_up(fresh(call))
    _as_shown(cast)


def _as_shown(cast: Cast) -> None:
    agents = [cast.ana.pk, cast.bruno.pk]
    for agent_id, standing in snapshots.standings(agents).items():
        shown = snapshots.console_snapshot(agent_id)
        assert standing.version == shown["agent"]["version"]
        assert standing.calls == {one["id"]: one["version"] for one in shown["calls"]}
        assert standing.plans == {one["id"]: one["version"] for one in shown["plans"]}


def test_a_gone_agent_stands_nowhere(cast: Cast):
    open_window(cast.ana, "page")
    assert snapshots.standings([cast.ana.pk, 10**6]).keys() == {cast.ana.pk}
