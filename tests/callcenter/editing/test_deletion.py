"""Nothing is deleted that a live call or the history rests on.

Each model of the admin, and each relation to it: a row that is referred to is kept with
a reason, or the table says that what refers to it is a part of it.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import reverse

from agents.models import Agent, AgentStateSpan, BreakReason, Queue, Schedule
from callcenter.editing.deletion import relations, rule_of
from callcenter.editing.rules import CHECKS, INSTEAD, PART, RULES
from calls.models import Call, Disposition, Leg, Line
from tests.callcenter.editing.rows import build
from tests.calls.admin.users import errors_of, form_of
from tests.cast import Cast, introduce


@pytest.fixture
def crew(db: None) -> Cast:
    return introduce()


@pytest.fixture
def sofia(crew: Cast) -> Client:
    client = Client()
    client.force_login(crew.sofia)
    return client


def page_of(row: Model, what: str = "delete") -> str:
    options = row._meta
    name = f"admin:{options.app_label}_{options.model_name}_{what}"
    return reverse(name, args=[row.pk])


def may_be_deleted() -> Iterator[type[Model]]:
    """Yield the models whose rows the admin deletes, on their pages or below others."""
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True, is_active=True, is_staff=True)
    for model, page in admin.site._registry.items():
        if page.has_delete_permission(request):
            yield model
        if page.has_change_permission(request):
            yield from (inline.model for inline in page.inlines)


DELETABLE = sorted(set(may_be_deleted()), key=lambda model: model._meta.label)
RELATIONS = [
    pytest.param(model, relation, rule_of(name), id=f"{model._meta.label}-{name}")
    for model in DELETABLE
    for name, relation in relations(model)
]


def test_every_relation_has_its_rule():
    named = {name for model in DELETABLE for name, _ in relations(model)}
    assert named - RULES.keys() == set()
    assert RULES.keys() - named == set()


def test_the_tables_speak_of_models_that_exist():
    labels = {model._meta.label_lower for model in DELETABLE}
    assert CHECKS.keys() | INSTEAD.keys() <= labels


@pytest.mark.parametrize(("model", "relation", "rule"), RELATIONS)
def test_a_row_is_kept_for_what_needs_it(
    model: type[Model], relation: Any, rule: str, crew: Cast, sofia: Client
):
    row = build(model)
    other = referring_to(row, relation)
    if rule == PART or model not in admin.site._registry:
        return
    page = page_of(row)
    shown = sofia.get(page)
    answer = sofia.post(page, {"post": "yes"})
    if answer.status_code == 403:  # deleted on the page above it alone
        return
    assert model._base_manager.filter(pk=row.pk).exists()
    assert type(other)._base_manager.filter(pk=other.pk).exists()
    assert "cannot be deleted" in shown.text
    assert "cannot be deleted" in answer.text
    assert "Yes, I" not in answer.text


def referring_to(row: Model, relation: Any) -> Any:
    """Make a row that refers to this one by the relation."""
    name, related = relation.field.name, relation.related_model
    if relation.many_to_many:
        other = build(related)
        through = getattr(type(other), name).through
        if not through._meta.auto_created:
            return build(
                through,
                **{
                    relation.field.m2m_field_name(): other,
                    relation.field.m2m_reverse_field_name(): row,
                },
            )
        getattr(other, name).add(row)
        return other
    return build(related, **{name: row})


@pytest.mark.parametrize("model", DELETABLE, ids=lambda model: model._meta.label)
def test_a_row_that_nothing_needs_goes(model: type[Model], crew: Cast, sofia: Client):
    row = build(model)
    if model not in admin.site._registry:
        return
    answer = sofia.post(page_of(row), {"post": "yes"})
    assert answer.status_code in (302, 403)
    assert model._base_manager.filter(pk=row.pk).exists() == (answer.status_code == 403)


# --- In the words of the page ---------------------------------------------------------


def test_a_queue_with_a_caller_in_it_stays(crew: Cast, sofia: Client):
    sales = Queue.objects.create(name="Sales")
    call = Call.objects.create(account=crew.account, queue=sales, status="waiting")
    answer = sofia.post(page_of(sales), {"post": "yes"})
    assert "Calls in the log: 1." in answer.text
    assert "untick “Active”" in answer.text
    call.refresh_from_db()
    assert call.queue == sales


def test_several_at_once_are_refused_too(crew: Cast, sofia: Client):
    sales, night = (Queue.objects.create(name=name) for name in ("Sales", "Night"))
    Queue.objects.filter(pk=night.pk).update(overflow_to=sales)
    chosen = {"action": "delete_selected", "_selected_action": [sales.pk, night.pk]}
    answer = sofia.post("/admin/agents/queue/", chosen | {"post": "yes"})
    assert "Queues that overflow into it: Night." in answer.text
    assert Queue.objects.filter(pk__in=[sales.pk, night.pk]).count() == 2


def test_business_hours_that_a_line_keeps_stay(crew: Cast, sofia: Client):
    office = Schedule.objects.create(name="Office", time_zone="UTC")
    Line.objects.update(schedule=office)
    answer = sofia.post(page_of(office), {"post": "yes"})
    assert "Business numbers that use it: Shop." in answer.text
    crew.line.refresh_from_db()
    assert crew.line.schedule == office


def test_a_line_with_calls_is_not_taken_from_its_account(crew: Cast, sofia: Client):
    Call.objects.create(account=crew.account, line=crew.line, direction="inbound")
    page = page_of(crew.account, "change")
    answer = sofia.post(page, form_of(sofia, page) | {"lines-0-DELETE": "on"})
    assert answer.status_code == 200
    assert "cannot be deleted" in answer.text
    assert Line.objects.get() == crew.line


def test_a_finer_disposition_that_was_chosen_stays(crew: Cast, sofia: Client):
    order = Disposition.objects.create(name="Order")
    new = Disposition.objects.create(name="New", parent=order)
    build(Leg, disposition=new)
    page = page_of(order, "change")
    answer = sofia.post(page, form_of(sofia, page) | {"children-0-DELETE": "on"})
    assert "cannot be deleted" in answer.text
    assert "cannot be deleted" in sofia.post(page_of(order), {"post": "yes"}).text
    assert Disposition.objects.count() == 2


def test_a_user_with_a_past_stays_with_their_agent(crew: Cast, sofia: Client):
    build(AgentStateSpan, agent=crew.ana)
    answer = sofia.post(page_of(crew.ana.user), {"post": "yes"})
    assert "Intervals of agent activity: 1." in answer.text
    assert "on the page of the user" in answer.text
    assert Agent.objects.filter(pk=crew.ana.pk).exists()


def test_an_agent_who_is_signed_in_stays(crew: Cast, sofia: Client):
    Agent.objects.filter(pk=crew.ana.pk).update(state="in_call")
    assert "signed in" in sofia.post(page_of(crew.ana), {"post": "yes"}).text
    assert Agent.objects.filter(pk=crew.ana.pk).exists()


def test_a_break_that_somebody_took_stays(crew: Cast, sofia: Client):
    lunch = BreakReason.objects.create(name="Lunch", is_work=True)
    build(AgentStateSpan, agent=crew.ana, state="on_break", reason="Lunch")
    answer = sofia.post(page_of(lunch), {"post": "yes"})
    assert "Breaks in the agent activity: 1." in answer.text
    assert BreakReason.objects.exists()


def test_the_account_of_a_call_stays(crew: Cast, sofia: Client):
    Call.objects.create(account=crew.account, direction="inbound")
    answer = sofia.post(page_of(crew.account), {"post": "yes"})
    assert "Calls in the log: 1." in answer.text


# --- Retired instead ------------------------------------------------------------------


def retire(client: Client, queue: Queue) -> Any:
    page = page_of(queue, "change")
    form = form_of(client, page)
    del form["is_active"]
    return client.post(page, form)


def test_a_queue_is_retired_once_nothing_comes_to_it(crew: Cast, sofia: Client):
    sales = Queue.objects.create(name="Sales")
    Queue.objects.filter(pk=crew.queue.pk).update(overflow_to=sales)
    Call.objects.create(account=crew.account, queue=sales, status="waiting")
    said = errors_of(retire(sofia, sales))
    assert "These queues overflow into it: Support." in said
    assert "Live calls in it: 1." in said
    said = errors_of(retire(sofia, crew.queue))
    assert "Its business numbers need another queue first: Shop." in said
    Queue.objects.update(overflow_to=None)
    Call.objects.update(status="ended")
    assert retire(sofia, sales).status_code == 302
    sales.refresh_from_db()
    assert not sales.is_active


def test_nobody_is_sent_to_a_retired_queue(crew: Cast, sofia: Client):
    Queue.objects.create(name="Sales", is_active=False)
    for page in (page_of(crew.line, "change"), page_of(crew.queue, "change")):
        assert ">Sales<" not in sofia.get(page).text
