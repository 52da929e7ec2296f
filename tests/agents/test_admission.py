"""What Carla meets when she comes to a queue, and when she has waited for long."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.admission import (
    Floor,
    Limits,
    Outcome,
    Patience,
    WhenNobody,
    answer_at,
    enter,
    keeps_place,
    overdue,
    settle,
)
from tests.agents.candidates import NOW, ago, ahead

pytestmark = pytest.mark.stackless

SUPPORT, SALES, NIGHT = 1, 2, 3
BUSY = Floor(logged_in=2, ready=0, waiting=3, longest_wait=50)
EMPTY = Floor(logged_in=0, ready=0, waiting=0)
FREE = Floor(logged_in=2, ready=1, waiting=0)


# --- Who comes ---------------------------------------------------------------------


def test_without_limits_everybody_may_wait():
    for floor in (BUSY, EMPTY, FREE):
        assert enter(Limits(), floor).outcome == Outcome.JOIN


@pytest.mark.parametrize(
    ("rule", "outcome", "to"),
    [
        (WhenNobody.WAIT, Outcome.JOIN, None),
        (WhenNobody.GOODBYE, Outcome.NOBODY, None),
        (WhenNobody.OVERFLOW, Outcome.OVERFLOW, SALES),
    ],
)
def test_with_nobody_logged_in_the_queue_does_as_it_was_told(rule, outcome, to):
    limits = Limits(when_nobody=rule, overflow_to=SALES)
    admission = enter(limits, EMPTY, [SUPPORT])
    assert (admission.outcome, admission.overflow_to) == (outcome, to)
    assert enter(limits, FREE, [SUPPORT]).outcome == Outcome.JOIN


def test_with_nobody_logged_in_and_nowhere_to_go_the_caller_is_told_so():
    limits = Limits(when_nobody=WhenNobody.OVERFLOW, overflow_to=None)
    admission = enter(limits, EMPTY)
    assert admission.outcome == Outcome.NOBODY
    assert admission.reason == "No agent of this queue is signed in."


def test_a_full_queue_sends_on_or_away():
    assert enter(Limits(max_length=4), BUSY).outcome == Outcome.JOIN
    assert enter(Limits(max_length=3), BUSY).outcome == Outcome.FULL
    onward = enter(Limits(max_length=3, overflow_to=SALES), BUSY)
    assert (onward.outcome, onward.overflow_to) == (Outcome.OVERFLOW, SALES)


def test_a_queue_without_any_waiting_takes_who_is_answered_at_once():
    limits = Limits(max_length=0)
    assert enter(limits, FREE).outcome == Outcome.JOIN
    one_for_each = Floor(logged_in=1, ready=1, waiting=1)
    assert enter(limits, one_for_each).outcome == Outcome.FULL


def test_where_callers_wait_for_too_long_already_the_next_one_goes_on_at_once():
    limits = Limits(max_wait=50, overflow_to=SALES)
    assert enter(limits, BUSY).outcome == Outcome.OVERFLOW
    assert enter(Limits(max_wait=51, overflow_to=SALES), BUSY).outcome == Outcome.JOIN
    assert enter(Limits(max_wait=50), BUSY).outcome == Outcome.JOIN


def test_a_caller_is_not_sent_back_to_where_they_came_from():
    limits = Limits(max_length=3, overflow_to=SALES)
    assert enter(limits, BUSY, visited=[SALES, SUPPORT]).outcome == Outcome.FULL


# --- Following the overflows -------------------------------------------------------


def test_an_overflow_is_followed_to_where_there_is_room():
    full = Limits(max_length=3, overflow_to=SALES)
    gone = Limits(when_nobody=WhenNobody.OVERFLOW, overflow_to=NIGHT)
    settled = settle(
        SUPPORT,
        {SUPPORT: full, SALES: gone, NIGHT: Limits()},
        {SUPPORT: BUSY, SALES: EMPTY, NIGHT: FREE},
    )
    assert (settled.queue_id, settled.admission.outcome) == (NIGHT, Outcome.JOIN)
    assert settled.visited == (SUPPORT, SALES, NIGHT)


def test_two_full_queues_that_overflow_into_each_other_end_it():
    limits = {
        SUPPORT: Limits(max_length=3, overflow_to=SALES),
        SALES: Limits(max_length=3, overflow_to=SUPPORT),
    }
    settled = settle(SUPPORT, limits, {SUPPORT: BUSY, SALES: BUSY})
    assert settled.admission.outcome == Outcome.FULL
    assert settled.visited == (SUPPORT, SALES)


def test_a_queue_that_is_only_slow_keeps_the_caller_when_the_others_cannot():
    limits = {
        SUPPORT: Limits(max_wait=50, overflow_to=SALES),
        SALES: Limits(when_nobody=WhenNobody.GOODBYE),
    }
    settled = settle(SUPPORT, limits, {SUPPORT: BUSY, SALES: EMPTY})
    assert (settled.queue_id, settled.admission.outcome) == (SUPPORT, Outcome.JOIN)
    assert settled.visited == (SUPPORT,)


QUEUES = range(1, 6)
counts = st.integers(0, 3)
limits_ = st.builds(
    Limits,
    max_wait=st.none() | st.integers(0, 60),
    max_length=st.none() | counts,
    when_nobody=st.sampled_from(WhenNobody),
    overflow_to=st.none() | st.sampled_from(QUEUES),
)
floors_ = st.builds(Floor, counts, counts, counts, st.integers(0, 60))


@given(
    st.sampled_from(QUEUES),
    st.fixed_dictionaries(dict.fromkeys(QUEUES, limits_)),
    st.fixed_dictionaries(dict.fromkeys(QUEUES, floors_)),
    st.sets(st.sampled_from(QUEUES)),
)
def test_overflows_never_go_round_in_circles(start, limits, floors, before):
    settled = settle(start, limits, floors, before)
    asked = settled.visited[len(before) :]
    assert asked[0] == start
    assert len(set(asked)) == len(asked)
    assert not set(asked[1:]) & before
    assert settled.queue_id == asked[-1]
    assert settled.admission.outcome != Outcome.OVERFLOW


@given(st.lists(limits_, min_size=5, max_size=5), st.sampled_from(QUEUES))
def test_who_waits_for_too_long_everywhere_comes_to_an_end(limits, queue_id):
    visited = [queue_id]
    while True:
        verdict = overdue(limits[queue_id - 1], 10**6, visited)
        if verdict.outcome != Patience.OVERFLOW:
            break
        assert verdict.overflow_to is not None
        queue_id = verdict.overflow_to
        visited.append(queue_id)
    assert len(set(visited)) == len(visited)


# --- Who waits ---------------------------------------------------------------------


def test_a_caller_who_waited_for_long_enough_goes_on_or_is_told_goodbye():
    limits = Limits(max_wait=60, overflow_to=SALES)
    assert overdue(Limits(), 10**6).outcome == Patience.STAY
    assert overdue(limits, 59.9).outcome == Patience.STAY
    onward = overdue(limits, 60)
    assert (onward.outcome, onward.overflow_to) == (Patience.OVERFLOW, SALES)
    assert overdue(limits, 60, [SALES, SUPPORT]).outcome == Patience.GOODBYE
    assert overdue(Limits(max_wait=60), 60).outcome == Patience.GOODBYE


@pytest.mark.parametrize(
    ("hung_up", "keeps"), [(0, True), (300, True), (300.1, False), (-1, False)]
)
def test_who_hung_up_and_calls_again_within_five_minutes_keeps_the_place(
    hung_up, keeps
):
    queued = ago(900)
    assert keeps_place(ago(hung_up), queued, NOW) == (queued if keeps else None)


def test_who_hung_up_before_having_a_place_has_none_to_keep():
    assert keeps_place(ago(20), ago(10), NOW) is None


# --- When the system answers -------------------------------------------------------


def test_while_it_rings_somewhere_the_system_answers_after_twenty_seconds():
    assert answer_at(NOW, rings_somewhere=True) == ahead(20)


def test_where_it_rings_nowhere_the_system_answers_at_once():
    assert answer_at(ago(3), rings_somewhere=False) == ago(3)


def test_nobody_can_make_it_so_late_that_whatsapp_gives_up_first():
    later = timedelta(seconds=90)
    assert answer_at(NOW, rings_somewhere=True, after=later) == ahead(25)
    sooner = timedelta(seconds=5)
    assert answer_at(NOW, rings_somewhere=True, after=sooner) == ahead(5)
