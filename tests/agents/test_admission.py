"""What becomes of Carla: when she comes to a queue, while it rings, while she waits."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.admission import (
    LATEST_AUTO_ANSWER,
    LONGEST_WAIT,
    RING_TIMEOUT,
    Action,
    EntryOutcome,
    Limits,
    QueuedCaller,
    QueueLoad,
    QueueNow,
    Queues,
    WhenNobody,
    keeps_place,
    next_step,
    resolve_overflow,
)
from tests.agents.candidates import NOW, ago, ahead
from tests.agents.limits_model import Event, Place, World, course, places

pytestmark = pytest.mark.stackless

SUPPORT, SALES, NIGHT = 1, 2, 3
BUSY = QueueLoad(signed_in=2, ready=0, waiting=3)
EMPTY = QueueLoad(signed_in=0, ready=0, waiting=0)
FREE = QueueLoad(signed_in=2, ready=1, waiting=0)
ROOM = QueueNow(Limits(), BUSY)
FULL = QueueNow(Limits(max_length=3), BUSY)


def to(queue: QueueNow, onward: int) -> QueueNow:
    return replace(queue, limits=replace(queue.limits, overflow_to=onward))


def unstaffed(rule: str, onward: int | None = None) -> QueueNow:
    return QueueNow(Limits(when_nobody=rule, overflow_to=onward), EMPTY)


def comes(
    *queues: QueueNow, visited: tuple[int, ...] = (), answered: bool = False
) -> tuple[int, str]:
    """To the first of these queues, which are Support, Sales and Night."""
    known = dict(enumerate(queues, 1))
    found = resolve_overflow(SUPPORT, known, visited, answered=answered)
    return found.queue_id, found.outcome


# --- Who comes ---------------------------------------------------------------------


def test_without_limits_everybody_joins():
    for load in (BUSY, EMPTY, FREE):
        assert comes(QueueNow(Limits(), load)) == (SUPPORT, EntryOutcome.JOIN)


@pytest.mark.parametrize(
    ("rule", "ringing", "answered"),
    [
        (WhenNobody.RING, (SUPPORT, "join"), (SALES, "join")),
        (WhenNobody.WAIT, (SUPPORT, "join"), (SUPPORT, "join")),
        (WhenNobody.OVERFLOW, (SALES, "join"), (SALES, "join")),
        (WhenNobody.GOODBYE, (SUPPORT, "no_agents"), (SUPPORT, "no_agents")),
    ],
)
def test_with_no_agent_signed_in_the_queue_does_as_it_is_set(rule, ringing, answered):
    """Who hears music already cannot be left to WhatsApp's ringing."""
    queues = unstaffed(rule, SALES), ROOM
    assert comes(*queues) == ringing
    assert comes(*queues, answered=True) == answered


def test_with_no_agent_signed_in_and_nowhere_to_go_the_caller_is_told_so():
    assert comes(unstaffed(WhenNobody.OVERFLOW)) == (SUPPORT, EntryOutcome.NO_AGENTS)


def test_a_full_queue_passes_on_or_says_so():
    assert comes(QueueNow(Limits(max_length=4), BUSY)) == (SUPPORT, EntryOutcome.JOIN)
    assert comes(FULL) == (SUPPORT, EntryOutcome.FULL)
    assert comes(to(FULL, SALES), ROOM) == (SALES, EntryOutcome.JOIN)


def test_a_queue_without_any_waiting_takes_who_is_answered_at_once():
    limits = Limits(max_length=0)
    assert comes(QueueNow(limits, FREE)) == (SUPPORT, EntryOutcome.JOIN)
    one_for_each = QueueLoad(signed_in=1, ready=1, waiting=1)
    assert comes(QueueNow(limits, one_for_each)) == (SUPPORT, EntryOutcome.FULL)


def test_an_overflow_is_followed_to_where_there_is_room():
    gone = unstaffed(WhenNobody.OVERFLOW, NIGHT)
    known = {SUPPORT: to(FULL, SALES), SALES: gone, NIGHT: ROOM}
    found = resolve_overflow(SUPPORT, known)
    assert (found.queue_id, found.outcome) == (NIGHT, EntryOutcome.JOIN)
    assert found.visited == (SUPPORT, SALES, NIGHT)


def test_a_caller_is_not_passed_to_where_they_have_been():
    assert comes(to(FULL, SALES), ROOM, visited=(SALES,)) == (SUPPORT, "full")


def test_full_queues_that_overflow_in_circles_of_two_and_three_end_it():
    assert comes(to(FULL, SALES), to(FULL, SUPPORT)) == (SALES, EntryOutcome.FULL)
    three = to(FULL, SALES), to(FULL, NIGHT), to(FULL, SUPPORT)
    assert comes(*three) == (NIGHT, EntryOutcome.FULL)


