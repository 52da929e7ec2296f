"""Why Carla's call rang at Ana, and why not at Bruno."""

import io
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from agents.models import BreakReason
from calls.lifecycle import answer
from calls.models import Call, Offer, RoutingDecision
from calls.queueing import dispatch, ring_attempts
from calls.reporting.explain import explained, local_zone, why_not
from tests.calls.admin.users import staff
from tests.cast import Cast, hire, on_duty

NOBODYS = str(UUID(int=0))


@pytest.fixture
def sofia(cast: Cast, client: Client) -> Client:
    client.force_login(cast.sofia)
    return client


def comes(cast: Cast) -> Call:
    """Carla's call waits in Support, and somebody looks at the floor."""
    now = timezone.now()
    call = Call.objects.create(
        account=cast.account,
        wati_call_id=f"wacid.{uuid4()}",
        direction="inbound",
        line=cast.line,
        queue=cast.queue,
        status="ringing",
        queued_at=now,
        place_since=now,
    )
    dispatch.run()
    return call


def on_lunch(agent) -> None:
    on_duty(agent)
    BreakReason.objects.get_or_create(name="Lunch")
    dispatch.change_agent(agent.pk, "on_break", reason="Lunch")


def told(call: Call) -> str:
    out = io.StringIO()
    call_command("explain_call", str(call.pk), stdout=out)
    return out.getvalue()


def test_the_page_tells_where_it_rang_and_why_nowhere_else(cast: Cast, sofia: Client):
    on_duty(cast.ana)
    on_lunch(cast.bruno)
    call = comes(cast)
    page = sofia.get(f"/admin/calls/call/{call.pk}/change/").content.decode()
    for words in (
        "Routing decisions",
        "1 caller waiting.",
        "Ring all.",
        "Rang at Ana.",
        '<th scope="row">Bruno</th><td>On a break: Lunch.</td>',
    ):
        assert words in page


def test_a_call_that_nobody_could_take_says_so(cast: Cast, sofia: Client):
    call = comes(cast)
    [why] = explained(call, local_zone())
    assert why.rang == ()
    page = sofia.get(f"/admin/calls/call/{call.pk}/change/").content.decode()
    assert "Rang at no agent." in page


def test_each_change_of_mind_is_a_decision_of_its_own(cast: Cast):
    on_duty(cast.ana)
    call = comes(cast)
    on_duty(cast.bruno)
    answer.decline(call.pk, cast.ana)
    whys = explained(call, local_zone())
    assert whys[0].rang == ("Ana",)
    assert whys[-1].rang == ("Bruno",)
    assert dict(whys[-1].skipped) == {"Ana": "Declined this call."}


def test_what_the_console_failed_at_is_not_the_persons(cast: Cast, sofia: Client):
    on_duty(cast.ana)
    call = comes(cast)
    Offer.objects.update(confirm_by=timezone.now())
    dispatch.expire_attempts()
    page = sofia.get(f"/admin/calls/call/{call.pk}/change/").content.decode()
    assert "not counted as missed by Ana" in page
    assert "not counted as missed by Ana" in told(call)


def test_a_record_that_is_broken_spoils_no_page(cast: Cast, sofia: Client):
    on_duty(cast.ana)
    call = comes(cast)
    RoutingDecision.objects.update(facts={"now": "yesterday"})
    page = sofia.get(f"/admin/calls/call/{call.pk}/change/").content.decode()
    assert "The record of this decision cannot be read." in page
    assert "The record of this decision cannot be read." in told(call)
    page = sofia.get(f"/admin/agents/agent/{cast.bruno.pk}/change/").content.decode()
    assert "The record of this decision cannot be read." in page


# --- The command -------------------------------------------------------------------


