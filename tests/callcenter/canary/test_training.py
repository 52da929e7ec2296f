"""Training calls ring at who asked, and count nowhere."""

from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from agents.models import Agent, AgentStateSpan, Queue
from callcenter.canary import rows as canary_rows
from callcenter.canary import training_rows as rows
from callcenter.models import WatiAccount
from callcenter.wati.events import InboundCall
from callcenter.wati.people import Person
from calls.console.messages import Page
from calls.console.requests import REQUESTS, training
from calls.errors import Refused
from calls.lifecycle import ending, inbound
from calls.models import Call, Line, Offer
from calls.queueing.training import is_trainee, waid_for
from calls.snapshots import console_snapshot
from calls.states import Event
from permissions.models import Contact
from tests.cast import Cast, on_duty
from tests.streams import get, signed_in


@pytest.fixture
def account(cast: Cast) -> int:
    return rows.prepare("http://127.0.0.1:9", "token", "key")


def rings_for(agent: Agent, account: int) -> Call:
    """A training call as its webhook brings it."""
    line = Line.objects.get(account=account)
    event = InboundCall(
        call_id=f"wacid.{uuid4()}",
        business_number=line.number,
        offer="",
        caller=Person(waid=waid_for(agent.pk)),
    )
    return inbound.begin(line.account, event, received_at=timezone.now(), offer="v=0")


def ask(agent: Agent) -> None:
    REQUESTS["training_call"](Page(agent, "page"), {"type": "training_call"})


def test_its_rows_are_made_once_and_stand_in_no_list(cast: Cast, account: int) -> None:
    assert rows.prepare("http://127.0.0.1:9", "other", "key") == account
    assert WatiAccount.objects.of_people().count() == 1
    assert [queue.name for queue in Queue.objects.of_people()] == ["Support"]
    assert Agent.objects.people().count() == 2
    page = get(signed_in(cast.sofia), "/admin/agents/queue/").content.decode()
    assert "Training" not in page


def test_the_canary_keeps_a_queue_of_its_own(cast: Cast, account: int) -> None:
    own = canary_rows.prepare()
    training_queue = Line.objects.get(account=account).queue_id
    assert own.queue != training_queue
    assert canary_rows.prepare().queue == own.queue
    assert rows.prepare("http://127.0.0.1:9", "t", "k") == account


def test_it_rings_at_who_asked_and_at_nobody_else(cast: Cast, account: int) -> None:
    on_duty(cast.ana, cast.bruno)
    call = rings_for(cast.bruno, account)
    assert [offer.agent for offer in call.offers.all()] == [cast.bruno]
    shown = console_snapshot(cast.bruno.pk)["calls"]
    assert [one["training"] for one in shown] == [True]
    assert console_snapshot(cast.ana.pk)["calls"] == []


def test_a_number_of_a_trainee_means_nothing_elsewhere(cast: Cast) -> None:
    on_duty(cast.ana, cast.bruno)
    Queue.objects.update(strategy="ring_all")
    line = cast.line
    event = InboundCall(
        call_id="wacid.1",
        business_number=line.number,
        offer="",
        caller=Person(waid=waid_for(cast.bruno.pk)),
    )
    call = inbound.begin(cast.account, event, received_at=timezone.now(), offer="v=0")
    assert call.wanted_agent is None
    assert call.offers.count() == 2


def test_it_counts_nowhere_and_leaves_productive_time(cast: Cast, account: int) -> None:
    on_duty(cast.ana)
    call = rings_for(cast.ana, account)
    assert AgentStateSpan.objects.filter(agent=cast.ana, state="ringing").exists()
    ending.end(call.pk, Event.SUPERVISOR_ENDED)
    assert not Call.objects.logged().exists()

    assert rows.clean_up(account)
    assert not Call.objects.filter(is_canary=True).exists()
    assert not Offer.objects.exists()
    assert not Contact.objects.filter(waid=waid_for(cast.ana.pk)).exists()
    rang = AgentStateSpan.objects.get(agent=cast.ana, reason=rows.REASON)
    assert rang.state == "on_break"
    assert not AgentStateSpan.objects.filter(state="ringing").exists()


def test_one_that_goes_on_is_left_alone(cast: Cast, account: int) -> None:
    on_duty(cast.ana)
    call = rings_for(cast.ana, account)
    assert rows.clean_up(account)
    assert Call.objects.filter(pk=call.pk).exists()
    rows.end_all(account)
    assert rows.clean_up(account)
    assert not Call.objects.filter(pk=call.pk).exists()


def test_it_is_offered_while_something_places_it(cast: Cast, account: int) -> None:
    assert console_snapshot(cast.ana.pk)["training"] is True
    rows.retire(account)
    assert console_snapshot(cast.ana.pk)["training"] is False
    on_duty(cast.ana)
    with pytest.raises(Refused, match="not available right now"):
        ask(cast.ana)


def test_why_it_does_not_come_is_said_in_words(
    cast: Cast, account: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Refused, match="Go available first"):
        ask(cast.ana)
    on_duty(cast.ana)
    with pytest.raises(Refused, match="not available right now"):
        ask(cast.ana)  # nothing listens at port 9
    answers: dict[str, Any] = {"status": 409}
    monkeypatch.setattr(training, "_ask", lambda *_: answers["status"])
    with pytest.raises(Refused, match="not over yet"):
        ask(cast.ana)
    answers["status"] = 200
    ask(cast.ana)
    with pytest.raises(Refused, match="too many"):
        ask(cast.ana)


def test_the_number_of_a_trainee_is_nobodys() -> None:
    assert is_trainee(waid_for(7))
    for other in ("15550100999", "4915112345678", "", "155590000070"):
        assert not is_trainee(other)
