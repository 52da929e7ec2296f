"""Which node takes a call, and who is taken for dead: by one clock, and by watching."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calls import placement, tasks
from calls.errors import Refused
from calls.lifecycle import answer, nodes
from calls.models import Call, Node
from calls.outbound import dialing
from permissions.models import Contact
from tests.cast import CARLA
from tests.shift import DORA, Shift, fresh

HOUR = 3600.0
# One shift for all examples: time only goes on.
one_shift = settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def node_settings(request: pytest.FixtureRequest) -> Any:
    """Django's settings; Hypothesis has the name here."""
    return request.getfixturevalue("settings")


@pytest.fixture
def talk(shift: Shift) -> Call:
    """Ana talks with Carla; the node is well."""
    shift.begins(shift.cast.ana)
    return shift.talks(shift.cast.ana)


def another_node(node_settings: Any, name: str = "node-2") -> Node:
    node_settings.NODE_NAME = name
    return placement.register()


def sweeps(shift: Shift, seconds: float) -> None:
    """The sweep runs each second; no node renews anything."""
    for _ in range(round(seconds)):
        shift.clock.forward(1)
        tasks.sweep()


def is_alive(call: Call) -> bool:
    return fresh(call).status != "ended"


# --- Choosing ------------------------------------------------------------------------


def test_the_least_loaded_node_is_chosen_and_among_equals_the_asking_one(
    shift: Shift, node_settings: Any
):
    another_node(node_settings)
    assert placement.choose("node-2").name == "node-2"
    assert placement.choose("node-1").name == "node-1"
    shift.begins(shift.cast.ana)
    answer.claim(shift.calls_in().pk, shift.cast.ana, near="node-1")
    assert placement.choose("node-1").name == "node-2"


def test_a_lease_from_before_the_clock_was_put_back_is_none(shift: Shift):
    shift.clock.forward(-HOUR)
    assert placement.choose() is None
    placement.renew(shift.node, calls=0)
    assert placement.choose() is not None


@pytest.mark.parametrize(
    ("nodes_are", "sentence"),
    [
        (["draining"], placement.UPDATING),
        (["draining", "draining"], placement.UPDATING),
        (["draining", "full"], placement.FULL),
        (["full"], placement.FULL),
        (["draining", "dead"], placement.UPDATING),
        (["dead"], placement.NONE_ALIVE),
        (["dead", "full"], placement.FULL),
    ],
)
def test_an_agent_reads_why_no_server_takes_the_call(
    shift: Shift, node_settings: Any, nodes_are: list[str], sentence: str
):
    shift.begins(shift.cast.ana)
    call = shift.calls_in()
    Node.objects.all().delete()
    now = timezone.now()
    for number, how in enumerate(nodes_are):
        over = timedelta(seconds=-1 if how == "dead" else 5)
        Node.objects.create(
            name=f"node-{number}",
            lease_until=now + over,
            draining=how == "draining",
            max_calls=1,
        )
        if how == "full":
            Call.objects.create(
                account=shift.cast.account, status="waiting", node=f"node-{number}"
            )
    with pytest.raises(Refused) as refused:
        answer.claim(call.pk, shift.cast.ana)
    assert str(refused.value) == sentence
    contact = Contact.objects.create(waid=DORA)
    with pytest.raises(Refused) as refused:
        dialing.dial(shift.cast.ana, contact, shift.cast.line)
    assert str(refused.value) == sentence
    assert fresh(call).status == "ringing"  # and rings on


def test_a_node_that_drains_keeps_its_calls_and_gets_no_more(
    shift: Shift, talk: Call, node_settings: Any
):
    assert nodes.drain("node-1")
    assert placement.choose() is None
    for _ in range(20):
        shift.later(1)
        assert is_alive(talk)
    assert Node.objects.get().draining  # renewals leave that
    another_node(node_settings)
    assert placement.choose("node-1").name == "node-2"
    node_settings.NODE_NAME = "node-1"
    assert not placement.register().draining


def test_no_node_of_that_name_can_drain(shift: Shift):
    assert not nodes.drain("node-7")


def test_a_node_whose_files_are_short_gets_no_call_until_they_are_not(shift: Shift):
    placement.renew(shift.node, calls=3, has_room=False)
    assert placement.choose() is None
    assert placement.why_none() == placement.FULL
    placement.renew(shift.node, calls=3)
    assert placement.choose() is not None


# --- Who is dead ---------------------------------------------------------------------


def test_a_call_of_a_node_that_was_started_anew_is_an_orphan(shift: Shift, talk: Call):
    assert not placement.orphans().exists()
    placement.register()
    assert placement.orphans().get() == talk