def test_the_command_tells_the_same_and_replays_it(cast: Cast):
    on_duty(cast.ana)
    on_lunch(cast.bruno)
    call = comes(cast)
    text = told(call)
    for words in (
        "Support, 1 caller waiting. Ring all",
        "  rings at Ana",
        "  not offered to Bruno: On a break: Lunch.",
        "  ring attempt at Ana: Ringing.",
        "  Today's rules give the same result.",
    ):
        assert words in text


def test_a_replay_that_differs_says_how(cast: Cast):
    on_duty(cast.ana, cast.bruno)
    call = comes(cast)
    row = call.decisions.get()
    row.facts["decision"]["ring"] = [cast.bruno.pk]  # as other rules had it once
    row.save()
    assert "it would ring at: Ana, Bruno." in told(call)
    row.facts["decision"]["ring"] = [cast.ana.pk, cast.bruno.pk]
    row.facts["decision"]["skipped"] = [
        {"agent_id": 0, "skip": "offline", "detail": "", "since": None}
        | {"level": 0, "seconds": 0}
    ]
    row.save()
    assert "would ring at the same agents, for other reasons" in told(call)


def test_a_call_is_found_by_its_id_at_wati_too(cast: Cast):
    call = comes(cast)
    out = io.StringIO()
    call_command("explain_call", call.wati_call_id, stdout=out)
    assert str(call.pk) in out.getvalue()


@pytest.mark.parametrize("text", ["nonsense", "", NOBODYS, "\x00", "9" * 400])
def test_an_unknown_call_is_a_sentence_and_an_error(cast: Cast, text: str):
    Call.objects.create(account=cast.account, direction="outbound")  # no id at Wati
    with pytest.raises(CommandError, match="There is no call with this ID.") as error:
        call_command("explain_call", text)
    assert error.value.returncode == 1


def test_a_call_that_never_waited_has_nothing_to_explain(cast: Cast):
    call = Call.objects.create(account=cast.account, direction="outbound")
    assert "No routing decisions" in told(call)


# --- Why not me --------------------------------------------------------------------


def test_an_agent_reads_why_not_me(cast: Cast, sofia: Client):
    on_duty(cast.ana)
    on_lunch(cast.bruno)
    call = comes(cast)
    assert [(one.call, one.reason) for one in why_not(cast.bruno, local_zone())] == [
        (call, "On a break: Lunch.")
    ]
    assert why_not(cast.ana, local_zone()) == []
    page = sofia.get(f"/admin/agents/agent/{cast.bruno.pk}/change/").content.decode()
    assert "On a break: Lunch." in page
    assert f"/admin/calls/call/{call.pk}/change/" in page


def test_the_newest_reason_counts(cast: Cast):
    on_duty(cast.ana)
    call = comes(cast)
    assert why_not(cast.bruno, local_zone())[0].reason == "Offline."
    on_lunch(cast.bruno)
    assert call.decisions.count() == 2
    [one] = why_not(cast.bruno, local_zone())
    assert one.reason == "On a break: Lunch."


def test_who_came_later_did_not_serve_the_queue_then(cast: Cast):
    on_duty(cast.ana)
    comes(cast)
    dario = hire("dario", cast.queue)
    [one] = why_not(dario, local_zone())
    assert one.reason == "Was not a member of this queue at that time."


def test_only_so_many_calls_are_told_of_and_at_a_fixed_price(
    cast: Cast, django_assert_num_queries
):
    for _ in range(25):
        comes(cast)
    with django_assert_num_queries(2):
        assert len(why_not(cast.bruno, local_zone())) == 20


def test_who_may_not_see_calls_reads_no_reasons(cast: Cast):
    comes(cast)
    page = f"/admin/agents/agent/{cast.bruno.pk}/change/"
    assert (
        "Calls not offered to this agent"
        not in staff("view_agent").get(page).content.decode()
    )


def test_a_call_that_rang_there_is_no_question(cast: Cast):
    call = comes(cast)
    ring_attempts.start(call, [cast.bruno.pk])
    assert why_not(cast.bruno, local_zone()) == []
