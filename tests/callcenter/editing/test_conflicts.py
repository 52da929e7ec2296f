"""Two supervisors at one form: nothing of the one is undone by the other."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse

from agents.models import Agent, BreakReason, Membership, Queue
from callcenter.editing.versions import VERSION_FIELD
from callcenter.models import AuditEntry, WatiAccount
from calls.models import Line
from permissions.models import Contact
from tests.calls.admin.users import errors_of, form_of
from tests.cast import CARLA, HASHED, Cast, hire, introduce
from tests.streams import read, signed_in


@pytest.fixture
def crew(db: None) -> Cast:
    return introduce()


@pytest.fixture
def sofia(crew: Cast) -> Client:
    return at_desk(crew.sofia)


@pytest.fixture
def tom(crew: Cast) -> Client:
    user = User.objects.create_superuser("tom")
    user.password = HASHED
    user.save()
    return at_desk(user)


def at_desk(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page_of(row: Any) -> str:
    options = row._meta
    return reverse(
        f"admin:{options.app_label}_{options.model_name}_change", args=[row.pk]
    )


def as_shown(response: Any) -> dict[str, Any]:
    """What the form of an answer would send as it stands."""

    class Answer:
        def get(self, address: str) -> Any:
            return response

    return form_of(Answer(), "")  # type: ignore[arg-type]


@contextmanager
def updates() -> Iterator[list[str]]:
    """Collect the statements that change rows."""
    found: list[str] = []

    def look(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith("UPDATE"):
            found.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(look):
        yield found


# --- A form that is out of date -------------------------------------------------------


def test_a_stale_form_is_refused_and_shows_who_changed_what(
    crew: Cast, sofia: Client, tom: Client
):
    page = page_of(crew.queue)
    toms = form_of(tom, page) | {"strategy": "round_robin", "weight": "7"}
    assert sofia.post(page, form_of(sofia, page) | {"weight": "3"}).status_code == 302
    answer = tom.post(page, toms)
    assert answer.status_code == 409
    [change] = answer.context["conflict"].changes
    assert (change.field, change.old, change.new) == ("Queue priority", "0", "3")
    assert (change.by, change.at is None) == ("supervisor", False)
    assert "Not saved" in answer.text
    crew.queue.refresh_from_db()
    assert (crew.queue.strategy, crew.queue.weight) == ("ring_all", 3)
    typed = as_shown(answer)
    assert (typed["strategy"], typed["weight"]) == ("round_robin", "7")


def test_what_was_typed_is_saved_the_second_time_and_nothing_else(
    crew: Cast, sofia: Client, tom: Client
):
    page = page_of(crew.queue)
    toms = form_of(tom, page) | {"strategy": "round_robin"}
    sofia.post(page, form_of(sofia, page) | {"weight": "3", "sticky_hours": "5"})
    answer = tom.post(page, toms)
    assert tom.post(page, as_shown(answer)).status_code == 302
    crew.queue.refresh_from_db()
    queue = crew.queue
    assert (queue.strategy, queue.weight, queue.sticky_hours) == ("round_robin", 3, 5)


def test_a_form_without_its_version_is_refused(crew: Cast, sofia: Client):
    page = page_of(crew.queue)
    for version in ({}, {VERSION_FIELD: "made-up"}):
        form = form_of(sofia, page) | {"weight": "3"}
        del form[VERSION_FIELD]
        answer = sofia.post(page, form | version)
        assert answer.status_code == 409
        assert "It is not known" in answer.text
        assert str(as_shown(answer)["weight"]) == "3"
    crew.queue.refresh_from_db()
    assert crew.queue.weight == 0


def test_rows_below_are_compared_too(crew: Cast, sofia: Client, tom: Client):
    page, carlo = page_of(crew.queue), hire("carlo", Queue.objects.create(name="Sales"))
    toms = form_of(tom, page) | {"membership_set-0-level": "4"}
    form = form_of(sofia, page) | {"membership_set-1-level": "2"}
    sofia.post(page, form)
    answer = tom.post(page, toms)
    assert answer.status_code == 409
    [change] = answer.context["conflict"].changes
    assert (change.old, change.new, change.by) == ("1", "2", "supervisor")
    assert change.field == "membership Bruno in Support: Level"
    typed = as_shown(answer)
    assert str(typed["membership_set-0-level"]) == "4"
    assert str(typed["membership_set-1-level"]) == "2"
    Membership.objects.create(queue=crew.queue, agent=carlo)
    assert tom.post(page, typed).status_code == 409  # one has come meanwhile
    Membership.objects.filter(agent=carlo).delete()
    assert tom.post(page, typed).status_code == 302
    assert sorted(crew.queue.membership_set.values_list("level", flat=True)) == [2, 4]


def test_a_row_below_that_was_removed_meanwhile_comes_back_as_a_new_one(
    crew: Cast, sofia: Client, tom: Client
):
    page = page_of(crew.queue)
    toms = form_of(tom, page) | {"membership_set-1-level": "5"}
    gone = form_of(sofia, page) | {"membership_set-1-DELETE": "on"}
    assert sofia.post(page, gone).status_code == 302
    answer = tom.post(page, toms)
    assert answer.status_code == 409
    [change] = answer.context["conflict"].changes
    assert (change.old, change.new, change.by) == ("Bruno in Support", "", "supervisor")
    typed = as_shown(answer)
    assert typed["membership_set-TOTAL_FORMS"] == 2
    assert typed["membership_set-INITIAL_FORMS"] == 1
    assert tom.post(page, typed).status_code == 302
    assert crew.queue.membership_set.get(agent=crew.bruno).level == 5


def test_new_rows_that_were_typed_are_kept(crew: Cast, sofia: Client, tom: Client):
    page, carlo = page_of(crew.queue), hire("carlo", Queue.objects.create(name="Sales"))
    new = {"membership_set-TOTAL_FORMS": "3", "membership_set-2-agent": str(carlo.pk)}
    toms = form_of(tom, page) | new | {"membership_set-2-level": "6"}
    sofia.post(page, form_of(sofia, page) | {"weight": "3"})
    answer = tom.post(page, toms)
    assert answer.status_code == 409
    assert tom.post(page, as_shown(answer)).status_code == 302
    assert crew.queue.membership_set.get(agent=carlo).level == 6


def test_a_change_that_no_page_made_is_shown_too(crew: Cast, sofia: Client):
    page = page_of(crew.queue)
    form = form_of(sofia, page) | {"strategy": "round_robin"}
    Queue.objects.update(weight=9)
    [change] = sofia.post(page, form).context["conflict"].changes
    assert (change.field, change.new, change.by) == ("Queue priority", "9", "")


def test_a_secret_is_compared_and_never_shown(crew: Cast, sofia: Client):
    page = page_of(crew.account)
    form = form_of(sofia, page) | {"name": "Shop"}
    assert crew.account.api_token not in sofia.get(page).text
    WatiAccount.objects.filter(pk=crew.account.pk).update(api_token="another-token-1")
    answer = sofia.post(page, form)
    assert answer.status_code == 409
    assert [one.new for one in answer.context["conflict"].changes] == ["…"]
    assert "another-token-1" not in answer.text
    assert sofia.post(page, as_shown(answer)).status_code == 302
    crew.account.refresh_from_db()
    assert (crew.account.name, crew.account.api_token) == ("Shop", "another-token-1")


# --- Only what was changed is written -------------------------------------------------


def test_saving_an_agent_never_writes_the_state(
    crew: Cast, sofia: Client, monkeypatch: pytest.MonkeyPatch
):
    page, pages = page_of(crew.ana), admin.site.get_model_admin(Agent)
    Agent.objects.filter(pk=crew.ana.pk).update(state="available")
    save = pages.save_form

    def a_call_is_answered(*args: Any, **kwargs: Any) -> Any:
        Agent.objects.filter(pk=crew.ana.pk).update(state="in_call", version=9)
        return save(*args, **kwargs)

    monkeypatch.setattr(pages, "save_form", a_call_is_answered)
    form = form_of(sofia, page) | {"name": "Ana Maria"}
    with updates() as found:
        assert sofia.post(page, form).status_code == 302
    crew.ana.refresh_from_db()
    assert (crew.ana.name, crew.ana.state) == ("Ana Maria", "in_call")
    mine = [sql for sql in found if '"agents_agent"' in sql]
    assert len(mine) == 2  # the call's, and the form's
    assert '"name"' in mine[1]
    assert '"state' not in mine[1]


def test_saving_what_is_unchanged_writes_nothing(crew: Cast, sofia: Client):
    for row in (crew.queue, crew.account, crew.line, crew.ana, crew.ana.user):
        page = page_of(row)
        form = form_of(sofia, page)
        with updates() as found:
            assert sofia.post(page, form).status_code == 302
        table = f'UPDATE "{row._meta.db_table}"'
        assert [sql for sql in found if sql.startswith(table)] == [], row


def test_rows_below_write_their_changed_fields_alone(crew: Cast, sofia: Client):
    page = page_of(crew.account)
    with updates() as found:
        sofia.post(page, form_of(sofia, page) | {"lines-0-name": "Till"})
    [mine] = [sql for sql in found if '"calls_line"' in sql]
    assert '"name"' in mine
    assert '"number"' not in mine.partition("WHERE")[0]


# --- Lists that are edited in place ---------------------------------------------------


def list_form(client: Client, address: str) -> dict[str, Any]:
    """What a list that is edited in place would send as it stands."""
    formset = client.get(address).context["cl"].formset
    found: dict[str, Any] = {"_save": "Save"}
    for form in [formset.management_form, *formset.forms]:
        for bound in form:
            found[bound.html_name] = bound.value()
            if bound.field.show_hidden_initial:
                found[bound.html_initial_name] = bound.value()
    return found


def test_a_list_that_is_edited_in_place_undoes_nothing(
    crew: Cast, sofia: Client, tom: Client
):
    page = "/admin/agents/breakreason/"
    lunch = BreakReason.objects.create(name="Lunch", position=1)
    BreakReason.objects.create(name="Training", position=2)
    toms = list_form(tom, page) | {"form-0-position": "8"}
    assert sofia.post(page, list_form(sofia, page) | {"form-0-position": "5"})
    answer = tom.post(page, toms)
    assert answer.status_code == 200
    assert "supervisor changed this from 1 to 5" in answer.text
    assert 'value="8"' in answer.text
    lunch.refresh_from_db()
    assert lunch.position == 5
    again = toms | {"initial-form-0-position": "5"}
    assert tom.post(page, again).status_code == 302
    lunch.refresh_from_db()
    assert lunch.position == 8
    entry = AuditEntry.objects.latest("pk")
    assert entry.changes == [{"field": "Position", "old": "5", "new": "8"}]


# --- What the audit log has of it -----------------------------------------------------


def test_a_change_stands_in_the_log_and_on_the_rows_page(crew: Cast, sofia: Client):
    page = page_of(crew.line)
    sales = Queue.objects.create(name="Sales")
    sofia.post(page, form_of(sofia, page) | {"queue": sales.pk, "priority": "2"})
    entry = AuditEntry.objects.latest("pk")
    assert entry.changes == [
        {"field": "Queue", "old": "Support", "new": "Sales"},
        {"field": "Priority", "old": "0", "new": "2"},
    ]
    history = sofia.get(page.replace("/change/", "/history/")).text
    assert "<del><bdi>Support</bdi></del>" in history
    assert "<ins><bdi>Sales</bdi></ins>" in history
    listed = sofia.get("/admin/callcenter/auditentry/?action__exact=changed").text
    assert "<del>Support</del>" in listed


def test_a_change_stands_in_the_file(cast: Cast):
    sofia, page = at_desk(cast.sofia), page_of(cast.line)
    sofia.post(page, form_of(sofia, page) | {"name": "Till", "priority": "2"})
    lines = read(signed_in(cast.sofia), "/audit/export.csv?action__exact=changed")
    assert "Name: Shop → Till; Priority: 0 → 2" in [line["changes"] for line in lines]


def test_an_added_row_and_a_deleted_one_stand_there_too(crew: Cast, sofia: Client):
    new = {"name": "Lunch", "minutes": "30", "position": "1", "is_active": "on"}
    sofia.post("/admin/agents/breakreason/add/", new)
    added = AuditEntry.objects.latest("pk")
    assert {"field": "Name", "old": "", "new": "Lunch"} in added.changes
    lunch = BreakReason.objects.get()
    sofia.post(page_of(lunch).replace("/change/", "/delete/"), {"post": "yes"})
    gone = AuditEntry.objects.latest("pk")
    assert {"field": "Minutes", "old": "30", "new": ""} in gone.changes


def test_neither_secrets_nor_callers_stand_in_the_log(crew: Cast, sofia: Client):
    carla = Contact.objects.create(waid=CARLA, name="Carla")
    sofia.post(page_of(carla), form_of(sofia, page_of(carla)) | {"name": "Carla Ruiz"})
    entry = AuditEntry.objects.latest("pk")
    assert entry.changes == [{"field": "Name", "old": "…", "new": "…"}]
    page = page_of(crew.account)
    sofia.post(page, form_of(sofia, page) | {"api_token": "another-token-1"})
    entry = AuditEntry.objects.latest("pk")
    assert entry.changes == [{"field": "API token", "old": "…", "new": "…"}]


# --- Every page -----------------------------------------------------------------------


def test_every_form_of_the_admin_carries_its_version(crew: Cast, sofia: Client):
    """A page that is new is refused as long as it does not."""
    carla = Contact.objects.create(waid=CARLA, name="Carla")
    for row in (crew.queue, crew.account, crew.line, crew.ana, crew.ana.user, carla):
        page = page_of(row)
        assert f'name="{VERSION_FIELD}"' in sofia.get(page).text, row
        answer = sofia.post(page, {})
        assert answer.status_code == 409, row


def test_a_mistake_is_still_said_in_words(crew: Cast, sofia: Client):
    page = page_of(crew.queue)
    answer = sofia.post(page, form_of(sofia, page) | {"agent_seconds": "2"})
    assert "greater than or equal to 5" in errors_of(answer)
    assert as_shown(answer)[VERSION_FIELD]


def test_a_line_is_saved_by_its_account_and_its_own_page(crew: Cast, sofia: Client):
    own, accounts = page_of(crew.line), page_of(crew.account)
    stale = form_of(sofia, accounts) | {"lines-0-name": "Till"}
    sofia.post(own, form_of(sofia, own) | {"name": "Kiosk"})
    assert sofia.post(accounts, stale).status_code == 409
    assert Line.objects.get().name == "Kiosk"
