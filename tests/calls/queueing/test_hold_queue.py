"""Callers who wait: admission, music, places in line, and whose console is gone."""

from datetime import time, timedelta

import pytest
from django.utils import timezone

from agents.models import Membership, Queue, Schedule
from calls import deadlines, errors, placement, tasks
from calls.lifecycle import answer, ending, reconnect, transfer
from calls.models import Call
from calls.queueing import dispatch, entry, hold_queue, limits
from calls.states import Event
from tests.cast import Cast, hire
from tests.shift import (
    DORA,
    ERIK,
    Shift,
    change,
    events,
    fresh,
    outcomes,
    ringing,
    state_of,
)


@pytest.fixture
def other(cast: Cast) -> Queue:
    """Sales, with Dina in it; Support overflows into it."""
    queue = Queue.objects.create(name="Sales", wrap_up_seconds=0)
    hire("dina", queue)
    change(cast.queue, overflow_to=queue)
    return queue


def dina() -> object:
    return Membership.objects.get(agent__name="Dina").agent


def parked(shift: Shift) -> Call:
    """A caller who hears our music: at once, or once it has rung at agents."""
    call = shift.calls_in()
    while fresh(call).status == "ringing":
        shift.later(1)
    return shift.system_answers(call)


# --- The system answers --------------------------------------------------------------


def test_the_system_answers_before_whatsapp_stops_ringing(cast: Cast, shift: Shift):
    shift.begins(cast.ana)
    call = shift.calls_in()
    shift.later(24)
    assert fresh(call).status == "ringing"
    shift.later(2)
    call = fresh(call)
    assert (call.status, call.node) == ("waiting", "node-1")
    assert ringing(call) == ["Ana"]


def test_with_nobody_on_duty_it_rings_out(cast: Cast, shift: Shift):
    call = shift.calls_in()
    shift.later(30)
    assert fresh(call).status == "ringing"
    shift.later(16)
    call = fresh(call)
    assert (call.result, call.end_reason) == ("timeout", "ring_timeout")


def test_who_comes_on_duty_in_time_lets_the_system_answer(cast: Cast, shift: Shift):
    call = shift.calls_in()
    shift.later(10)
    shift.begins(cast.ana)
    shift.later(16)
    assert fresh(call).status == "waiting"


def test_a_queue_that_answers_nobody_rings_out(cast: Cast, shift: Shift):
    change(cast.queue, system_answers=False, ring_seconds=40)
    shift.begins(cast.ana)
    call = shift.calls_in()
    shift.later(38)
    assert fresh(call).status == "ringing"
    shift.later(3)
    assert fresh(call).result == "timeout"


def test_without_a_node_it_rings_on_and_out(cast: Cast, shift: Shift):
    shift.begins(cast.ana)
    call = shift.calls_in()
    shift.clock.forward(26)
    placement.retire(shift.node)
    shift.beat()
    tasks.sweep()
    assert fresh(call).status == "ringing"
    shift.clock.forward(20)
    tasks.sweep()
    assert fresh(call).end_reason == "ring_timeout"


def test_sound_that_never_comes_ends_the_call(cast: Cast, shift: Shift):
    shift.begins(cast.ana)
    call = shift.calls_in()
    shift.later(26)
    shift.later(21)
    assert (fresh(call).result, fresh(call).end_reason) == ("failed", "media_failed")
    assert state_of(cast.ana) == "available"


def test_who_claims_a_waiting_caller_keeps_the_node(cast: Cast, shift: Shift, settings):
    shift.begins(cast.ana)
    call = parked(shift)
    settings.NODE_NAME = "node-2"
    placement.register()
    answer.claim(call.pk, cast.ana, near="node-2")
    assert (fresh(call).status, fresh(call).node) == ("connecting", "node-1")


def test_when_the_console_does_not_come_the_caller_waits_on(cast: Cast, shift: Shift):
    shift.begins(cast.ana, cast.bruno)
    call = parked(shift)
    answer.claim(call.pk, cast.ana)
    shift.later(6)
    call = fresh(call)
    assert (call.status, call.agent, call.node) == ("waiting", None, "node-1")
    assert ("Ana", "console") in outcomes(call)
    assert ringing(call) == ["Bruno"]
    assert call.deadline == call.queued_at + timedelta(seconds=900)
    assert state_of(cast.ana) == "available"


