"""Ana calls Carla: permission first, then sound both ways, then the ledger."""

from uuid import UUID

import pytest

from calls.models import Call, Plan
from calls.outbound import answers
from tests.cast import CARLA, Cast
from tests.dialing import (
    ANAS_TONE,
    CARLAS_TONE,
    carla_allows,
    carla_will,
    dial,
    ledger,
    press,
    refusal,
    talk,
    wait_for_call,
    wati_id,
)
from tests.servers import wait_for
from tests.stack import Console, Stack


@pytest.mark.distributed
@pytest.mark.parametrize("answer_at", ["ringing", "accepted", "before_reply"])
def test_both_hear_each_other_whenever_the_sound_answer_comes(
    stack: Stack, ana: Console, answer_at: str
):
    carla_allows(stack, reaction="answer", answer_after=1.0)
    stack.simulator.behave(answer_at=answer_at)
    call_id = dial(ana)
    headset = talk(ana, call_id)
    ana.wait_for_status(call_id, "active")
    wait_for(lambda: headset.hears(CARLAS_TONE), "Ana hears Carla")
    name = wati_id(call_id)
    wait_for(
        lambda: abs(stack.simulator.heard(name).frequency - ANAS_TONE) < 25,
        "Carla hears Ana",
    )
    ana.say("hang_up", call=call_id)
    ana.wait_for_status(call_id, "ended")
    headset.close()
    call = Call.objects.get(pk=call_id)
    assert (call.result, call.ended_by, call.direction) == (
        "answered",
        "agent",
        "outbound",
    )
    assert len(stack.simulator.requests(verb="outbound")) == 1
    assert "connected" in ledger()


def lose_statuses(stack: Stack) -> None:
    """Wati says no word of how a call goes, except that it is over."""
    stack.simulator.set_webhook_fault(kind="outbound-call-status", times=0, lose=True)


def test_silence_is_no_answer_and_speech_is_one_that_whatsapp_may_withdraw(
    stack: Stack, ana: Console
):
    lose_statuses(stack)
    carla_allows(stack, reaction="answer", answer_after=0.5, says="silence")
    call_id = dial(ana)
    headset = talk(ana, call_id)
    wait_for(lambda: answers.until_sound_counts(UUID(call_id)), "the SDP answer")
    wait_for(lambda: answers.until_sound_counts(UUID(call_id)) < -8, "a long silence")
    assert ana.calls[call_id]["status"] == "dialing"
    ana.say("hang_up", call=call_id)
    ana.wait_for_status(call_id, "ended")
    headset.close()
    ana.wait_for_state("available")

    carla_will(stack, reaction="answer", answer_after=0.5)
    call_id = dial(ana)
    headset = talk(ana, call_id)
    name = wati_id(call_id)
    ana.wait_for_status(call_id, "active")
    assert Call.objects.get(pk=call_id).answered_by == "audio"
    assert "connected" in ledger()
    body = {"callId": name, "status": "REJECTED"}
    assert stack.webhook("outbound-call-status", body).status_code == 200
    ana.wait_for_status(call_id, "ended")
    headset.close()
    call = Call.objects.get(pk=call_id)
    assert (call.result, call.answered_at) == ("rejected", None)
    assert ledger()[-2:] == ["answer_withdrawn", "unanswered"]


@pytest.mark.distributed
def test_permission_is_asked_given_and_the_call_offered_to_who_asked(
    stack: Stack, ana: Console
):
    carla_will(stack, reply="temporary", reply_after=0.5, reaction="answer")
    person = ana.look_up(f"+{CARLA}")
    assert not person["call"]["allowed"]
    assert person["ask"]["allowed"]

    press(ana, "ask", person)
    plan = ana.wait_for_plan("offered")
    assert plan["number"] == person["number"]
    ana.say("call_plan", plan=plan["id"])
    call_id = wait_for_call(ana)
    headset = talk(ana, call_id)
    ana.wait_for_status(call_id, "active")
    ana.until(lambda: ana.plans == [], "the plan to be done")
    headset.close()
    assert Plan.objects.get().state == "done"
    assert len(stack.simulator.requests(verb="permission_request")) == 1
    assert set(ledger()) >= {"requested", "granted", "used", "connected"}


