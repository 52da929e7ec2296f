"""At whom a call rings, and whose console can ring at all: rows in, rows out."""

from datetime import timedelta

import pytest
from django.utils import timezone

from agents import readiness
from agents.models import Agent, Membership, Queue
from calls import notify, snapshots
from calls.errors import Refused
from calls.lifecycle import answer, ending, reconnect, transfer
from calls.models import Line, Offer, RoutingDecision
from calls.queueing import agent_state, dispatch, ring_attempts
from tests.cast import CARLA, Cast, hire
from tests.console import PROOF
from tests.shift import (
    DORA,
    ERIK,
    Shift,
    change,
    outcomes,
    ringing,
    state_of,
    states_of,
)
from tests.windows import open_window


@pytest.fixture
def one_by_one(cast: Cast) -> Queue:
    """A queue that asks the one who is idle for longest."""
    change(cast.queue, strategy="longest_idle", agent_seconds=20, retry_seconds=60)
    return cast.queue


def reason_of(agent: Agent) -> str:
    return Agent.objects.get(pk=agent.pk).reason


# --- The ring guarantee ------------------------------------------------------------


def test_who_wants_calls_gets_none_before_the_console_proved_that_it_rings(
    cast: Cast, shift: Shift
):
    agent_state.go_available(cast.ana.pk)
    assert (state_of(cast.ana), reason_of(cast.ana)) == (
        "cannot_ring",
        readiness.UNSURE,
    )
    assert ringing(shift.calls_in()) == []


def test_a_console_that_shows_nothing_for_seven_seconds_cannot_ring(
    cast: Cast, shift: Shift
):
    shift.begins(cast.ana)
    shift.console_dies(cast.ana)
    shift.later(6)
    assert state_of(cast.ana) == "available"
    shift.later(2)
    assert (state_of(cast.ana), reason_of(cast.ana)) == (
        "cannot_ring",
        readiness.SILENT,
    )
    assert outcomes(shift.calls_in()) == []


def test_it_comes_back_by_itself_and_hears_who_rings_already(cast: Cast, shift: Shift):
    shift.begins(cast.ana)
    shift.console_dies(cast.ana)
    shift.later(8)
    call = shift.calls_in()
    shift.console_is_back(cast.ana)
    assert state_of(cast.ana) == "ringing"
    assert ringing(call) == ["Ana"]


@pytest.mark.parametrize(
    "problem",
    [
        {"gesture": False},
        {"audio": "suspended"},
        {"microphone": "flat"},
        {"microphone": "ended"},
        {"rtt_ms": 2500},
        {"page_ms": 9000},
    ],
)
def test_each_kind_of_failure_is_a_sentence_and_no_ring(
    cast: Cast, shift: Shift, problem: dict[str, object]
):
    shift.begins(cast.ana)
    sentence = agent_state.heartbeat(cast.ana.pk, PROOF | problem)
    assert sentence.endswith(".")
    assert (state_of(cast.ana), reason_of(cast.ana)) == ("cannot_ring", sentence)
    assert outcomes(shift.calls_in()) == []


def test_another_failure_is_another_sentence(cast: Cast, shift: Shift):
    shift.begins(cast.ana)
    agent_state.heartbeat(cast.ana.pk, PROOF | {"microphone": "flat"})
    second = agent_state.heartbeat(cast.ana.pk, PROOF | {"microphone": "ended"})
    assert reason_of(cast.ana) == second


def test_a_ring_that_is_not_confirmed_is_the_consoles_miss(
    cast: Cast, shift: Shift, one_by_one: Queue
):
    shift.begins(cast.ana, cast.bruno)
    call = shift.calls_in()
    shift.clock.forward(1.4)
    dispatch.expire_attempts()
    assert ringing(call) == ["Ana"]
    shift.clock.forward(0.2)
    dispatch.expire_attempts()
    assert outcomes(call) == [("Ana", "console"), ("Bruno", "ringing")]
    assert state_of(cast.ana) == "cannot_ring"
    assert reason_of(cast.ana) == readiness.UNCONFIRMED


