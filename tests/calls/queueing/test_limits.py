"""Queues' limits in the running product, to the second, and what the preview says."""

import os
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from agents.models import Membership, Queue
from calls.lifecycle import answer, transfer
from calls.models import Call
from calls.queueing import dispatch
from calls.queueing.queue_state import queues_now
from calls.reporting.preview import Preview, what_would_happen
from tests.agents.limits_model import Event, Place, World, course, places
from tests.calls.queueing.world import Stage, states
from tests.cast import Cast, hire
from tests.shift import DORA, ERIK, Shift, change, fresh, outcomes, ringing

ROUNDS = int(os.environ.get("ROUNDS", 8))
SUPPORT, SALES, NIGHT = 1, 2, 3
NAMES = {SUPPORT: "Support", SALES: "Sales", NIGHT: "Night"}
SECONDS = st.sampled_from([4, 12, 20, 25, 30, 40, 61])
RINGS, BUSY, NONE = Place(), Place(agents="busy"), Place(agents="none")
LONELY = {
    SUPPORT: Place("none", when_nobody="overflow", onward=SALES),
    SALES: Place("none", when_nobody="goodbye", onward=NIGHT),
    NIGHT: RINGS,
}
CROWDED = dict.fromkeys(NAMES, Place("busy", others=1, most=1))
FROM_ONE_TO_THE_NEXT = {
    SUPPORT: Place(longest=12, onward=SALES),
    SALES: Place(longest=40, answer_after=20, onward=NIGHT),
    NIGHT: Place("none", when_nobody="wait", longest=25, onward=SUPPORT),
}


@pytest.fixture
def stage(shift: Shift) -> Stage:
    return Stage(shift)


def goes_as_told(stage: Stage, events: list[Event]) -> Call:
    """Half a second before each event nothing has happened yet, and after it it has.

    Each wait begins when the last one was seen to be over: a little later each time.
    """
    call, before = stage.comes(), None
    for number, (at, state) in enumerate(states(events), 1):
        if at:
            now = stage.look_at(call, at - 0.5)
            assert now == before if before else now.startswith("rings"), (at, now)
        assert stage.look_at(call, at + number / 10) == state, at
        before = state
    return call


# --- Any queues, in the product, in the preview and as written down anew -------------