def test_a_no_ends_the_plan_with_a_sentence(stack: Stack, ana: Console):
    carla_will(stack, reply="reject", reply_after=0.2)
    person = ana.look_up(f"+{CARLA}")
    press(ana, "ask", person)
    ana.until(lambda: bool(ana.plans), "the plan")
    ana.until(lambda: not ana.plans, "its end")
    assert Plan.objects.get().sentence == "The person declined the request."
    person = ana.look_up(f"+{CARLA}")
    assert not person["ask"]["allowed"]
    assert person["ask"]["earliest"] is not None


def test_without_permission_nothing_is_sent(stack: Stack, ana: Console):
    person = ana.look_up(f"+{CARLA}")
    press(ana, "call", person)
    assert refusal(ana) == person["call"]["sentence"]
    assert stack.simulator.requests(verb="outbound") == []
    assert not Call.objects.exists()


@pytest.mark.parametrize(
    ("reaction", "result", "reason"),
    [
        ({"reaction": "reject", "answer_after": 0.5}, "rejected", "rejected"),
        ({"reaction": "ignore"}, "no_answer", "customer_ended"),
    ],
)
def test_nobody_picks_up_and_the_ledger_counts_it(
    stack: Stack, ana: Console, reaction, result, reason
):
    stack.simulator.behave(ring_limit=2.0)
    carla_allows(stack, **reaction)
    call_id = dial(ana)
    headset = talk(ana, call_id)
    ana.wait_for_status(call_id, "ended")
    wait_for(lambda: Call.objects.get().result == result, result)
    assert Call.objects.get().end_reason == reason
    assert "unanswered" in ledger()
    ana.until(lambda: ana.state == "available", "available again")
    headset.close()


def test_ana_changes_her_mind_while_it_rings(stack: Stack, ana: Console):
    carla_allows(stack, reaction="ignore")
    call_id = dial(ana)
    headset = talk(ana, call_id)
    name = wati_id(call_id)
    ana.until(lambda: ana.calls[call_id]["progress"] == "ringing", "ringing")
    ana.say("hang_up", call=call_id)
    ana.wait_for_status(call_id, "ended")
    wait_for(
        lambda: bool(stack.simulator.requests(verb="terminate", call_id=name)),
        "the terminate at Wati",
    )
    assert Call.objects.get().result == "cancelled"
    headset.close()


@pytest.mark.distributed
def test_a_lost_reply_is_joined_by_the_webhooks_and_never_repeated(
    stack: Stack, ana: Console
):
    carla_allows(stack, reaction="answer", answer_after=1.0)
    stack.simulator.set_fault(verb="outbound", outcome="drop", done=True)
    call_id = dial(ana)
    headset = talk(ana, call_id)
    ana.wait_for_status(call_id, "active")
    wait_for(lambda: headset.hears(CARLAS_TONE), "Ana hears Carla")
    assert len(stack.simulator.requests(verb="outbound")) == 1
    headset.close()


@pytest.mark.parametrize(
    ("person", "sentence"),
    [
        ({"reaction": "busy"}, "There is already a call with this person."),
        ({"reaction": "unreachable"}, "This person cannot be called on WhatsApp."),
    ],
)
def test_a_refusal_reaches_ana_in_a_sentence(
    stack: Stack, ana: Console, person, sentence
):
    carla_allows(stack, **person)
    call_id = dial(ana)
    headset = talk(ana, call_id)
    ended = ana.wait_for_status(call_id, "ended")
    assert (ended["end_reason"], ended["end_text"]) == ("place_refused", sentence)
    assert "call_refused" in ledger()
    headset.close()