def test_the_time_to_confirm_begins_when_the_consoles_were_told(
    cast: Cast, shift: Shift, one_by_one: Queue, monkeypatch: pytest.MonkeyPatch
):
    shift.begins(cast.ana)
    monkeypatch.setattr(notify, "_send", lambda pushes: shift.clock.forward(3))
    call = shift.calls_in()
    dispatch.expire_attempts()
    assert ringing(call) == ["Ana"]
    shift.clock.forward(1.6)
    dispatch.expire_attempts()
    assert outcomes(call) == [("Ana", "console")]


@pytest.fixture
def tests_sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """At whose consoles a test was to ring."""
    sent: list[int] = []
    monkeypatch.setattr(notify, "test_ring", sent.append)
    return sent


def test_a_console_that_never_rings_costs_one_caller_a_moment_and_no_other(
    cast: Cast, shift: Shift, one_by_one: Queue, tests_sent: list[int]
):
    """It beats all the while, for a quarter of an hour."""
    shift.begins(cast.ana, cast.bruno)
    shift.deaf.add(cast.ana.pk)
    for _ in range(6):
        call = shift.calls_in()
        shift.later(150)
        shift.hangs_up(call)
    rung = Offer.objects.filter(agent=cast.ana)
    assert [offer.outcome for offer in rung] == ["console"]
    assert reason_of(cast.ana) == readiness.UNCONFIRMED
    # After 0, 4, 12, 28, 60, 124, 252, 508 and 808 seconds.
    assert tests_sent == [cast.ana.pk] * 9


def test_it_rings_again_once_a_test_was_confirmed(
    cast: Cast, shift: Shift, one_by_one: Queue
):
    shift.begins(cast.ana)
    shift.deaf.add(cast.ana.pk)
    shift.calls_in()
    shift.later(5)
    assert state_of(cast.ana) == "cannot_ring"
    shift.deaf.clear()
    shift.later(10)
    assert state_of(cast.ana) == "available"
    assert ringing(shift.calls_in(DORA)) == ["Ana"]
    assert Agent.objects.get(pk=cast.ana.pk).unconfirmed_rings == 0


def test_a_new_page_is_tested_at_once(
    cast: Cast, shift: Shift, one_by_one: Queue, tests_sent: list[int]
):
    shift.begins(cast.ana)
    shift.deaf.add(cast.ana.pk)
    shift.calls_in()
    shift.later(120)
    tests_sent.clear()
    open_window(cast.ana, "another page")
    assert agent_state.heartbeat(cast.ana.pk, PROOF) == readiness.UNCONFIRMED
    assert tests_sent == [cast.ana.pk]
    agent_state.test_rang(cast.ana.pk)
    assert state_of(cast.ana) != "cannot_ring"


def test_a_test_that_was_not_asked_for_changes_nothing(cast: Cast, shift: Shift):
    shift.begins(cast.ana)
    shift.console_dies(cast.ana)
    shift.later(8)
    agent_state.test_rang(cast.ana.pk)
    assert reason_of(cast.ana) == readiness.SILENT


def test_a_confirmation_counts_once_and_only_for_who_is_rung(
    cast: Cast, shift: Shift, one_by_one: Queue
):
    shift.begins(cast.ana, cast.bruno)
    call = shift.calls_in()
    ring_attempts.confirm(call.pk, cast.bruno.pk)
    ring_attempts.confirm(call.pk, cast.ana.pk)
    first = call.offers.get().rang_at
    ring_attempts.confirm(call.pk, cast.ana.pk)
    assert call.offers.get().rang_at == first
    shift.clock.forward(5)
    dispatch.expire_attempts()
    assert ringing(call) == ["Ana"]


def test_whose_console_missed_one_call_gets_the_next_as_soon_as_it_is_well(
    cast: Cast, shift: Shift, one_by_one: Queue
):
    shift.begins(cast.ana)
    first = shift.calls_in()
    shift.clock.forward(2)
    dispatch.expire_attempts()
    shift.beat()
    assert state_of(cast.ana) == "available"
    second = shift.calls_in(DORA, "Dora")
    assert (ringing(first), ringing(second)) == ([], ["Ana"])


