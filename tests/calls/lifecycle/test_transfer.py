"""What an agent does with a call they are in: hold, transfer, ask a colleague."""

import pytest

from agents.models import Agent, Queue
from calls import placement
from calls.errors import Refused
from calls.lifecycle import answer, ending, reconnect, transfer
from calls.models import Call
from calls.node.layout import layout_of
from calls.queueing import agent_state, dispatch, participants
from calls.states import Event
from tests.cast import Cast, hire
from tests.shift import (
    DORA,
    Shift,
    change,
    events,
    fresh,
    outcomes,
    ringing,
    state_of,
    states_of,
)


@pytest.fixture
def dina(cast: Cast) -> Agent:
    """A colleague of another queue."""
    return hire("dina", Queue.objects.create(name="Accounts", wrap_up_seconds=0))


@pytest.fixture
def talk(cast: Cast, shift: Shift) -> Call:
    """Ana talks to Carla; Bruno is there, too."""
    shift.begins(cast.ana)
    call = shift.talks(cast.ana)
    shift.begins(cast.bruno)
    return call


def who_talks(call: Call) -> tuple[set[str], set[str]]:
    """Names of those whom the customer hears, and of those who consult."""
    arrangement = layout_of(fresh(call))
    names = {str(agent.pk): agent.name for agent in Agent.objects.all()}
    return {names[p] for p in arrangement.speakers}, {
        names[p] for p in arrangement.consult
    }


# --- Hold --------------------------------------------------------------------------


def test_holding_is_counted_and_no_talk(cast: Cast, shift: Shift, talk: Call):
    shift.clock.forward(30)
    for _ in range(2):
        transfer.hold(talk.pk, cast.ana)
        assert fresh(talk).status == "held"
        assert fresh(talk).held_since is not None
        shift.clock.forward(20)
        transfer.resume(talk.pk, cast.ana)
        shift.clock.forward(5)
    ending.hang_up(talk.pk, cast.ana)
    call = fresh(talk)
    assert (call.holds, call.hold_seconds, call.held_since) == (2, 40, None)
    assert call.talk_seconds == 40


def test_a_customer_who_hangs_up_on_hold_was_on_hold_until_then(
    cast: Cast, shift: Shift, talk: Call
):
    transfer.hold(talk.pk, cast.ana)
    shift.later(25, step=5)
    call = shift.hangs_up(talk)
    assert (call.result, call.hold_seconds, call.talk_seconds) == ("answered", 25, 0)
    assert state_of(cast.ana) == "available"


def test_who_is_held_is_not_held_twice_nor_resumed_twice(
    cast: Cast, shift: Shift, talk: Call
):
    transfer.hold(talk.pk, cast.ana)
    with pytest.raises(Refused, match="not possible right now"):
        transfer.hold(talk.pk, cast.ana)
    transfer.resume(talk.pk, cast.ana)
    with pytest.raises(Refused, match="not possible right now"):
        transfer.resume(talk.pk, cast.ana)
    assert fresh(talk).holds == 1


def test_nobody_holds_or_passes_on_a_colleagues_call(
    cast: Cast, shift: Shift, talk: Call
):
    for verb in (transfer.hold, transfer.resume, transfer.complete):
        with pytest.raises(Refused, match="You are not on this call"):
            verb(talk.pk, cast.bruno)
    with pytest.raises(Refused, match="You are not on this call"):
        transfer.transfer_to_queue(talk.pk, cast.bruno, cast.queue)


def test_what_comes_after_the_end_is_told_how_it_ended(
    cast: Cast, shift: Shift, talk: Call
):
    shift.hangs_up(talk)
    with pytest.raises(Refused, match="The customer hung up"):
        transfer.hold(talk.pk, cast.ana)
    with pytest.raises(Refused, match="The customer hung up"):
        transfer.transfer_to_agent(talk.pk, cast.ana, cast.bruno)


# --- To somebody else --------------------------------------------------------------


