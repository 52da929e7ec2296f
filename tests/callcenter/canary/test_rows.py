"""The canary's rows are its own, and its calls count nowhere."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from agents.models import Agent, AgentStateSpan, Membership
from callcenter.canary import rows
from callcenter.canary.rows import Own
from callcenter.models import CanaryRun, WatiAccount
from calls.lifecycle import transfer
from calls.models import Call, Line, Offer, WatiRequest, WebhookDelivery
from calls.reporting import figures
from calls.reporting.alarms import alarms
from permissions.models import Contact
from tests.cast import HASHED, Cast, on_duty
from tests.streams import read, signed_in

CSV = "/calls/export.csv"
PAGES = (
    "calls/call",
    "agents/agent/add",
    "agents/agentstatespan",
    "agents/queue",
    "agents/queue/add",
    "callcenter/watiaccount",
    "callcenter/watiaccount/add",
)


@pytest.fixture
def own(cast: Cast) -> Own:
    return rows.prepare()


def canary_call(own: Own, **changed: object) -> Call:
    """A call as a good run leaves it."""
    now = timezone.now()
    facts = {
        "account_id": own.account,
        "line": Line.objects.get(account=own.account),
        "queue_id": own.queue,
        "contact": Contact.objects.create(waid=rows.PHONE),
        "direction": "inbound",
        "wati_call_id": f"wacid.{uuid4()}",
        "is_canary": True,
        "status": "ended",
        "result": "answered",
        "created_at": now - timedelta(seconds=3),
        "claimed_at": now - timedelta(seconds=2),
        "answered_at": now - timedelta(seconds=1),
        "ended_at": now,
    }
    call = Call.objects.create(**(facts | changed))
    call.offers.create(
        agent_id=own.agent, outcome="answered", rang_at=now, ended_at=now
    )
    call.requests.create(account_id=own.account, verb="accept", status="ok")
    return call


def test_its_rows_are_made_once_with_new_keys_at_each_start(own: Own):
    again = rows.prepare()
    assert (again.account, again.queue, again.agent) == (
        own.account,
        own.queue,
        own.agent,
    )
    assert again.token != own.token
    assert again.webhook_key != own.webhook_key
    rows.retire(again)
    assert not WatiAccount.objects.get(pk=own.account).is_active


def test_its_agent_cannot_sign_in_with_a_password_and_takes_no_name(own: Own):
    assert not User.objects.get(pk=own.user).has_usable_password()
    # A person has the name, and is in the queue besides.
    User.objects.filter(pk=own.user).update(password=HASHED)
    hired = rows.prepare()
    assert hired.user != own.user
    assert not Membership.objects.filter(agent=own.agent).exists()


def test_a_person_who_was_put_into_its_queue_is_out_at_the_next_start(own, cast):
    Membership.objects.create(queue_id=own.queue, agent=cast.ana)
    rows.prepare()
    assert not Membership.objects.filter(queue=own.queue, agent=cast.ana).exists()


def test_its_calls_and_agent_are_in_no_list_report_or_file(own: Own, cast: Cast):
    canary_call(own)
    on_duty(Agent.objects.get(pk=own.agent), cast.ana)
    since, until = timezone.now() - timedelta(days=1), timezone.now()
    AgentStateSpan.objects.create(
        agent_id=own.agent, state="available", started_at=since
    )
    assert figures.tally(since, until).offered == 0
    assert figures.live_figures().available == 1
    targets = transfer.targets(cast.bruno)
    assert [one["name"] for one in targets["agents"]] == ["Ana"]
    assert [one["name"] for one in targets["queues"]] == ["Support"]
    sofia = Client()
    sofia.force_login(cast.sofia)
    for address in (CSV, "/agents/time.csv"):
        assert read(signed_in(cast.sofia), address) == []
    for page in PAGES:
        answer = sofia.get(f"/admin/{page}/")
        assert answer.status_code == 200, page
        assert "Canary" not in answer.content.decode(), page


def test_a_complete_record_is_right(own: Own):
    assert rows.record_is_right(canary_call(own).pk, own)


@pytest.mark.parametrize(
    "changed",
    [
        {"status": "active"},
        {"result": "abandoned"},
        {"answered_at": None},
        {"claimed_at": timezone.now() + timedelta(days=1)},
        {"is_canary": False},
    ],
)
def test_a_record_with_a_hole_is_not(own: Own, changed):
    assert not rows.record_is_right(canary_call(own, **changed).pk, own)


def test_a_ring_that_was_not_confirmed_or_an_accept_that_failed_is_not(own: Own):
    call = canary_call(own)
    Offer.objects.update(rang_at=None)
    assert not rows.record_is_right(call.pk, own)
    Offer.objects.update(rang_at=timezone.now())
    WatiRequest.objects.update(status="unknown")
    assert not rows.record_is_right(call.pk, own)


def test_cleaning_up_takes_its_calls_and_leaves_those_of_people(own: Own, cast: Cast):
    canary_call(own)
    theirs = Call.objects.create(account=cast.account, wati_call_id="wacid.9")
    WebhookDelivery.objects.create(account_id=own.account, kind="x", body=b"")
    assert rows.clean_up(own)
    assert list(Call.objects.all()) == [theirs]
    assert not WebhookDelivery.objects.exists()
    assert not Contact.objects.exists()


def test_two_canaries_do_not_call_at_once(own: Own):
    run = rows.begin()
    assert run is not None
    assert rows.begin() is None
    rows.finish(run, "", {"ring": 0.5})
    assert rows.begin() is not None
    CanaryRun.objects.filter(finished_at=None).update(
        started_at=timezone.now() - rows.RUN_LASTS
    )
    assert rows.begin() is not None


def test_supervisors_are_told_when_it_fails_stops_or_work_stands_still(own: Own):
    now = timezone.now()
    assert alarms(now) == []
    run = rows.begin()
    assert run is not None
    rows.finish(run, "The canary's call could not be answered.", {})
    assert alarms(now) == [
        "The last try of a call failed: The canary's call could not be answered."
    ]
    (stopped,) = alarms(now + timedelta(hours=1))
    assert "has stopped" in stopped
    assert alarms(now + timedelta(days=3)) == []
    Call.objects.create(
        account_id=own.account,
        direction="inbound",
        status="ringing",
        deadline=now - timedelta(minutes=2),
    )
    assert "Due work has not been done" in alarms(now)[0]