def test_a_microphone_that_is_unplugged_while_it_rings_takes_the_ring_away(
    cast: Cast, shift: Shift, one_by_one: Queue
):
    shift.begins(cast.ana, cast.bruno)
    call = shift.calls_in()
    shift.rings_are_confirmed()
    shift.console_dies(cast.ana)
    shift.later(8)
    assert outcomes(call) == [("Ana", "cancelled"), ("Bruno", "ringing")]
    assert (state_of(cast.ana), reason_of(cast.ana)) == (
        "cannot_ring",
        readiness.SILENT,
    )


# --- Whom it rings -----------------------------------------------------------------


def test_the_one_who_is_idle_for_longest_rings_and_then_the_next(
    cast: Cast, shift: Shift, one_by_one: Queue
):
    shift.begins(cast.bruno, cast.ana)
    call = shift.calls_in()
    shift.later(19)
    assert ringing(call) == ["Bruno"]
    shift.later(2)
    assert outcomes(call) == [("Bruno", "no_answer"), ("Ana", "ringing")]
    assert states_of(cast.ana, cast.bruno) == ["ringing", "available"]


def test_who_missed_it_is_asked_again_after_a_while(
    cast: Cast, shift: Shift, one_by_one: Queue
):
    change(one_by_one, retry_seconds=30)
    shift.begins(cast.ana)
    call = shift.calls_in()
    shift.later(26)
    assert outcomes(call) == [("Ana", "no_answer")]
    shift.system_answers(call)
    shift.later(23)
    assert ringing(call) == []
    shift.later(4)
    assert outcomes(call) == [("Ana", "no_answer"), ("Ana", "ringing")]


def test_who_declined_is_never_asked_again(cast: Cast, shift: Shift, one_by_one: Queue):
    change(one_by_one, retry_seconds=5)
    shift.begins(cast.ana, cast.bruno)
    call = shift.calls_in()
    answer.decline(call.pk, cast.ana)
    assert outcomes(call) == [("Ana", "declined"), ("Bruno", "ringing")]
    shift.later(21)
    shift.later(20)
    assert [name for name, _ in outcomes(call)] == ["Ana", "Bruno", "Bruno"]


def test_round_robin_asks_whom_nobody_has_asked_for_longest(
    cast: Cast, shift: Shift, one_by_one: Queue
):
    change(one_by_one, strategy="round_robin")
    dina = hire("dina", cast.queue)
    shift.begins(cast.ana, cast.bruno, dina)
    rung = []
    for _ in range(4):
        call = shift.calls_in()
        rung += ringing(call)
        shift.hangs_up(call)
        shift.clock.forward(400)
        shift.look_round()
    assert rung == ["Ana", "Bruno", "Dina", "Ana"]


def test_a_level_opens_after_its_time(cast: Cast, shift: Shift, one_by_one: Queue):
    change(one_by_one, strategy="ring_all", level_seconds=15)
    change(Membership.objects.get(agent=cast.bruno), level=2)
    shift.begins(cast.ana, cast.bruno)
    call = shift.calls_in()
    assert ringing(call) == ["Ana"]
    shift.later(14)
    assert ringing(call) == ["Ana"]
    shift.later(2)
    assert ringing(call) == ["Ana", "Bruno"]


def test_a_level_without_anybody_opens_the_next_at_once(
    cast: Cast, shift: Shift, one_by_one: Queue
):
    change(one_by_one, level_seconds=15)
    change(Membership.objects.get(agent=cast.bruno), level=2)
    shift.begins(cast.bruno)
    assert ringing(shift.calls_in()) == ["Bruno"]


def test_two_callers_may_ring_at_everybody(cast: Cast, shift: Shift):
    shift.begins(cast.ana, cast.bruno)
    first, second = shift.calls_in(), shift.calls_in(DORA, "Dora")
    assert ringing(first) == ringing(second) == ["Ana", "Bruno"]
    shift.answers(cast.ana, first)
    assert outcomes(second) == [("Ana", "cancelled"), ("Bruno", "ringing")]
    assert states_of(cast.ana, cast.bruno) == ["in_call", "ringing"]
    shift.hangs_up(second)
    assert state_of(cast.bruno) == "available"