def test_any_caller_to_any_queues(stage: Stage):
    seen: set[str] = set()

    @settings(
        max_examples=ROUNDS,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @example(LONELY, SUPPORT, True)
    @example(CROWDED, SALES, True)
    @example(FROM_ONE_TO_THE_NEXT, SUPPORT, True)
    @given(places(NAMES, SECONDS), st.sampled_from(list(NAMES)), st.booleans())
    def compare(world: World, first: int, has_room: bool) -> None:
        stage.set_up(world, first, has_room=has_room)
        preview = what_would_happen(stage.line, stage.shift.clock.now())
        events = course(world, first, has_room)
        call = goes_as_told(stage, events)
        assert preview.hears == sentences(world, events)
        said = [person.name for person in preview.people if person.rings]
        first_rung = list(dict.fromkeys(name for name, _ in outcomes(call)))
        assert said == first_rung[: len(said)]
        seen.update(what.split()[0] for _, what in events)

    compare()
    assert seen >= {"queue", "audio", "ends", "full", "nobody"}


def sentences(world: World, events: list[Event]) -> tuple[str, ...]:
    """How the preview must put what happens."""
    (at, what), *later = events
    if what in ("full", "nobody"):
        why = {"full": "the queue is full", "nobody": "no agent is signed in"}[what]
        says = f"the message that {why} (default prompt)."
        return f"Auto-answered at once with {says}", "Then the call ends."
    if what == "ends":
        return (rings_out(at),)
    staffed = world[int(what.split()[1])].agents != "none"
    (at, what), *later = later
    if what == "ends":
        return (rings_out(at),)
    after = f"after {at} seconds if no agent answers."
    if what != "audio":
        other = NAMES[int(what.split()[1])]
        return (f"WhatsApp's ringing tone; the caller overflows to {other} {after}",)
    why = "No agent is free" if staffed else "No agent is signed in"
    at_once = f"{why}: auto-answered at once."
    (over, then), *_ = later
    end = f"The call ends after a total of {minutes(over)}."
    if then.startswith("queue"):
        other = NAMES[int(then.split()[1])]
        end = f"After a total of {minutes(over)} the caller overflows to {other}."
    return (
        f"WhatsApp's ringing tone; auto-answered {after}" if at else at_once,
        "First the greeting (default prompt), then music (default prompt).",
        "The position in the queue, every 45 seconds.",
        end,
    )


def rings_out(seconds: int) -> str:
    return (
        f"WhatsApp's ringing tone for up to {seconds} seconds; the call is not "
        "auto-answered. After that it counts as not answered in time."
    )


def minutes(seconds: int) -> str:
    whole, rest = divmod(seconds, 60)
    if not whole:
        return f"{rest} seconds"
    words = "1 minute" if whole == 1 else f"{whole} minutes"
    return f"{words} {rest} s" if rest else words


# --- One by one ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("world", "first", "last"),
    [
        ({1: RINGS}, "rings in 1", (25, "audio in 1")),
        ({1: Place(answer_after=7)}, "rings in 1", (7, "audio in 1")),
        ({1: BUSY}, "audio in 1", None),
        ({1: Place(auto_answer=False)}, "rings in 1", (45, "ends")),
        ({1: Place("busy", auto_answer=False)}, "rings in 1", (45, "ends")),
        ({1: NONE}, "rings in 1", (45, "ends")),
        ({1: Place("none", when_nobody="wait")}, "audio in 1", None),
        ({1: Place("none", when_nobody="goodbye")}, "nobody", None),
        ({1: Place("none", when_nobody="overflow")}, "nobody", None),
        ({1: Place("busy", others=1, most=1)}, "full", None),
        ({1: Place("busy", others=1, most=2, longest=30)}, "audio in 1", (30, "ends")),
        ({1: Place("busy", longest=30)}, "audio in 1", (30, "ends")),
        ({1: Place(longest=20)}, "rings in 1", (20, "ends")),
    ],
)
def test_one_queue_to_the_second(stage: Stage, world, first, last):
    rest = {number: Place("none") for number in (SALES, NIGHT)}
    stage.set_up(world | rest, SUPPORT)
    call = stage.comes()
    assert stage.state_of(call) == first
    if last is not None:
        at, state = last
        assert stage.look_at(call, at - 1) == first
        assert stage.look_at(call, at - 0.01) == first
        assert stage.look_at(call, at) == state


@pytest.mark.parametrize(
    ("sales", "then"),
    [
        (BUSY, "audio in 2"),
        (Place("busy", others=1, most=1), "ends"),
        (Place("none", when_nobody="ring"), "ends"),
        (Place("none", when_nobody="wait"), "audio in 2"),
        (Place("none", when_nobody="overflow"), "ends"),
        (Place("none", when_nobody="goodbye"), "ends"),
        (Place("none", when_nobody="overflow", onward=NIGHT), "audio in 3"),
        (Place("busy", others=1, most=1, onward=NIGHT), "audio in 3"),
    ],
)
def test_who_waited_for_long_enough_goes_only_where_a_queue_takes_them(
    stage: Stage, sales, then
):
    support = Place("busy", longest=40, onward=SALES)
    stage.set_up({SUPPORT: support, SALES: sales, NIGHT: BUSY}, SUPPORT)
    call = stage.comes()
    assert stage.look_at(call, 39) == "audio in 1"
    assert stage.look_at(call, 40) == then
    reason = fresh(call).end_reason
    assert reason == ("wait_timeout" if then == "ends" else "")


