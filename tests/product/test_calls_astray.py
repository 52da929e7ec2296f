"""Calls out that go astray: lost, crossed, doubled, unanswered, or left alone."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.utils import timezone

from callcenter.celery import app
from calls import tasks
from calls.lifecycle.permission_usage import pair_of
from calls.models import Call
from permissions import services as permissions
from permissions.models import Contact
from tests.cast import CARLA, Cast
from tests.dialing import (
    ANAS_TONE,
    CARLAS_TONE,
    carla_allows,
    dial,
    ledger,
    press,
    refusal,
    talk,
    wait_for_call,
    wati_id,
)
from tests.paths import SDP
from tests.servers import wait_for
from tests.sound import Headset
from tests.stack import FULL, Console, Stack

ANSWER = SDP / "whatsapp_answer.sdp"
RUNNING = {
    "There is already a call with this person.",
    "You or another agent are already on a call with this person.",
}


def placed(stack: Stack) -> int:
    return len(stack.simulator.requests(verb="outbound"))


def wait_for_terminate(stack: Stack, name: str) -> None:
    wait_for(
        lambda: bool(stack.simulator.requests(verb="terminate", call_id=name)),
        "the terminate at Wati",
    )


def time_is_up(call_id: str) -> None:
    """As if the call's deadline had been waited for."""
    Call.objects.filter(pk=call_id).update(deadline=timezone.now())


def outcome(call_id: str) -> tuple[str, str]:
    call = Call.objects.get(pk=call_id)
    return call.result, call.end_reason


@pytest.mark.distributed
def test_a_call_nobody_heard_of_again_is_given_up_and_not_repeated_at_once(
    stack: Stack, ana: Console
):
    carla_allows(stack)
    stack.simulator.set_fault(verb="outbound", outcome="drop")  # without effect
    call_id = dial(ana)
    headset = talk(ana, call_id)
    call = Call.objects.get(pk=call_id)
    wait_for(lambda: call.requests.filter(status="unknown").exists(), "no reply")
    time_is_up(call_id)
    ended = ana.wait_for_status(call_id, "ended")
    assert outcome(call_id) == ("failed", "lost_track")
    assert "did not confirm whether the call was placed" in ended["end_text"]

    person = ana.look_up(f"+{CARLA}")
    assert person["call"]["earliest"] is not None
    press(ana, "call", person)
    assert refusal(ana) == "The last call to this person may still be ringing."
    assert placed(stack) == 1
    headset.close()


@pytest.mark.distributed
def test_a_task_delivered_again_while_it_runs_places_one_call(
    stack: Stack, ana: Console
):
    carla_allows(stack, reaction="answer", answer_after=0.2)
    stack.simulator.set_fault(verb="outbound", delay_before=1.5)
    call_id = dial(ana)
    headset = talk(ana, call_id)
    wait_for(lambda: placed(stack) == 1, "the request")
    request = Call.objects.get(pk=call_id).requests.get(verb="outbound")
    for _ in range(3):
        tasks.send_request(request.pk)  # this process is one more worker
        if FULL:
            app.send_task("calls.tasks.send_request", [request.pk])
    ana.wait_for_status(call_id, "active")
    tasks.send_request(request.pk)
    request.refresh_from_db()
    assert (placed(stack), request.attempts, request.status) == (1, 1, "ok")
    headset.close()


@pytest.mark.distributed
def test_carla_calls_ana_while_ana_calls_carla(stack: Stack, ana: Console):
    carla_allows(stack)
    stack.simulator.set_fault(verb="outbound", delay_before=1.0)
    ours = dial(ana)
    talk(ana, ours).close()
    wait_for(lambda: placed(stack) == 1, "our request, on its way")
    name = stack.simulator.place_call(waid=CARLA, name="Carla", tone=CARLAS_TONE)
    ended = ana.wait_for_status(ours, "ended")
    assert ended["end_text"] == "There is already a call with this person."

    theirs = ana.wait_for_ring()  # it waited until Ana was free
    assert theirs != ours
    headset = Headset(ana.open(ana.answer(theirs)), ANAS_TONE)
    ana.wait_for_status(theirs, "active")
    stack.simulator.hang_up(name)
    ana.wait_for_status(theirs, "ended")
    results = Call.objects.logged().values_list("direction", "result")
    assert set(results) == {("outbound", "failed"), ("inbound", "answered")}
    assert len(results) == 2
    assert "unanswered" not in ledger()  # Carla's phone never rang
    headset.close()