def test_two_callers_never_ring_at_one_agent_when_one_is_asked_at_a_time(
    cast: Cast, shift: Shift, one_by_one: Queue
):
    shift.begins(cast.ana, cast.bruno)
    first = shift.calls_in()
    second = shift.calls_in(DORA, "Dora")
    third = shift.calls_in(ERIK, "Erik")
    assert [ringing(call) for call in (first, second, third)] == [
        ["Ana"],
        ["Bruno"],
        [],
    ]
    answer.decline(first.pk, cast.ana)
    assert [ringing(call) for call in (first, second, third)] == [
        [],
        ["Bruno"],
        ["Ana"],
    ]


def second_queue(cast: Cast, **fields) -> tuple[Queue, Line]:
    """Sales, which Ana serves too, with a line of its own."""
    queue = Queue.objects.create(
        name="Sales", strategy="longest_idle", wrap_up_seconds=0, **fields
    )
    Membership.objects.create(queue=queue, agent=cast.ana)
    line = Line.objects.create(
        account=cast.account, number="4930999", name="Sales", queue=queue
    )
    return queue, line


def test_the_heavier_queue_is_served_first(cast: Cast, shift: Shift, one_by_one: Queue):
    _, sales = second_queue(cast, weight=5)
    first = shift.calls_in()
    second = shift.calls_in(DORA, "Dora", line=sales)
    shift.begins(cast.ana)
    assert (ringing(first), ringing(second)) == ([], ["Ana"])


def test_within_a_queue_the_line_with_priority_comes_first(
    cast: Cast, shift: Shift, one_by_one: Queue
):
    urgent = Line.objects.create(
        account=cast.account,
        number="4930777",
        name="Urgent",
        queue=one_by_one,
        priority=10,
    )
    first = shift.calls_in()
    second = shift.calls_in(DORA, "Dora", line=urgent)
    shift.begins(cast.ana)
    assert (ringing(first), ringing(second)) == ([], ["Ana"])


def test_who_knows_the_caller_is_asked_first(
    cast: Cast, shift: Shift, one_by_one: Queue
):
    change(one_by_one, sticky_hours=8, sticky_seconds=10)
    shift.begins(cast.bruno)
    ending.hang_up(shift.talks(cast.bruno).pk, cast.bruno)
    shift.begins(cast.ana)
    dispatch.change_agent(cast.bruno.pk, "on_break")
    agent_state.go_available(cast.bruno.pk)
    stranger = shift.calls_in(DORA, "Dora")
    assert ringing(stranger) == ["Ana"]
    shift.hangs_up(stranger)
    shift.clock.forward(1)
    shift.look_round()
    call = shift.calls_in()
    assert ringing(call) == ["Bruno"]
    assert call.offers.get().kind == "sticky"


def test_nobody_waits_for_who_knows_the_caller_but_is_not_free(
    cast: Cast, shift: Shift, one_by_one: Queue
):
    change(one_by_one, sticky_hours=8)
    shift.begins(cast.bruno)
    ending.hang_up(shift.talks(cast.bruno).pk, cast.bruno)
    shift.begins(cast.ana)
    dispatch.change_agent(cast.bruno.pk, "on_break")
    assert ringing(shift.calls_in()) == ["Ana"]


def test_who_talked_longer_ago_than_the_queue_remembers_is_nobody_special(
    cast: Cast, shift: Shift, one_by_one: Queue
):
    change(one_by_one, sticky_hours=1)
    shift.begins(cast.bruno)
    ending.hang_up(shift.talks(cast.bruno).pk, cast.bruno)
    shift.later(3700, step=600)
    call = shift.calls_in()
    assert call.wanted_agent is None


# --- A transfer to one person ------------------------------------------------------