def test_targets_say_who_can_take_a_call_and_where_callers_wait(
    cast: Cast, shift: Shift, talk: Call, dina: Agent
):
    shift.begins(dina)
    dispatch.change_agent(dina.pk, "on_break")
    found = transfer.targets(cast.ana)
    can_take = [(one["name"], one["can_take"]) for one in found["agents"]]
    assert can_take == [("Bruno", True), ("Dina", False)]
    queues = [(one["name"], one["waiting"], one["ready"]) for one in found["queues"]]
    assert queues == [("Accounts", 0, 0), ("Support", 0, 1)]


def test_a_transfer_to_a_colleague(cast: Cast, shift: Shift, talk: Call):
    transfer.transfer_to_agent(talk.pk, cast.ana, cast.bruno)
    call = fresh(talk)
    assert (call.status, call.agent, call.from_agent) == ("waiting", None, cast.ana)
    assert states_of(cast.ana, cast.bruno) == ["available", "ringing"]
    call = shift.answers(cast.bruno, call)
    assert (call.status, call.agent, call.from_agent) == ("active", cast.bruno, None)
    assert [leg.agent.name for leg in call.legs.all()] == ["Ana", "Bruno"]
    assert call.node == talk.node


def test_a_transfer_to_a_queue_rings_there(
    cast: Cast, shift: Shift, talk: Call, dina: Agent
):
    shift.begins(dina)
    accounts = Queue.objects.get(name="Accounts")
    transfer.transfer_to_queue(talk.pk, cast.ana, accounts)
    assert (fresh(talk).queue, ringing(talk)) == (accounts, ["Dina"])


def test_nobody_passes_a_call_to_where_nobody_else_is(
    cast: Cast, shift: Shift, talk: Call, dina: Agent
):
    with pytest.raises(Refused, match=r"No agent of Accounts is signed in\."):
        transfer.transfer_to_queue(
            talk.pk, cast.ana, Queue.objects.get(name="Accounts")
        )
    dispatch.change_agent(cast.bruno.pk, "offline")
    with pytest.raises(Refused, match="No agent of Support is signed in"):
        transfer.transfer_to_queue(talk.pk, cast.ana, cast.queue)
    assert fresh(talk).status == "active"


def test_nobody_passes_a_call_to_who_cannot_take_it(
    cast: Cast, shift: Shift, talk: Call
):
    with pytest.raises(Refused, match="You are already on this call"):
        transfer.transfer_to_agent(talk.pk, cast.ana, cast.ana)
    bruno = Agent.objects.get(pk=cast.bruno.pk)  # as the console looked him up
    dispatch.change_agent(bruno.pk, "on_break")
    for verb in (transfer.transfer_to_agent, transfer.consult):
        with pytest.raises(Refused, match=r"Bruno cannot take a call right now\."):
            verb(talk.pk, cast.ana, bruno)
    assert (fresh(talk).status, outcomes(talk)) == ("active", [("Ana", "answered")])


def test_who_is_rung_by_a_colleague_is_not_rung_by_another(
    cast: Cast, shift: Shift, talk: Call, dina: Agent
):
    shift.begins(dina)
    dispatch.change_agent(cast.bruno.pk, "on_break")
    change(cast.queue, strategy="ring_all")
    bruno = Agent.objects.get(pk=cast.bruno.pk)
    other = shift.calls_in(DORA, "Dora")
    agent_state.go_available(bruno.pk)
    shift.answers(bruno, other)
    looked_up = Agent.objects.get(pk=dina.pk)
    transfer.consult(other.pk, bruno, looked_up)
    with pytest.raises(Refused, match="Dina cannot take"):
        transfer.consult(talk.pk, cast.ana, looked_up)
    assert fresh(talk).status == "active"


def test_a_held_call_can_be_passed_on_and_its_music_is_no_talk(
    cast: Cast, shift: Shift, talk: Call
):
    transfer.hold(talk.pk, cast.ana)
    shift.later(10, step=5)
    transfer.transfer_to_agent(talk.pk, cast.ana, cast.bruno)
    shift.later(1)
    call = shift.answers(cast.bruno, talk)
    assert (call.held_since, call.hold_seconds) == (None, 11)


