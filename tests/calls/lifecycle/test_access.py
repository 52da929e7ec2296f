"""An agent is signed out in the middle of their work: nobody waits for them."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session

from agents import windows
from agents.models import Agent
from agents.sessions import Badge
from calls import tasks
from calls.lifecycle import access, answer, reconnect, transfer
from calls.models import Call
from tests.agents.test_sessions import badge, change_password, lock, sign_out
from tests.cast import Cast
from tests.shift import Shift, change, events, fresh, outcomes, ringing, state_of
from tests.windows import open_window, rings_in

End = Callable[[Badge], None]


@pytest.fixture
def anas(cast: Cast, shift: Shift) -> Badge:
    """Ana's session, with her console open in it."""
    mine = badge(cast.ana)
    open_window(cast.ana, "Ana's", session=mine.session)
    return mine


@pytest.fixture
def talk(cast: Cast, shift: Shift, anas: Badge) -> Call:
    shift.begins(cast.ana)
    call = shift.talks(cast.ana)
    shift.begins(cast.bruno)
    return call


@pytest.mark.parametrize("end", [sign_out, change_password, lock])
def test_the_caller_is_next_at_once(
    cast: Cast, shift: Shift, anas: Badge, talk: Call, end: End
):
    end(anas)
    access.sessions_over([anas])
    call = fresh(talk)
    assert (call.status, call.agent, call.priority) == ("waiting", None, 1000)
    assert ringing(talk) == ["Bruno"]
    assert state_of(cast.ana) == "offline"
    assert events(call)[-1] == "requeued"
    access.sessions_over([anas])  # the other node saw it, too
    assert fresh(talk).version == call.version
    shift.answers(cast.bruno, talk)


def test_a_window_with_a_session_of_its_own_goes_on_with_the_call(
    cast: Cast, shift: Shift, anas: Badge, talk: Call
):
    other = badge(cast.ana)
    since = open_window(cast.ana, "at home", session=other.session)
    open_window(cast.ana, "Ana's", session=anas.session, take=True)
    assert rings_in(cast.ana) == "Ana's"
    sign_out(anas)
    access.sessions_over([anas])
    assert rings_in(cast.ana) == "at home"
    assert fresh(talk).agent == cast.ana
    assert since is not None
    sign_out(other)
    access.sessions_over([other])
    assert ringing(talk) == ["Bruno"]


def test_a_session_without_a_window_keeps_nobody_waiting(
    cast: Cast, shift: Shift, anas: Badge, talk: Call
):
    """She signed out her desk from her phone, where no console is open."""
    badge(cast.ana)
    sign_out(anas)
    access.sessions_over([anas])
    assert ringing(talk) == ["Bruno"]


def test_a_stand_in_that_is_signed_out_costs_nothing(
    cast: Cast, shift: Shift, anas: Badge, talk: Call
):
    other = badge(cast.ana)
    open_window(cast.ana, "at home", session=other.session)
    open_window(cast.ana, "Ana's", session=anas.session, take=True)
    before = fresh(talk).version
    sign_out(other)
    access.sessions_over([other])
    assert (fresh(talk).agent, fresh(talk).version) == (cast.ana, before)
    assert (rings_in(cast.ana), state_of(cast.ana)) == ("Ana's", "in_call")


def test_on_hold_the_caller_is_next_as_well(
    cast: Cast, shift: Shift, anas: Badge, talk: Call
):
    transfer.hold(talk.pk, cast.ana)
    lock(anas)
    access.sessions_over([anas])
    assert (fresh(talk).status, ringing(talk)) == ("waiting", ["Bruno"])


def test_a_consulted_colleague_who_is_there_has_the_call(
    cast: Cast, shift: Shift, anas: Badge, talk: Call
):
    shift.asks(cast.ana, cast.bruno, talk)
    lock(anas)
    access.sessions_over([anas])
    call = fresh(talk)
    assert (call.status, call.agent) == ("active", cast.bruno)