def test_after_three_calls_in_vain_only_a_supervisor_lets_a_fourth_through(
    stack: Stack, crew: Cast, ana: Console
):
    stack.simulator.behave(ring_limit=0.3)
    carla_allows(stack, reaction="ignore")
    advice = []
    for _ in range(3):
        advice.append(ana.look_up(f"+{CARLA}")["call"]["advice"])
        call_in_vain(ana)
    assert [bool(text) for text in advice] == [False, False, True]
    assert "Message them first" in advice[-1]

    person = ana.look_up(f"+{CARLA}")
    press(ana, "call", person)
    assert "in a row were not answered" in refusal(ana)
    assert placed(stack) == 3

    carla = pair_of(Contact.objects.get(), crew.line)
    permissions.override(carla, user=crew.sofia, reason="She wrote that she is home.")
    call_in_vain(ana)
    # WhatsApp takes the permission back, as everybody knew, and nothing hides it.
    wait_for(lambda: "revoked" in ledger(), "WhatsApp's word")
    person = ana.look_up(f"+{CARLA}")
    assert person["call"]["sentence"] == "The call permission was revoked."
    assert placed(stack) == 4


def call_in_vain(ana: Console) -> None:
    call_id = dial(ana)
    headset = talk(ana, call_id)
    ana.wait_for_status(call_id, "ended")
    assert outcome(call_id) == ("no_answer", "customer_ended")
    headset.close()
    ana.wait_for_state("available")


def test_a_phone_that_rings_for_ever_is_let_alone_after_a_minute(
    stack: Stack, ana: Console
):
    carla_allows(stack, reaction="ignore")
    call_id = dial(ana)
    headset = talk(ana, call_id)
    ana.until(lambda: ana.calls[call_id]["progress"] == "ringing", "ringing")
    time_is_up(call_id)
    ana.wait_for_status(call_id, "ended")
    assert outcome(call_id) == ("no_answer", "no_answer")
    wait_for_terminate(stack, wati_id(call_id))
    assert ledger()[-1] == "unanswered"
    headset.close()


def test_carla_hears_silence_and_not_nothing_until_ana_is_back(
    stack: Stack, ana: Console
):
    stack.simulator.behave(first_media_limit=1.0, media_gap_limit=1.0)
    carla_allows(stack, reaction="answer", answer_after=1.0)
    call_id = dial(ana)
    talk(ana, call_id).close()  # Ana's page is gone while it rings
    name = wati_id(call_id)
    wait_for(
        lambda: stack.simulator.heard(name).packets > 0, "silence before the answer"
    )
    ana.wait_for_status(call_id, "active")
    before = stack.simulator.heard(name).packets
    wait_for(lambda: stack.simulator.heard(name).packets > before + 75, "more silence")
    headset = talk(ana, call_id)
    wait_for(lambda: headset.hears(CARLAS_TONE), "Ana hears Carla")
    assert ana.calls[call_id]["status"] == "active"
    headset.close()


def test_nobodys_phone_rings_on_for_an_agent_who_stays_away(stack: Stack, ana: Console):
    carla_allows(stack, reaction="ignore")
    call_id = dial(ana)
    headset = talk(ana, call_id)
    ana.until(lambda: ana.calls[call_id]["progress"] == "ringing", "ringing")
    headset.close()
    ana.until(lambda: bool(ana.calls[call_id]["console_lost_until"]), "she is missed")
    Call.objects.filter(pk=call_id).update(console_lost_until=timezone.now())
    ana.wait_for_status(call_id, "ended")
    assert outcome(call_id) == ("failed", "console_lost")
    wait_for_terminate(stack, wati_id(call_id))


