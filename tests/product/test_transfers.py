"""Hold, transfer, asking a colleague, three who talk: each hears whom they should."""

import pytest

from agents.models import Membership, Queue
from calls.models import Leg
from tests.cast import Cast, hire
from tests.console import Console
from tests.servers import wait_for
from tests.sound import Headset
from tests.stack import Stack
from tests.talking import (
    ANAS,
    BRUNOS,
    CARLAS,
    MUSIC,
    TONES,
    Talk,
    Wear,
    give_tones,
    goes_on,
    headset_of,
    hears,
    phone_hears,
    row,
    take,
    wait_for_parts,
)


@pytest.fixture
def crew(crew: Cast) -> Cast:
    give_tones(crew.queue)
    return crew


def is_asked(colleague: Console, call_id: str, kind: str) -> None:
    assert colleague.wait_for_ring() == call_id
    call = colleague.calls[call_id]
    assert call["offer_kinds"] == {str(colleague.agent.pk): kind}
    assert call["from_agent"]["name"] == "Ana"


def join(colleague: Console, call_id: str, tone: int) -> Headset:
    """The colleague who is asked presses Answer and comes."""
    colleague.say("answer", call=call_id)
    colleague.until(lambda: colleague.state == "in_call", "to be in the call")
    headset = headset_of(colleague, call_id, tone)
    wait_for_parts(colleague, call_id, "Ana", "Bruno")
    on_the_way = Leg.objects.filter(call=call_id, joined_at=None)
    wait_for(lambda: not on_the_way.exists(), "the colleague's sound")
    return headset


def events(wati_id: str) -> list[str]:
    return [change.event for change in row(wati_id).changes.all()]


def test_on_hold_carla_hears_music_and_ana_nothing(
    stack: Stack, ana: Console, talk: Talk
):
    wati_id, call_id, headset = talk
    ana.say("hold", call=call_id)
    ana.wait_for_status(call_id, "held")
    phone_hears(stack, wati_id, MUSIC)
    hears(headset)
    goes_on(lambda: headset.tones(TONES) == set(), "Ana hears nothing")
    phone_hears(stack, wati_id, MUSIC)
    ana.say("resume", call=call_id)
    ana.wait_for_status(call_id, "active")
    hears(headset, CARLAS)
    phone_hears(stack, wati_id, ANAS)
    assert row(wati_id).hold_seconds >= 1
    assert events(wati_id)[-2:] == ["put_on_hold", "resumed"]


@pytest.mark.distributed
def test_a_call_passed_on_to_bruno_leaves_ana_without_a_sound(
    stack: Stack, crew: Cast, ana: Console, bruno: Console, talk: Talk, wear: Wear
):
    wati_id, call_id, anas = talk
    crew.queue.wrap_up_seconds = 30
    crew.queue.save()
    ana.say("transfer", call=call_id, agent=crew.bruno.pk)
    is_asked(bruno, call_id, "transfer")
    phone_hears(stack, wati_id, MUSIC)
    wait_for(lambda: anas.is_closed, "Ana's sound to end")
    assert anas.close_code == 1000
    ana.wait_for_state("wrap_up")
    assert ana.work is not None
    assert (ana.work["call"], ana.work["over"]) == (call_id, True)

    brunos = wear(take(bruno, call_id, BRUNOS))
    hears(brunos, CARLAS)
    phone_hears(stack, wati_id, BRUNOS)
    assert row(wati_id).agent == crew.bruno
    bruno.say("hang_up", call=call_id)
    bruno.wait_for_status(call_id, "ended")
    assert events(wati_id)[3:] == ["transferred", "claimed", "media_up", "agent_ended"]
    names = [leg.agent.name for leg in row(wati_id).legs.all()]
    assert names == ["Ana", "Bruno"]


def test_a_call_passed_on_to_a_queue_rings_there(
    stack: Stack, crew: Cast, ana: Console, talk: Talk, wear: Wear
):
    wati_id, call_id, anas = talk
    sales = Queue.objects.create(name="Sales", wrap_up_seconds=0)
    give_tones(sales)
    carlos = stack.console(hire("carlos", sales)).go_available()
    ana.say("transfer", call=call_id, queue=sales.pk)
    assert carlos.wait_for_ring() == call_id
    assert carlos.calls[call_id]["queue"] == "Sales"
    wait_for(lambda: anas.is_closed, "Ana's sound to end")
    carlos_hears = wear(take(carlos, call_id, BRUNOS))
    hears(carlos_hears, CARLAS)
    phone_hears(stack, wati_id, BRUNOS)
    ana.wait_for_state("available")
    carlos.say("hang_up", call=call_id)
    carlos.wait_for_status(call_id, "ended")
    carlos.close()
    Membership.objects.filter(queue=sales).delete()


