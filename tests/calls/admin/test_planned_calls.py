"""Sofia reassigns scheduled calls when an agent is ill, many at once."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from agents.models import Agent, Queue
from callcenter import roles
from calls.models import Line, Plan
from calls.outbound import planned_calls
from permissions.models import Contact
from tests.calls.admin.users import staff
from tests.cast import Cast, hire
from tests.security.test_pages import person, signed_in

PLANS = "/admin/calls/plan/"


@pytest.fixture
def sofia(cast: Cast) -> Client:
    return signed_in(cast.sofia)


def plan(cast: Cast, agent: Agent, state: str = "waiting", **fields: Any) -> Plan:
    contact = Contact.objects.create(waid=f"4915100{Contact.objects.count():06}")
    known = {"line": cast.line, "agent": agent, "state": state}
    return Plan.objects.create(contact=contact, **(known | fields))


def reassign(desk: Client, *plans: Plan, **chosen: Any) -> Any:
    asked = {"action": "reassign", "_selected_action": [one.pk for one in plans]}
    return desk.post(PLANS, asked | chosen, follow=True)


def agents_of(*plans: Plan) -> list[str]:
    rows = [Plan.objects.select_related("agent").get(pk=one.pk) for one in plans]
    return [row.agent.name if row.agent else "" for row in rows]


def test_bruno_gets_what_ana_had(cast: Cast, sofia: Client):
    plans = [plan(cast, cast.ana), plan(cast, cast.ana, "granted")]
    page = reassign(sofia, *plans)
    assert "2 scheduled calls get another agent" in page.text
    assert agents_of(*plans) == ["Ana", "Ana"]  # nothing is done before it is confirmed
    page = reassign(sofia, *plans, reassigned="1", agent=cast.bruno.pk)
    assert "2 reassigned to Bruno." in page.text
    assert agents_of(*plans) == ["Bruno", "Bruno"]


def test_any_agent_gets_what_nobody_is_named_for(cast: Cast, sofia: Client):
    mine = plan(cast, cast.ana)
    page = reassign(sofia, mine, reassigned="1", agent="")
    assert "1 reassigned to any available agent." in page.text
    assert agents_of(mine) == [""]


def test_what_was_offered_to_ana_is_offered_to_another(cast: Cast, sofia: Client):
    mine = plan(cast, cast.ana, "offered", offered_at=timezone.now())
    reassign(sofia, mine, reassigned="1", agent=cast.bruno.pk)
    mine.refresh_from_db()
    assert (mine.state, mine.agent, mine.offered_at) == ("granted", cast.bruno, None)
    assert mine.due_at is not None
    assert mine.due_at <= timezone.now()


def test_a_callback_keeps_its_time(cast: Cast, sofia: Client):
    later = timezone.now() + timedelta(hours=3)
    mine = plan(cast, cast.ana, "granted", kind="callback", due_at=later)
    reassign(sofia, mine, reassigned="1", agent=cast.bruno.pk)
    mine.refresh_from_db()
    assert (mine.agent, mine.due_at) == (cast.bruno, later)


def test_what_is_over_stays_as_it_is(cast: Cast, sofia: Client):
    over, mine = plan(cast, cast.ana, "done"), plan(cast, cast.ana)
    page = reassign(sofia, over, mine, reassigned="1", agent=cast.bruno.pk)
    assert "1 had ended or changed meanwhile." in page.text
    assert agents_of(over, mine) == ["Ana", "Bruno"]


def test_what_changes_meanwhile_is_not_overwritten(cast: Cast, sofia: Client):
    mine = plan(cast, cast.ana)
    read = Plan.objects.get(pk=mine.pk)
    planned_calls.cancel(Plan.objects.get(pk=mine.pk))
    assert not planned_calls.reassign(read, cast.bruno)
    assert agents_of(mine) == ["Ana"]


def test_nobody_else_reassigns(cast: Cast):
    mine = plan(cast, cast.ana)
    reassign(staff("view_plan"), mine, reassigned="1", agent=cast.bruno.pk)
    assert agents_of(mine) == ["Ana"]


def test_a_team_lead_gives_calls_to_their_own_agents(cast: Cast):
    sales = Queue.objects.create(name="Sales")
    carlo = hire("carlo", sales)
    line = Line.objects.create(
        account=cast.account, number="15550100001", name="Outlet", queue=sales
    )
    lea = person("lea", roles.TEAM_LEAD)
    cast.queue.team_leads.add(lea)
    desk = signed_in(lea)
    mine, theirs = plan(cast, cast.ana), plan(cast, carlo, line=line)
    page = reassign(desk, mine, reassigned="1", agent=carlo.pk)
    assert "Select a valid choice" in page.text
    reassign(desk, mine, theirs, reassigned="1", agent=cast.bruno.pk)
    assert agents_of(mine, theirs) == ["Bruno", "Carlo"]