def test_a_queue_does_not_grow_beyond_its_maximum_by_overflow(stage: Stage):
    """Two callers wait for long enough at once, and there is room for one."""
    support = Place("busy", longest=40, onward=SALES)
    sales = Place("busy", most=1)
    stage.set_up({SUPPORT: support, SALES: sales, NIGHT: BUSY}, SUPPORT)
    calls = [stage.comes(), stage.comes(DORA)]
    stage.look_at(calls[1], 41)
    assert [stage.state_of(call) for call in calls] == ["audio in 2", "ends"]
    assert stage.queues[1].call_set.filter(status="waiting").count() == 1


@pytest.mark.parametrize("circle", [(SUPPORT, SALES), (SUPPORT, SALES, NIGHT)])
def test_queues_that_overflow_in_a_circle_are_gone_through_once(stage: Stage, circle):
    onward = dict(zip(circle, (*circle[1:], circle[0]), strict=True))
    world = {
        number: Place("busy", longest=30, onward=onward.get(number)) for number in NAMES
    }
    stage.set_up(world, SUPPORT)
    call = stage.comes()
    for turn, number in enumerate(circle):
        assert stage.look_at(call, 30 * turn + turn / 10) == f"audio in {number}"
    assert stage.look_at(call, 30 * len(circle) - 0.5) == f"audio in {circle[-1]}"
    assert stage.look_at(call, 30 * len(circle) + 0.5) == "ends"
    pks = [stage.queues[number - 1].pk for number in circle]
    assert (fresh(call).visited_queues, fresh(call).queue_visits) == (pks, len(pks))


def test_without_room_it_rings_and_is_answered_as_soon_as_there_is(stage: Stage):
    stage.set_up({SUPPORT: BUSY, SALES: NONE, NIGHT: NONE}, SUPPORT, has_room=False)
    first, second = stage.comes(), stage.comes(DORA)
    assert stage.look_at(first, 30) == "rings in 1"
    assert fresh(first).deadline == first.created_at + timedelta(seconds=45)
    stage.shift.node.max_calls = 1
    stage.shift.node.save()
    assert stage.look_at(first, 31) == "audio in 1"
    assert stage.look_at(second, 44) == "rings in 1"
    assert stage.look_at(second, 45) == "ends"
    assert fresh(second).end_reason == "ring_timeout"


# --- What happens while it rings -----------------------------------------------------


def test_when_the_ringing_stops_everywhere_the_system_answers_at_once(
    cast: Cast, shift: Shift
):
    """Each rings for ten seconds, one after the other; nobody is left then."""
    change(cast.queue, strategy="longest_idle", agent_seconds=10, retry_seconds=0)
    shift.begins(cast.ana, cast.bruno)
    preview = now_for(cast)
    call = shift.calls_in()
    shift.later(19)
    assert (fresh(call).status, ringing(call)) == ("ringing", ["Bruno"])
    shift.later(2)
    assert (fresh(call).status, ringing(call)) == ("waiting", [])
    assert "auto-answered after 20 seconds" in preview.hears[0]


def test_who_declines_last_while_a_colleague_talks_leaves_the_caller_to_music(
    cast: Cast, shift: Shift
):
    change(cast.queue, strategy="longest_idle")
    shift.begins(cast.ana)
    shift.talks(cast.ana, ERIK)
    shift.begins(cast.bruno)
    call = shift.calls_in()
    assert ringing(call) == ["Bruno"]
    answer.decline(call.pk, cast.bruno)
    assert fresh(call).status == "waiting"


