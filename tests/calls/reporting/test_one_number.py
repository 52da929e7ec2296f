"""Console, page and file give the same figures, whatever agents did in the call."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from calls.lifecycle import answer, ending, reconnect, transfer
from calls.models import Call, Leg
from calls.reporting.labels import duration
from calls.snapshots import call_snapshot, work_snapshot
from tests.calls.reporting.test_call_export import read_log
from tests.cast import Cast
from tests.shift import Shift, change, fresh
from tests.streams import signed_in

Story = Callable[[Cast, Shift, Call], None]


@pytest.fixture
def talk(cast: Cast, shift: Shift) -> Call:
    """Ana has been talking to Carla for ten seconds; Bruno is there, too."""
    shift.begins(cast.ana)
    call = shift.talks(cast.ana)
    change(cast.queue, wrap_up_seconds=60)
    shift.clock.forward(10)
    shift.begins(cast.bruno)
    return call


def plain(cast: Cast, shift: Shift, talk: Call) -> None:
    ending.hang_up(talk.pk, cast.ana)


def hold(cast: Cast, shift: Shift, talk: Call) -> None:
    transfer.hold(talk.pk, cast.ana)
    shift.clock.forward(21)
    transfer.resume(talk.pk, cast.ana)
    shift.clock.forward(7)
    ending.hang_up(talk.pk, cast.ana)


def consult(cast: Cast, shift: Shift, talk: Call) -> None:
    shift.asks(cast.ana, cast.bruno, talk)
    shift.clock.forward(17)
    ending.hang_up(talk.pk, cast.bruno)
    shift.clock.forward(3)
    shift.hangs_up(talk)


def three_way(cast: Cast, shift: Shift, talk: Call) -> None:
    shift.asks(cast.ana, cast.bruno, talk)
    shift.clock.forward(5)
    transfer.resume(talk.pk, cast.ana)
    shift.clock.forward(30)
    ending.hang_up(talk.pk, cast.ana)


def handed_over(cast: Cast, shift: Shift, talk: Call) -> None:
    three_way_and_leave(cast, shift, talk)
    shift.clock.forward(40)
    ending.hang_up(talk.pk, cast.bruno)


def three_way_and_leave(cast: Cast, shift: Shift, talk: Call) -> None:
    shift.asks(cast.ana, cast.bruno, talk)
    shift.clock.forward(5)
    transfer.resume(talk.pk, cast.ana)
    transfer.complete(talk.pk, cast.ana)


STORIES: list[tuple[Story, int, int, int]] = [
    (plain, 10, 0, 1),
    (hold, 17, 21, 1),
    (consult, 10, 20, 2),
    (three_way, 40, 5, 2),
    (handed_over, 50, 5, 2),
]


@pytest.mark.parametrize(
    ("story", "talked", "held", "agents"),
    STORIES,
    ids=[story.__name__ for story, *_ in STORIES],
)
def test_talk_time_hold_time_and_agents_are_one_number(
    cast: Cast, shift: Shift, talk: Call, story, talked, held, agents
):
    story(cast, shift, talk)
    call = fresh(talk)
    seen = call_snapshot(call)
    assert seen["talk_since"] is None
    assert (seen["talk_seconds"], seen["hold_seconds"]) == (talked, held)
    assert seen["agents_on_call"] == agents
    [row] = read_log(signed_in(cast.sofia))
    figures = [row["talk_s"], row["hold_s"], row["agents_on_call"]]
    assert figures == [str(talked), str(held), str(agents)]
    text = page_of(cast, call)
    for figure in (duration(talked), duration(held), str(agents)):
        assert f">{figure}" in text
    assert text.count('<th scope="row">') >= agents


def page_of(cast: Cast, call: Call) -> str:
    client = Client()
    client.force_login(cast.sofia)
    page = client.get(reverse("admin:calls_call_change", args=[call.pk]))
    return page.content.decode()


def test_each_agents_time_is_the_same_on_the_console_and_the_page(
    cast: Cast, shift: Shift, talk: Call
):
    consult(cast, shift, talk)
    seen = {part["agent"]["name"]: part for part in call_snapshot(fresh(talk))["left"]}
    assert {name: part["seconds"] for name, part in seen.items()} == {
        "Ana": 30,
        "Bruno": 17,
    }
    text = page_of(cast, talk)
    assert "0:30" in text
    assert "0:17" in text


def test_the_talk_time_of_a_call_that_goes_on_can_be_counted_on(
    cast: Cast, shift: Shift, talk: Call
):
    seen = call_snapshot(fresh(talk))
    answered = datetime.fromisoformat(seen["answered_at"])
    assert (seen["talk_seconds"], seen["talk_since"]) == (0, seen["answered_at"])
    transfer.hold(talk.pk, cast.ana)
    shift.clock.forward(21)
    seen = call_snapshot(fresh(talk))
    assert (seen["talk_seconds"], seen["talk_since"]) == (10, None)
    transfer.resume(talk.pk, cast.ana)
    since = datetime.fromisoformat(call_snapshot(fresh(talk))["talk_since"])
    assert since == answered + timedelta(seconds=21)


def test_there_is_no_talk_time_before_the_call_is_connected(cast: Cast, shift: Shift):
    shift.begins(cast.ana)
    seen = call_snapshot(shift.calls_in())
    assert (seen["talk_seconds"], seen["talk_since"]) == (None, None)


# --- How an agent's part ended -------------------------------------------------------


def removed(cast: Cast, shift: Shift, talk: Call) -> None:
    shift.asks(cast.ana, cast.bruno, talk)
    transfer.cancel_consult(talk.pk, cast.ana)


def left(cast: Cast, shift: Shift, talk: Call) -> None:
    shift.asks(cast.ana, cast.bruno, talk)
    ending.hang_up(talk.pk, cast.bruno)


def disconnected(cast: Cast, shift: Shift, talk: Call) -> None:
    shift.asks(cast.ana, cast.bruno, talk)
    reconnect.console_left(talk.pk, cast.bruno.pk)
    reconnect.guest_left(talk.pk, cast.bruno.pk)


def never_connected(cast: Cast, shift: Shift, talk: Call) -> None:
    transfer.consult(talk.pk, cast.ana, cast.bruno)
    shift.rings_are_confirmed()
    transfer.join(talk.pk, cast.bruno)
    shift.later(12)


def declined(cast: Cast, shift: Shift, talk: Call) -> None:
    transfer.consult(talk.pk, cast.ana, cast.bruno)
    answer.decline(talk.pk, cast.bruno)


def not_answered(cast: Cast, shift: Shift, talk: Call) -> None:
    transfer.consult(talk.pk, cast.ana, cast.bruno)
    shift.later(21)


def cancelled(cast: Cast, shift: Shift, talk: Call) -> None:
    transfer.consult(talk.pk, cast.ana, cast.bruno)
    transfer.cancel_consult(talk.pk, cast.ana)


def lead_disconnected(cast: Cast, shift: Shift, talk: Call) -> None:
    shift.asks(cast.ana, cast.bruno, talk)
    shift.console_dies(cast.ana)
    reconnect.console_left(talk.pk, cast.ana.pk)
    shift.later(61)


WAYS: list[tuple[Story, str, str, list[str]]] = [
    (left, "Bruno", "left", ["Consulted agent left."]),
    (removed, "Bruno", "removed", ["Consulted agent was removed."]),
    (disconnected, "Bruno", "console", ["Consulted agent was disconnected."]),
    (
        never_connected,
        "Bruno",
        "no_audio",
        ["Consulted agent&#x27;s audio did not connect."],
    ),
    (
        three_way_and_leave,
        "Ana",
        "handed_over",
        ["Three-way call started.", "Handed over to the consulted agent."],
    ),
    (three_way, "Bruno", "call_ended", ["Three-way call started."]),
    (
        lead_disconnected,
        "Ana",
        "console",
        ["Agent disconnected.", "Handed over to the consulted agent."],
    ),
]


@pytest.mark.parametrize(
    ("story", "name", "because", "history"),
    WAYS,
    ids=[story.__name__ for story, *_ in WAYS],
)
def test_why_an_agent_left_is_told_and_stands_in_the_calls_history(
    cast: Cast, shift: Shift, talk: Call, story, name, because, history
):
    story(cast, shift, talk)
    seen = {part["agent"]["name"]: part for part in call_snapshot(fresh(talk))["left"]}
    assert seen[name]["because"] == because
    text = page_of(cast, talk)
    assert str(Leg.Left(because).label) in text
    for words in ("Consult requested.", *history):
        assert words in text


@pytest.mark.parametrize(
    ("story", "outcome", "words"),
    [
        (declined, "declined", "Consult declined."),
        (not_answered, "no_answer", "Consult not answered in time."),
        (cancelled, "cancelled", "Consult cancelled before it was answered."),
    ],
    ids=["declined", "not_answered", "cancelled"],
)
def test_why_a_consult_stopped_ringing_is_told_and_stands_in_the_history(
    cast: Cast, shift: Shift, talk: Call, story, outcome, words
):
    story(cast, shift, talk)
    seen = call_snapshot(fresh(talk))
    assert seen["ring_ends"] == {str(cast.bruno.pk): outcome}
    assert seen["legs"][0]["agent"]["name"] == "Ana"
    assert words in page_of(cast, talk)


def test_who_has_left_a_call_that_goes_on_writes_about_it_as_it_is(
    cast: Cast, shift: Shift, talk: Call
):
    three_way_and_leave(cast, shift, talk)
    work = work_snapshot(cast.ana.pk)
    assert work is not None
    assert work["over"]
    assert work["call_snapshot"]["ended_at"] is None
    assert work["call_snapshot"]["agent"]["name"] == "Bruno"