def test_an_answer_from_the_queue_counts_what_the_caller_waited(
    cast: Cast, shift: Shift
):
    shift.begins(cast.ana)
    call = parked(shift)
    shift.later(10)
    call = shift.answers(cast.ana, call)
    assert call.status == "active"
    assert call.wait_seconds == pytest.approx(36, abs=2)


def test_media_alone_is_no_answer_while_the_console_is_still_to_come(
    cast: Cast, shift: Shift
):
    shift.begins(cast.ana)
    call = parked(shift)
    answer.claim(call.pk, cast.ana)
    assert not answer.media_up(call.pk, is_there=False)
    assert fresh(call).status == "connecting"
    assert answer.media_up(call.pk)
    assert fresh(call).status == "active"


def test_who_hangs_up_while_waiting_has_abandoned(cast: Cast, shift: Shift):
    shift.begins(cast.ana)
    call = shift.hangs_up(parked(shift))
    assert (call.result, call.end_reason) == ("abandoned", "customer_ended")
    assert state_of(cast.ana) == "available"


def test_callers_stand_in_line(cast: Cast, shift: Shift):
    change(cast.queue, strategy="longest_idle")
    shift.begins(cast.ana)
    shift.talks(cast.ana, "4915112345690")
    first, second = shift.calls_in(), shift.calls_in(DORA, "Dora")
    assert [entry.place_of(call) for call in (first, second)] == [1, 2]
    urgent = shift.calls_in(ERIK, "Erik")
    change(urgent, priority=5)
    assert [entry.place_of(call) for call in (first, second, urgent)] == [2, 3, 1]
    shift.hangs_up(first)
    assert entry.place_of(fresh(first)) is None
    assert entry.place_of(fresh(second)) == 2


# --- Who may come in ------------------------------------------------------------------


def test_when_nobody_is_there_the_caller_may_wait_with_music(cast: Cast, shift: Shift):
    change(cast.queue, when_nobody="wait")
    call = shift.system_answers(shift.calls_in())
    assert (call.status, call.announcement) == ("waiting", "")
    shift.later(100, step=5)
    shift.begins(cast.ana)
    assert ringing(call) == ["Ana"]


def test_when_nobody_is_there_the_caller_may_be_told_so(cast: Cast, shift: Shift):
    change(cast.queue, when_nobody="goodbye")
    call = shift.system_answers(shift.calls_in())
    assert (call.status, call.announcement) == ("waiting", "nobody")
    shift.begins(cast.ana)
    assert ringing(call) == []
    ending.end(call.pk, Event.NOBODY_THERE)
    assert fresh(call).result == "turned_away"


def test_when_nobody_is_there_another_queue_may_be_tried(
    cast: Cast, shift: Shift, other: Queue
):
    change(cast.queue, when_nobody="overflow")
    shift.begins(dina())
    call = shift.calls_in()
    assert (call.queue, ringing(call)) == (other, ["Dina"])


def test_a_full_queue_sends_the_next_caller_on(cast: Cast, shift: Shift, other: Queue):
    change(cast.queue, max_length=1, strategy="longest_idle")
    shift.begins(cast.ana, dina())
    shift.talks(cast.ana, "4915112345690")
    first, second = shift.calls_in(), shift.calls_in(DORA, "Dora")
    assert (first.queue, second.queue) == (cast.queue, other)


def test_a_full_queue_without_another_turns_the_next_caller_away(
    cast: Cast, shift: Shift
):
    change(cast.queue, max_length=1)
    shift.begins(cast.ana)
    shift.talks(cast.ana, "4915112345690")
    shift.calls_in()
    second = shift.system_answers(shift.calls_in(DORA, "Dora"))
    assert (second.status, second.announcement) == ("waiting", "full")
    shift.later(400, step=6)
    assert (fresh(second).result, fresh(second).end_reason) == (
        "turned_away",
        "queue_full",
    )


@pytest.fixture
def closed(cast: Cast) -> Schedule:
    """The line is open for an hour, and that was at another time of this day."""
    schedule = Schedule.objects.create(name="Office", time_zone="UTC")
    now = timezone.now()
    opens = 2 if now.hour >= 12 else 20
    for weekday in range(7):
        schedule.hours.create(
            weekday=weekday, opens=time(opens), closes=time(opens + 1)
        )
    change(cast.line, schedule=schedule)
    return schedule


