"""Carla calls the shop, Ana answers, they hear each other, one of them hangs up."""

import csv
import io

import httpx2
import pytest
from django.contrib.sessions.models import Session

from calls.models import Call
from tests.cast import CARLA, Cast
from tests.console import Console, session_cookie
from tests.servers import wait_for
from tests.sound import Headset
from tests.stack import Stack

CARLAS_TONE, ANAS_TONE = 440, 1200


def carla_calls(stack: Stack, **behaviour) -> str:
    return stack.simulator.place_call(
        waid=CARLA, name="Carla", tone=CARLAS_TONE, behaviour=behaviour or None
    )


def talk(console: Console, call_id: str) -> Headset:
    headset = Headset(console.open(console.answer(call_id)), ANAS_TONE)
    console.wait_for_status(call_id, "active")
    return headset


def carla_hears(stack: Stack, wati_id: str, tone: float) -> bool:
    return abs(stack.simulator.heard(wati_id).frequency - tone) < 25


def row(call_id: str) -> Call:
    return Call.objects.get(pk=call_id)


@pytest.mark.distributed
def test_both_hear_each_other_and_carla_hangs_up(stack: Stack, ana: Console):
    wati_id = carla_calls(stack)
    call_id = ana.wait_for_ring()
    assert ana.calls[call_id]["contact"]["name"] == "Carla"
    headset = talk(ana, call_id)
    wait_for(lambda: headset.hears(CARLAS_TONE), "Ana hears Carla")
    wait_for(lambda: carla_hears(stack, wati_id, ANAS_TONE), "Carla hears Ana")

    stack.simulator.hang_up(wati_id)
    ended = ana.wait_for_status(call_id, "ended")
    assert ended["ended_by"] == "customer"
    assert ended["end_text"] == "The customer hung up."
    wait_for(lambda: headset.is_closed, "the sound to close")
    assert headset.close().close_code == 1000
    ana.until(lambda: ana.state == "available", "available again")

    call = row(call_id)
    assert (call.wati_call_id, call.result) == (wati_id, "answered")
    assert call.created_at < call.claimed_at < call.answered_at < call.ended_at
    events = [change.event for change in call.changes.all()]
    assert events == ["offered", "claimed", "media_up", "customer_ended"]
    assert [(r.verb, r.status) for r in call.requests.all()] == [("accept", "ok")]


def test_ana_hangs_up_and_carlas_phone_is_told(stack: Stack, ana: Console):
    wati_id = carla_calls(stack)
    call_id = ana.wait_for_ring()
    headset = talk(ana, call_id)
    ana.say("hang_up", call=call_id)
    ended = ana.wait_for_status(call_id, "ended")
    assert ended["ended_by"] == "agent"
    wait_for(
        lambda: bool(stack.simulator.requests(verb="terminate", call_id=wati_id)),
        "the terminate at Wati",
    )
    wait_for(
        lambda: row(call_id).requests.filter(verb="terminate", status="ok").exists(),
        "its reply",
    )
    assert len(stack.simulator.requests(verb="accept", call_id=wati_id)) == 1
    headset.close()


def test_the_call_is_in_the_csv(stack: Stack, crew: Cast, ana: Console):
    wati_id = carla_calls(stack)
    call_id = ana.wait_for_ring()
    headset = talk(ana, call_id)
    stack.simulator.hang_up(wati_id)
    ana.wait_for_status(call_id, "ended")
    headset.close()

    crew.ana.user = crew.sofia
    reply = httpx2.get(
        f"{stack.nodes[0].url}/calls/export.csv",
        headers={"Cookie": session_cookie(crew.ana)},
    )
    (line,) = csv.DictReader(io.StringIO(reply.text))
    assert line["call_id"] == call_id
    assert line["wati_call_id"] == wati_id
    assert line["contact_name"] == "Carla"
    assert line["agent"] == "Ana"
    assert line["result"] == "answered"
    assert line["ended_by"] == "customer"


@pytest.mark.distributed
def test_one_winner_and_the_other_console_says_who(
    stack: Stack, ana: Console, bruno: Console
):
    carla_calls(stack)
    call_id = ana.wait_for_ring()
    assert bruno.wait_for_ring() == call_id
    headset = talk(ana, call_id)
    taken = bruno.wait_for_status(call_id, "active")
    assert taken["agent"]["name"] == "Ana"
    bruno.say("answer", call=call_id)
    bruno.until(lambda: bool(bruno.problems), "the refusal")
    assert bruno.problems == ["Ana answered this call."]
    headset.close()


@pytest.mark.distributed
def test_nobody_listens_in_on_a_colleagues_call(
    stack: Stack, ana: Console, bruno: Console
):
    carla_calls(stack)
    call_id = ana.wait_for_ring()
    address = ana.answer(call_id)
    headset = Headset(ana.open(address), ANAS_TONE)
    ana.wait_for_status(call_id, "active")
    stranger = Headset(bruno.open(address), 300)
    wait_for(lambda: stranger.is_closed, "the refusal")
    assert stranger.close().close_code == 4403
    assert not headset.is_closed
    headset.close()


@pytest.mark.distributed
def test_the_call_survives_the_agents_socket(stack: Stack, ana: Console):
    wati_id = carla_calls(stack)
    call_id = ana.wait_for_ring()
    address = ana.answer(call_id)
    Headset(ana.open(address), ANAS_TONE).close()
    second = Headset(ana.open(address), ANAS_TONE)
    wait_for(lambda: second.hears(CARLAS_TONE), "Ana hears Carla again")
    wait_for(lambda: carla_hears(stack, wati_id, ANAS_TONE), "Carla hears Ana again")
    second.close()


def test_carla_gives_up_while_it_rings(stack: Stack, ana: Console):
    wati_id = carla_calls(stack)
    call_id = ana.wait_for_ring()
    stack.simulator.hang_up(wati_id)
    ana.wait_for_status(call_id, "ended")
    assert row(call_id).result == "abandoned"
    assert stack.simulator.requests(call_id=wati_id) == []


def test_when_everybody_declines_carlas_phone_stops_ringing(stack: Stack, ana: Console):
    wati_id = carla_calls(stack)
    call_id = ana.wait_for_ring()
    ana.say("decline", call=call_id)
    ana.wait_for_status(call_id, "ended")
    wait_for(
        lambda: bool(stack.simulator.requests(verb="terminate", call_id=wati_id)),
        "the terminate at Wati",
    )
    assert row(call_id).result == "declined"


def test_a_console_that_never_opens_the_sound_gives_the_call_back(
    stack: Stack, ana: Console, bruno: Console
):
    wati_id = carla_calls(stack)
    call_id = ana.wait_for_ring()
    ana.answer(call_id)
    ana.wait_for_status(call_id, "ringing")
    assert bruno.wait_for_ring() == call_id
    assert stack.simulator.requests(call_id=wati_id) == []


def test_who_signs_out_hears_nothing_more(stack: Stack, crew: Cast, ana: Console):
    carla_calls(stack)
    call_id = ana.wait_for_ring()
    headset = talk(ana, call_id)
    Session.objects.all().delete()  # what signing out does
    wait_for(lambda: headset.is_closed, "the sound to close")
    assert headset.close().close_code == 4401