def test_a_consulted_agent_who_is_signed_out_leaves_the_call(
    cast: Cast, shift: Shift, anas: Badge
):
    shift.begins(cast.bruno)
    call = shift.talks(cast.bruno)
    shift.begins(cast.ana)
    shift.asks(cast.bruno, cast.ana, call)
    lock(anas)
    access.sessions_over([anas])
    assert fresh(call).agent == cast.bruno
    assert [leg.agent for leg in call.legs.filter(ended_at=None)] == [cast.bruno]
    assert state_of(cast.ana) == "offline"


def test_a_call_that_rings_there_rings_at_the_next_at_once(
    cast: Cast, shift: Shift, anas: Badge
):
    change(cast.queue, strategy="longest_idle")
    shift.begins(cast.ana, cast.bruno)
    call = shift.calls_in()
    assert ringing(call) == ["Ana"]
    sign_out(anas)
    access.sessions_over([anas])
    assert outcomes(call) == [("Ana", "console"), ("Bruno", "ringing")]


def test_a_call_that_was_just_answered_rings_at_the_next(
    cast: Cast, shift: Shift, anas: Badge
):
    change(cast.queue, strategy="longest_idle")
    shift.begins(cast.ana, cast.bruno)
    call = shift.calls_in()
    shift.rings_are_confirmed()
    answer.claim(call.pk, cast.ana)
    lock(anas)
    access.sessions_over([anas])
    assert (fresh(call).status, ringing(call)) == ("ringing", ["Bruno"])


def test_in_wrap_up_the_work_is_over(cast: Cast, shift: Shift, anas: Badge, talk: Call):
    change(cast.queue, wrap_up_seconds=300)
    shift.hangs_up(talk)
    assert state_of(cast.ana) == "wrap_up"
    lock(anas)
    access.sessions_over([anas])
    assert state_of(cast.ana) == "offline"
    assert not talk.legs.in_wrap_up().exists()


def test_who_signed_in_again_keeps_what_they_were_and_proves_it_anew(
    cast: Cast, shift: Shift, anas: Badge
):
    """In another tab: this browser has another session now."""
    shift.begins(cast.ana)
    badge(cast.ana)
    sign_out(anas)
    access.sessions_over([anas])
    assert state_of(cast.ana) == "cannot_ring"
    shift.beat()
    assert state_of(cast.ana) == "available"


# --- Where no socket tells of it ------------------------------------------------------


def test_who_is_locked_while_their_console_is_gone_is_not_waited_for(
    cast: Cast, shift: Shift, anas: Badge, talk: Call
):
    reconnect.console_left(talk.pk, cast.ana.pk)
    shift.console_dies(cast.ana)
    User.objects.filter(agent=cast.ana).update(is_active=False)
    tasks.sweep_floor()
    assert ringing(talk) == ["Bruno"]
    assert state_of(cast.ana) == "offline"


def test_a_call_whose_agent_was_removed_is_next(
    cast: Cast, shift: Shift, anas: Badge, talk: Call
):
    Agent.objects.filter(pk=cast.ana.pk).delete()
    access.sessions_over([anas])
    shift.look_round()
    assert ringing(talk) == ["Bruno"]


def test_nothing_of_this_is_due_on_a_quiet_day(cast: Cast, shift: Shift, anas: Badge):
    shift.begins(cast.ana)
    assert not access.locked_out().exists()
    assert not access.without_agent().exists()
    assert Session.objects.filter(pk=anas.session).exists()
    assert windows.sessions_of_living(cast.ana.pk) == {anas.session}


def test_a_call_that_is_being_placed_ends(
    cast: Cast, shift: Shift, anas: Badge, monkeypatch: pytest.MonkeyPatch
):
    call = Call.objects.create(
        account=cast.account,
        wati_call_id="wacid.out",
        direction="outbound",
        status="dialing",
        line=cast.line,
        agent=cast.ana,
    )
    call.legs.create(agent=cast.ana)
    change(cast.ana, state="in_call")
    lock(anas)
    access.sessions_over([anas])
    assert (fresh(call).status, fresh(call).end_reason) == ("ended", "console_lost")
