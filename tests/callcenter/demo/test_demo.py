"""The demo's data: believable, complete, made once."""

import io
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import override_settings
from django.utils import timezone

from agents.decisions import from_json, replay
from agents.models import Agent, BreakReason, Holiday, Queue
from callcenter.demo.simulator import tell_simulator
from callcenter.demo.stories import STORIES
from callcenter.models import WatiAccount
from callcenter.simulator.service import account_from_settings
from callcenter.simulator.world import World
from callcenter.wati.events import Kind
from calls.models import (
    Call,
    CallChange,
    Disposition,
    Leg,
    Line,
    Offer,
    Plan,
    RoutingDecision,
    WatiRequest,
)
from calls.reporting.hearing import hearings
from calls.states import IllegalMove, Result, after
from permissions import services, watch
from permissions.facts import PermissionStatus
from permissions.ledger import Pair, facts_for
from permissions.models import CallPermission, Contact, PermissionEvent
from permissions.rules import may_call
from tests.conftest import empty_tables


@pytest.fixture(scope="module")
def made_once(django_db_setup: None, django_db_blocker) -> Iterator[None]:
    with django_db_blocker.unblock(), override_settings(DEBUG=True):
        call_command("demo", stdout=io.StringIO())
        yield
        empty_tables()


@pytest.fixture
def demo(made_once: None) -> Iterator[None]:
    """The demo's data; what a test changes is taken back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.stackless
def test_the_three_logins_work(demo: None):
    for username in settings.DEMO_USERS:
        user = authenticate(username=username, password=settings.DEMO_PASSWORD)
        assert user is not None
        assert hasattr(user, "agent") == (username != "supervisor")
        assert user.is_staff == (username == "supervisor")


def test_ana_and_bruno_serve_the_line_of_the_simulator(demo: None, settings):
    queue = Queue.objects.get(name="Support")
    assert sorted(agent.name for agent in queue.agents.all()) == ["Ana", "Bruno"]
    account = WatiAccount.objects.get()
    assert account.base_url == f"{settings.SIMULATOR_URL}/simulator/wati"
    assert account.webhook_keys() == [settings.SIMULATOR_WEBHOOK_KEY]
    assert queue.lines.get().number == settings.SIMULATOR_NUMBER


def test_a_second_run_changes_nothing(demo: None):
    rows = (Call, Offer, CallChange, Agent, WatiAccount, Queue)
    rows += (BreakReason, Disposition, Holiday, Leg, Line, RoutingDecision)
    rows += (CallPermission, PermissionEvent, Plan, WatiRequest)
    before = [list(model.objects.order_by("pk").values()) for model in rows]
    call_command("demo", stdout=io.StringIO())
    assert [list(model.objects.order_by("pk").values()) for model in rows] == before


def test_the_account_follows_the_port_of_the_server(demo: None, settings):
    settings.SIMULATOR_URL = "http://127.0.0.1:9999"
    call_command("demo", stdout=io.StringIO())
    assert WatiAccount.objects.get().base_url == "http://127.0.0.1:9999/simulator/wati"


def test_there_is_something_of_everything(demo: None):
    calls = Call.objects.logged()
    assert calls.filter(direction="inbound").count() == 60 + len(STORIES)
    assert set(calls.values_list("result", flat=True)) == set(Result)
    assert calls.filter(contact=None).exists()
    first = calls.earliest("created_at").created_at
    age = timezone.now() - first
    assert timedelta(days=10) < age < timedelta(days=25)


def test_every_past_call_could_have_happened(demo: None):
    for call in Call.objects.prefetch_related("changes"):
        for at in (call.claimed_at, call.accepted_at, call.answered_at):
            assert at is None or call.created_at <= at <= call.ended_at
        assert call.ended_at <= timezone.now()
        assert (call.result == "answered") == bool(call.answered_at)
        status = "unmatched"
        for change in call.changes.all():
            assert change.old == status
            try:
                assert after(status, change.event) == change.new
            except IllegalMove:
                pytest.fail(f"{change} is no move")
            status = change.new
        assert status == call.status == "ended"


def test_nobody_is_in_two_calls_at_once(demo: None):
    for agent in Agent.objects.all():
        mine = Leg.objects.filter(agent=agent).order_by("started_at")
        spans = list(mine.values_list("started_at", "ended_at"))
        for (_, ended), (claimed, _) in zip(spans, spans[1:], strict=False):
            assert ended <= claimed


def test_everybody_who_talked_had_a_part_in_the_call(demo: None):
    for call in Call.objects.exclude(answered_at=None).prefetch_related("legs"):
        legs = list(call.legs.all())
        assert legs[0].joined_at == call.answered_at
        assert legs[-1].agent_id == call.agent_id
        assert legs[-1].ended_at == call.ended_at
    assert Leg.objects.exclude(notes="").count() > 20
    assert Leg.objects.exclude(disposition__parent=None).exists()
    assert Call.objects.filter(holds__gt=0, hold_seconds__gt=30).count() == 2


def test_the_desk_is_furnished(demo: None):
    assert list(BreakReason.objects.values_list("name", "minutes", "is_work")) == [
        ("Lunch", 30, False),
        ("Short break", 10, False),
        ("Training", None, True),
    ]
    assert "Order: New order" in {str(one) for one in Disposition.objects.all()}
    support, sales = Queue.objects.order_by("-name")
    assert (support.strategy, support.wrap_up_seconds) == ("ring_all", 30)
    assert (sales.strategy, sales.overflow_to) == ("longest_idle", support)
    assert Holiday.objects.filter(schedule__name="Office hours").exists()


def test_the_demos_line_can_be_called_at_any_time(demo: None):
    assert support_line().schedule is None
    assert support_line().queue.when_nobody == "ring"


def support_line() -> Line:
    return Line.objects.get()


def test_some_calls_tell_why_they_rang_where_they_rang(demo: None):
    decisions = RoutingDecision.objects.all()
    assert decisions.count() >= 5
    for row in decisions:
        question, decision = from_json(row.facts)
        assert replay(row.facts) == decision
        assert len(question.candidates) == 2
    reasons = {
        skipped.skip for row in decisions for skipped in from_json(row.facts)[1].skipped
    }
    assert reasons == {"on_break", "wrap_up", "cannot_ring"}


def test_there_is_a_person_in_every_state_of_the_ledger(demo: None):
    standing = set(CallPermission.objects.values_list("status", flat=True))
    assert standing == set(PermissionStatus) - {PermissionStatus.NONE}
    assert CallPermission.objects.filter(watch.running_out(timezone.now())).exists()
    assert {p.streak for p in CallPermission.objects.filter(watch.AT_RISK)} == {2, 3}
    assert Contact.objects.get(do_not_call=True).do_not_call_reason
    assert Plan.objects.get(state="waiting").agent.name == "Ana"


def test_each_call_out_stands_in_the_ledger_too(demo: None):
    calls = Call.objects.filter(direction="outbound")
    placed = PermissionEvent.objects.filter(kind="used")
    assert set(calls.values_list("pk", flat=True)) == {event.call for event in placed}
    assert {call.result for call in calls} >= {"answered", "no_answer", "cancelled"}


def test_known_passwords_are_for_demos_only(transactional_db, settings):
    settings.DEBUG = False
    with pytest.raises(CommandError, match="DEBUG"):
        call_command("demo")
    assert not Agent.objects.exists()


@pytest.mark.parametrize("starts", [1, 2])
def test_the_simulator_agrees_with_every_permission_of_the_demo(
    demo: None, starts: int
):
    for _ in range(starts):  # it keeps nothing from one start to the next
        world = World(account_from_settings())
        heard = tell_simulator(world)
    permissions = CallPermission.objects.select_related("contact", "account")
    assert heard == len(permissions) > 5
    for one in permissions:
        pair = Pair(one.contact, one.account, one.business_number)
        theirs = world.consent.of(one.business_number, one.contact.waid or "")
        before = facts_for(pair)
        for minutes in (0, 2):  # a look-up, and another one
            at = timezone.now() + timedelta(minutes=minutes)
            services.read_from_api(pair, theirs.as_result(world.now()), at=at)
        after = facts_for(pair)
        assert (after.status, after.streak) == (before.status, before.streak), pair
        assert may_call(after, timezone.now()).allowed == (
            may_call(before, timezone.now()).allowed
        ), pair


def test_the_start_page_misses_no_webhook_of_the_demo(made_once: None):
    accounts = WatiAccount.objects.all()
    (hearing,) = hearings(timezone.now(), accounts)
    (line,) = hearing.lines
    assert set(line.heard) == set(Kind)
    assert line.missing == {}
