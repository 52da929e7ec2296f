"""What a board shows of the rows: the figures of the log, and nobody's canary."""

import re
from dataclasses import asdict
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.models import Agent, AgentState, Membership, Queue
from callcenter import roles
from callcenter.canary import rows as canary
from calls.board import day, reading, scope, snapshot
from calls.board.alerts import Alert
from calls.models import Call, Leg, Offer
from calls.reporting import figures
from calls.states import Status
from permissions.models import Contact
from tests.calls.board.floor import agent, call, ended, happened, seconds_ago, talk
from tests.cast import Cast, hire, on_duty
from tests.paths import ROOT


def board() -> dict[str, Any]:
    return snapshot.board_of(reading.read())


def only(rows: list[dict[str, Any]]) -> dict[str, Any]:
    [row] = rows
    return row


def test_a_quiet_floor(cast: Cast):
    found = board()
    queue = only(found["queues"])
    assert (queue["name"], queue["waiting"], queue["waits_since"]) == (
        "Support",
        0,
        None,
    )
    assert [one["state"] for one in found["agents"]] == ["offline", "offline"]
    assert found["calls"] == []
    assert queue["thresholds"]["service"] == [80, 60]


def test_the_figures_are_those_of_the_log(cast: Cast):
    """Whatever is on, the board counts what the start page counts."""
    for state in AgentState:
        agent(cast, state, state)
    gone = hire("gone", cast.queue)
    Agent.objects.filter(pk=gone.pk).update(
        state="available", seen_at=seconds_ago(3600)
    )
    call(cast, Status.RINGING)
    call(cast, Status.WAITING)
    call(cast, Status.WAITING, announcement="closed")
    ended(cast, "answered", 3)
    ended(cast, "abandoned", 30)
    ended(cast, "after_hours", 3, queue=None)
    rows, found = reading.read(), board()
    live = figures.live_figures()
    queue = only(found["queues"])
    assert queue["available"] == live.available == 1
    assert queue["waiting"] == live.ringing + live.waiting - 1  # who hears why not
    today = figures.tally(rows.since_midnight, rows.now)
    sums = {
        name: queue["today"][name] + found["elsewhere"]["today"][name]
        for name in ("offered", "answered", "abandoned")
    }
    assert sums == {name: getattr(today, name) for name in sums}


def test_who_waits_and_since_when(cast: Cast):
    first = call(cast, Status.RINGING, created_at=seconds_ago(50))
    call(cast, Status.WAITING, created_at=seconds_ago(20))
    queue = only(board()["queues"])
    assert queue["waiting"] == 2
    assert queue["waits_since"] == first.created_at.isoformat()


def test_who_was_connected_and_waits_again_waits_from_then_on(cast: Cast):
    since = seconds_ago(10)
    again = call(
        cast,
        Status.WAITING,
        created_at=seconds_ago(500),
        answered_at=seconds_ago(400),
        queued_at=since,
    )
    row = only(board()["calls"])
    assert (row["id"], row["state_since"], row["figure"]) == (
        str(again.pk),
        since.isoformat(),
        "wait",
    )


def test_a_call_in_each_state_counts_from_where_it_should(cast: Cast):
    held = seconds_ago(7)
    talk(cast, "Clara", "Carla", hold_seconds=5)
    talk(cast, "Dora", "Dirk", status=Status.HELD, held_since=held)
    dials = call(cast, Status.DIALING, direction="outbound", agent=cast.ana)
    found = {one["status"]: one for one in board()["calls"]}
    assert (found["active"]["figure"], found["active"]["without"]) == ("talk", 5)
    assert found["held"]["figure"] == "hold"
    assert found["held"]["state_since"] == held.isoformat()
    assert found["dialing"]["state_since"] == dials.created_at.isoformat()
    assert found["dialing"]["figure"] == ""