# --- Who rings ---------------------------------------------------------------------


def rings(limits: Limits, load: QueueLoad, seconds: float, **more: bool) -> str:
    """What is to be done with a caller for whom it has rung for so long."""
    room = more.pop("has_room", True)
    caller = QueuedCaller(SUPPORT, ago(seconds), ago(seconds), **more)
    return next_step(
        caller, {SUPPORT: QueueNow(limits, load)}, NOW, has_room=room
    ).action


def test_while_it_rings_at_an_agent_the_system_answers_after_its_time():
    limits = Limits(answer_after=20)
    assert rings(limits, BUSY, 19.9, rings_at_agent=True) == Action.STAY
    assert rings(limits, BUSY, 20, rings_at_agent=True) == Action.AUTO_ANSWER


def test_where_all_agents_are_busy_the_system_answers_at_once():
    assert rings(Limits(), BUSY, 0) == Action.AUTO_ANSWER


def test_no_setting_lets_it_ring_until_whatsapp_gives_up():
    late = Limits(answer_after=90)
    assert rings(late, BUSY, LATEST_AUTO_ANSWER - 0.1, rings_at_agent=True) == "stay"
    assert rings(late, BUSY, LATEST_AUTO_ANSWER, rings_at_agent=True) == "auto_answer"


@pytest.mark.parametrize("load", [BUSY, FREE])
@pytest.mark.parametrize("at_agent", [True, False])
def test_a_queue_that_the_system_does_not_answer_rings_out(load, at_agent):
    limits = Limits(auto_answer=False)
    before = rings(limits, load, RING_TIMEOUT - 0.1, rings_at_agent=at_agent)
    assert before == Action.STAY
    at = rings(limits, load, RING_TIMEOUT, rings_at_agent=at_agent)
    assert at == Action.TIME_OUT


@pytest.mark.parametrize(
    ("rule", "soon", "before", "at", "much_later"),
    [
        (WhenNobody.RING, "stay", "stay", "stay", "time_out"),
        (WhenNobody.WAIT, "auto_answer", "auto_answer", "auto_answer", "auto_answer"),
        (WhenNobody.OVERFLOW, "stay", "stay", "say_no_agents", "say_no_agents"),
        (WhenNobody.GOODBYE, "stay", "stay", "say_no_agents", "say_no_agents"),
    ],
)
@pytest.mark.parametrize("auto_answer", [True, False])
def test_when_the_last_agent_leaves_while_it_rings(
    rule, soon, before, at, much_later, auto_answer
):
    limits = Limits(when_nobody=rule, auto_answer=auto_answer, answer_after=20)
    seen = [rings(limits, EMPTY, seconds) for seconds in (0, 19.9, 20, 45)]
    assert seen == [soon, before, at, much_later]


@pytest.mark.parametrize("rule", WhenNobody)
@pytest.mark.parametrize("load", [BUSY, EMPTY])
def test_without_room_on_any_server_it_rings_out(rule, load):
    limits = Limits(when_nobody=rule)
    assert rings(limits, load, 44.9, has_room=False) == Action.STAY
    assert rings(limits, load, 45, has_room=False) == Action.TIME_OUT


# --- Who waited for long enough ----------------------------------------------------


def waited(seconds: float, *queues: QueueNow, **more: object) -> tuple[str, int | None]:
    """In Support, with music; and where to."""
    caller = QueuedCaller(SUPPORT, ago(seconds), **more)
    step = next_step(caller, dict(enumerate(queues, 1)), NOW)
    return step.action, step.resolution and step.resolution.queue_id


MINUTE = QueueNow(Limits(max_wait=60), BUSY)


def test_a_caller_who_waited_for_long_enough_goes_on_or_the_call_ends():
    for seconds in (0, 59.9):
        assert waited(seconds, to(MINUTE, SALES), ROOM) == (Action.STAY, None)
    assert waited(60, to(MINUTE, SALES), ROOM) == (Action.OVERFLOW, SALES)
    assert waited(60.1, MINUTE) == (Action.TIME_OUT, None)


@pytest.mark.parametrize("max_wait", [None, 0, 10**6])
def test_nobody_waits_for_ever(max_wait):
    queue = QueueNow(Limits(max_wait=max_wait), BUSY)
    assert waited(LONGEST_WAIT - 0.1, queue) == (Action.STAY, None)
    assert waited(LONGEST_WAIT, queue) == (Action.TIME_OUT, None)