def test_a_call_out_can_be_passed_on_like_any_other(cast: Cast, shift: Shift):
    """Nobody noted when its sound came up: the person must not be let go for that."""
    shift.begins(cast.ana)
    call = shift.talks(cast.ana)
    Call.objects.filter(pk=call.pk).update(direction="outbound", media_at=None)
    shift.begins(cast.bruno)
    transfer.transfer_to_agent(call.pk, cast.ana, cast.bruno)
    shift.rings_are_confirmed()
    answer.claim(call.pk, cast.bruno)
    shift.later(6)
    assert fresh(call).status == "waiting"
    shift.later(30)
    assert fresh(call).status == "waiting"


# --- Asking a colleague ------------------------------------------------------------


def test_who_consults_talks_to_the_colleague_while_the_caller_hears_music(
    cast: Cast, shift: Shift, talk: Call
):
    transfer.consult(talk.pk, cast.ana, cast.bruno)
    call = fresh(talk)
    assert (call.status, call.from_agent) == ("held", cast.ana)
    assert call.offers.get(agent=cast.bruno).kind == "consult"
    shift.joins(cast.bruno, call)
    assert who_talks(call) == (set(), {"Ana", "Bruno"})
    assert states_of(cast.ana, cast.bruno) == ["in_call", "in_call"]


def test_a_colleague_who_declines_leaves_the_caller_on_hold(
    cast: Cast, shift: Shift, talk: Call
):
    transfer.consult(talk.pk, cast.ana, cast.bruno)
    answer.decline(talk.pk, cast.bruno)
    assert fresh(talk).status == "held"
    assert state_of(cast.bruno) == "available"
    with pytest.raises(Refused, match="consult has ended"):
        transfer.join(talk.pk, cast.bruno)
    transfer.consult(talk.pk, cast.ana, cast.bruno)  # once more
    assert ringing(talk) == ["Bruno"]


def test_a_colleague_who_does_not_answer_is_asked_no_more(
    cast: Cast, shift: Shift, talk: Call
):
    transfer.consult(talk.pk, cast.ana, cast.bruno)
    shift.later(19)
    assert ringing(talk) == ["Bruno"]
    shift.later(2)
    assert outcomes(talk)[-1] == ("Bruno", "no_answer")
    assert (fresh(talk).status, state_of(cast.bruno)) == ("held", "available")


def test_a_colleague_whose_console_does_not_confirm_is_not_blamed(
    cast: Cast, shift: Shift, talk: Call
):
    transfer.consult(talk.pk, cast.ana, cast.bruno)
    shift.clock.forward(2)
    dispatch.expire_attempts()
    assert outcomes(talk)[-1] == ("Bruno", "console")
    assert state_of(cast.bruno) == "cannot_ring"


def test_asking_can_be_cancelled_before_and_after_the_colleague_came(
    cast: Cast, shift: Shift, talk: Call
):
    transfer.consult(talk.pk, cast.ana, cast.bruno)
    transfer.cancel_consult(talk.pk, cast.ana)
    assert outcomes(talk)[-1] == ("Bruno", "cancelled")
    assert state_of(cast.bruno) == "available"
    shift.asks(cast.ana, cast.bruno, talk)
    transfer.cancel_consult(talk.pk, cast.ana)
    assert (fresh(talk).status, state_of(cast.bruno)) == ("held", "available")
    assert who_talks(talk) == (set(), {"Ana"})


def test_one_colleague_is_asked_at_a_time(
    cast: Cast, shift: Shift, talk: Call, dina: Agent
):
    shift.begins(dina)
    transfer.consult(talk.pk, cast.ana, cast.bruno)
    with pytest.raises(Refused, match="Another agent is already on this call"):
        transfer.consult(talk.pk, cast.ana, dina)
    shift.joins(cast.bruno, talk)
    with pytest.raises(Refused, match="Another agent is already on this call"):
        transfer.consult(talk.pk, cast.ana, dina)


def test_the_colleague_takes_the_call_over(cast: Cast, shift: Shift, talk: Call):
    call = shift.asks(cast.ana, cast.bruno, talk)
    shift.later(15, step=5)
    transfer.complete(call.pk, cast.ana)
    call = fresh(call)
    assert (call.status, call.agent, call.from_agent) == ("active", cast.bruno, None)
    assert call.hold_seconds == 15
    assert who_talks(call) == ({"Bruno"}, set())
    assert state_of(cast.ana) == "available"
    ending.hang_up(call.pk, cast.bruno)
    assert events(call)[-2:] == ["handed_over", "agent_ended"]


