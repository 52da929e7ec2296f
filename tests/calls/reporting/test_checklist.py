"""The steps from nothing to the first call, and what comes back when it breaks."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from agents.models import Agent, Membership, Queue, Schedule
from callcenter import roles
from callcenter.models import WatiAccount
from calls.models import Call, Line, WebhookDelivery
from calls.reporting.checklist import Step, checklist
from tests.cast import Cast, hire, on_duty
from tests.security.test_pages import person, signed_in


def steps() -> dict[str, Step]:
    found = checklist()
    return {one.key: one for one in found.steps} if found else {}


def done() -> set[str]:
    return {key for key, step in steps().items() if step.is_done}


def answered(cast: Cast) -> Call:
    now = timezone.now()
    return Call.objects.create(
        account=cast.account,
        line=cast.line,
        queue=cast.queue,
        direction="inbound",
        status="ended",
        created_at=now,
        answered_at=now,
        ended_at=now,
    )


def test_at_first_nothing_is_done_and_each_step_says_where(db: None):
    found = steps()
    assert list(found) == [
        "people",
        "queue",
        "account",
        "number",
        "token",
        "webhooks",
        "hours",
        "agent",
        "call",
    ]
    assert done() == set()
    assert found["people"].way.link == "/admin/agents/agent/add/"
    assert found["queue"].way.link == "/admin/agents/queue/add/"
    assert found["account"].way.link == "/admin/callcenter/watiaccount/add/"
    assert found["number"].way.link == ""  # an account comes first


def test_step_by_step_to_the_first_call(db: None):
    queue = Queue.objects.create(name="Support")
    assert steps()["queue"].way.link == f"/admin/agents/queue/{queue.pk}/change/"
    ana = hire("ana", queue)
    assert done() == {"people", "queue"}

    account = WatiAccount.objects.create(
        name="Wati", base_url="https://x", tenant_id="1"
    )
    assert steps()["account"].text == "Wati has no API token and no webhook API key."
    account.api_token = "token"
    account.save()
    assert steps()["account"].text == "Wati has no webhook API key."
    account.webhook_key = "key"
    account.save()
    assert done() == {"people", "queue", "account"}

    assert steps()["token"].way.posts
    account.token_works()
    assert "token" in done()

    line = Line.objects.create(account=account, number="15550100000", queue=queue)
    assert "number" in done()
    assert "+1 555-010-0000" in steps()["call"].text

    for kind in ("inbound-call", "terminate-call"):
        WebhookDelivery.objects.create(account=account, kind=kind, body=b"{}")
    webhooks = steps()["webhooks"]
    assert webhooks.is_done
    assert [is_heard for _, is_heard in webhooks.parts] == [
        True,
        True,
        False,
        False,
        False,
    ]

    assert steps()["hours"].is_optional
    line.schedule = Schedule.objects.create(name="Office", time_zone="UTC")
    line.save()
    assert "hours" in done()

    on_duty(ana)
    assert steps().keys() - done() == {"call"}


def test_with_the_first_answered_call_it_is_gone(cast: Cast):
    WatiAccount.objects.update(token_worked_at=None)
    assert "token" in steps()
    answered(cast)
    assert checklist() is None


BREAKS: dict[str, Any] = {
    "people": lambda cast: [
        type(one.user).objects.filter(pk=one.user_id).update(is_active=False)
        for one in Agent.objects.select_related("user")
    ],
    "queue": lambda _: Membership.objects.all().delete(),
    "account": lambda _: WatiAccount.objects.update(is_active=False),
    "number": lambda _: Line.objects.update(
        queue=Queue.objects.create(name="Nobody's")
    ),
}


@pytest.mark.parametrize("key", BREAKS)
def test_what_no_call_can_be_answered_without_comes_back(key: str, cast: Cast):
    answered(cast)
    BREAKS[key](cast)
    found = checklist()
    assert found is not None
    assert found.is_live
    assert key in {one.key for one in found.steps}
    assert not any(one.is_done for one in found.steps)


def test_a_number_that_rings_nowhere_is_named(cast: Cast):
    BREAKS["number"](cast)
    text = steps()["number"].text
    assert text == "Shop rings nowhere: its queue Nobody's has no members."


def test_the_canarys_and_missed_calls_are_no_first_call(cast: Cast):
    call = answered(cast)
    Call.objects.filter(pk=call.pk).update(answered_at=None)
    assert checklist() is not None
    Call.objects.filter(pk=call.pk).update(answered_at=timezone.now(), is_canary=True)
    assert checklist() is not None


def test_the_start_page_leads_only_where_one_may_go(cast: Cast, client: Client):
    WatiAccount.objects.update(webhook_key="")
    where = f"/admin/callcenter/watiaccount/{cast.account.pk}/change/"
    client.force_login(cast.sofia)
    assert f'class="step-link" href="{where}"' in client.get("/admin/").text
    page = signed_in(person("vera", roles.AUDITOR)).get("/admin/").text
    assert "has no webhook API key" in page
    assert re.findall('class="step-link" href="(.*?)"', page) == ["/simulator/"]
    assert 'type="submit" class="step-link"' not in page
    lea = person("lea", roles.TEAM_LEAD)
    cast.queue.team_leads.add(lea)
    assert "checklist" not in signed_in(lea).get("/admin/").text
