"""Nobody is free: the system answers, and the caller waits with music."""

import signal
import sys
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from agents.models import Schedule
from calls.models import Call, Node
from tests.cast import Cast
from tests.console import Console
from tests.servers import wait_for
from tests.shift import DORA
from tests.sound import longest_silence
from tests.stack import FULL, Stack
from tests.talking import (
    ANAS,
    CARLAS,
    GREETING,
    MUSIC,
    SOON,
    Wear,
    call_in,
    give_tones,
    heard_so_far,
    hears,
    phone_hears,
    row,
    take,
    tone_prompt,
    wait_for_prompt,
    wait_for_row,
)


@pytest.fixture
def crew(crew: Cast) -> Cast:
    give_tones(crew.queue, answer_after_seconds=1, position_every_seconds=2)
    return crew


# A phone that does not give up while a node is started again.
PATIENT = {"media_gap_limit": 600.0}


def nobody_is_here(crew: Cast, then: str) -> None:
    crew.queue.when_nobody = then
    crew.queue.save()


def told_to_end(stack: Stack, wati_id: str) -> int:
    return len(stack.simulator.requests(verb="terminate", call_id=wati_id))


@pytest.mark.distributed
def test_the_caller_waits_with_music_and_who_comes_later_talks_at_once(
    stack: Stack, crew: Cast, bruno: Console
):
    wati_id = call_in(stack)
    call_id = bruno.wait_for_ring()  # who does not answer
    bruno.wait_for_status(call_id, "waiting")
    phone_hears(stack, wati_id, GREETING)
    phone_hears(stack, wati_id, MUSIC)
    wait_for_prompt(stack, wati_id, "position-1")
    assert longest_silence(heard_so_far(stack, wati_id)) < SOON

    ana = stack.console(crew.ana)
    ana.say("available")
    assert ana.wait_for_ring() == call_id
    clicked = time.monotonic()
    headset = take(ana, call_id, ANAS)
    hears(headset, CARLAS)
    phone_hears(stack, wati_id, ANAS)
    sound_after = headset.first_sound(clicked)
    assert sound_after is not None
    sys.stdout.write(f"from the click to sound: {sound_after:.2f} s\n")
    assert sound_after < SOON
    stack.simulator.hang_up(wati_id)
    ana.wait_for_status(call_id, "ended")
    headset.close()
    ana.close()

    call = row(wati_id)
    assert call.result == "answered"
    assert (
        call.created_at < call.queued_with_audio_at < call.media_at < call.answered_at
    )
    assert call.wait_seconds >= 5  # the greeting, music and a position
    events = [change.event for change in call.changes.all()]
    assert events == ["offered", "parked", "claimed", "media_up", "customer_ended"]
    assert [(r.verb, r.status) for r in call.requests.all()] == [("accept", "ok")]


def test_with_all_agents_busy_the_caller_hears_music_at_once(
    stack: Stack, crew: Cast, ana: Console, wear: Wear
):
    crew.queue.answer_after_seconds = 25
    crew.queue.save()
    first = call_in(stack)
    headset = wear(take(ana, ana.wait_for_ring(), ANAS))
    phone_hears(stack, first, ANAS)
    second = call_in(stack, waid=DORA, name="Dora")
    phone_hears(stack, second, MUSIC)
    waits = row(second)
    assert not waits.offers.exists()
    assert waits.queued_with_audio_at - waits.created_at < timedelta(seconds=25)
    for wati_id in (first, second):
        stack.simulator.hang_up(wati_id)
        wait_for_row(wati_id, "ended")
    headset.close()


def test_who_hangs_up_while_waiting_is_counted_as_lost(stack: Stack, crew: Cast):
    nobody_is_here(crew, "wait")
    wati_id = call_in(stack)
    phone_hears(stack, wati_id, MUSIC)
    stack.simulator.hang_up(wati_id)
    call = wait_for_row(wati_id, "ended")
    assert (call.result, call.ended_by) == ("abandoned", "customer")
    assert call.answered_at is None
    assert told_to_end(stack, wati_id) == 0


def test_a_closed_line_says_so_and_ends_the_call(stack: Stack, crew: Cast):
    crew.line.schedule = Schedule.objects.create(name="Never", time_zone="UTC")
    crew.line.closed_prompt = tone_prompt("Closed", GREETING, 2)
    crew.line.save()
    wati_id = call_in(stack)
    phone_hears(stack, wati_id, GREETING)
    call = wait_for_row(wati_id, "ended")
    assert (call.result, call.end_reason) == ("after_hours", "closed")
    wait_for(lambda: told_to_end(stack, wati_id) == 1, "the terminate at Wati")


