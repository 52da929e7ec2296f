"""What can go wrong between Ana's click and the first sound."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from agents.models import Agent
from callcenter.models import WatiAccount
from calls.lifecycle import ending
from calls.models import Call
from calls.states import Event
from tests.cast import CARLA, Cast
from tests.servers import wait_for
from tests.sound import Headset
from tests.stack import Console, Stack

pytestmark = pytest.mark.distributed

Answer = Callable[..., tuple[str, str]]


@pytest.fixture
def answer(stack: Stack, ana: Console) -> Iterator[Answer]:
    """Carla calls, Wati misbehaves as told, Ana answers: ids at Wati and here."""
    headsets: list[Headset] = []

    def place_and_answer(**fault) -> tuple[str, str]:
        phone = fault.pop("phone", {})
        wati_id = stack.simulator.place_call(
            waid=CARLA, name="Carla", tone=440, **phone
        )
        if fault:
            stack.simulator.set_fault(verb="accept", call=wati_id, **fault)
        call_id = ana.wait_for_ring()
        headsets.append(Headset(ana.open(ana.answer(call_id)), 1200))
        return wati_id, call_id

    yield place_and_answer
    for headset in headsets:
        headset.close()


def accepts(stack: Stack, wati_id: str) -> int:
    return len(stack.simulator.requests(verb="accept", call_id=wati_id))


def accept_row(call_id: str):
    return Call.objects.get(pk=call_id).requests.get(verb="accept")


def test_the_reply_is_lost_but_wati_accepted(stack: Stack, ana: Console, answer):
    wati_id, call_id = answer(outcome="drop", done=True)
    ana.wait_for_status(call_id, "active")
    assert accepts(stack, wati_id) == 1
    assert accept_row(call_id).status == "unknown"


def test_the_request_is_lost_and_sent_once_more(stack: Stack, ana: Console, answer):
    wati_id, call_id = answer(outcome="drop", done=False)
    ana.wait_for_status(call_id, "active")
    assert accepts(stack, wati_id) == 2
    first, second = stack.simulator.requests(verb="accept", call_id=wati_id)
    assert first["body"] == second["body"]


def test_two_lost_requests_end_the_call_and_free_ana(
    stack: Stack, ana: Console, answer
):
    wati_id, call_id = answer(outcome="drop", done=False, times=2)
    ended = ana.wait_for_status(call_id, "ended")
    assert ended["end_reason"] == "media_failed"
    assert accepts(stack, wati_id) == 2
    ana.until(lambda: ana.state == "available", "available again")


@pytest.mark.parametrize(
    ("fault", "reason", "sentence"),
    [
        (
            {"outcome": "code", "code": 500},
            "accept_refused",
            "Wati answered with HTTP 200 and code 500.",
        ),
        (
            {"outcome": "status", "status": 404},
            "caller_gone",
            "The caller had already hung up.",
        ),
        (
            {"outcome": "redirect"},
            "accept_refused",
            "Wati answered with HTTP 307.",
        ),
    ],
)
def test_a_refusal_is_not_repeated_and_ana_reads_why(
    stack: Stack, ana: Console, answer, fault, reason, sentence
):
    wati_id, call_id = answer(**fault)
    ended = ana.wait_for_status(call_id, "ended")
    assert (ended["end_reason"], ended["end_text"]) == (reason, sentence)
    assert accepts(stack, wati_id) == 1
    ana.until(lambda: ana.state == "available", "available again")
    if reason == "accept_refused":  # Carla's phone would ring on
        wait_for(
            lambda: bool(stack.simulator.requests(verb="terminate", call_id=wati_id)),
            "the terminate at Wati",
        )


def test_a_refused_token_is_everybodys_business(stack: Stack, ana: Console, answer):
    _, call_id = answer(outcome="status", status=401)
    ended = ana.wait_for_status(call_id, "ended")
    assert "supervisor must renew" in ended["end_text"]
    assert WatiAccount.objects.get().unauthorised_since is not None


def test_a_busy_wati_is_asked_once_more(stack: Stack, ana: Console, answer):
    wati_id, call_id = answer(outcome="status", status=429, retry_after=1)
    ana.wait_for_status(call_id, "active")
    assert accepts(stack, wati_id) == 2


def test_sound_that_never_comes_up_ends_the_call_with_a_sentence(
    stack: Stack, ana: Console, answer
):
    wati_id, call_id = answer(phone={"media": "paper"})
    ended = ana.wait_for_status(call_id, "ended")
    assert ended["end_reason"] == "media_failed"
    wait_for(
        lambda: bool(stack.simulator.requests(verb="terminate", call_id=wati_id)),
        "the terminate at Wati",
    )
    ana.until(lambda: ana.state == "available", "available again")


def test_carla_hangs_up_while_the_accept_is_on_its_way(
    stack: Stack, ana: Console, answer
):
    wati_id, call_id = answer(delay_after=3.0)
    wait_for(lambda: accepts(stack, wati_id) == 1, "the accept")
    stack.simulator.hang_up(wati_id)
    ended = ana.wait_for_status(call_id, "ended")
    assert (ended["ended_by"], Call.objects.get().result) == ("customer", "abandoned")
    wait_for(lambda: accept_row(call_id).status != "sent", "the late reply")
    assert Call.objects.get().status == "ended"
    assert not stack.simulator.requests(verb="terminate", call_id=wati_id)


def test_ana_hangs_up_before_wati_has_replied(stack: Stack, ana: Console, answer):
    wati_id, call_id = answer(delay_after=2.0)
    wait_for(lambda: accepts(stack, wati_id) == 1, "the accept")
    ana.say("hang_up", call=call_id)
    ana.wait_for_status(call_id, "ended")
    wait_for(
        lambda: bool(stack.simulator.requests(verb="terminate", call_id=wati_id)),
        "the terminate, after the accept",
    )
    assert accept_row(call_id).finished_at is not None
    wait_for(
        lambda: stack.simulator.call(wati_id)["state"] == "ended", "the end at Wati"
    )


def test_an_accept_that_arrives_twice_does_not_end_the_call(
    stack: Stack, ana: Console, answer
):
    """The reply to the first was lost; the second is refused, for it came before."""
    wati_id, call_id = answer(outcome="drop", done=True)
    stack.simulator.lose_network(wati_id)
    wait_for(lambda: accepts(stack, wati_id) == 2, "the second accept")
    wait_for(lambda: accept_row(call_id).status == "refused", "its reply")
    stack.simulator.lose_network(wati_id, lost=False)
    ana.wait_for_status(call_id, "active")
    assert not stack.simulator.requests(verb="terminate", call_id=wati_id)


def test_ana_hangs_up_before_wati_has_refused(stack: Stack, ana: Console, answer):
    wati_id, call_id = answer(outcome="status", status=400, delay_before=2.0)
    wait_for(lambda: accepts(stack, wati_id) == 1, "the accept")
    ana.say("hang_up", call=call_id)
    ana.wait_for_status(call_id, "ended")
    wait_for(
        lambda: bool(stack.simulator.requests(verb="terminate", call_id=wati_id)),
        "the terminate at Wati, where the call still rings",
    )
    assert accept_row(call_id).finished_at is not None


def test_ana_hangs_up_before_wati_says_that_it_is_over(
    stack: Stack, ana: Console, answer
):
    wati_id, call_id = answer(outcome="status", status=404, delay_before=2.0)
    wait_for(lambda: accepts(stack, wati_id) == 1, "the accept")
    ana.say("hang_up", call=call_id)
    ana.wait_for_status(call_id, "ended")
    wait_for(lambda: accept_row(call_id).finished_at is not None, "the refusal")
    terminate = Call.objects.get(pk=call_id).requests.get(verb="terminate")

    def is_settled() -> bool:
        terminate.refresh_from_db()
        return terminate.status == "dropped"

    wait_for(is_settled, "the terminate to be dropped")
    assert not stack.simulator.requests(verb="terminate", call_id=wati_id)


def test_a_supervisor_ends_the_call_while_it_is_accepted(
    stack: Stack, crew: Cast, ana: Console, answer
):
    wati_id, call_id = answer(delay_after=2.0)
    wait_for(lambda: accepts(stack, wati_id) == 1, "the accept")
    assert ending.end(call_id, Event.SUPERVISOR_ENDED, user=crew.sofia)
    ana.until(lambda: ana.state == "available", "available again")
    assert Call.objects.get(pk=call_id).ended_by == "supervisor"
    wait_for(
        lambda: stack.simulator.call(wati_id)["state"] == "ended", "the end at Wati"
    )
    assert len(stack.simulator.requests(verb="terminate", call_id=wati_id)) == 1


def test_a_console_that_falls_asleep_while_it_rings_leaves_the_call_to_others(
    stack: Stack, crew: Cast, ana: Console, bruno: Console
):
    stack.simulator.place_call(waid=CARLA, name="Carla", tone=440)
    call_id = ana.wait_for_ring()
    assert bruno.wait_for_ring() == call_id
    ana.freeze()
    long_ago = timezone.now() - timedelta(minutes=1)
    Agent.objects.filter(pk=crew.ana.pk).update(ready_at=long_ago)
    ana.until(lambda: ana.ringing() is None, "the ringing to end")
    ana.wait_for_state("cannot_ring")
    assert bruno.ringing() is not None
    headset = Headset(bruno.open(bruno.answer(call_id)), 1200)
    bruno.wait_for_status(call_id, "active")
    headset.close()
