"""An agent's windows and their ends: one that lives rings, and all say which one."""

import sys
import time
from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session

from agents.models import Agent
from callcenter.web.sessions import row_name
from calls.models import Offer
from tests.cast import Cast
from tests.console import Console
from tests.servers import wait_for
from tests.sound import longest_silence
from tests.stack import Stack
from tests.talking import (
    ANAS,
    BRUNOS,
    CARLAS,
    SOON,
    Wear,
    call_in,
    give_tones,
    goes_on,
    headset_of,
    heard_so_far,
    hears,
    phone_hears,
    phone_tones,
    row,
    take,
    wait_for_row,
)

Open = Callable[[], Console]


@pytest.fixture
def open_window(stack: Stack, crew: Cast) -> Iterator[Open]:
    """Ana opens her console once more; where there are two nodes, at the other one."""
    opened: list[Console] = []

    def load() -> Console:
        opened.append(stack.console(crew.ana, node=-1 - len(opened) % len(stack.nodes)))
        return opened[-1]

    yield load
    for one in opened:
        one.close()


@pytest.fixture
def two(open_window: Open) -> tuple[Console, Console]:
    """The older window, which Ana worked in, and the newer one."""
    older = open_window().go_available()
    newer = open_window().wait_for_state("available")
    _ring_in(newer, older, newer)
    return older, newer


def _ring_in(this: Console, *said_by: Console) -> None:
    for one in said_by:
        one.until(
            lambda one=one: one.window.get("console") == this.page,
            "word of the window that rings",
        )


def _measured(what: str, since: float) -> None:
    seconds = time.monotonic() - since
    sys.stdout.write(f"{what}: {seconds:.1f} s\n")
    assert seconds < SOON


ENDS = {"closed": Console.close, "cut off": Console.cut}


@pytest.mark.distributed
@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_when_the_newer_one_goes_the_older_one_rings(
    stack: Stack, two: tuple[Console, Console], end: Callable[[Console], None]
):
    older, newer = two
    began = time.monotonic()
    end(newer)
    _ring_in(older, older)
    older.wait_for_state("available")
    _measured("from the end of the newer window to the older one's turn", began)
    assert older.why[-1] == "closed"
    call_in(stack)
    call_id = older.wait_for_ring()
    wait_for(lambda: _confirmed(call_id), "the ring to be confirmed")


def _confirmed(call_id: str) -> bool:
    return Offer.objects.filter(call=call_id).exclude(rang_at=None).exists()


@pytest.mark.distributed
def test_one_that_falls_silent_stands_in_when_it_is_back(
    stack: Stack, two: tuple[Console, Console]
):
    older, newer = two
    began = time.monotonic()
    newer.freeze()
    _ring_in(older, older)
    _measured("from the last sign of the newer window to the older one's turn", began)
    assert older.why[-1] == "silent"
    newer.thaw()
    _ring_in(older, newer)
    turns = len(older.why)
    goes_on(lambda: older.is_rung_at(), "the older one's turn", 6)
    older.until(lambda: len(older.why) == turns, "no further turn")
    newer.say("hello", console=newer.page, since=newer.since, take=True)
    _ring_in(newer, newer, older)


@pytest.mark.distributed
def test_in_a_call_the_window_that_is_left_takes_the_audio_over(
    stack: Stack, crew: Cast, two: tuple[Console, Console], wear: Wear
):
    give_tones(crew.queue)
    older, newer = two
    wati_id = call_in(stack)
    call_id = newer.wait_for_ring()
    headset = wear(take(newer, call_id, ANAS))
    hears(headset, CARLAS)
    began = time.monotonic()
    headset.cut()
    newer.cut()
    _ring_in(older, older)
    again = wear(headset_of(older, call_id, ANAS))
    hears(again, CARLAS)
    _measured("from the end of the newer window to the caller's voice", began)
    phone_hears(stack, wati_id, ANAS)
    assert longest_silence(heard_so_far(stack, wati_id)) < SOON
    call = row(wati_id)
    assert (call.status, call.agent, call.reattach_count) == ("active", crew.ana, 1)


