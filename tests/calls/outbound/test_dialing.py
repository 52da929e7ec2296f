"""Calling out, without sound: the agent's wish, Wati's words, the ledger."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from callcenter.wati.client import Answer
from callcenter.wati.errors import Outcome, WatiError, sentence
from callcenter.wati.events import (
    CallTerminated,
    InboundCall,
    OutboundAnswer,
    OutboundStatus,
    PermissionChanged,
    Person,
)
from calls import errors, placement, tasks
from calls.console import caller_card
from calls.lifecycle import ending, inbound
from calls.lifecycle.permission_usage import pair_of
from calls.models import Call, Plan, WatiRequest
from calls.outbound import dialing, permission_news, planned_calls
from calls.queueing import dispatch
from calls.signaling import outbox
from permissions import people
from permissions import services as permissions
from permissions.models import CallPermission, Contact, PermissionEvent
from tests.cast import CARLA, Cast, on_duty

OK = Answer("done", {"callId": "wacid.7"})


@pytest.fixture
def carla(cast: Cast) -> Contact:
    placement.register()
    on_duty(cast.ana, cast.bruno)
    contact = people.remember(cast.account, Person(CARLA, name="Carla"))
    assert contact is not None
    return contact


def allow(cast: Cast, carla: Contact) -> None:
    event = PermissionChanged(Person(CARLA), granted=True)
    pair = pair_of(carla, cast.line)
    now = timezone.now()
    permissions.permission_webhook(pair, event, key="grant", received_at=now)


def dial(cast: Cast, carla: Contact) -> Call:
    allow(cast, carla)
    return dialing.dial(cast.ana, carla, cast.line)


def sent(call: Call) -> WatiRequest:
    """The node made its offer and the task has just posted it."""
    assert dialing.offer_made(call.pk, "v=0")
    request = outbox.take(WatiRequest.objects.get(call=call).pk)
    assert request is not None
    return request


def placed(cast: Cast, carla: Contact) -> Call:
    call = dial(cast, carla)
    outbox.finish(sent(call), OK, None)
    call.refresh_from_db()
    assert call.wati_call_id == "wacid.7"
    return call


def told(cast: Cast, status: str, call_id: str = "wacid.7", waid: str = "") -> None:
    dialing.status_heard(cast.account, OutboundStatus(call_id, status, Person(waid)))


def fresh(call: Call) -> Call:
    return Call.objects.get(pk=call.pk)


def ledger() -> list[str]:
    return list(PermissionEvent.objects.order_by("id").values_list("kind", flat=True))


def error(outcome: Outcome, code: int | None = None) -> WatiError:
    return WatiError(outcome, "Wati said something.", 400, code)


def test_the_usual_way(cast: Cast, carla: Contact):
    call = placed(cast, carla)
    told(cast, "ringing")
    assert fresh(call).progress == "ringing"
    told(cast, "accepted")
    ending.hang_up(call.pk, cast.ana)
    call = fresh(call)
    assert (call.result, call.ended_by) == ("answered", "agent")
    assert ledger() == ["granted", "used", "connected"]
    assert WatiRequest.objects.get(call=call, verb="terminate").status == "pending"


def test_a_call_that_rings_says_nothing_about_itself(cast: Cast, carla: Contact):
    """The card beside it is about the next call."""
    call = placed(cast, carla)
    told(cast, "RINGING")
    permission = caller_card.card(call.pk, cast.ana)["permission"]
    assert permission["sentence"] == "You can call."


def test_without_permission_nothing_begins(cast: Cast, carla: Contact):
    with pytest.raises(errors.Refused):
        dialing.dial(cast.ana, carla, cast.line)
    assert not Call.objects.exists()
    assert ledger() == []


def test_two_agents_cannot_call_one_person_at_once(cast: Cast, carla: Contact):
    dial(cast, carla)
    with pytest.raises(errors.Refused):
        dialing.dial(cast.bruno, carla, cast.line)
    assert Call.objects.count() == 1


def test_who_is_in_a_call_calls_nobody(cast: Cast, carla: Contact):
    dial(cast, carla)
    other = people.remember(cast.account, Person("4915100000001"))
    pair = pair_of(other, cast.line)
    event = PermissionChanged(Person("4915100000001"), granted=True)
    now = timezone.now()
    permissions.permission_webhook(pair, event, key="2", received_at=now)
    with pytest.raises(errors.Refused):
        dialing.dial(cast.ana, other, cast.line)


def test_a_console_that_never_comes_costs_no_try(cast: Cast, carla: Contact):
    call = dial(cast, carla)
    Call.objects.update(deadline=timezone.now())
    tasks.sweep()
    assert fresh(call).end_reason == "console_lost"
    assert ledger() == ["granted", "used", "call_not_sent"]
    assert not WatiRequest.objects.exists()


@pytest.mark.parametrize(
    ("failure", "reason", "noted"),
    [
        (error(Outcome.REFUSED, 138006), "place_refused", "call_refused"),
        (error(Outcome.UNAUTHORISED), "place_refused", "call_refused"),
    ],
)
def test_a_refusal_ends_the_call_at_once(
    cast: Cast, carla: Contact, failure: WatiError, reason: str, noted: str
):
    call = dial(cast, carla)
    outbox.finish(sent(call), None, failure)
    assert fresh(call).end_reason == reason
    assert ledger()[-1] == noted


def test_an_unknown_outcome_is_never_sent_again_and_given_up_in_the_end(
    cast: Cast, carla: Contact
):
    call = dial(cast, carla)
    outbox.finish(sent(call), None, error(Outcome.UNKNOWN))
    assert fresh(call).status == "dialing"
    assert outbox.due() == []
    Call.objects.update(deadline=timezone.now())
    tasks.sweep()
    assert fresh(call).end_reason == "lost_track"
    assert ledger()[-1] == "unanswered"  # in doubt it rang, and rings
    with pytest.raises(errors.Refused, match="may still be ringing"):
        dialing.dial(cast.ana, carla, cast.line)


def test_a_webhook_names_the_call_whose_reply_was_lost(cast: Cast, carla: Contact):
    call = dial(cast, carla)
    outbox.finish(sent(call), None, error(Outcome.UNKNOWN))
    told(cast, "ringing", "wacid.9", CARLA)
    call = fresh(call)
    assert (call.wati_call_id, call.progress) == ("wacid.9", "ringing")


def test_nothing_is_guessed_while_the_reply_may_still_come(cast: Cast, carla: Contact):
    call = dial(cast, carla)
    request = sent(call)
    told(cast, "ringing", "wacid.7", CARLA)
    assert fresh(call).wati_call_id == ""
    outbox.finish(request, OK, None)
    call = fresh(call)
    assert (call.wati_call_id, call.progress) == ("wacid.7", "ringing")
    assert Call.objects.count() == 1


def test_a_process_that_died_while_sending_leaves_an_unknown(
    cast: Cast, carla: Contact
):
    call = dial(cast, carla)
    request = sent(call)
    long_ago = timezone.now() - timedelta(minutes=1)
    WatiRequest.objects.update(sent_at=long_ago)
    assert outbox.due() == [request.pk]
    assert outbox.take(request.pk) is None
    request.refresh_from_db()
    assert request.status == "unknown"
    assert fresh(call).status == "dialing"


@pytest.mark.parametrize("order", [("rejected", "T"), ("T", "rejected")])
def test_a_rejection_is_one_whichever_comes_first(
    cast: Cast, carla: Contact, order: tuple[str, str]
):
    call = placed(cast, carla)
    texts = {}  # by version, as a browser keeps the newest
    for event in order:
        if event == "T":
            inbound.customer_ended(cast.account, CallTerminated("wacid.7"))
        else:
            told(cast, event)
        texts.setdefault(fresh(call).version, fresh(call).end_text)
    assert (fresh(call).result, fresh(call).end_reason) == ("rejected", "rejected")
    assert texts[max(texts)] == "The person rejected the call."
    assert ledger().count("unanswered") == 1


def test_an_acceptance_after_the_end_changes_nothing_but_is_kept(
    cast: Cast, carla: Contact
):
    call = placed(cast, carla)
    inbound.customer_ended(cast.account, CallTerminated("wacid.7"))
    told(cast, "accepted")
    assert fresh(call).result == "no_answer"
    assert call.changes.filter(event="accepted").exists()


def test_ringing_after_the_answer_takes_nothing_back(cast: Cast, carla: Contact):
    call = placed(cast, carla)
    told(cast, "accepted")
    told(cast, "ringing")
    assert fresh(call).status == "active"


def test_an_unknown_word_changes_nothing(cast: Cast, carla: Contact):
    call = placed(cast, carla)
    told(cast, "abducted")
    assert fresh(call).status == "dialing"


def test_a_second_different_answer_needs_a_look(cast: Cast, carla: Contact):
    call = placed(cast, carla)
    first = OutboundAnswer("wacid.7", "v=0")
    dialing.answered_with(cast.account, first, "v=0 first")
    dialing.answered_with(cast.account, first, "v=0 first")
    with pytest.raises(errors.Conflict):
        dialing.answered_with(cast.account, first, "v=0 second")
    assert fresh(call).answer_sdp == "v=0 first"


def test_words_about_calls_out_do_no_harm_to_one_that_came_in(
    cast: Cast, carla: Contact
):
    event = InboundCall("wacid.1", "v=0", caller=Person(CARLA))
    now = timezone.now()
    call = inbound.begin(cast.account, event, received_at=now, offer="v=0")
    with pytest.raises(errors.Conflict):
        told(cast, "ended", "wacid.1")
    answer = OutboundAnswer("wacid.1", "v=0")
    with pytest.raises(errors.Conflict):
        dialing.answered_with(cast.account, answer, "v=0")
    assert fresh(call).status == "ringing"


def test_hanging_up_before_it_was_sent_sends_nothing(cast: Cast, carla: Contact):
    call = dial(cast, carla)
    assert dialing.offer_made(call.pk, "v=0")
    ending.hang_up(call.pk, cast.ana)
    terminate = WatiRequest.objects.get(verb="terminate")
    assert outbox.take(terminate.pk) is None
    assert outbox.take(WatiRequest.objects.get(verb="outbound").pk) is None
    statuses = set(WatiRequest.objects.values_list("status", flat=True))
    assert statuses == {"dropped"}
    assert fresh(call).result == "cancelled"


def test_hanging_up_while_it_is_sent_ends_it_as_soon_as_it_has_a_name(
    cast: Cast, carla: Contact
):
    call = dial(cast, carla)
    request = sent(call)
    ending.hang_up(call.pk, cast.ana)
    terminate = WatiRequest.objects.get(verb="terminate")
    assert outbox.take(terminate.pk) is None
    outbox.finish(request, OK, None)
    assert outbox.take(terminate.pk) is not None


def test_the_answer_counts_from_the_time_wati_says(cast: Cast, carla: Contact):
    call = placed(cast, carla)
    Call.objects.update(created_at=timezone.now() - timedelta(seconds=30))
    picked_up = timezone.now() - timedelta(seconds=5)
    event = OutboundStatus("wacid.7", "accepted", sent_at=picked_up)
    dialing.status_heard(cast.account, event)
    assert fresh(call).answered_at == picked_up


def test_a_time_that_cannot_be_is_not_believed(cast: Cast, carla: Contact):
    call, rang_until = placed(cast, carla), timezone.now()
    long_ago = rang_until - timedelta(days=1)  # or the sender's clock is behind
    event = OutboundStatus("wacid.7", "accepted", sent_at=long_ago)
    dialing.status_heard(cast.account, event)
    assert fresh(call).answered_at >= rang_until


def test_who_was_only_looked_up_is_forgotten_after_a_day(cast: Cast, carla: Contact):
    long_ago = timezone.now() - timedelta(days=2)
    people.dialed("4915100000002")
    asked = people.dialed("4915100000003")
    planned_calls.ask(cast.ana, asked, cast.line)
    Contact.objects.update(created_at=long_ago)
    tasks.forget_strangers()
    assert set(Contact.objects.all()) == {carla, asked}


# --- Plans -------------------------------------------------------------------------


def ask(cast: Cast, carla: Contact) -> Plan:
    plan = planned_calls.ask(cast.ana, carla, cast.line)
    request = outbox.take(WatiRequest.objects.get(plan=plan).pk)
    assert request is not None
    outbox.finish(request, Answer("done", {}), None)
    plan.refresh_from_db()
    return plan


def say_yes(cast: Cast, carla: Contact, key: str = "grant") -> None:
    event = PermissionChanged(Person(CARLA), granted=True)
    pair = pair_of(carla, cast.line)
    now = timezone.now()
    change = permissions.permission_webhook(pair, event, key=key, received_at=now)
    permission_news.permission_changed(change)
    planned_calls.sweep()


def test_a_yes_offers_the_call_to_who_asked(cast: Cast, carla: Contact):
    plan = ask(cast, carla)
    assert plan.state == "waiting"
    say_yes(cast, carla)
    plan.refresh_from_db()
    assert (plan.state, plan.agent) == ("offered", cast.ana)
    call = planned_calls.call(plan.pk, cast.ana)
    plan.refresh_from_db()
    assert (plan.state, plan.call) == ("done", call)


def test_a_yes_said_twice_is_one_offer(cast: Cast, carla: Contact):
    plan = ask(cast, carla)
    say_yes(cast, carla)
    plan.refresh_from_db()
    version = plan.version
    say_yes(cast, carla)
    say_yes(cast, carla, "another webhook")
    plan.refresh_from_db()
    assert (plan.state, plan.version) == ("offered", version)
    assert Plan.objects.count() == 1


def test_when_who_asked_is_away_the_next_one_is_offered_the_call(
    cast: Cast, carla: Contact
):
    plan = ask(cast, carla)
    dispatch.change_agent(cast.ana.pk, "offline")
    say_yes(cast, carla)
    plan.refresh_from_db()
    assert plan.agent == cast.bruno


def test_a_yes_that_is_taken_back_before_the_call_ends_the_plan(
    cast: Cast, carla: Contact
):
    plan = ask(cast, carla)
    say_yes(cast, carla)
    event = PermissionChanged(Person(CARLA), granted=False, status="revoked")
    pair = pair_of(carla, cast.line)
    now = timezone.now()
    permission_news.permission_changed(
        permissions.permission_webhook(pair, event, key="no", received_at=now)
    )
    plan.refresh_from_db()
    assert plan.state == "refused"
    with pytest.raises(errors.Refused):
        planned_calls.call(plan.pk, cast.ana)


def test_an_offer_nobody_takes_goes_to_a_colleague(cast: Cast, carla: Contact):
    plan = ask(cast, carla)
    say_yes(cast, carla)
    dispatch.change_agent(cast.ana.pk, "on_break")
    Plan.objects.update(offered_at=timezone.now() - timedelta(minutes=6))
    planned_calls.sweep()
    plan.refresh_from_db()
    assert (plan.state, plan.agent) == ("offered", cast.bruno)


def test_a_lost_reply_to_the_request_counts_as_sent(cast: Cast, carla: Contact):
    plan = planned_calls.ask(cast.ana, carla, cast.line)
    request = outbox.take(WatiRequest.objects.get(plan=plan).pk)
    assert request is not None
    outbox.finish(request, None, error(Outcome.UNKNOWN))
    plan.refresh_from_db()
    assert plan.state == "waiting"
    assert outbox.due() == []


def test_whatsapps_limit_is_told_and_the_plan_ends(cast: Cast, carla: Contact):
    plan = planned_calls.ask(cast.ana, carla, cast.line)
    request = outbox.take(WatiRequest.objects.get(plan=plan).pk)
    assert request is not None
    outbox.finish(request, None, error(Outcome.REFUSED, 138009))
    plan.refresh_from_db()
    assert plan.state == "refused"
    assert ledger()[-1] == "request_refused"


def test_one_person_is_planned_once(cast: Cast, carla: Contact):
    ask(cast, carla)
    with pytest.raises(errors.Refused, match="already scheduled"):
        planned_calls.ask(cast.bruno, carla, cast.line)
    assert WatiRequest.objects.count() == 1


def test_a_yes_without_a_plan_or_a_missed_call_dials_nobody(cast: Cast, carla: Contact):
    say_yes(cast, carla)
    assert not Plan.objects.exists()
    assert CallPermission.objects.get().status == "temporary"


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("waiting", "The person did not answer the request."),
        ("granted", "The permission expired."),
    ],
)
def test_a_plan_that_ran_out_says_what_did(
    cast: Cast, carla: Contact, state: str, sentence: str
):
    plan = ask(cast, carla)
    Plan.objects.update(state=state, expires_at=timezone.now())
    planned_calls.sweep()
    plan.refresh_from_db()
    assert (plan.state, plan.sentence) == ("expired", sentence)


def test_outside_the_persons_hours_the_plan_waits(cast: Cast, carla: Contact):
    plan = ask(cast, carla)
    now = timezone.now()
    carla.time_zone = "UTC"
    carla.calls_from = (now + timedelta(hours=2)).time().replace(microsecond=0)
    carla.calls_until = (now + timedelta(hours=3)).time().replace(microsecond=0)
    carla.save()
    say_yes(cast, carla)
    plan.refresh_from_db()
    assert plan.state == "granted"
    assert plan.due_at is not None
    assert plan.due_at > now + timedelta(hours=1)


# --- The same thing twice, and at the same time ------------------------------------


def test_a_task_that_is_delivered_twice_sends_once(cast: Cast, carla: Contact):
    call = dial(cast, carla)
    assert dialing.offer_made(call.pk, "v=0")
    assert not dialing.offer_made(call.pk, "v=0")
    request = WatiRequest.objects.get(call=call)
    assert outbox.take(request.pk) is not None
    assert outbox.take(request.pk) is None
    assert WatiRequest.objects.get().attempts == 1


def test_a_call_that_comes_in_while_we_dial_rings_at_a_colleague(
    cast: Cast, carla: Contact
):
    ours = placed(cast, carla)
    event = InboundCall("wacid.glare", "v=0", caller=Person(CARLA))
    now = timezone.now()
    theirs = inbound.begin(cast.account, event, received_at=now, offer="v=0")
    assert theirs.pk != ours.pk
    assert [offer.agent for offer in theirs.offers.all()] == [cast.bruno]
    assert fresh(ours).status == "dialing"


def test_an_answer_that_may_not_be_opened_ends_the_call_at_wati_too(
    cast: Cast, carla: Contact
):
    call = placed(cast, carla)
    answer = OutboundAnswer("wacid.7", "v=0")
    dialing.answer_refused(cast.account, answer, "It names a private address.")
    call = fresh(call)
    assert (call.end_reason, call.end_text) == (
        "media_failed",
        "It names a private address.",
    )
    assert call.requests.filter(verb="terminate").exists()


def test_two_workers_offer_a_plan_once(cast: Cast, carla: Contact):
    plan = ask(cast, carla)
    event = PermissionChanged(Person(CARLA), granted=True)
    pair = pair_of(carla, cast.line)
    now = timezone.now()
    permission_news.permission_changed(
        permissions.permission_webhook(pair, event, key="yes", received_at=now)
    )
    plan.refresh_from_db()
    version = plan.version
    barrier = threading.Barrier(4)

    def worker(_: int) -> None:
        barrier.wait()
        try:
            planned_calls.sweep()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(worker, range(4)))
    plan.refresh_from_db()
    assert (plan.state, plan.version) == ("offered", version + 1)


def test_who_opted_out_between_the_yes_and_the_call_is_not_called(
    cast: Cast, carla: Contact
):
    plan = ask(cast, carla)
    say_yes(cast, carla)
    permissions.block(carla, user=cast.sofia, reason="She wrote to us.")
    with pytest.raises(errors.Refused, match="do-not-call"):
        planned_calls.call(plan.pk, cast.ana)
    assert not Call.objects.exists()


@pytest.mark.parametrize("code", [138001, 138003, 138005, 138006, 138012, 138013])
def test_every_refusal_is_a_sentence_and_a_fact(cast: Cast, carla: Contact, code: int):
    call = dial(cast, carla)
    failure = WatiError(Outcome.REFUSED, sentence(code), 400, code)
    outbox.finish(sent(call), None, failure)
    call = fresh(call)
    assert call.error_code == code
    assert call.end_text == sentence(code) != ""
    assert ledger()[-1] == "call_refused"
