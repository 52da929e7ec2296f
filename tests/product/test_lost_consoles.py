"""Consoles die without a good-bye: the call outlives them, and nobody hears nothing."""

import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from websockets.exceptions import ConnectionClosed

from calls.media.socket import wire
from calls.models import Call
from tests.cast import Cast
from tests.console import Console
from tests.servers import wait_for
from tests.sound import Headset, longest_silence
from tests.stack import FULL, Stack
from tests.talking import (
    ANAS,
    BRUNOS,
    CARLAS,
    MUSIC,
    SOON,
    Talk,
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
    wait_for_prompt,
    wait_for_row,
)


@pytest.fixture
def crew(crew: Cast) -> Cast:
    give_tones(crew.queue, answer_after_seconds=1)
    return crew


@pytest.fixture
def new_page(stack: Stack, crew: Cast) -> Iterator[Callable[[], Console]]:
    """Ana loads the page again; where there are two nodes, at the other one."""
    pages: list[Console] = []

    def load() -> Console:
        pages.append(stack.console(crew.ana, node=0))
        return pages[-1]

    yield load
    for page in pages:
        page.close()


def a_minute_later(wati_id: str) -> None:
    """Move the row's instant, instead of waiting for it."""
    lost = Call.objects.filter(wati_call_id=wati_id).exclude(console_lost_until=None)
    assert lost.update(console_lost_until=timezone.now() - timedelta(seconds=1)) == 1


def wait_until_missed(wati_id: str) -> None:
    wait_for(lambda: row(wati_id).console_lost_until is not None, "Ana to be missed")


@pytest.mark.distributed
def test_a_console_that_crashed_gets_its_call_back_as_it_was(
    stack: Stack, ana: Console, talk: Talk, wear: Wear, new_page
):
    wati_id, call_id, headset = talk
    ana.say("note", call=call_id, text="Wants a refund.")
    ana.until(lambda: ana.heard("saved") is not None, "the note to be kept")
    headset.cut()
    ana.cut()
    wait_until_missed(wati_id)
    phone_hears(stack, wati_id, MUSIC)
    wait_for_prompt(stack, wati_id, "one-moment")
    assert longest_silence(heard_so_far(stack, wati_id)) < SOON
    answered_at = row(wati_id).answered_at

    loaded = time.monotonic()
    page = new_page()
    call = page.calls[call_id]
    if FULL:
        assert not call["audio_url"].startswith(page.url.replace("http", "ws", 1))
    assert (call["status"], page.state) == ("active", "reconnecting")
    assert call["answered_at"] == answered_at.isoformat()
    assert call["console_lost_until"] is not None
    assert page.work is not None
    assert (page.work["call"], page.work["notes"]) == (call_id, "Wants a refund.")
    again = wear(headset_of(page, call_id, ANAS))
    hears(again, CARLAS)
    phone_hears(stack, wati_id, ANAS)
    sound_after = again.first_sound(loaded)
    assert sound_after is not None
    sys.stdout.write(f"from the new page to sound: {sound_after:.2f} s\n")
    assert sound_after < SOON
    page.wait_for_state("in_call")
    page.until(lambda: page.calls[call_id]["console_lost_until"] is None, "to be back")
    assert row(wati_id).reattach_count == 1
    assert not stack.simulator.requests(verb="terminate", call_id=wati_id)


def test_sound_that_drops_for_a_moment_comes_back_and_again(
    stack: Stack, ana: Console, talk: Talk, wear: Wear
):
    wati_id, call_id, headset = talk
    for seconds in (0, 3):
        headset.cut()
        phone_hears(stack, wati_id, MUSIC)
        goes_on(lambda: phone_tones(stack, wati_id) <= {MUSIC}, "music", seconds)
        back = time.monotonic()
        headset = wear(headset_of(ana, call_id, ANAS))
        hears(headset, CARLAS)
        sound_after = headset.first_sound(back)
        assert sound_after is not None
        sys.stdout.write(f"from the new socket to sound: {sound_after:.2f} s\n")
        assert sound_after < SOON
        phone_hears(stack, wati_id, ANAS)
    assert longest_silence(heard_so_far(stack, wati_id)) < SOON
    heard = stack.simulator.heard(wati_id)
    assert len(heard.sources) == 1
    assert heard.longest_gap < SOON  # between packets, whatever is in them