def test_a_killed_node_loses_its_calls_within_fifteen_seconds(shift: Shift, talk: Call):
    placement.renew(shift.node, calls=1)
    sweeps(shift, 14)
    assert (fresh(talk).status, fresh(talk).end_reason) == ("ended", "node_lost")


@pytest.mark.parametrize("since_renewal", [0.0, placement.RENEW_EVERY])
def test_a_node_that_was_frozen_for_eight_seconds_keeps_them(
    shift: Shift, talk: Call, since_renewal: float
):
    placement.renew(shift.node, calls=1)
    shift.clock.forward(since_renewal)
    sweeps(shift, 8)
    assert placement.renew(shift.node, calls=1)
    sweeps(shift, 5)
    assert is_alive(talk)


def test_a_node_that_wakes_too_late_finds_its_lease_gone(shift: Shift, talk: Call):
    sweeps(shift, 20)
    assert not placement.renew(shift.node, calls=1)
    with pytest.raises(placement.LeaseLost):
        placement.check_fence(shift.node, talk.pk)
    assert not is_alive(talk)
    assert talk.requests.filter(verb="terminate").count() == 1


def test_a_killed_node_costs_no_call_of_another_one(
    shift: Shift, talk: Call, node_settings: Any
):
    second = another_node(node_settings)
    Call.objects.filter(pk=talk.pk).update(node="node-2", node_epoch=second.epoch)
    shift.begins(shift.cast.bruno)
    lost = shift.talks(shift.cast.bruno, DORA)
    assert fresh(lost).node == "node-1"
    for _ in range(14):
        placement.renew(second, calls=1)
        sweeps(shift, 1)
    assert not is_alive(lost)
    assert is_alive(talk)


@one_shift
@given(
    away=st.integers(1, 600),
    back_after=st.floats(0, 2.5),
    renewed=st.floats(0, placement.RENEW_EVERY),
)
def test_a_database_that_was_away_for_all_costs_no_call(
    shift: Shift, talk: Call, away: int, back_after: float, renewed: float
):
    """Nobody could write: neither the node nor the sweep, whoever is first again."""
    Call.objects.update(deadline=None)  # the longest call is another story
    placement.renew(shift.node, calls=1)
    shift.clock.forward(renewed + away)
    tasks.sweep()
    shift.clock.forward(back_after)
    tasks.sweep()
    assert placement.renew(shift.node, calls=1)
    sweeps(shift, 3)
    assert is_alive(talk)


@one_shift
@given(jump=st.sampled_from([-HOUR, -30.0, 30.0, HOUR]), before=st.integers(0, 8))
def test_a_clock_that_is_set_costs_no_call(
    shift: Shift, talk: Call, jump: float, before: int
):
    """The node's next renewal is the only thing that counts."""
    Call.objects.update(deadline=None)
    placement.renew(shift.node, calls=1)
    sweeps(shift, before)
    shift.clock.forward(jump)
    nodes.watch()
    assert placement.renew(shift.node, calls=1)
    nodes.watch()
    assert not placement.orphans().exists()


def test_two_sweeps_at_once_watch_no_faster(shift: Shift, talk: Call):
    shift.clock.forward(9)
    for _ in range(50):
        nodes.watch()
    assert not placement.orphans().exists()


def test_a_silent_node_without_calls_is_nobodys_business(shift: Shift):
    shift.clock.forward(60)
    assert not placement.silent().exists()


# --- Fencing -------------------------------------------------------------------------


def test_only_the_process_that_has_the_call_may_write_about_it(
    shift: Shift, talk: Call
):
    placement.check_fence(shift.node, talk.pk)
    older = Node.objects.get()
    older.epoch -= 1
    for stranger in (None, older):
        with pytest.raises(placement.LeaseLost):
            placement.check_fence(stranger, talk.pk)
    Call.objects.filter(pk=talk.pk).update(node_epoch=talk.node_epoch - 1)
    with pytest.raises(placement.LeaseLost):
        placement.check_fence(shift.node, talk.pk)


def test_a_node_that_gave_its_lease_back_leaves_its_calls_to_others(
    shift: Shift, talk: Call
):
    placement.retire(shift.node)
    tasks.sweep()
    assert fresh(talk).end_reason == "node_lost"
    assert not placement.renew(shift.node, calls=0)


def test_carla_is_not_lost_while_the_sweep_waits_for_the_lock(shift: Shift, talk: Call):
    """The orphan that was read is a call of a living node by the time it is judged."""
    Call.objects.filter(pk=talk.pk).update(node_epoch=99)
    assert placement.orphans().get() == talk
    Call.objects.filter(pk=talk.pk).update(node_epoch=talk.node_epoch)
    nodes.end_orphan(talk.pk)
    assert is_alive(talk)
    assert CARLA in talk.contact.waid
