"""Who is in a call, and what they do after it: wrap-up, breaks, the way home."""

from datetime import timedelta

import pytest
from django.utils import timezone

from agents.models import Agent, BreakReason
from callcenter.wati.events import PermissionChanged, Person
from calls import snapshots
from calls.console import notes
from calls.errors import Refused
from calls.lifecycle import answer, ending, transfer
from calls.lifecycle.permission_usage import pair_of
from calls.models import Call, Disposition
from calls.outbound import dialing
from calls.queueing import agent_state, dispatch, participants, wrap_up
from calls.states import FOR_ANYBODY
from permissions import people
from permissions import services as permissions
from tests.cast import CARLA, Cast
from tests.shift import DORA, Shift, change, ringing, state_of, states_of


@pytest.fixture
def wrapping_up(cast: Cast, shift: Shift) -> Call:
    """Ana has half a minute after the call with Carla; she is alone on the shift."""
    change(cast.queue, wrap_up_seconds=30)
    shift.begins(cast.ana)
    call = shift.talks(cast.ana)
    ending.hang_up(call.pk, cast.ana)
    return call


def now_of(agent: Agent) -> Agent:
    return Agent.objects.get(pk=agent.pk)


def test_wrap_up_counts_down_and_then_the_next_caller_rings(
    cast: Cast, shift: Shift, wrapping_up: Call
):
    assert state_of(cast.ana) == "wrap_up"
    assert now_of(cast.ana).until - now_of(cast.ana).state_since == timedelta(
        seconds=30
    ) - (shift.clock.TICK)
    waits = shift.system_answers(shift.calls_in(DORA, "Dora"))
    shift.later(28)
    assert (state_of(cast.ana), ringing(waits)) == ("wrap_up", [])
    shift.later(3)
    assert (state_of(cast.ana), ringing(waits)) == ("ringing", ["Ana"])
    assert wrapping_up.legs.get().wrap_up_seconds == pytest.approx(30, abs=1)


def test_wrap_up_may_be_finished_early(cast: Cast, shift: Shift, wrapping_up: Call):
    assert wrap_up.end_wrap_up(cast.ana.pk)
    assert state_of(cast.ana) == "available"
    assert snapshots.work_snapshot(cast.ana.pk) is None


def test_a_minute_more(cast: Cast, shift: Shift, wrapping_up: Call):
    shift.later(20)
    wrap_up.more_time(cast.ana.pk)
    shift.later(69)
    assert state_of(cast.ana) == "wrap_up"
    shift.later(3)
    assert state_of(cast.ana) == "available"


def test_more_time_that_crosses_the_end_counts(
    cast: Cast, shift: Shift, wrapping_up: Call
):
    shift.clock.forward(31)
    wrap_up.more_time(cast.ana.pk)
    wrap_up.wrap_up_is_over(cast.ana.pk)  # by a sweep that had seen it over
    assert state_of(cast.ana) == "wrap_up"


def test_more_time_is_nothing_outside_of_a_wrap_up(cast: Cast, shift: Shift):
    shift.begins(cast.ana)
    version = now_of(cast.ana).version
    wrap_up.more_time(cast.ana.pk)
    assert (now_of(cast.ana).version, now_of(cast.ana).until) == (version, None)


def test_who_never_talked_has_nothing_to_wrap_up(cast: Cast, shift: Shift):
    change(cast.queue, wrap_up_seconds=30)
    shift.begins(cast.ana)
    call = shift.calls_in()
    answer.claim(call.pk, cast.ana)
    shift.hangs_up(call)
    assert state_of(cast.ana) == "available"


def test_a_break_after_this_call(cast: Cast, shift: Shift, wrapping_up: Call):
    BreakReason.objects.create(name="Coffee", minutes=5)
    agent_state.choose_next(cast.ana.pk, "on_break", "Coffee")
    shift.later(31)
    ana = now_of(cast.ana)
    assert (ana.state, ana.reason, ana.next_state) == ("on_break", "Coffee", "")
    assert ana.until - ana.state_since == pytest.approx(
        timedelta(minutes=5), abs=timedelta(seconds=1)
    )
    agent_state.go_available(cast.ana.pk)
    assert state_of(cast.ana) == "available"


def test_home_after_this_call(cast: Cast, shift: Shift):
    shift.begins(cast.ana)
    call = shift.talks(cast.ana)
    agent_state.choose_next(cast.ana.pk, "offline")
    ending.hang_up(call.pk, cast.ana)
    ana = now_of(cast.ana)
    assert (ana.state, ana.next_state) == ("offline", "")
    assert not ana.spans.filter(ended_at=None).exists()


def test_what_was_chosen_may_be_taken_back(cast: Cast, shift: Shift):
    shift.begins(cast.ana)
    call = shift.talks(cast.ana)
    agent_state.choose_next(cast.ana.pk, "offline")
    agent_state.choose_next(cast.ana.pk, "")
    ending.hang_up(call.pk, cast.ana)
    assert state_of(cast.ana) == "available"


def test_a_required_disposition_stops_the_clock_and_is_asked_for(
    cast: Cast, shift: Shift
):
    change(cast.queue, wrap_up_seconds=30, disposition_required=True)
    solved = Disposition.objects.create(name="Solved")
    shift.begins(cast.ana)
    call = shift.talks(cast.ana)
    ending.hang_up(call.pk, cast.ana)
    assert not wrap_up.end_wrap_up(cast.ana.pk)
    shift.later(40)
    ana = now_of(cast.ana)
    assert (ana.state, ana.until) == ("wrap_up", None)
    shown = snapshots.work_snapshot(cast.ana.pk)
    assert shown is not None
    assert (shown["over"], shown["required"], shown["until"]) == (True, True, None)
    notes.set_disposition(call.pk, cast.ana, solved.pk)
    assert wrap_up.end_wrap_up(cast.ana.pk)
    assert state_of(cast.ana) == "available"