def test_a_call_that_is_passed_on_rings_at_this_one_alone(cast: Cast, shift: Shift):
    dina = hire("dina", cast.queue)
    shift.begins(cast.ana)
    call = shift.talks(cast.ana)
    shift.begins(cast.bruno, dina)
    transfer.transfer_to_agent(call.pk, cast.ana, cast.bruno)
    assert ringing(call) == ["Bruno"]
    offer = call.offers.get(outcome="ringing")
    assert offer.kind == "transfer"


def test_who_does_not_answer_leaves_it_to_the_queue_but_not_to_who_passed_it_on(
    cast: Cast, shift: Shift, one_by_one: Queue
):
    dina = hire("dina", cast.queue)
    shift.begins(cast.ana)
    call = shift.talks(cast.ana)
    shift.begins(cast.bruno, dina)
    transfer.transfer_to_agent(call.pk, cast.ana, cast.bruno)
    assert state_of(cast.ana) == "available"
    shift.later(21)
    names = [(name, how) for name, how in outcomes(call) if how != "answered"]
    assert names == [("Bruno", "no_answer"), ("Dina", "ringing")]


def test_nobody_else_there_gives_it_back_to_who_passed_it_on(
    cast: Cast, shift: Shift, one_by_one: Queue
):
    change(one_by_one, retry_seconds=0)
    shift.begins(cast.ana)
    call = shift.talks(cast.ana)
    shift.begins(cast.bruno)
    transfer.transfer_to_agent(call.pk, cast.ana, cast.bruno)
    answer.decline(call.pk, cast.bruno)
    assert ringing(call) == ["Ana"]


def test_a_call_may_be_passed_on_to_somebody_who_does_not_serve_the_queue(
    cast: Cast, shift: Shift, one_by_one: Queue
):
    other = Queue.objects.create(name="Accounts", wrap_up_seconds=0)
    dina = hire("dina", other)
    shift.begins(cast.ana)
    call = shift.talks(cast.ana)
    shift.begins(dina, cast.bruno)
    transfer.transfer_to_agent(call.pk, cast.ana, dina)
    assert ringing(call) == ["Dina"]
    shift.answers(dina, call)
    assert state_of(dina) == "in_call"


@pytest.mark.parametrize("strategy", ["longest_idle", "ring_all"])
def test_who_does_not_serve_the_queue_has_one_chance_and_no_other(
    cast: Cast, shift: Shift, one_by_one: Queue, strategy: str
):
    change(one_by_one, strategy=strategy, retry_seconds=5)
    dina = hire("dina", Queue.objects.create(name="Accounts", wrap_up_seconds=0))
    shift.begins(cast.ana)
    call = shift.talks(cast.ana)
    shift.begins(dina, cast.bruno)
    transfer.transfer_to_agent(call.pk, cast.ana, dina)
    shift.later(22)
    assert ("Dina", "no_answer") in outcomes(call)
    assert ringing(call) == ["Bruno"]
    shift.later(60)
    assert [name for name, _ in outcomes(call)].count("Dina") == 1
    assert state_of(dina) == "available"


def test_a_transfer_to_who_went_on_a_break_goes_to_the_queue(
    cast: Cast, shift: Shift, one_by_one: Queue
):
    dina = hire("dina", cast.queue)
    shift.begins(cast.ana)
    call = shift.talks(cast.ana)
    shift.begins(cast.bruno, dina)
    transfer.transfer_to_agent(call.pk, cast.ana, cast.bruno)
    dispatch.change_agent(cast.bruno.pk, "offline")
    assert ringing(call) == []
    shift.later(21)
    assert ringing(call) == ["Dina"]


# --- What is written down, and who is told ------------------------------------------


def test_every_offer_says_why_it_rings_there(
    cast: Cast, shift: Shift, one_by_one: Queue
):
    shift.begins(cast.ana, cast.bruno)
    call = shift.calls_in()
    offer = call.offers.get()
    decision = offer.decision.facts["decision"]
    assert decision["ring"] == [cast.ana.pk]
    assert [one["skip"] for one in decision["skipped"]] == ["idle_longer"]