def test_an_agents_row_names_their_call_and_why_they_are_not_reachable(cast: Cast):
    talked = talk(cast, "Clara", "Carla")
    rings = call(cast, Status.RINGING)
    ringing = agent(cast, "Emil", AgentState.RINGING)
    Offer.objects.create(call=rings, agent=ringing)
    deaf = agent(cast, "Dora", AgentState.CANNOT_RING)
    Agent.objects.filter(pk=deaf.pk).update(reason="The microphone was unplugged.")
    found = {one["name"]: one for one in board()["agents"]}
    assert found["Clara"]["call"] == str(talked.pk)
    assert found["Emil"]["call"] == str(rings.pk)
    assert found["Dora"]["call"] is None
    assert found["Dora"]["reason"] == "The microphone was unplugged."
    assert [one["rings_at"] for one in board()["calls"]] == [[], ["Emil"]]


def test_a_calls_way_so_far(cast: Cast):
    emil = agent(cast, "Emil", AgentState.AVAILABLE)
    way = talk(cast, "Clara", "Carla", created_at=seconds_ago(90))
    Offer.objects.create(
        call=way, agent=emil, outcome="no_answer", offered_at=seconds_ago(80)
    )
    happened(way, "parked", 60)
    happened(way, "put_on_hold", 20)
    happened(way, "resumed", 10)
    happened(way, "claimed", 32)  # the agent's part says it
    Leg.objects.create(call=way, agent=emil, mode="consult", joined_at=seconds_ago(15))
    row = only(board()["calls"])
    assert [(step["what"], step["who"]) for step in row["way"]] == [
        ("inbound", "Shop"),
        ("no_answer", "Emil"),
        ("music", ""),
        ("agent", "Clara"),
        ("hold", ""),
        ("consulted", "Emil"),
        ("resumed", ""),
    ]
    assert row["others"] == ["Emil"]


def test_a_long_way_shows_its_beginning_and_its_end(cast: Cast):
    way = talk(cast, "Clara", "Carla", created_at=seconds_ago(900))
    for number in range(40):
        happened(way, ("put_on_hold", "resumed")[number % 2], 400 - number)
    steps = [step["what"] for step in only(board()["calls"])["way"]]
    assert len(steps) == snapshot.MOST_STEPS
    assert (steps[0], steps[-1]) == ("inbound", "agent")


def test_the_canary_stays_out(cast: Cast):
    own = canary.prepare()
    on_duty(Agent.objects.get(pk=own.agent))
    call(cast, Status.ACTIVE, is_canary=True, agent_id=own.agent, queue_id=own.queue)
    before = board()
    assert [one["name"] for one in before["queues"]] == ["Support"]
    assert own.agent not in [one["id"] for one in before["agents"]]
    assert before["calls"] == []
    assert before["elsewhere"]["today"]["offered"] == 0


def test_an_agent_who_left_the_company_is_not_shown(cast: Cast):
    cast.ana.user.is_active = False
    cast.ana.user.save()
    assert [one["name"] for one in board()["agents"]] == ["Bruno"]


def test_ten_times_as_many_cost_no_more_statements(cast: Cast):
    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            board()
        return len(queries)

    talk(cast, "Clara", "Carla")
    few = statements()
    for number in range(10):
        talk(cast, f"agent{number}", f"Caller {number}")
        happened(call(cast, Status.WAITING), "parked")
        queue = Queue.objects.create(name=f"Queue {number}")
        Membership.objects.create(queue=queue, agent=cast.ana)
        ended(cast, "answered", 3, queue=queue)
    assert statements() == few


# --- Who sees what -------------------------------------------------------------------


def test_who_sees_one_queue_sees_its_agents_and_calls_alone(cast: Cast):
    sales = Queue.objects.create(name="Sales")
    mine = talk(cast, "Clara", "Carla", queue=sales)
    talk(cast, "Dora", "Dirk")
    out = call(cast, Status.DIALING, direction="outbound", queue=None, agent=cast.ana)
    Call.objects.filter(pk=out.pk).update(agent=mine.agent, status="ended")
    seen = snapshot.within(board(), frozenset({sales.pk}))
    assert [one["name"] for one in seen["queues"]] == ["Sales"]
    assert [one["name"] for one in seen["agents"]] == ["Clara"]
    assert [one["name"] for one in seen["calls"]] == ["Carla"]
    assert snapshot.within(board(), None) == board()