def test_the_maximum_wait_counts_while_it_rings_too():
    queues = {SUPPORT: to(MINUTE, SALES), SALES: ROOM}
    limits = replace(queues[SUPPORT].limits, max_wait=10)
    queues[SUPPORT] = replace(queues[SUPPORT], limits=limits)
    caller = QueuedCaller(SUPPORT, NOW, NOW, rings_at_agent=True)
    assert next_step(caller, queues, ahead(9.9)).until == ahead(10)
    assert next_step(caller, queues, ahead(10)).action == Action.OVERFLOW


@pytest.mark.parametrize(
    ("other", "takes"),
    [
        (FULL, False),
        (ROOM, True),
        (unstaffed(WhenNobody.RING), False),
        (unstaffed(WhenNobody.WAIT), True),
        (unstaffed(WhenNobody.OVERFLOW), False),
        (unstaffed(WhenNobody.GOODBYE), False),
    ],
)
def test_a_caller_who_waited_goes_only_where_a_queue_takes_them(other, takes):
    expected = (Action.OVERFLOW, SALES) if takes else (Action.TIME_OUT, None)
    assert waited(60, to(MINUTE, SALES), other) == expected


def test_a_caller_who_waited_is_passed_over_a_queue_that_has_no_room():
    queues = to(MINUTE, SALES), to(FULL, NIGHT), ROOM
    assert waited(60, *queues) == (Action.OVERFLOW, NIGHT)


def test_a_caller_who_waited_never_goes_where_they_have_been():
    queues = to(MINUTE, SALES), ROOM
    assert waited(60, *queues, visited=(SALES, SUPPORT)) == (Action.TIME_OUT, None)


# --- Any queues, against what was written down anew ---------------------------------

IDS = range(1, 5)
seconds_ = st.sampled_from([1, 2, 20, 25, 26, 40, 45, 60, 120])
worlds = places(IDS, seconds_)


def as_rule_sees(world: World) -> Queues:
    return {pk: QueueNow(_limits(place), _load(place)) for pk, place in world.items()}


def _limits(place: Place) -> Limits:
    return Limits(
        max_wait=place.longest,
        max_length=place.most,
        when_nobody=place.when_nobody,
        overflow_to=place.onward,
        auto_answer=place.auto_answer,
        answer_after=place.answer_after,
        ring_timeout=place.rings_out,
    )


def _load(place: Place) -> QueueLoad:
    is_free = place.agents == "ring" and not place.others
    return QueueLoad(int(place.agents != "none"), int(is_free), place.others)


def by_the_rule(world: World, first: int, has_room: bool) -> list[Event]:
    """What happens, by asking the rule again whenever it says so."""
    queues = as_rule_sees(world)
    found = resolve_overflow(first, queues)
    if found.outcome != EntryOutcome.JOIN:
        refusal = "full" if found.outcome == EntryOutcome.FULL else "nobody"
        out = world[found.queue_id].rings_out
        return [(0, refusal)] if has_room else [(out, "ends")]
    caller = QueuedCaller(found.queue_id, NOW, NOW, visited=found.visited)
    now, events = NOW, [(0, f"queue {found.queue_id}")]
    while True:
        at_agent = world[caller.queue_id].agents == "ring"
        caller = replace(caller, rings_at_agent=at_agent)
        step = next_step(caller, queues, now, has_room=has_room)
        passed = round((now - NOW).total_seconds())
        match step.action:
            case Action.STAY:
                assert step.until is not None
                assert step.until > now
                now = step.until
            case Action.AUTO_ANSWER:
                caller = replace(caller, rings_since=None)
                events.append((passed, "audio"))
            case Action.OVERFLOW:
                assert step.resolution is not None
                queue_id, visited = step.resolution.queue_id, step.resolution.visited
                caller = replace(
                    caller, queue_id=queue_id, visited=visited, queued_at=now
                )
                events.append((passed, f"queue {queue_id}"))
            case Action.SAY_NO_AGENTS:
                return [*events, (passed, "nobody")]
            case Action.TIME_OUT:
                return [*events, (passed, "ends")]


@given(worlds, st.sampled_from(IDS), st.booleans())
def test_the_rule_does_as_was_written_down_anew(world, first, has_room):
    assert by_the_rule(world, first, has_room) == course(world, first, has_room)


@given(worlds, st.sampled_from(IDS))
def test_every_caller_comes_to_an_end_and_nowhere_twice(world, first):
    events = by_the_rule(world, first, has_room=True)
    been = [what for _, what in events if what.startswith("queue")]
    assert len(set(been)) == len(been)
    assert events[-1][1] in ("ends", "full", "nobody")
    assert events[-1][0] <= len(IDS) * LONGEST_WAIT


# --- Who calls again ---------------------------------------------------------------


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