def test_ana_asks_bruno_and_goes_back_to_carla(
    stack: Stack, crew: Cast, ana: Console, bruno: Console, talk: Talk, wear: Wear
):
    wati_id, call_id, anas = talk
    ana.say("consult", call=call_id, agent=crew.bruno.pk)
    is_asked(bruno, call_id, "consult")
    phone_hears(stack, wati_id, MUSIC)
    brunos = wear(join(bruno, call_id, BRUNOS))
    hears(brunos, ANAS)
    hears(anas, BRUNOS)
    phone_hears(stack, wati_id, MUSIC)
    goes_on(lambda: CARLAS not in brunos.tones(TONES), "Bruno does not hear Carla")

    ana.say("cancel_consult", call=call_id)
    wait_for(lambda: brunos.is_closed, "Bruno's sound to end")
    bruno.wait_for_state("available")
    phone_hears(stack, wati_id, MUSIC)
    hears(anas)
    ana.say("resume", call=call_id)
    hears(anas, CARLAS)
    phone_hears(stack, wati_id, ANAS)


def test_bruno_takes_over_after_ana_has_asked_him(
    stack: Stack, crew: Cast, ana: Console, bruno: Console, talk: Talk, wear: Wear
):
    wati_id, call_id, anas = talk
    ana.say("consult", call=call_id, agent=crew.bruno.pk)
    bruno.wait_for_ring()
    brunos = wear(join(bruno, call_id, BRUNOS))
    hears(anas, BRUNOS)
    ana.say("complete", call=call_id)
    wait_for(lambda: anas.is_closed, "Ana's sound to end")
    hears(brunos, CARLAS)
    phone_hears(stack, wati_id, BRUNOS)
    ana.wait_for_state("available")
    assert row(wati_id).agent == crew.bruno
    assert events(wati_id)[-3:] == ["consulted", "joined", "handed_over"]


@pytest.mark.distributed
def test_three_hear_each_other_and_when_one_leaves_two_go_on(
    stack: Stack, crew: Cast, ana: Console, bruno: Console, talk: Talk, wear: Wear
):
    wati_id, call_id, anas = talk
    ana.say("consult", call=call_id, agent=crew.bruno.pk)
    bruno.wait_for_ring()
    brunos = wear(join(bruno, call_id, BRUNOS))
    ana.say("resume", call=call_id)
    ana.wait_for_status(call_id, "active")
    hears(anas, CARLAS, BRUNOS)
    hears(brunos, CARLAS, ANAS)
    phone_hears(stack, wati_id, ANAS, BRUNOS)

    stranger = stack.console(hire("dora", crew.queue))
    address = ana.calls[call_id]["audio_url"]
    outside = wear(Headset(stranger.open(address), MUSIC))
    wait_for(lambda: outside.is_closed, "the refusal")
    assert (outside.close_code, sum(outside.numbers.values())) == (4403, 0)
    stranger.close()

    bruno.say("hang_up", call=call_id)
    wait_for(lambda: brunos.is_closed, "Bruno's sound to end")
    hears(anas, CARLAS)
    phone_hears(stack, wati_id, ANAS)
    assert row(wati_id).status == "active"
    ana.say("hang_up", call=call_id)
    ana.wait_for_status(call_id, "ended")


def test_a_colleague_whose_console_is_lost_comes_back_or_is_let_go(
    stack: Stack, crew: Cast, ana: Console, bruno: Console, talk: Talk, wear: Wear
):
    wati_id, call_id, anas = talk
    ana.say("consult", call=call_id, agent=crew.bruno.pk)
    bruno.wait_for_ring()
    wear(join(bruno, call_id, BRUNOS)).cut()
    bruno.wait_for_state("reconnecting")
    again = wear(headset_of(bruno, call_id, BRUNOS))
    bruno.wait_for_state("in_call")
    hears(again, ANAS)
    hears(anas, BRUNOS)

    again.cut()
    bruno.wait_for_state("reconnecting")
    hears(anas)
    phone_hears(stack, wati_id, MUSIC)
    wait_for_parts(ana, call_id, "Ana")  # after a while
    bruno.wait_for_state("available")
    ana.say("resume", call=call_id)
    hears(anas, CARLAS)
    phone_hears(stack, wati_id, ANAS)