@pytest.mark.parametrize(
    ("changes", "may"),
    [
        ({}, False),
        ({"is_staff": True}, False),
        ({"is_superuser": True}, False),
        ({"is_staff": True, "is_superuser": True}, True),
        ({"is_staff": True, "is_superuser": True, "is_active": False}, False),
    ],
)
def test_staff_with_the_right_may_watch(cast: Cast, changes: Any, may: bool):
    user = cast.ana.user
    for name, value in changes.items():
        setattr(user, name, value)
    user.save()
    assert scope.scopes_of([user.pk]) == ({user.pk: None} if may else {})
    fresh = type(user).objects.get(pk=user.pk)
    assert scope.has_right(fresh) is may


def test_many_viewers_are_judged_by_one_statement(
    cast: Cast, django_assert_num_queries
):
    with django_assert_num_queries(1):
        found = scope.scopes_of([cast.sofia.pk, cast.ana.user_id, 999])
    assert found == {cast.sofia.pk: None}


def person(name: str, *their_roles: str) -> int:
    user = User.objects.create(username=name)
    roles.give(user, *their_roles)
    return user.pk


def test_a_team_lead_sees_the_queues_that_they_lead_and_others_all(
    cast: Cast, django_assert_num_queries
):
    sales, back = (Queue.objects.create(name=name) for name in ("Sales", "Back office"))
    lea, leo, lou = (person(name, roles.TEAM_LEAD) for name in ("lea", "leo", "lou"))
    sales.team_leads.add(lea, lou)
    back.team_leads.add(lea)
    roles.give(User.objects.get(pk=lou), roles.SUPERVISOR)
    everything = {
        person(role, role): None
        for role in (roles.SUPERVISOR, roles.AUDITOR, roles.ADMINISTRATOR)
    }
    nothing = [person("rui"), person("ana2", roles.AGENT)]
    with django_assert_num_queries(1):
        found = scope.scopes_of([lea, leo, lou, *everything, *nothing])
    theirs = {lea: frozenset({sales.pk, back.pk}), leo: frozenset(), lou: None}
    assert found == theirs | everything


def test_a_caller_without_a_name_has_a_number_and_one_without_both_neither(cast: Cast):
    contact = Contact.objects.create(waid="4915112345678")
    call(cast, Status.WAITING, contact=contact, created_at=seconds_ago(9))
    call(cast, Status.WAITING)
    named, nameless = board()["calls"]
    assert (named["name"], named["number"]) == ("", "+49 1511 2345678")
    assert (nameless["name"], nameless["number"]) == ("", "")


def test_presence_is_judged_by_the_same_clock_as_the_figures(cast: Cast):
    late = agent(cast, "late", AgentState.AVAILABLE)
    Agent.objects.filter(pk=late.pk).update(seen_at=seconds_ago(61))
    there = {one["name"]: one["is_there"] for one in board()["agents"]}
    assert there["Late"] is False
    assert figures.live_figures().available == 0
    Agent.objects.filter(pk=late.pk).update(seen_at=timezone.now())
    assert only(board()["queues"])["available"] == 1


def test_every_field_is_described(cast: Cast):
    talk(cast, "Clara", "Carla")
    text = (ROOT / "docs/board-websocket.md").read_text()
    described = {
        word
        for code in re.findall(r"`([^`]+)`", text)
        for word in re.findall(r"\w+", code)
    }
    found = board()
    call, queue, agent = (found[name][0] for name in ("calls", "queues", "agents"))
    parts = [found, call, call["way"][0], queue, queue["hour"], agent]
    parts += [day.Day().read(timezone.now()).shown(None), asdict(Alert(*[""] * 7))]
    assert {name for part in parts for name in part} <= described
