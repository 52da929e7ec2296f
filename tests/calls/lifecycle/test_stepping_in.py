"""Sofia steps into Ana's call: who may, who hears whom by the rows, and what stays."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from agents.models import Agent, Queue
from callcenter import roles
from callcenter.models import AuditEntry
from calls.errors import Refused
from calls.lifecycle import answer, ending, reconnect, stepping_in, transfer
from calls.models import Call, Supervision
from calls.node.layout import layout_of, supervisor
from calls.queueing import supervisors
from calls.snapshots import call_snapshot
from calls.states import Event
from tests.cast import Cast, hire
from tests.shift import (
    DORA,
    Shift,
    change,
    events,
    fresh,
    ringing,
    state_of,
    states_of,
)

ALL = ("listen", "whisper", "barge", "take_over")


@pytest.fixture
def talk(cast: Cast, shift: Shift) -> Call:
    """Ana talks to Carla; Bruno is there, too."""
    shift.begins(cast.ana)
    call = shift.talks(cast.ana)
    shift.begins(cast.bruno)
    return call


def steps_in(user: User, call: Call, mode: str) -> None:
    stepping_in.step_in(call.pk, user, mode)
    stepping_in.audio_came(call.pk, user.pk)


def spans(call: Call) -> list[tuple[str, str | None, bool]]:
    """By mode, with the agent, and whether it goes on."""
    rows = call.supervisions.select_related("agent")
    return [
        (one.mode, one.agent.name if one.agent else None, one.ended_at is None)
        for one in rows
    ]


def told(call: Call) -> list[tuple[str, str]]:
    return [(s["name"], s["mode"]) for s in call_snapshot(fresh(call))["supervisors"]]


# --- Who hears whom ------------------------------------------------------------------


def test_by_the_mode_the_layout_says_who_hears_whom(cast: Cast, talk: Call):
    ana, sofia = str(cast.ana.pk), supervisor(cast.sofia.pk)
    steps_in(cast.sofia, talk, "listen")
    arrangement = layout_of(fresh(talk))
    assert (arrangement.speakers, arrangement.listeners) == ((ana,), (sofia,))
    steps_in(cast.sofia, talk, "whisper")
    arrangement = layout_of(fresh(talk))
    assert (arrangement.speakers, arrangement.whisperers) == ((ana,), (sofia,))
    assert arrangement.whispered_to == ana
    assert arrangement.listeners == ()
    steps_in(cast.sofia, talk, "barge")
    assert layout_of(fresh(talk)).speakers == (ana, sofia)
    steps_in(cast.sofia, talk, "take_over")
    assert layout_of(fresh(talk)).speakers == (sofia,)


def test_on_hold_who_barged_in_is_with_the_agent_and_who_listens_listens(
    cast: Cast, talk: Call
):
    ana, sofia = str(cast.ana.pk), supervisor(cast.sofia.pk)
    steps_in(cast.sofia, talk, "listen")
    transfer.hold(talk.pk, cast.ana)
    arrangement = layout_of(fresh(talk))
    assert (arrangement.consult, arrangement.listeners) == ((ana,), (sofia,))
    steps_in(cast.sofia, talk, "barge")
    arrangement = layout_of(fresh(talk))
    assert (arrangement.consult, arrangement.speakers) == ((ana, sofia), ())
    assert arrangement.playback is not None
    transfer.resume(talk.pk, cast.ana)
    assert layout_of(fresh(talk)).speakers == (ana, sofia)


def test_a_listener_follows_the_call_to_the_next_agent_and_not_the_agent(
    cast: Cast, shift: Shift, talk: Call
):
    steps_in(cast.sofia, talk, "listen")
    transfer.transfer_to_agent(talk.pk, cast.ana, cast.bruno)
    sofia = supervisor(cast.sofia.pk)
    assert layout_of(fresh(talk)).listeners == (sofia,)
    stepping_in.follow_agent(talk.pk)
    shift.answers(cast.bruno, talk)
    stepping_in.follow_agent(talk.pk)
    assert layout_of(fresh(talk)).listeners == (sofia,)
    assert told(talk) == [("supervisor", "listen")]
    next_call = shift.talks(cast.ana, DORA)
    assert layout_of(next_call).listeners == ()
    assert told(next_call) == []
    assert spans(talk) == [
        ("listen", "Ana", False),
        ("listen", None, False),
        ("listen", "Bruno", True),
    ]
    ends = list(talk.supervisions.values_list("ended_at", flat=True))
    starts = list(talk.supervisions.values_list("started_at", flat=True))
    assert ends[:2] == starts[1:], "one span ends as the next begins"


# --- The record ----------------------------------------------------------------------


def test_every_mode_is_a_span_and_a_row_in_the_audit_log(cast: Cast, talk: Call):
    for mode in ALL:
        steps_in(cast.sofia, talk, mode)
    assert spans(talk) == [
        ("listen", "Ana", False),
        ("whisper", "Ana", False),
        ("barge", "Ana", False),
        ("take_over", "Ana", True),
    ]
    entries = AuditEntry.objects.filter(action="stepped_in", object_pk=str(talk.pk))
    told = entries.order_by("pk").values_list("username", "details")
    assert list(told) == [("supervisor", mode) for mode in ALL]
    assert {"stepped_in", "taken_over"} <= set(events(talk))


def test_the_same_mode_again_is_no_other_span(cast: Cast, talk: Call):
    steps_in(cast.sofia, talk, "listen")
    steps_in(cast.sofia, talk, "listen")
    assert spans(talk) == [("listen", "Ana", True)]


def test_stopping_ends_the_span_and_nothing_else(cast: Cast, talk: Call):
    steps_in(cast.sofia, talk, "barge")
    stepping_in.stop(cast.sofia)
    assert spans(talk) == [("barge", "Ana", False)]
    assert fresh(talk).status == "active"
    assert state_of(cast.ana) == "in_call"
    assert layout_of(fresh(talk)).names == {str(cast.ana.pk)}
    stepping_in.stop(cast.sofia)  # again: nothing happens


def test_the_span_ends_with_the_call(cast: Cast, shift: Shift, talk: Call):
    steps_in(cast.sofia, talk, "whisper")
    shift.clock.forward(5)
    shift.hangs_up(talk)
    span = talk.supervisions.get()
    assert span.ended_at is not None
    assert abs(span.ended_at - fresh(talk).ended_at) < timedelta(seconds=0.1)


def test_one_supervisor_is_in_one_call(cast: Cast, shift: Shift, talk: Call):
    other = shift.talks(cast.bruno, DORA)
    steps_in(cast.sofia, talk, "listen")
    steps_in(cast.sofia, other, "barge")
    assert spans(talk) == [("listen", "Ana", False)]
    assert spans(other) == [("barge", "Bruno", True)]


def test_two_supervisors_are_in_one_call(cast: Cast, talk: Call):
    rui = User.objects.create(username="rui", is_staff=True, first_name="Rui")
    steps_in(cast.sofia, talk, "listen")
    steps_in(rui, talk, "whisper")
    assert told(talk) == [("supervisor", "listen"), ("Rui", "whisper")]
    assert layout_of(fresh(talk)).whisperers == (supervisor(rui.pk),)


def test_a_user_who_is_deleted_stays_named_in_the_record(cast: Cast, talk: Call):
    steps_in(cast.sofia, talk, "listen")
    stepping_in.stop(cast.sofia)
    cast.sofia.delete()
    assert talk.supervisions.get().supervisor_name == "supervisor"


# --- Whether the agent is told --------------------------------------------------------


def test_the_agent_is_told_by_default(cast: Cast, talk: Call):
    steps_in(cast.sofia, talk, "listen")
    assert told(talk) == [("supervisor", "listen")]
    assert talk.supervisions.get().was_told


def test_by_the_queues_setting_the_agent_is_not_told_of_a_listener(
    cast: Cast, talk: Call
):
    change(cast.queue, tells_of_listeners=False)
    steps_in(cast.sofia, talk, "listen")
    assert told(talk) == []
    steps_in(cast.sofia, talk, "whisper")
    assert told(talk) == [("supervisor", "whisper")], "a voice has a name"
    steps_in(cast.sofia, talk, "listen")
    assert told(talk) == []


# --- Taking over ----------------------------------------------------------------------


def test_who_takes_over_talks_and_the_agent_is_in_wrap_up(
    cast: Cast, shift: Shift, talk: Call
):
    change(cast.queue, wrap_up_seconds=30)
    steps_in(cast.sofia, talk, "take_over")
    call = fresh(talk)
    assert (call.status, call.agent) == ("active", None)
    assert call.console_lost_until is None
    assert states_of(cast.ana, cast.bruno) == ["wrap_up", "available"]
    shift.later(40)
    assert state_of(cast.ana) == "available"
    assert fresh(talk).status == "active"


def test_a_call_that_was_taken_over_counts_for_its_agent(
    cast: Cast, shift: Shift, talk: Call
):
    steps_in(cast.sofia, talk, "take_over")
    stepping_in.hang_up(cast.sofia)
    call = fresh(talk)
    assert (call.result, call.ended_by, call.agent) == (
        "answered",
        "supervisor",
        cast.ana,
    )
    assert spans(talk) == [("take_over", "Ana", False)]


def test_taking_over_ends_hold_and_consult(cast: Cast, shift: Shift, talk: Call):
    shift.asks(cast.ana, cast.bruno, talk)
    steps_in(cast.sofia, talk, "take_over")
    call = fresh(talk)
    assert (call.status, call.held_since) == ("active", None)
    assert not call.legs.open().exists()
    assert states_of(cast.ana, cast.bruno) == ["available", "available"]


def test_who_took_over_and_stops_sends_the_caller_to_the_queue(
    cast: Cast, shift: Shift, talk: Call
):
    steps_in(cast.sofia, talk, "take_over")
    stepping_in.stop(cast.sofia)
    assert fresh(talk).status == "waiting"
    assert ringing(talk) == ["Ana", "Bruno"]
    assert spans(talk) == [("take_over", "Ana", False)]
    shift.answers(cast.bruno, talk)
    assert fresh(talk).agent == cast.bruno


def test_a_caller_is_not_sent_to_a_queue_without_agents(
    cast: Cast, shift: Shift, talk: Call
):
    steps_in(cast.sofia, talk, "take_over")
    Agent.objects.update(state="offline")
    with pytest.raises(Refused, match="No agent of the queue"):
        stepping_in.stop(cast.sofia)
    assert fresh(talk).status == "active"
    assert spans(talk) == [("take_over", "Ana", True)]


def test_who_took_over_and_stays_away_loses_the_caller_to_the_queue(
    cast: Cast, shift: Shift, talk: Call
):
    steps_in(cast.sofia, talk, "take_over")
    stepping_in.audio_left(talk.pk, cast.sofia.pk)
    assert fresh(talk).console_lost_until is not None
    shift.later(50)
    assert fresh(talk).status == "active", "a reload may take its time"
    shift.later(15)
    assert fresh(talk).status == "waiting"
    assert spans(talk) == [("take_over", "Ana", False)]


def test_who_took_over_and_comes_back_goes_on(cast: Cast, shift: Shift, talk: Call):
    steps_in(cast.sofia, talk, "take_over")
    stepping_in.audio_left(talk.pk, cast.sofia.pk)
    shift.later(20)
    stepping_in.audio_came(talk.pk, cast.sofia.pk)
    assert fresh(talk).console_lost_until is None
    shift.later(60)
    assert spans(talk) == [("take_over", "Ana", True)]


def test_who_took_over_a_page_that_never_had_the_audio_loses_it_too(
    cast: Cast, shift: Shift, talk: Call
):
    stepping_in.step_in(talk.pk, cast.sofia, "take_over")
    shift.later(65)
    assert fresh(talk).status == "waiting"


# --- Pages that go ------------------------------------------------------------------


def test_a_page_that_stays_away_ends_the_span_when_it_left(
    cast: Cast, shift: Shift, talk: Call
):
    steps_in(cast.sofia, talk, "listen")
    shift.clock.forward(30)
    left = shift.clock.now()
    stepping_in.audio_left(talk.pk, cast.sofia.pk)
    shift.later(10)
    assert spans(talk) == [("listen", "Ana", True)]
    shift.later(10)
    span = talk.supervisions.get()
    assert span.ended_at is not None
    assert abs(span.ended_at - left) < timedelta(seconds=0.1)
    assert told(talk) == []
    assert fresh(talk).status == "active"


def test_a_reload_is_no_other_span(cast: Cast, shift: Shift, talk: Call):
    steps_in(cast.sofia, talk, "whisper")
    stepping_in.audio_left(talk.pk, cast.sofia.pk)
    shift.later(10)
    stepping_in.audio_came(talk.pk, cast.sofia.pk)
    shift.later(30)
    assert spans(talk) == [("whisper", "Ana", True)]


def test_who_may_not_listen_any_more_is_out_and_their_caller_waits(
    cast: Cast, shift: Shift, talk: Call
):
    steps_in(cast.sofia, talk, "take_over")
    supervisors.end_of_user(cast.sofia.pk)
    shift.later(2)
    assert fresh(talk).status == "waiting"
    assert supervisors.here(cast.sofia.pk) is None


# --- Team leads ----------------------------------------------------------------------


@pytest.fixture
def lea(cast: Cast) -> User:
    """The team lead of the one queue."""
    user = User.objects.create(username="lea")
    roles.give(user, roles.TEAM_LEAD)
    cast.queue.team_leads.add(user)
    return user


@pytest.mark.parametrize("mode", ALL)
def test_a_team_lead_steps_into_calls_of_their_queues(
    cast: Cast, shift: Shift, talk: Call, lea: User, mode: str
):
    steps_in(lea, talk, mode)
    shift.later(5)
    assert spans(talk) == [(mode, "Ana", True)]


@pytest.mark.parametrize("others", [(), (roles.AUDITOR,), (roles.LISTENER,)])
def test_a_team_lead_steps_into_no_other_call(
    cast: Cast, talk: Call, lea: User, others: tuple[str, ...]
):
    roles.give(lea, *others)
    cast.queue.team_leads.clear()
    for mode in ALL:
        with pytest.raises(Refused, match="Unknown call"):
            stepping_in.step_in(talk.pk, lea, mode)
    Call.objects.filter(pk=talk.pk).update(queue=None)
    with pytest.raises(Refused, match="Unknown call"):
        stepping_in.step_in(talk.pk, lea, "listen")
    assert not Supervision.objects.exists()


def test_who_leads_and_supervises_steps_into_all_calls(
    cast: Cast, shift: Shift, talk: Call, lea: User
):
    roles.give(lea, roles.SUPERVISOR)
    cast.queue.team_leads.clear()
    steps_in(lea, talk, "listen")
    shift.later(5)
    assert spans(talk) == [("listen", "Ana", True)]


def test_a_team_lead_does_not_follow_a_call_out_of_their_queues(
    cast: Cast, shift: Shift, talk: Call, lea: User
):
    steps_in(lea, talk, "whisper")
    steps_in(cast.sofia, talk, "listen")
    sales = Queue.objects.create(name="Sales")
    shift.begins(hire("carlo", sales))
    transfer.transfer_to_queue(talk.pk, cast.ana, sales)
    shift.later(2)
    assert spans(talk)[0] == ("whisper", "Ana", False)
    assert supervisors.here(lea.pk) is None
    assert supervisors.here(cast.sofia.pk) is not None


def test_who_leads_the_queue_no_more_is_out_and_their_caller_waits(
    cast: Cast, shift: Shift, talk: Call, lea: User
):
    steps_in(lea, talk, "take_over")
    cast.queue.team_leads.clear()
    shift.later(2)
    assert fresh(talk).status == "waiting"
    assert supervisors.here(lea.pk) is None


# --- What is refused -----------------------------------------------------------------


@pytest.mark.parametrize("mode", ALL)
def test_nobody_steps_into_a_call_that_is_over_or_rings(
    cast: Cast, shift: Shift, mode: str
):
    shift.begins(cast.ana)
    call = shift.calls_in()
    with pytest.raises(Refused, match="nothing to hear"):
        stepping_in.step_in(call.pk, cast.sofia, mode)
    shift.hangs_up(call)
    with pytest.raises(Refused, match="hung up"):
        stepping_in.step_in(call.pk, cast.sofia, mode)
    assert not Supervision.objects.exists()


def test_a_caller_who_waits_is_listened_to_and_no_more(
    cast: Cast, shift: Shift, talk: Call
):
    transfer.transfer_to_agent(talk.pk, cast.ana, cast.bruno)
    for mode in ("whisper", "barge", "take_over"):
        with pytest.raises(Refused, match="No agent is on this call"):
            stepping_in.step_in(talk.pk, cast.sofia, mode)
    stepping_in.step_in(talk.pk, cast.sofia, "listen")


def test_an_agent_does_not_step_into_their_own_call(cast: Cast, talk: Call):
    with pytest.raises(Refused, match="as an agent"):
        stepping_in.step_in(talk.pk, cast.ana.user, "listen")


def test_who_talks_with_a_caller_does_not_leave_them_alone(
    cast: Cast, shift: Shift, talk: Call
):
    other = shift.talks(cast.bruno, DORA)
    steps_in(cast.sofia, talk, "take_over")
    for call, mode in ((other, "listen"), (talk, "listen"), (talk, "whisper")):
        with pytest.raises(Refused, match="You have taken over a call"):
            stepping_in.step_in(call.pk, cast.sofia, mode)
    assert spans(talk) == [("take_over", "Ana", True)]


def test_only_who_took_over_hangs_up(cast: Cast, talk: Call):
    steps_in(cast.sofia, talk, "barge")
    with pytest.raises(Refused, match="not taken over"):
        stepping_in.hang_up(cast.sofia)
    assert fresh(talk).status == "active"


def test_of_a_call_that_was_taken_over_another_listens_and_joins(
    cast: Cast, talk: Call
):
    rui = User.objects.create(username="rui", is_staff=True)
    steps_in(cast.sofia, talk, "take_over")
    steps_in(rui, talk, "listen")
    for mode in ("whisper", "take_over"):
        with pytest.raises(Refused, match="No agent"):
            stepping_in.step_in(talk.pk, rui, mode)
    steps_in(rui, talk, "barge")
    assert layout_of(fresh(talk)).speakers == (
        supervisor(rui.pk),
        supervisor(cast.sofia.pk),
    )


def test_the_canarys_call_is_nobodys_to_hear(cast: Cast, talk: Call):
    Call.objects.filter(pk=talk.pk).update(is_canary=True)
    with pytest.raises(Refused, match=re.escape("Unknown call.")):
        stepping_in.step_in(talk.pk, cast.sofia, "listen")


def test_a_third_agent_who_was_asked_hears_no_whisper(
    cast: Cast, shift: Shift, talk: Call
):
    hire("dina", cast.queue)
    shift.asks(cast.ana, cast.bruno, talk)
    steps_in(cast.sofia, talk, "whisper")
    assert layout_of(fresh(talk)).whispered_to == str(cast.ana.pk)
    transfer.complete(talk.pk, cast.ana)
    assert layout_of(fresh(talk)).whispered_to == str(cast.bruno.pk)
    ending.end(talk.pk, Event.AGENT_ENDED)
    assert not Supervision.objects.open().exists()


def test_an_agents_console_that_is_lost_disturbs_no_listener(
    cast: Cast, shift: Shift, talk: Call
):
    steps_in(cast.sofia, talk, "listen")
    reconnect.console_left(talk.pk, cast.ana.pk)
    shift.later(65)
    assert fresh(talk).status == "waiting"
    assert layout_of(fresh(talk)).listeners == (supervisor(cast.sofia.pk),)
    answer.claim(talk.pk, cast.bruno)