def test_the_same_decision_is_written_down_once(
    cast: Cast, shift: Shift, one_by_one: Queue
):
    shift.begins(cast.ana, cast.bruno)
    call = shift.calls_in()
    shift.later(10)
    # The second says that Bruno is passed over because it rings at Ana already.
    assert RoutingDecision.objects.filter(call=call).count() == 2


def test_the_agents_whom_a_call_concerns_see_it_and_nobody_else(
    cast: Cast, shift: Shift, one_by_one: Queue
):
    dina = hire("dina", cast.queue)
    shift.begins(cast.ana)
    call = shift.talks(cast.ana)
    shift.begins(cast.bruno, dina)

    def who_sees_it() -> list[str]:
        agents = (cast.ana, cast.bruno, dina)
        seen = {a.name: snapshots.console_snapshot(a.pk)["calls"] for a in agents}
        return [name for name, calls in seen.items() if calls]

    assert who_sees_it() == ["Ana"]
    transfer.consult(call.pk, cast.ana, cast.bruno)
    assert who_sees_it() == ["Ana", "Bruno"]
    shift.joins(cast.bruno, call)
    assert who_sees_it() == ["Ana", "Bruno"]
    transfer.complete(call.pk, cast.ana)
    assert who_sees_it() == ["Bruno"]
    ending.hang_up(call.pk, cast.bruno)
    assert who_sees_it() == []


def test_a_console_notices_what_it_was_not_told(cast: Cast, shift: Shift):
    shift.begins(cast.ana, cast.bruno)

    def standing() -> snapshots.Standing:
        return snapshots.standings([cast.ana.pk])[cast.ana.pk]

    seen = [standing()]

    def notices() -> bool:
        seen.append(standing())
        return seen[-1] != seen[-2]

    assert not notices()
    call = shift.calls_in()
    assert notices()
    answer.decline(call.pk, cast.ana)
    assert notices()
    shift.answers(cast.bruno, call)
    assert not notices()  # it is Bruno's affair


def test_what_follows_the_call_can_only_be_chosen_in_one(cast: Cast, shift: Shift):
    shift.begins(cast.ana)
    with pytest.raises(Refused, match="not on a call"):
        agent_state.choose_next(cast.ana.pk, "on_break", "Lunch")
    agent_state.choose_next(cast.ana.pk, "")
    assert Agent.objects.get(pk=cast.ana.pk).next_state == ""


def test_what_was_to_follow_a_call_is_forgotten_with_the_shift(
    cast: Cast, shift: Shift
):
    shift.begins(cast.ana)
    call = shift.talks(cast.ana)
    agent_state.choose_next(cast.ana.pk, "on_break", "Lunch")
    reconnect.console_left(call.pk, cast.ana.pk)
    shift.console_dies(cast.ana)
    shift.later(62, step=2)
    assert state_of(cast.ana) == "offline"
    shift.hangs_up(call)
    shift.begins(cast.ana)
    ending.hang_up(shift.talks(cast.ana, DORA).pk, cast.ana)
    assert state_of(cast.ana) == "available"


def test_a_floor_that_changes_at_many_places_is_looked_at_once(
    cast: Cast, shift: Shift, monkeypatch: pytest.MonkeyPatch
):
    looks = []
    look = dispatch.assign
    monkeypatch.setattr(
        dispatch, "assign", lambda *floor: (looks.append(1), look(*floor))[1]
    )
    shift.begins(cast.ana, cast.bruno)
    for number in range(8):
        shift.begins(hire(f"agent{number}", cast.queue))
    looks.clear()
    call = shift.calls_in(CARLA)
    assert len(ringing(call)) == 10
    assert len(looks) == 1


def test_a_state_that_is_set_by_a_slower_clock_ends_no_stretch_before_it_began(
    cast: Cast, shift: Shift
):
    shift.begins(cast.ana)
    shift.clock.at -= timedelta(seconds=1)
    assert dispatch.change_agent(cast.ana.pk, "on_break")
    spans = list(cast.ana.spans.order_by("pk"))
    assert spans[-2].ended_at == spans[-1].started_at
    assert spans[-1].started_at > timezone.now()