@pytest.mark.distributed
def test_a_window_that_took_over_in_a_call_keeps_it_when_the_other_is_back(
    stack: Stack, two: tuple[Console, Console], wear: Wear
):
    older, newer = two
    wati_id = call_in(stack)
    call_id = newer.wait_for_ring()
    dumb = wear(take(newer, call_id, BRUNOS))
    newer.freeze()
    _ring_in(older, older)
    again = wear(headset_of(older, call_id, ANAS))
    phone_hears(stack, wati_id, ANAS)
    wait_for(lambda: dumb.is_closed, "the audio of the silent window to close")
    assert dumb.close_code == 4001
    newer.thaw()
    _ring_in(older, newer)
    goes_on(lambda: phone_tones(stack, wati_id) <= {ANAS}, "one voice alone")
    assert not again.is_closed


@pytest.mark.full
def test_when_the_node_of_the_newer_one_is_killed_the_older_one_rings(
    stack: Stack, crew: Cast, two: tuple[Console, Console]
):
    older, newer = two
    assert older.url != newer.url
    node = next(one for one in stack.nodes if one.url == newer.url)
    node.kill()
    try:
        _ring_in(older, older)
        older.wait_for_state("available")
    finally:
        stack.heal()


# --- Signed out in the middle of a call ---------------------------------------------


def _lock(ana: Agent) -> None:
    User.objects.filter(agent=ana).update(is_active=False)


def _sign_out(ana: Agent) -> None:
    Session.objects.filter(signin__user=ana.user).delete()


def _new_password(ana: Agent) -> None:
    ana.user.set_password("something else")
    ana.user.save()


@pytest.mark.distributed
@pytest.mark.parametrize("end", [_lock, _sign_out, _new_password])
def test_the_caller_of_who_is_signed_out_is_heard_by_the_next_agent(
    stack: Stack, crew: Cast, open_window: Open, bruno: Console, wear: Wear, end
):
    give_tones(crew.queue)
    bruno.say("break", reason=None)
    bruno.wait_for_state("on_break")
    ana = open_window().go_available()
    wati_id = call_in(stack)
    headset = wear(take(ana, ana.wait_for_ring(), ANAS))
    hears(headset, CARLAS)
    bruno.go_available()
    began = time.monotonic()
    end(crew.ana)
    call_id = bruno.wait_for_ring()
    brunos = wear(take(bruno, call_id, BRUNOS))
    hears(brunos, CARLAS)
    _measured("from the end of Ana's session to Bruno, who hears Carla", began)
    phone_hears(stack, wati_id, BRUNOS)
    # As signed out, or as one whose part is over: either may be heard of first.
    wait_for(lambda: headset.close_code in (1000, 4401), "Ana's audio to close")
    call = row(wati_id)
    assert call.priority == 1000
    assert call.changes.filter(event="requeued").exists()
    crew.ana.refresh_from_db()
    assert crew.ana.state == "offline"


@pytest.mark.distributed
def test_with_another_window_signed_in_the_call_goes_on_there(
    stack: Stack, crew: Cast, two: tuple[Console, Console], bruno: Console, wear: Wear
):
    older, newer = two
    bruno.say("break", reason=None)
    bruno.wait_for_state("on_break")
    wati_id = call_in(stack)
    call_id = newer.wait_for_ring()
    wear(take(newer, call_id, BRUNOS))
    key = newer.headers["Cookie"].split("=", 1)[1]
    Session.objects.filter(pk=row_name(key)).delete()
    _ring_in(older, older)
    again = wear(headset_of(older, call_id, ANAS))
    hears(again, CARLAS)
    phone_hears(stack, wati_id, ANAS)
    assert row(wati_id).agent == crew.ana
    wait_for_row(wati_id, "active")
