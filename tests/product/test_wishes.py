"""Wishes to call somebody: the person says yes, no, nothing, too late, or at night."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone

from calls.models import Call, Plan
from calls.outbound import planned_calls
from permissions import services as permissions
from permissions.models import CallPermission, Contact
from tests.cast import CARLA, Cast
from tests.dialing import (
    carla_allows,
    carla_will,
    ledger,
    press,
    refusal,
    talk,
    wait_for_call,
)
from tests.servers import wait_for
from tests.stack import Console, Stack

WEEK = timedelta(days=7)


@pytest.fixture
def wish(stack: Stack, ana: Console) -> Plan:
    """Ana has asked Carla, who has not said anything yet."""
    carla_will(stack, reply="ignore", reaction="answer", answer_after=0.2)
    press(ana, "ask", ana.look_up(f"+{CARLA}"))
    ana.wait_for_plan("waiting")
    return Plan.objects.get()


def asked(stack: Stack) -> int:
    return len(stack.simulator.requests(verb="permission_request"))


def state_of(plan: Plan) -> str:
    return Plan.objects.get(pk=plan.pk).state


@pytest.mark.distributed
def test_a_request_whose_reply_was_lost_counts_as_sent(stack: Stack, ana: Console):
    carla_will(stack, reply="ignore")
    fault = {"verb": "permission_request", "outcome": "drop", "done": True}
    stack.simulator.set_fault(**fault)
    person = ana.look_up(f"+{CARLA}")
    press(ana, "ask", person)
    plan = ana.wait_for_plan("waiting")
    press(ana, "ask", person)
    assert refusal(ana) == "A call to this person is already scheduled."
    ana.say("drop_plan", plan=plan["id"])
    ana.until(lambda: not ana.plans, "the plan to go")

    press(ana, "ask", person)
    assert "no more permission requests" in refusal(ana)
    assert asked(stack) == 1
    assert "request_not_sent" not in ledger()
    stack.simulator.reply(CARLA, "temporary")  # she had got it
    wait_for(lambda: "granted" in ledger(), "her yes")
    assert not Call.objects.exists()


def test_a_yes_shows_at_once_where_she_is_looked_at_and_is_checked(
    stack: Stack, ana: Console
):
    """The first check is lost; the next one is made by the sweep."""
    carla_will(stack, reply="ignore")
    assert not ana.look_up(f"+{CARLA}")["call"]["allowed"]
    assert ana.person["belief"]["confirmed"]
    stack.simulator.set_fault(verb="permissions", outcome="status", status=500)
    stack.simulator.reply(CARLA, "temporary")
    ana.until(lambda: ana.person["call"]["allowed"], "her yes")
    assert not ana.person["belief"]["confirmed"]
    ana.until(lambda: ana.person["belief"]["confirmed"], "the check")
    assert ana.person["call"]["allowed"]


def test_a_request_that_nobody_answers_for_a_week_lets_go(ana: Console, wish: Plan):
    Plan.objects.update(expires_at=timezone.now())
    ana.until(lambda: not ana.plans, "the plan to go")
    wish.refresh_from_db()
    assert (wish.state, wish.sentence) == (
        "expired",
        "The person did not answer the request.",
    )
    assert not Call.objects.exists()


def test_a_yes_in_the_night_waits_for_the_morning(
    stack: Stack, ana: Console, wish: Plan
):
    zone = where_it_is_three_in_the_morning()
    hours = {"calls_from": time(9), "calls_until": time(20)}
    Contact.objects.update(time_zone=zone, **hours)
    stack.simulator.reply(CARLA, "temporary")
    wait_for(lambda: bool(due_at(wish)), "the hour")
    wait_for(lambda: due_at(wish) > timezone.now() + timedelta(hours=5), "the morning")
    assert due_at(wish).astimezone(ZoneInfo(zone)).time() == time(9)
    wish.refresh_from_db()
    assert wish.state == "granted"
    assert wish.sentence == "It is outside this person's calling hours."
    press(ana, "call", ana.look_up(f"+{CARLA}"))
    assert refusal(ana) == wish.sentence

    Contact.objects.update(calls_from=time(2))  # as if it were nine
    Plan.objects.update(due_at=timezone.now())
    ana.wait_for_plan("offered")


def due_at(plan: Plan) -> datetime:
    return Plan.objects.get(pk=plan.pk).due_at


def where_it_is_three_in_the_morning() -> str:
    east = (3 - datetime.now(UTC).hour + 12) % 24 - 12
    return f"Etc/GMT{-east:+d}"  # whose signs are the other way round


def test_a_permission_that_ran_out_at_whatsapp_unheard_is_told_by_its_refusal(
    stack: Stack, ana: Console
):
    carla_allows(stack)
    # After the webhook WhatsApp is asked for the whole of it; later it would say no.
    asked_whatsapp = CallPermission.objects.exclude(read_at=None)
    wait_for(asked_whatsapp.exists, "what WhatsApp says of her yes")
    person = ana.look_up(f"+{CARLA}")
    assert person["call"]["allowed"]
    stack.simulator.advance_clock(WEEK.total_seconds() + 1)
    press(ana, "call", person)
    call_id = wait_for_call(ana)
    headset = talk(ana, call_id)
    ended = ana.wait_for_status(call_id, "ended")
    assert ended["end_reason"] == "place_refused"
    assert Call.objects.get().error_code == 138006
    person = ana.look_up(f"+{CARLA}")
    assert not person["call"]["allowed"]
    assert len(stack.simulator.requests(verb="outbound")) == 1
    assert "unanswered" not in ledger()
    headset.close()


def test_who_opts_out_after_the_yes_is_not_called(
    stack: Stack, crew: Cast, ana: Console, wish: Plan
):
    stack.simulator.reply(CARLA, "temporary")
    plan = ana.wait_for_plan("offered")
    permissions.block(Contact.objects.get(), user=crew.sofia, reason="She wrote to us.")
    ana.say("call_plan", plan=plan["id"])
    assert refusal(ana) == "This person is on the do-not-call list."
    assert stack.simulator.requests(verb="outbound") == []
    assert not Call.objects.exists()


@pytest.mark.distributed
def test_however_many_workers_see_a_yes_one_agent_is_offered_one_call(
    stack: Stack, ana: Console, bruno: Console, wish: Plan
):
    stop = threading.Event()

    def sweep() -> None:
        """One more worker, whose clock runs fast."""
        while not stop.is_set():
            planned_calls.sweep()
        connection.close()

    with ThreadPoolExecutor(2) as pool:
        for _ in range(2):
            pool.submit(sweep)
        stack.simulator.reply(CARLA, "temporary")
        wait_for(lambda: state_of(wish) == "offered", "the offer")
        stop.set()
    ana.say("refresh")  # in one process the offer was made here, where nobody hears it
    plan = ana.wait_for_plan("offered")
    assert Plan.objects.get().version == wish.version + 2  # granted, offered
    ana.say("call_plan", plan=plan["id"])
    call_id = wait_for_call(ana)
    headset = talk(ana, call_id)
    ana.wait_for_status(call_id, "active")
    assert bruno.plans == []
    assert len(stack.simulator.requests(verb="outbound")) == 1
    headset.close()


@pytest.mark.distributed
def test_one_yes_serves_everybody_who_waited_for_it_with_one_call(
    stack: Stack, ana: Console, bruno: Console, wish: Plan
):
    missed = stack.simulator.place_call(waid=CARLA, name="Carla", media="paper")
    ana.wait_for_ring()
    stack.simulator.hang_up(missed)  # so she is owed a call back, too
    wait_for(lambda: Call.objects.get().status == "ended", "its end")
    press(bruno, "ask", bruno.look_up(f"+{CARLA}"))
    assert refusal(bruno) == "A call to this person is already scheduled."

    stack.simulator.set_webhook_fault(kind="call-permission", copies=1)
    stack.simulator.reply(CARLA, "permanent")
    plan = ana.wait_for_plan("offered")
    stack.simulator.settle()
    assert Plan.objects.count() == 1
    ana.say("call_plan", plan=plan["id"])
    call_id = wait_for_call(ana)
    headset = talk(ana, call_id)
    ana.wait_for_status(call_id, "active")
    assert state_of(wish) == "done"
    assert Call.objects.filter(direction="outbound").count() == 1
    headset.close()