def test_outside_of_business_hours_the_caller_is_told(
    cast: Cast, shift: Shift, closed: Schedule
):
    shift.begins(cast.ana)
    call = shift.system_answers(shift.calls_in())
    assert (call.announcement, outcomes(call)) == ("closed", [])
    shift.later(370, step=6)
    assert (fresh(call).result, fresh(call).end_reason) == ("after_hours", "closed")
    assert list(call.requests.values_list("verb", flat=True)) == ["terminate"]


def test_outside_of_the_hours_of_the_queue_the_caller_is_told(
    cast: Cast, shift: Shift, closed: Schedule
):
    change(cast.line, schedule=None)
    change(cast.queue, schedule=closed)
    shift.begins(cast.ana)
    call = shift.system_answers(shift.calls_in())
    assert (call.announcement, outcomes(call)) == ("closed", [])


def test_a_closed_line_without_a_node_rings_nobody_and_ends(
    cast: Cast, shift: Shift, closed: Schedule
):
    placement.retire(shift.node)
    shift.begins(cast.ana)
    call = shift.calls_in()
    assert (call.status, outcomes(call)) == ("ringing", [])
    shift.clock.forward(46)
    tasks.sweep()
    assert fresh(call).status == "ended"


def test_an_announcement_is_rung_at_nobody_who_comes(
    cast: Cast, shift: Shift, closed: Schedule
):
    call = shift.calls_in()
    shift.begins(cast.ana)
    assert outcomes(call) == []
    with pytest.raises(errors.Refused):
        answer.claim(call.pk, cast.ana)


# --- The longest wait ---------------------------------------------------------------


def test_who_has_waited_for_too_long_goes_to_the_other_queue(
    cast: Cast, shift: Shift, other: Queue
):
    change(cast.queue, max_wait_seconds=60, strategy="longest_idle")
    shift.begins(cast.ana, dina())
    shift.talks(cast.ana, "4915112345690")
    call = parked(shift)
    assert ringing(call) == []
    shift.later(61)
    call = fresh(call)
    assert (call.status, call.queue) == ("waiting", other)
    assert ringing(call) == ["Dina"]


def test_who_has_waited_for_too_long_is_let_go_where_there_is_no_other(
    cast: Cast, shift: Shift
):
    change(cast.queue, max_wait_seconds=60)
    shift.begins(cast.ana)
    call = parked(shift)
    shift.later(36)
    assert (fresh(call).result, fresh(call).end_reason) == ("timeout", "wait_timeout")
    assert state_of(cast.ana) == "available"


def test_queues_that_overflow_in_a_circle_let_the_caller_go_in_the_end(
    cast: Cast, shift: Shift, other: Queue
):
    change(cast.queue, max_wait_seconds=30, when_nobody="wait")
    change(other, max_wait_seconds=30, overflow_to=cast.queue, when_nobody="wait")
    call = shift.system_answers(shift.calls_in())
    shift.later(400, step=6)
    assert fresh(call).end_reason == "wait_timeout"


def test_who_declined_it_in_one_queue_is_not_asked_in_the_next_while_it_rings(
    cast: Cast, shift: Shift, other: Queue
):
    """It rings at Ana when the queue changes; her miss counts in the new one."""
    change(cast.queue, max_wait_seconds=60, strategy="longest_idle")
    change(other, strategy="longest_idle", retry_seconds=0)
    Membership.objects.create(queue=other, agent=cast.ana)
    shift.begins(cast.bruno)
    shift.talks(cast.bruno, "4915112345690")
    call = parked(shift)
    shift.later(54)
    shift.begins(cast.ana)
    assert ringing(call) == ["Ana"]
    shift.later(10)
    assert (fresh(call).queue, ringing(call)) == (other, ["Ana"])
    shift.later(40)
    assert outcomes(call) == [("Ana", "no_answer")]


def test_a_deadline_that_somebody_was_faster_than_does_nothing(
    cast: Cast, shift: Shift
):
    shift.begins(cast.ana)
    call = shift.calls_in()
    shift.later(24)
    shift.clock.forward(2)
    placement.renew(shift.node, calls=0)
    claimed = answer.claim(call.pk, cast.ana)
    before = fresh(claimed).deadline
    deadlines.overdue(call.pk)
    assert (fresh(call).status, fresh(call).deadline) == ("connecting", before)