def test_nobody_hands_over_to_who_is_not_there(cast: Cast, shift: Shift, talk: Call):
    with pytest.raises(Refused, match="not on the call yet"):
        transfer.complete(talk.pk, cast.ana)
    transfer.consult(talk.pk, cast.ana, cast.bruno)
    with pytest.raises(Refused, match="not on the call yet"):
        transfer.complete(talk.pk, cast.ana)
    shift.joins(cast.bruno, talk)
    reconnect.console_left(talk.pk, cast.bruno.pk)
    with pytest.raises(Refused, match="not on the call yet"):
        transfer.complete(talk.pk, cast.ana)
    reconnect.console_joined(talk.pk, cast.bruno.pk)
    transfer.complete(talk.pk, cast.ana)
    assert fresh(talk).agent == cast.bruno


def test_all_three_talk_after_a_resume_and_the_asker_may_leave(
    cast: Cast, shift: Shift, talk: Call
):
    shift.asks(cast.ana, cast.bruno, talk)
    transfer.resume(talk.pk, cast.ana)
    assert who_talks(talk) == ({"Ana", "Bruno"}, set())
    transfer.hold(talk.pk, cast.ana)
    assert who_talks(talk) == (set(), {"Ana", "Bruno"})
    transfer.resume(talk.pk, cast.ana)
    transfer.complete(talk.pk, cast.ana)
    assert who_talks(talk) == ({"Bruno"}, set())


def test_a_guest_who_hangs_up_only_leaves(cast: Cast, shift: Shift, talk: Call):
    shift.asks(cast.ana, cast.bruno, talk)
    ending.hang_up(talk.pk, cast.bruno)
    assert (fresh(talk).status, fresh(talk).agent) == ("held", cast.ana)
    assert states_of(cast.ana, cast.bruno) == ["in_call", "available"]
    shift.asks(cast.ana, cast.bruno, talk)
    transfer.resume(talk.pk, cast.ana)
    ending.hang_up(talk.pk, cast.bruno)
    assert who_talks(talk) == ({"Ana"}, set())


def test_an_agent_who_hangs_up_ends_it_for_all(cast: Cast, shift: Shift, talk: Call):
    shift.asks(cast.ana, cast.bruno, talk)
    ending.hang_up(talk.pk, cast.ana)
    assert fresh(talk).status == "ended"
    assert states_of(cast.ana, cast.bruno) == ["available", "available"]
    assert not fresh(talk).legs.open().exists()


@pytest.mark.parametrize("moment", ["held", "asked", "joined", "three", "passed_on"])
def test_a_caller_may_hang_up_at_any_moment(
    cast: Cast, shift: Shift, talk: Call, moment: str
):
    if moment == "held":
        transfer.hold(talk.pk, cast.ana)
    elif moment == "passed_on":
        transfer.transfer_to_agent(talk.pk, cast.ana, cast.bruno)
    else:
        transfer.consult(talk.pk, cast.ana, cast.bruno)
    if moment in ("joined", "three"):
        shift.joins(cast.bruno, talk)
    if moment == "three":
        transfer.resume(talk.pk, cast.ana)
    call = shift.hangs_up(talk)
    assert (call.status, call.result, call.held_since) == ("ended", "answered", None)
    assert ringing(call) == []
    assert states_of(cast.ana, cast.bruno) == ["available", "available"]
    with pytest.raises(Refused):
        transfer.join(call.pk, cast.bruno)


def test_a_call_that_is_passed_on_asks_nobody_any_more(
    cast: Cast, shift: Shift, talk: Call, dina: Agent
):
    shift.begins(dina)
    transfer.consult(talk.pk, cast.ana, dina)
    transfer.transfer_to_agent(talk.pk, cast.ana, cast.bruno)
    assert outcomes(talk)[-2:] == [("Dina", "cancelled"), ("Bruno", "ringing")]
    assert state_of(dina) == "available"


