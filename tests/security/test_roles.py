"""What each role may see and do: the groups, and a team lead at others' queues."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agents import led_queues, messaging
from agents.models import Agent, AgentStateSpan, Membership, Queue
from callcenter import roles
from callcenter.asgi import application, stop
from callcenter.database import in_database
from callcenter.urls import websocket_rights, websocket_urlpatterns
from calls.console.requests import REQUESTS
from calls.models import Call, Line, Plan
from permissions.models import Contact
from tests.agents.test_websocket_auth import visit
from tests.calls.admin.users import form_of
from tests.cast import HASHED, Cast, hire
from tests.security.test_pages import (
    World,
    lists,
    pages,
    person,
    signed_in,
    world,  # noqa: F401
)
from tests.streams import read
from tests.streams import signed_in as reader

pytestmark = pytest.mark.stackless

DESKS = sorted(roles.AT_A_DESK)


# --- The groups -----------------------------------------------------------------------


def rights_in_database(role: str) -> set[str]:
    group = Group.objects.get(name=role)
    found = group.permissions.values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in found}


@pytest.mark.parametrize("role", roles.ROLES)
def test_a_new_database_has_each_role_with_its_rights(role: str, db: None):
    assert rights_in_database(role) == roles.rights_of(role)


def test_migrating_again_changes_nothing_and_mends_what_is_missing(db: None):
    before = {role: rights_in_database(role) for role in roles.ROLES}
    roles.complete()
    assert {role: rights_in_database(role) for role in roles.ROLES} == before
    Group.objects.get(name=roles.AUDITOR).delete()
    Group.objects.get(name=roles.TEAM_LEAD).permissions.clear()
    call_command("migrate", verbosity=0)
    assert {role: rights_in_database(role) for role in roles.ROLES} == before


def test_an_auditor_can_change_nothing():
    rights = roles.rights_of(roles.AUDITOR)
    verbs = {name.split(".")[1].split("_")[0] for name in rights - roles.WATCHES}
    assert verbs == {"view"}


def test_listening_is_a_right_apart():
    listen = {
        role for role in roles.ROLES if "calls.listen_call" in roles.rights_of(role)
    }
    assert listen == {roles.LISTENER, roles.SUPERVISOR, roles.TEAM_LEAD}


def test_all_at_a_desk_watch_the_live_board():
    watch = {
        role for role in roles.ROLES if "calls.watch_board" in roles.rights_of(role)
    }
    assert watch == roles.AT_A_DESK


def test_a_role_at_a_desk_opens_the_admin(db: None):
    for role in roles.ROLES:
        user = User.objects.create(username=role, password=HASHED)
        roles.give(user, role)
        user.refresh_from_db()
        assert user.is_staff == (role in roles.AT_A_DESK)


def test_the_first_supervisor_and_the_demo_have_their_roles(db: None, settings: Any):
    call_command("create_supervisor", "sofia", verbosity=0)
    user = User.objects.get(username="sofia")
    assert roles.roles_of(user) == {
        roles.SUPERVISOR,
        roles.ADMINISTRATOR,
        roles.LISTENER,
    }
    settings.DEBUG = True
    call_command("demo", verbosity=0)
    assert roles.roles_of(User.objects.get(username="ana")) == {roles.AGENT}
    assert roles.SUPERVISOR in roles.roles_of(User.objects.get(username="supervisor"))


# --- Nobody gives more than they have -------------------------------------------------


def user_page(user: User) -> str:
    return reverse("admin:auth_user_change", args=[user.pk])


def test_a_supervisor_makes_nobody_more_than_a_supervisor(cast: Cast):
    tom, eva = person("tom", roles.SUPERVISOR), person("eva")
    desk = signed_in(tom)
    form = form_of(desk, user_page(eva))
    audit = Group.objects.get(name=roles.ADMINISTRATOR)
    lead = Group.objects.get(name=roles.TEAM_LEAD)
    answer = desk.post(user_page(eva), form | {"groups": [audit.pk]})
    assert "Select a valid choice" in answer.text
    granted = form | {
        "groups": [lead.pk],
        "is_superuser": "on",
        "user_permissions": [1],
    }
    assert desk.post(user_page(eva), granted).status_code == 302
    eva.refresh_from_db()
    assert not eva.is_superuser
    assert not eva.user_permissions.exists()
    assert roles.roles_of(User.objects.get(pk=eva.pk)) == {roles.TEAM_LEAD}


def test_an_administrator_gives_every_role_and_sees_to_who_has_them(cast: Cast):
    """Though they do not listen to calls themselves."""
    ines, eva = person("ines", roles.ADMINISTRATOR), person("eva")
    assert not ines.has_perm("calls.listen_call")
    desk = signed_in(ines)
    groups = list(
        Group.objects.filter(name__in=roles.ROLES).values_list("pk", flat=True)
    )
    for _again in range(2):  # also of one who has them all
        form = form_of(desk, user_page(eva)) | {"groups": groups}
        assert desk.post(user_page(eva), form).status_code == 302
        assert roles.roles_of(User.objects.get(pk=eva.pk)) == set(roles.ROLES)


@pytest.mark.parametrize("role", [roles.ADMINISTRATOR, roles.AUDITOR])
def test_a_supervisor_touches_nobody_who_has_more(role: str, cast: Cast):
    desk, other = signed_in(person("tom", roles.SUPERVISOR)), person("ines", role)
    for user in (other, cast.sofia):
        assert desk.post(user_page(user), {"is_active": ""}).status_code == 403
        password = reverse("admin:auth_user_password_change", args=[user.pk])
        assert desk.post(password, {"password1": "x"}).status_code == 403
        assert desk.get(password).status_code == 403


def test_nobody_edits_the_groups_of_the_roles(cast: Cast):
    desk = signed_in(cast.sofia)
    for role in roles.ROLES:
        group = Group.objects.get(name=role)
        page = reverse("admin:auth_group_change", args=[group.pk])
        assert desk.get(page).status_code == 200
        assert desk.post(page, {"name": "x"}).status_code == 403
        assert desk.post(page.replace("change", "delete")).status_code == 403


# --- A team lead, at the queues of others ---------------------------------------------


class Others:
    """Sales: a queue that Lea does not lead, with all that belongs to it."""

    def __init__(self, cast: Cast) -> None:
        now = timezone.now()
        self.queue = Queue.objects.create(name="Sales")
        self.agent = hire("carlo", self.queue)
        self.line = Line.objects.create(
            account=cast.account, number="15550100001", name="Outlet", queue=self.queue
        )
        self.contact = Contact.objects.create(waid="4915199999999", name="Dora Marked")
        self.call = Call.objects.create(
            account=cast.account,
            direction="inbound",
            line=self.line,
            queue=self.queue,
            contact=self.contact,
            status="active",
        )
        self.plan = Plan.objects.create(contact=self.contact, line=self.line)
        self.message = messaging.send(
            "Marked", cast.sofia, [self.agent.pk], "Carlo", timedelta(days=1)
        )
        self.span = AgentStateSpan.objects.create(
            agent=self.agent, state="available", started_at=now
        )

    @property
    def rows(self) -> dict[str, Any]:
        made = (self.queue, self.agent, self.line, self.contact, self.call, self.plan)
        rows = (*made, self.span, self.message)
        return {row._meta.label_lower: row for row in rows}


@pytest.fixture
def others(world: World) -> Others:  # noqa: F811
    return Others(world.cast)


def led_lists() -> Iterator[str]:
    """Yield the lists that a team lead sees."""
    for label, rights in lists().items():
        if rights[1] != "-" and label not in led_queues.SHARED:
            yield label


def test_every_list_of_a_team_lead_has_rows_of_others(others: Others):
    assert set(led_lists()) == others.rows.keys()


def test_a_team_lead_sees_their_own_rows_and_no_others(world: World, others: Others):  # noqa: F811
    for label, row in others.rows.items():
        root = f"/admin/{label.replace('.', '/')}/"
        listed = world.ask("lead", "get", root).context["cl"].queryset
        assert world.rows[label] in listed, label
        assert row not in listed, label
        for end in ("change", "history", "delete"):
            for verb in ("get", "post"):
                answer = world.ask("lead", verb, f"{root}{row.pk}/{end}/")
                assert answer.status_code in (302, 403), (label, end, verb)
                where = answer.headers.get("Location", "/admin/")
                assert where == "/admin/", (label, end, verb)


def test_no_page_shows_a_team_lead_what_is_others(world: World, others: Others):  # noqa: F811
    values = {
        "account_id": others.line.account.pk,
        "agent_id": others.agent.pk,
        "contact_id": others.contact.pk,
        "call_id": others.call.pk,
        "id": others.agent.user.pk,
        "prompt_id": world.rows["agents.prompt"].pk,
    }
    for route in pages():
        names = re.findall(r"<(\w+)>", route)
        if not names or not set(names) <= values.keys() or "prompt_id" in names:
            continue
        address = "/" + re.sub(r"<(\w+)>", lambda name: str(values[name[1]]), route)
        for verb in ("get", "post"):
            answer = world.ask("lead", verb, address)
            assert answer.status_code in (403, 404, 405), (address, verb)
            assert "Marked" not in answer.text
    before = Call.objects.get(pk=others.call.pk).status
    world.clients["lead"].post(f"/admin/calls/call/{others.call.pk}/end/")
    assert Call.objects.get(pk=others.call.pk).status == before


def test_the_file_of_a_team_lead_has_their_own_calls(cast: Cast):
    lead, others = person("lea", roles.TEAM_LEAD), Others(cast)
    cast.queue.team_leads.add(lead)
    mine = Call.objects.create(
        account=cast.account, direction="inbound", queue=cast.queue, status="active"
    )
    found = read(reader(lead), "/calls/export.csv")
    assert [line["call_id"] for line in found] == [str(mine.pk)]
    assert Call.objects.filter(pk=others.call.pk).exists()


def test_a_team_lead_changes_their_queue_and_its_members(world: World, others: Others):  # noqa: F811
    desk = signed_in(world.lead)
    page = f"/admin/agents/queue/{world.cast.queue.pk}/change/"
    form = form_of(desk, page) | {"weight": "3", "membership_set-1-level": "2"}
    assert (
        desk.post(page, form | {"team_leads": [], "is_active": ""}).status_code == 302
    )
    queue = Queue.objects.get(pk=world.cast.queue.pk)
    assert (queue.weight, queue.is_active) == (3, True)
    assert list(queue.team_leads.all()) == [world.lead]
    form = form_of(desk, page) | {"membership_set-1-agent": others.agent.pk}
    assert "Select a valid choice" in desk.post(page, form).text
    assert not Membership.objects.filter(queue=queue, agent=others.agent).exists()


def test_a_team_lead_ends_a_call_of_their_queue(world: World):  # noqa: F811
    call = world.rows["calls.call"]
    desk = signed_in(world.lead)
    assert desk.post(f"/admin/calls/call/{call.pk}/end/").status_code == 302
    assert Call.objects.get(pk=call.pk).status == "ended"


def test_the_numbers_of_all_queues_are_not_a_team_leads(world: World):  # noqa: F811
    assert "overview" not in world.ask("lead", "get", "/admin/").context
    assert "overview" in world.ask("auditor", "get", "/admin/").context


def test_who_leads_and_supervises_sees_all_queues(world: World, others: Others):  # noqa: F811
    roles.give(world.lead, roles.SUPERVISOR)
    listed = signed_in(world.lead).get("/admin/agents/queue/").context["cl"].queryset
    assert others.queue in listed


# --- Websockets -----------------------------------------------------------------------


@pytest.fixture
async def site():
    yield application
    await stop()


PATIENCE = 60  # seconds, on a busy machine


async def closed_with(visitor: WebsocketCommunicator) -> int:
    """Send every verb, and return the code with which the websocket is closed."""
    is_open, code = await visitor.connect(timeout=PATIENCE)
    if not is_open:
        return int(code or 0)
    for kind in REQUESTS:
        await visitor.send_to(text_data=f'{{"type": "{kind}"}}')
    message = {"type": ""}
    while message["type"] != "websocket.close":
        message = await visitor.receive_output(PATIENCE)
    return int(message["code"])


def desks(cast: Cast) -> dict[str, str]:
    """Make a user of each role who is no agent; return the keys of their sessions."""
    found = {}
    for role in DESKS:
        client: Client = signed_in(person(role, role))
        found[role] = str(client.session.session_key)
    found["superuser"] = str(signed_in(cast.sofia).session.session_key)
    return found


async def test_a_role_at_a_desk_is_no_agent(cast: Cast, site: Any):
    """Neither the console nor the audio of a call is theirs, whatever they send."""
    keys = await in_database(desks, cast)
    before = await in_database(lambda: list(Agent.objects.values()))
    for role, key in keys.items():
        for one in websocket_urlpatterns:
            route = str(one.pattern)
            address = re.sub(
                r"<uuid:\w+>", "00000000-0000-0000-0000-000000000001", route
            )
            address = f"/{re.sub('<[^>]+>', 'node-1', address)}"
            if any(re.fullmatch(theirs, address) for theirs in websocket_rights):
                continue
            code = await closed_with(visit(site, address, key))
            assert code, (role, address)
    assert await in_database(lambda: list(Agent.objects.values())) == before