def test_one_call_that_breaks_the_sweep_costs_no_other(
    cast: Cast, shift: Shift, monkeypatch: pytest.MonkeyPatch, caplog
):
    first, second = shift.calls_in(), shift.calls_in(DORA, "Dora")
    goes_on = limits.advance

    def breaks(call: Call) -> bool:
        if call.pk == first.pk:
            raise RuntimeError("out of order")
        return goes_on(call)

    monkeypatch.setattr(limits, "advance", breaks)
    shift.later(46, step=5)
    assert (fresh(first).status, fresh(second).status) == ("ringing", "ended")
    assert f"call {first.pk}" in caplog.text


def test_one_call_that_cannot_be_answered_costs_no_other(
    cast: Cast, shift: Shift, monkeypatch: pytest.MonkeyPatch, caplog
):
    change(cast.queue, when_nobody="wait")
    answers = hold_queue.auto_answer

    def breaks(call: Call, **more: str) -> bool:
        if call.contact.name == "Carla":
            raise RuntimeError("out of order")
        return answers(call, **more)

    monkeypatch.setattr(limits, "auto_answer", breaks)
    first, second = shift.calls_in(), shift.calls_in(DORA, "Dora")
    assert (fresh(first).status, fresh(second).status) == ("ringing", "waiting")
    assert f"call {first.pk}" in caplog.text


# --- Who calls again ------------------------------------------------------------------


def test_who_hung_up_and_calls_again_soon_has_kept_the_place(cast: Cast, shift: Shift):
    change(cast.queue, strategy="longest_idle")
    first = shift.calls_in()
    shift.later(5)
    dora = shift.calls_in(DORA, "Dora")
    shift.hangs_up(first)
    shift.clock.forward(290)
    again = shift.calls_in()
    assert again.place_since == first.created_at
    assert [entry.place_of(call) for call in (again, dora)] == [1, 2]


def test_after_five_minutes_the_place_is_gone(cast: Cast, shift: Shift):
    shift.hangs_up(shift.calls_in())
    shift.clock.forward(301)
    again = shift.calls_in()
    assert again.place_since == again.created_at


def test_who_was_served_since_has_no_older_place(cast: Cast, shift: Shift):
    shift.hangs_up(shift.calls_in())
    shift.begins(cast.ana)
    shift.hangs_up(shift.talks(cast.ana))
    again = shift.calls_in()
    assert again.place_since == again.created_at


# --- Consoles that are gone -----------------------------------------------------------


def test_a_reload_is_a_pause_and_is_counted(cast: Cast, shift: Shift):
    shift.begins(cast.ana)
    call = shift.talks(cast.ana)
    reconnect.console_left(call.pk, cast.ana.pk)
    lost = fresh(call)
    assert state_of(cast.ana) == "reconnecting"
    assert lost.console_lost_until is not None
    assert lost.status == "active"
    shift.clock.forward(3)
    reconnect.console_joined(call.pk, cast.ana.pk)
    back = fresh(call)
    assert (back.console_lost_until, back.reattach_count) == (None, 1)
    assert state_of(cast.ana) == "in_call"


def test_after_a_minute_the_caller_is_for_whoever_is_free_before_all_others(
    cast: Cast, shift: Shift
):
    change(cast.queue, strategy="longest_idle", agent_seconds=60)
    shift.begins(cast.ana)
    call = shift.talks(cast.ana)
    transfer.hold(call.pk, cast.ana)
    dora = shift.calls_in(DORA, "Dora")
    reconnect.console_left(call.pk, cast.ana.pk)
    shift.console_dies(cast.ana)
    shift.later(20)
    shift.system_answers(dora) if fresh(dora).status == "waiting" else None
    shift.later(38)
    assert (fresh(call).status, state_of(cast.ana)) == ("held", "reconnecting")
    shift.later(4)
    requeued = fresh(call)
    assert (requeued.status, requeued.agent) == ("waiting", None)
    assert state_of(cast.ana) == "offline"
    shift.begins(cast.bruno)
    assert ringing(requeued) == ["Bruno"]
    ended = shift.hangs_up(shift.answers(cast.bruno, requeued))
    assert ended.result == "answered"
    assert ended.agent == cast.bruno
    assert events(ended)[-4:] == ["requeued", "claimed", "media_up", "customer_ended"]
    assert [leg.agent.name for leg in ended.legs.all()] == ["Ana", "Bruno"]
    assert ended.hold_seconds == pytest.approx(62, abs=3)