def test_a_guest_leaves_when_the_asker_passes_the_call_on(
    cast: Cast, shift: Shift, talk: Call, dina: Agent
):
    shift.begins(dina)
    shift.asks(cast.ana, dina, talk)
    transfer.transfer_to_agent(talk.pk, cast.ana, cast.bruno)
    assert states_of(cast.ana, cast.bruno, dina) == [
        "available",
        "ringing",
        "available",
    ]
    assert not fresh(talk).legs.open().exists()


def test_a_guest_whose_console_never_came_for_the_sound_is_let_go(
    cast: Cast, shift: Shift, talk: Call
):
    transfer.consult(talk.pk, cast.ana, cast.bruno)
    shift.rings_are_confirmed()
    transfer.join(talk.pk, cast.bruno)
    shift.later(12)
    assert (fresh(talk).status, fresh(talk).agent) == ("held", cast.ana)
    assert states_of(cast.ana, cast.bruno) == ["in_call", "available"]


def test_a_guest_whose_console_stays_away_leaves(cast: Cast, shift: Shift, talk: Call):
    shift.asks(cast.ana, cast.bruno, talk)
    reconnect.console_left(talk.pk, cast.bruno.pk)
    assert state_of(cast.bruno) == "reconnecting"
    assert fresh(talk).console_lost_until is None
    reconnect.guest_left(talk.pk, cast.bruno.pk)
    reconnect.guest_left(talk.pk, cast.bruno.pk)
    assert states_of(cast.ana, cast.bruno) == ["in_call", "available"]


def test_who_answers_another_call_is_asked_by_no_colleague_any_more(
    cast: Cast, shift: Shift, talk: Call
):
    """Where calls ring at everybody, one may ring beside a colleague's question."""
    other = shift.calls_in(DORA, "Dora")
    answer.decline(other.pk, cast.bruno)
    transfer.consult(talk.pk, cast.ana, cast.bruno)
    shift.answers(cast.bruno, other)
    assert outcomes(talk)[-1] == ("Bruno", "cancelled")
    assert state_of(cast.bruno) == "in_call"
    with pytest.raises(Refused, match="consult has ended"):
        transfer.join(talk.pk, cast.bruno)


# --- While the sound is still coming (A-21, A-22) -------------------------------------


def test_an_agent_who_hangs_up_before_the_sound_came_is_free(cast: Cast, shift: Shift):
    shift.begins(cast.ana)
    call = shift.calls_in()
    answer.claim(call.pk, cast.ana)
    with pytest.raises(Refused, match="not possible right now"):
        transfer.hold(call.pk, cast.ana)
    ending.hang_up(call.pk, cast.ana)
    assert (fresh(call).status, state_of(cast.ana)) == ("ended", "available")
    assert not answer.media_up(call.pk)
    assert not answer.accept_sent(call.pk, "v=0")
    reconnect.console_left(call.pk, cast.ana.pk)
    reconnect.console_joined(call.pk, cast.ana.pk)
    assert (fresh(call).status, state_of(cast.ana)) == ("ended", "available")


def test_a_supervisor_may_end_it_while_the_sound_is_coming(cast: Cast, shift: Shift):
    shift.begins(cast.ana)
    call = shift.calls_in()
    answer.claim(call.pk, cast.ana)
    ending.end(call.pk, Event.SUPERVISOR_ENDED, user=cast.sofia)
    assert (fresh(call).ended_by, state_of(cast.ana)) == ("supervisor", "available")
    assert not answer.release(call.pk, "Too late.")


def test_a_node_that_dies_frees_everybody_in_its_calls(
    cast: Cast, shift: Shift, talk: Call
):
    shift.asks(cast.ana, cast.bruno, talk)
    shift.node = placement.register()  # started anew
    shift.look_round()
    assert (fresh(talk).end_reason, fresh(talk).result) == ("node_lost", "answered")
    assert states_of(cast.ana, cast.bruno) == ["available", "available"]


def test_an_agent_has_one_part_at_a_time(cast: Cast, shift: Shift, talk: Call):
    other = shift.calls_in(DORA, "Dora")
    with pytest.raises(Refused, match="You are on another call"):
        participants.join(other, cast.ana)
    assert cast.ana.legs.open().count() == 1