@pytest.mark.parametrize(
    ("rule", "soon", "late"),
    [
        ("ring", "rings in 1", "rings in 1"),
        ("wait", "audio in 1", "audio in 1"),
        ("overflow", "rings in 1", "audio in 2"),
        ("goodbye", "rings in 1", "nobody"),
    ],
)
def test_the_last_agent_leaves_while_it_rings(stage: Stage, rule, soon, late):
    """They have until the system would answer to be back."""
    support = Place("ring", when_nobody=rule, onward=SALES)
    stage.set_up({SUPPORT: support, SALES: BUSY, NIGHT: NONE}, SUPPORT)
    call = stage.comes()
    assert stage.look_at(call, 5) == "rings in 1"
    dispatch.change_agent(stage.agents[0].pk, "on_break")
    assert stage.look_at(call, 6) == soon
    assert stage.look_at(call, 24) == soon
    assert stage.look_at(call, 25) == late
    assert ringing(call) == []


def test_an_agent_who_comes_in_time_rings_and_then_the_system_answers(stage: Stage):
    stage.set_up({SUPPORT: NONE, SALES: NONE, NIGHT: NONE}, SUPPORT)
    call = stage.comes()
    assert stage.look_at(call, 10) == "rings in 1"
    stage.shift.begins(stage.agents[0])
    assert stage.look_at(call, 24) == "rings in 1"
    assert stage.look_at(call, 25) == "audio in 1"


def test_a_transfer_adds_to_where_the_caller_has_been(cast: Cast, shift: Shift):
    sales = Queue.objects.create(name="Sales", max_wait_seconds=30, wrap_up_seconds=0)
    change(sales, overflow_to=cast.queue, strategy="longest_idle")
    shift.begins(cast.ana)
    call = shift.talks(cast.ana)
    Membership.objects.create(queue=sales, agent=cast.bruno)
    shift.begins(cast.bruno)
    shift.talks(cast.bruno, DORA)
    transfer.transfer_to_queue(call.pk, cast.ana, sales)
    moved = fresh(call)
    assert moved.visited_queues == [cast.queue.pk, sales.pk]
    shift.later(29)
    assert fresh(call).status == "waiting"
    shift.later(2)
    assert fresh(call).end_reason == "wait_timeout"


# --- What the preview takes into account --------------------------------------------


def now_for(cast: Cast) -> Preview:
    line = type(cast.line).objects.select_related("queue").get(pk=cast.line.pk)
    return what_would_happen(line, timezone.now())


def test_an_agent_who_is_promised_to_somebody_else_is_not_free_in_the_preview(
    cast: Cast, shift: Shift
):
    change(cast.queue, strategy="longest_idle")
    shift.begins(cast.ana)
    shift.calls_in(DORA, "Dora")
    preview = now_for(cast)
    assert [person.reason for person in preview.people] == [
        "Another call is ringing at this agent.",
        "Offline.",
    ]
    assert preview.hears[0] == "No agent is free: auto-answered at once."
    call = shift.calls_in()
    assert (fresh(call).status, ringing(call)) == ("waiting", [])


def test_the_preview_counts_who_is_asked_again(cast: Cast, shift: Shift):
    """Ana, then Bruno, then Ana once more: it never stops."""
    change(cast.queue, strategy="longest_idle", agent_seconds=8, retry_seconds=5)
    shift.begins(cast.ana, cast.bruno)
    assert "after 25 seconds" in now_for(cast).hears[0]
    call = shift.calls_in()
    shift.later(24)
    assert fresh(call).status == "ringing"
    shift.later(1)
    assert fresh(call).status == "waiting"


# --- What it costs ------------------------------------------------------------------


def test_a_long_chain_of_overflows_costs_no_more_queries_than_a_short_one(
    cast: Cast, django_assert_num_queries
):
    chain = [Queue.objects.create(name=f"Queue {number}") for number in range(8)]
    for queue, onward in zip(chain, chain[1:], strict=False):
        change(queue, overflow_to=onward)
        hire(f"agent of {queue.pk}", queue)
    first = Queue.objects.get(pk=chain[0].pk)
    with django_assert_num_queries(3):
        queues = queues_now([first])
        assert len(queues) == 9
        loads = [queue.load for queue in queues.values()]
        assert {(load.signed_in, load.ready, load.waiting) for load in loads} == {
            (0, 0, 0)
        }