def test_with_nobody_on_duty_the_caller_is_told(stack: Stack, crew: Cast):
    nobody_is_here(crew, "goodbye")
    wati_id = call_in(stack)
    wait_for_prompt(stack, wati_id, "nobody")
    call = wait_for_row(wati_id, "ended")
    assert (call.result, call.end_reason) == ("turned_away", "nobody_there")
    wait_for(lambda: told_to_end(stack, wati_id) == 1, "the terminate at Wati")


def test_nobody_on_duty_and_no_system_lets_it_ring_out(stack: Stack, crew: Cast):
    crew.queue.ring_seconds = 2
    crew.queue.save()
    wati_id = call_in(stack)
    call = wait_for_row(wati_id, "ended")
    assert (call.result, call.end_reason) == ("timeout", "ring_timeout")
    wait_for(lambda: told_to_end(stack, wati_id) == 1, "the terminate at Wati")
    assert not stack.simulator.requests(verb="accept", call_id=wati_id)


@pytest.fixture
def no_room(crew: Cast) -> Iterator[None]:
    """Every node holds as many calls as it may."""
    before = dict(Node.objects.values_list("pk", "max_calls"))
    Node.objects.update(max_calls=0)
    yield
    for pk, most in before.items():
        Node.objects.filter(pk=pk).update(max_calls=most)


@pytest.mark.distributed
def test_without_room_on_any_node_it_rings_on_and_the_click_is_refused(
    stack: Stack, crew: Cast, no_room: None, ana: Console
):
    crew.queue.ring_seconds = 5
    crew.queue.save()
    wati_id = call_in(stack)
    call_id = ana.wait_for_ring()
    ana.say("answer", call=call_id)
    ana.until(lambda: bool(ana.problems), "the refusal")
    assert ana.problems == ["All servers are at their call limit. Try again soon."]
    call = wait_for_row(wati_id, "ended")  # nor can the system answer
    assert (call.result, call.queued_with_audio_at) == ("timeout", None)


@pytest.mark.distributed
def test_a_lost_accept_is_sent_again_for_who_waits(stack: Stack, crew: Cast):
    nobody_is_here(crew, "wait")
    stack.simulator.set_fault(verb="accept", outcome="drop", done=False)
    wati_id = call_in(stack)
    phone_hears(stack, wati_id, MUSIC)
    assert len(stack.simulator.requests(verb="accept", call_id=wati_id)) == 2


@pytest.mark.distributed
def test_ten_who_wait_hang_up_in_the_same_second(stack: Stack, crew: Cast):
    nobody_is_here(crew, "wait")
    everybody: list[str] = []
    for number in range(10):
        wati_id = call_in(
            stack, waid=f"49151000000{number:02}", name=f"Caller {number}"
        )
        wait_for(lambda name=wati_id: hears_music(name), "music")
        everybody.append(wati_id)
    for wati_id in everybody:
        stack.simulator.hang_up(wati_id)
    for wati_id in everybody:
        call = wait_for_row(wati_id, "ended")
        assert (call.result, call.ended_by) == ("abandoned", "customer")
    wait_for(lambda: calls_held(stack) == 0, "the nodes to be empty")
    assert sum(told_to_end(stack, wati_id) for wati_id in everybody) == 0


def hears_music(wati_id: str) -> bool:
    waiting = Call.objects.filter(wati_call_id=wati_id, status="waiting")
    return waiting.exclude(media_at=None).exists()


def calls_held(stack: Stack) -> int:
    """What the nodes themselves say with their next lease."""
    return sum(Node.objects.values_list("calls", flat=True))


@pytest.mark.distributed
def test_a_node_that_is_killed_ends_the_calls_of_who_waits_once(
    stack: Stack, crew: Cast, ana: Console
):
    wati_id = call_in(stack, behaviour=PATIENT)
    call_id = ana.wait_for_ring()
    ana.wait_for_status(call_id, "waiting")
    phone_hears(stack, wati_id, MUSIC)
    holder = next(node for node in stack.nodes if node.name == row(wati_id).node)
    holder.stop(signal.SIGKILL)
    if not FULL or holder.url == ana.url:  # she needs a node to be told by
        stack.heal()
        ana.close()
        ana = stack.console(crew.ana)
    call = wait_for_row(wati_id, "ended")
    assert (call.end_reason, call.answered_at) == ("node_lost", None)
    ana.until(lambda: ana.ringing() is None, "the ringing to end")
    ana.wait_for_state("available")
    wait_for(lambda: told_to_end(stack, wati_id) == 1, "the terminate at Wati")
    wait_for(
        lambda: call.requests.get(verb="terminate").finished_at is not None,
        "its reply",
    )
    assert told_to_end(stack, wati_id) == 1
    stack.heal()
    ana.close()