def test_who_was_talked_to_before_has_been_answered_also_when_they_give_up(
    cast: Cast, shift: Shift
):
    shift.begins(cast.ana)
    call = shift.talks(cast.ana)
    reconnect.console_left(call.pk, cast.ana.pk)
    shift.console_dies(cast.ana)
    shift.later(62, step=2)
    ended = shift.hangs_up(call)
    assert (ended.result, ended.end_reason) == ("answered", "customer_ended")


def test_a_colleague_who_is_in_the_call_has_it_when_the_asker_stays_away(
    cast: Cast, shift: Shift
):
    shift.begins(cast.ana, cast.bruno)
    call = shift.asks(cast.ana, cast.bruno, shift.talks(cast.ana))
    reconnect.console_left(call.pk, cast.ana.pk)
    shift.console_dies(cast.ana)
    shift.later(62, step=2)
    call = fresh(call)
    assert (call.status, call.agent) == ("active", cast.bruno)
    assert (state_of(cast.ana), state_of(cast.bruno)) == ("offline", "in_call")
    assert call.legs.open().get().mode == "talk"


def test_a_colleague_who_is_being_asked_is_asked_no_more(cast: Cast, shift: Shift):
    dina = hire("dina", cast.queue)
    shift.begins(cast.ana)
    call = shift.talks(cast.ana)
    shift.begins(cast.bruno, dina)
    reconnect.console_left(call.pk, cast.ana.pk)
    shift.console_dies(cast.ana)
    shift.later(50, step=2)
    transfer.consult(call.pk, cast.ana, cast.bruno)
    shift.later(12, step=1)
    assert ("Bruno", "cancelled") in outcomes(call)
    assert [o.kind for o in call.offers.filter(outcome="ringing")] == ["queue"] * 2


def test_a_console_that_leaves_while_connecting_is_waited_for_as_long(
    cast: Cast, shift: Shift
):
    """The sound comes up with nobody there to hear it."""
    shift.begins(cast.ana, cast.bruno)
    call = shift.calls_in()
    answer.claim(call.pk, cast.ana)
    reconnect.console_joined(call.pk, cast.ana.pk)
    reconnect.console_left(call.pk, cast.ana.pk)
    answer.media_up(call.pk)
    assert fresh(call).status == "active"
    shift.console_dies(cast.ana)
    shift.later(62, step=2)
    assert fresh(call).status == "waiting"
    assert ringing(call) == ["Bruno"]


def test_a_call_given_back_does_not_remember_a_lost_console(cast: Cast, shift: Shift):
    shift.begins(cast.ana, cast.bruno)
    call = shift.calls_in()
    answer.claim(call.pk, cast.ana)
    reconnect.console_left(call.pk, cast.ana.pk)
    shift.later(6)
    assert fresh(call).status == "ringing"
    call = shift.answers(cast.bruno, call)
    shift.later(70, step=5)
    assert (fresh(call).status, fresh(call).agent) == ("active", cast.bruno)


def test_what_was_answered_earlier_stays_so_when_a_later_console_does_not_come(
    cast: Cast, shift: Shift
):
    change(cast.queue, retry_seconds=0)
    shift.begins(cast.ana)
    call = shift.talks(cast.ana)
    shift.begins(cast.bruno)
    transfer.transfer_to_agent(call.pk, cast.ana, cast.bruno)
    answer.decline(call.pk, cast.bruno)
    shift.rings_are_confirmed()
    answer.claim(call.pk, cast.ana)
    shift.later(6)
    assert outcomes(call)[0] == ("Ana", "answered")
    assert outcomes(call)[-1] == ("Ana", "console")
    assert fresh(call).status == "waiting"


def test_who_goes_offline_with_a_caller_in_line_loses_nobody(cast: Cast, shift: Shift):
    shift.begins(cast.ana)
    call = parked(shift)
    dispatch.change_agent(cast.ana.pk, "offline")
    assert (fresh(call).status, ringing(call)) == ("waiting", [])
    shift.begins(cast.bruno)
    assert ringing(call) == ["Bruno"]