PLAN = '{"code": 403, "message": "Calling is not enabled for this plan"}'
NESTED_190 = '{"code": 200, "message": "{\\"error\\": {\\"code\\": 190}}"}'


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ({"outcome": "meta", "code": 368}, "restricted the business"),
        ({"outcome": "body", "status": 403, "body": PLAN}, "does not permit this"),
        ({"outcome": "meta", "code": 131047}, "last 24 hours"),
    ],
)
@pytest.mark.parametrize("shape", ["envelope", "meta", "ok"])
def test_a_no_of_whatsapp_is_not_repeated_and_stops_nobody_else(
    stack: Stack, crew: Cast, ana: Console, fault, sentence, shape
):
    stack.simulator.behave(error_shape=shape)
    person = ana.look_up(f"+{CARLA}")
    stack.simulator.set_fault(verb="permission_request", times=0, **fault)
    press(ana, "ask", person)
    wait_for(lambda: Plan.objects.filter(state="refused").exists(), "the refusal")
    assert sentence in Plan.objects.get().sentence
    crew.account.refresh_from_db()
    assert crew.account.unauthorised_since is None
    carla_allows(stack, reaction="answer", answer_after=0.5)
    call_id = dial(ana)
    talk(ana, call_id).close()
    ana.wait_for_status(call_id, "active")
    assert len(stack.simulator.requests(verb="permission_request")) == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"outcome": "meta", "code": 190},
        {"outcome": "body", "status": 200, "body": NESTED_190},
    ],
)
def test_a_token_that_expired_at_whatsapp_pauses_calling(
    stack: Stack, crew: Cast, ana: Console, fault
):
    stack.simulator.behave(error_shape="ok")
    person = ana.look_up(f"+{CARLA}")
    stack.simulator.set_fault(verb="permission_request", times=0, **fault)
    press(ana, "ask", person)

    def is_refused() -> bool:
        crew.account.refresh_from_db()
        return crew.account.unauthorised_since is not None

    wait_for(is_refused, "the alarm")
    press(ana, "call", person)
    assert "supervisor must renew" in refusal(ana)


def test_ana_reads_from_when_a_call_is_possible_again(stack: Stack, ana: Console):
    carla_allows(stack)
    stack.simulator.set_fault(verb="outbound", outcome="meta", code=138005)
    call_id = dial(ana)
    headset = talk(ana, call_id)
    ended = ana.wait_for_status(call_id, "ended")
    assert ended["end_reason"] == "place_refused"
    assert ended["retry_at"] > ended["ended_at"]
    headset.close()


def test_a_refused_token_pauses_calling_until_it_is_changed(
    stack: Stack, crew: Cast, ana: Console
):
    carla_will(stack, reply="temporary", reply_after=0.2)
    person = ana.look_up(f"+{CARLA}")
    stack.simulator.set_fault(
        verb="permission_request", outcome="status", status=401, times=0
    )
    press(ana, "ask", person)
    account = crew.account

    def is_refused() -> bool:
        account.refresh_from_db()
        return account.unauthorised_since is not None

    wait_for(is_refused, "the alarm")
    press(ana, "call", person)
    assert "supervisor must renew" in refusal(ana)

    stack.simulator.clear_faults()  # as good as a new token
    ana.wait_for_plan("offered")
    assert not is_refused()


@pytest.mark.distributed
def test_permission_after_a_missed_call_becomes_a_callback(stack: Stack, crew: Cast):
    missed = stack.simulator.place_call(waid=CARLA, name="Carla", tone=CARLAS_TONE)
    wait_for(lambda: Call.objects.filter(wati_call_id=missed).exists(), "the call")
    stack.simulator.hang_up(missed)
    wait_for(lambda: Call.objects.get().status == "ended", "its end")
    stack.simulator.reply(CARLA, "temporary")
    wait_for(lambda: Plan.objects.filter(kind="callback").exists(), "the plan")
    ana = stack.console(crew.ana).go_available()
    plan = ana.wait_for_plan("offered")
    assert (plan["kind"], plan["name"]) == ("callback", "Carla")
    ana.say("drop_plan", plan=plan["id"])
    ana.until(lambda: not ana.plans, "the plan to go")
    ana.close()