@pytest.mark.distributed
def test_a_page_that_never_opens_its_sound_places_no_call(stack: Stack, ana: Console):
    carla_allows(stack)
    call_id = dial(ana)
    time_is_up(call_id)
    ana.wait_for_status(call_id, "ended")
    assert outcome(call_id) == ("failed", "console_lost")
    ana.wait_for_state("available")
    assert stack.simulator.requests(verb="outbound") == []
    assert ledger()[-1] == "call_not_sent"


@pytest.mark.distributed
def test_of_two_agents_who_call_one_person_at_once_one_is_told_why_not(
    stack: Stack, ana: Console, bruno: Console
):
    carla_allows(stack, reaction="ignore")
    consoles = [ana, bruno]
    people = [console.look_up(f"+{CARLA}") for console in consoles]
    for _ in range(3):
        at_the_same_moment(consoles, people)
        winner, loser = sorted(consoles, key=has_problem)
        assert refusal(loser) in RUNNING
        assert loser.state == "available"
        call_id = wait_for_call(winner)
        assert Call.objects.filter(status="dialing").count() == 1
        winner.say("hang_up", call=call_id)
        winner.wait_for_status(call_id, "ended")
        winner.wait_for_state("available")
    assert Call.objects.count() == 3


def at_the_same_moment(consoles: list[Console], people: list[dict]) -> None:
    barrier = threading.Barrier(len(consoles))

    def go(number: int) -> None:
        barrier.wait()
        press(consoles[number], "call", people[number])

    with ThreadPoolExecutor(len(consoles)) as pool:
        list(pool.map(go, range(len(consoles))))


def has_problem(console: Console) -> bool:
    console.until(
        lambda: bool(console.problems) or console.dialing() is not None, "its turn"
    )
    return bool(console.problems)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda sdp: "v=0\r\n", "no m=audio line"),
        (lambda sdp: sdp + "a=x:y\r\n" * 4000, "larger than 16 KiB"),
        (lambda sdp: re.sub(r"(udp \d+) \S+", r"\1 a.example", sdp), "candidate"),
    ],
    ids=["broken", "huge", "elsewhere"],
)
def test_a_sound_answer_that_cannot_be_used_ends_the_call_at_both_ends(
    stack: Stack, ana: Console, spoil, sentence: str
):
    stack.simulator.behave(answer_at="accepted")
    carla_allows(stack, reaction="ignore")
    call_id = dial(ana)
    headset = talk(ana, call_id)
    name = wati_id(call_id)
    sdp = spoil(ANSWER.read_bytes().decode())
    assert (
        stack.webhook("outbound-call", {"callId": name, "sdp": sdp}).status_code == 200
    )
    ended = ana.wait_for_status(call_id, "ended")
    assert outcome(call_id) == ("failed", "media_failed")
    assert sentence in ended["end_text"]
    wait_for_terminate(stack, name)
    headset.close()


@pytest.mark.parametrize(
    "typed", ["Carla", "", "911", "+49", "1" * 30, "+49 151 CARLA", "+999 123456789"]
)
def test_what_is_no_number_is_refused_before_anybody_is_asked(
    stack: Stack, ana: Console, typed: str
):
    ana.say("look_up", number=typed)
    assert "number" in refusal(ana)
    assert stack.simulator.requests() == []
    assert not Contact.objects.exists()


def test_one_number_in_every_spelling_is_one_person(stack: Stack, ana: Console):
    local = f"{CARLA[:2]} {CARLA[2:5]} {CARLA[5:]}"
    for typed in (
        f"+{local}",
        f"00{CARLA}",
        f" {CARLA} ",
        f"tel:+{CARLA[:2]}-{CARLA[2:]}",
    ):
        person = ana.look_up(typed)
        assert person["number"].replace(" ", "") == f"+{CARLA}"
    assert Contact.objects.get().waid == CARLA
    assert {r["waid"] for r in stack.simulator.requests()} == {CARLA}