def test_a_required_disposition_alone_makes_a_wrap_up(cast: Cast, shift: Shift):
    change(cast.queue, disposition_required=True)
    shift.begins(cast.ana)
    ending.hang_up(shift.talks(cast.ana).pk, cast.ana)
    shift.later(5)
    assert state_of(cast.ana) == "wrap_up"


def test_a_disposition_that_was_chosen_in_the_call_is_not_asked_for_again(
    cast: Cast, shift: Shift
):
    change(cast.queue, disposition_required=True)
    solved = Disposition.objects.create(name="Solved")
    shift.begins(cast.ana)
    call = shift.talks(cast.ana)
    notes.set_disposition(call.pk, cast.ana, solved.pk)
    ending.hang_up(call.pk, cast.ana)
    shift.later(2)
    assert state_of(cast.ana) == "available"


def test_both_wrap_up_after_a_transfer(cast: Cast, shift: Shift):
    change(cast.queue, wrap_up_seconds=30)
    shift.begins(cast.ana)
    call = shift.talks(cast.ana)
    shift.begins(cast.bruno)
    transfer.transfer_to_agent(call.pk, cast.ana, cast.bruno)
    assert states_of(cast.ana, cast.bruno) == ["wrap_up", "ringing"]
    shift.answers(cast.bruno, call)
    shift.hangs_up(call)
    assert states_of(cast.ana, cast.bruno) == ["wrap_up", "wrap_up"]
    shift.later(31)
    assert states_of(cast.ana, cast.bruno) == ["available", "available"]


def test_the_wrap_up_is_that_of_the_queue_the_call_was_in(cast: Cast, shift: Shift):
    change(cast.queue, wrap_up_seconds=30)
    other = cast.queue.__class__.objects.create(name="Sales", wrap_up_seconds=0)
    other.agents.add(cast.bruno)
    shift.begins(cast.ana)
    call = shift.talks(cast.ana)
    shift.begins(cast.bruno)
    transfer.transfer_to_queue(call.pk, cast.ana, other)
    assert state_of(cast.ana) == "wrap_up"


def test_dialing_ends_the_wrap_up(cast: Cast, shift: Shift, wrapping_up: Call):
    carla = people.remember(cast.account, Person(waid=CARLA, name="Carla"))
    assert carla is not None
    permissions.permission_webhook(
        pair_of(carla, cast.line),
        PermissionChanged(Person(CARLA), granted=True),
        key="grant",
        received_at=timezone.now(),
    )
    call = dialing.dial(cast.ana, carla, cast.line)
    assert state_of(cast.ana) == "in_call"
    assert wrapping_up.legs.get().wrapped_up_at is not None
    assert notes.call_in_hand(cast.ana) == call.pk


def test_who_vanishes_in_wrap_up_goes_offline(
    cast: Cast, shift: Shift, wrapping_up: Call
):
    for _ in range(3):
        wrap_up.more_time(cast.ana.pk)
    shift.console_dies(cast.ana)
    shift.later(59, step=2)
    assert state_of(cast.ana) == "wrap_up"
    shift.later(4)
    assert state_of(cast.ana) == "offline"
    assert wrapping_up.legs.get().wrapped_up_at is not None


def test_who_vanishes_while_available_first_cannot_ring_and_then_is_gone(
    cast: Cast, shift: Shift
):
    shift.begins(cast.ana)
    shift.console_dies(cast.ana)
    shift.later(8)
    assert state_of(cast.ana) == "cannot_ring"
    shift.later(55, step=2)
    assert state_of(cast.ana) == "offline"
    shift.console_is_back(cast.ana)
    assert state_of(cast.ana) == "offline"  # they say themselves when they are back


def test_nobody_in_a_call_is_taken_for_gone(cast: Cast, shift: Shift):
    shift.begins(cast.ana)
    shift.talks(cast.ana)
    shift.console_dies(cast.ana)
    shift.later(90, step=5)
    assert state_of(cast.ana) == "in_call"


def test_whose_console_failed_in_a_call_cannot_ring_after_it_and_reads_why(
    cast: Cast, shift: Shift
):
    shift.begins(cast.ana)
    call = shift.talks(cast.ana)
    shift.console_dies(cast.ana)
    shift.clock.forward(8)
    ending.hang_up(call.pk, cast.ana)
    ana = now_of(cast.ana)
    assert (ana.state, ana.reason) == ("cannot_ring", "The console does not respond.")


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("in_call", "You are on another call."),
        ("wrap_up", "Finish your wrap-up first."),
        ("on_break", "You are not available. Go available first."),
        ("cannot_ring", "The microphone sends no audio."),
    ],
)
def test_who_may_not_take_a_call_reads_why(
    cast: Cast, shift: Shift, state: str, sentence: str
):
    shift.begins(cast.ana)
    call = shift.calls_in()
    reason = sentence if state == "cannot_ring" else ""
    dispatch.change_agent(cast.ana.pk, state, reason=reason)
    with pytest.raises(Refused) as refused:
        answer.claim(call.pk, cast.ana)
    assert str(refused.value) == sentence
    assert Call.objects.get(pk=call.pk).status in FOR_ANYBODY


def test_who_is_rung_calls_nobody(cast: Cast, shift: Shift):
    shift.begins(cast.ana)
    call = shift.calls_in()
    with pytest.raises(Refused, match=r"A call is ringing\."):
        participants.join(call, cast.ana, only_from=dialing.MAY_CALL)