@pytest.mark.distributed
def test_after_a_minute_the_caller_is_next_and_bruno_gets_the_call(
    stack: Stack, crew: Cast, ana: Console, talk: Talk, wear: Wear
):
    wati_id, call_id, headset = talk
    ana.say("note", call=call_id, text="Wants a refund.")
    ana.until(lambda: ana.heard("saved") is not None, "the note to be kept")
    dora = call_in(stack, BRUNOS, waid="4915110000001", name="Dora")
    wait_for_row(dora, "waiting")
    headset.cut()
    ana.cut()
    wait_until_missed(wati_id)
    phone_hears(stack, wati_id, MUSIC)
    a_minute_later(wati_id)
    wait_for_row(wati_id, "waiting")
    crew.ana.refresh_from_db()
    assert crew.ana.state == "offline"

    bruno = stack.console(crew.bruno)
    bruno.say("available")
    assert bruno.wait_for_ring() == call_id  # although Dora waits for longer
    brunos = wear(take(bruno, call_id, BRUNOS))
    hears(brunos, CARLAS)
    phone_hears(stack, wati_id, BRUNOS)
    call = row(wati_id)
    assert call.agent == crew.bruno
    notes = [(leg.agent.name, leg.notes) for leg in call.legs.all()]
    assert notes == [("Ana", "Wants a refund."), ("Bruno", "")]
    events = [change.event for change in call.changes.all()]
    assert events[-3:] == ["requeued", "claimed", "media_up"]
    assert longest_silence(heard_so_far(stack, wati_id)) < SOON
    bruno.close()


@pytest.mark.distributed
def test_an_old_socket_that_lingers_is_replaced_and_nothing_is_doubled(
    stack: Stack, ana: Console, talk: Talk, wear: Wear
):
    wati_id, call_id, old = talk
    new = wear(headset_of(ana, call_id, BRUNOS))  # another voice: whose is heard?
    wait_for(lambda: old.is_closed, "the old sound to be closed")
    assert old.close_code == 4001
    hears(new, CARLAS)
    phone_hears(stack, wati_id, BRUNOS)
    goes_on(lambda: phone_tones(stack, wati_id) <= {BRUNOS}, "one voice alone")
    assert set(new.numbers.values()) == {1}
    assert row(wati_id).console_lost_until is None
    assert ana.wait_for_state("in_call")


@pytest.mark.distributed
def test_a_console_that_goes_before_the_sound_comes_leaves_the_caller_music(
    stack: Stack, ana: Console, wear: Wear
):
    wati_id = call_in(stack)
    stack.simulator.set_fault(verb="accept", call=wati_id, delay_before=1.5)
    call_id = ana.wait_for_ring()
    headset = wear(Headset(ana.open(ana.answer(call_id)), ANAS))
    wait_for(
        lambda: bool(stack.simulator.requests(verb="accept", call_id=wati_id)),
        "the accept",
    )
    headset.cut()
    ana.wait_for_status(call_id, "active")
    wait_until_missed(wati_id)
    phone_hears(stack, wati_id, MUSIC)
    ana.wait_for_state("reconnecting")
    again = wear(headset_of(ana, call_id, ANAS))
    hears(again, CARLAS)
    phone_hears(stack, wati_id, ANAS)


def test_a_caller_who_falls_silent_is_told_of_within_seconds(
    stack: Stack, ana: Console, talk: Talk
):
    wati_id, call_id, headset = talk
    stack.simulator.mute(wati_id, "stop")
    silent = time.monotonic()
    ana.until(lambda: _caller_heard(ana) is False, "word of it")
    assert time.monotonic() - silent < SOON
    stack.simulator.mute(wati_id, "")
    ana.until(lambda: _caller_heard(ana) is True, "word of her return")
    stack.simulator.hang_up(wati_id)
    ana.wait_for_status(call_id, "ended")
    wait_for(lambda: row(wati_id).one_way_seconds >= 2, "the seconds in the row")


def test_an_agent_whose_sound_does_not_come_is_told(
    stack: Stack, ana: Console, talk: Talk
):
    _, call_id, headset = talk
    headset.stop_speaking()
    silent = time.monotonic()
    ana.until(
        lambda: (ana.heard("sound") or {}).get("caller_hears") is False, "word of it"
    )
    assert time.monotonic() - silent < SOON
    told = ana.heard("sound")
    assert told is not None
    assert (told["call"], told["caller_heard"]) == (call_id, True)
    hears(headset, CARLAS)


def _caller_heard(console: Console) -> bool | None:
    told = console.heard("sound")
    return None if told is None else told["caller_heard"]


# --- The sound check ---------------------------------------------------------------


def test_the_sound_check_gives_everything_back_as_it_was(ana: Console):
    with ana.open(ana.echo_url) as socket:
        for number in (65534, 65535, 0, 1):
            frame = wire.pack(wire.OPUS, 0, number, number * 960, b"voice")
            socket.send(frame)
            assert socket.recv(5) == frame


def test_the_sound_check_is_for_who_is_signed_in(ana: Console):
    stranger = ana.open(ana.echo_url, signed_in=False)
    with pytest.raises(ConnectionClosed):
        stranger.recv(5)
    assert stranger.close_code == 4401


def test_the_sound_check_takes_no_text(ana: Console):
    with ana.open(ana.echo_url) as socket:
        socket.send("hello")
        with pytest.raises(ConnectionClosed):
            socket.recv(5)
        assert socket.close_code == 1008
