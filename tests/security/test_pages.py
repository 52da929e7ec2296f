"""Who may open what: every address of the product, and every role.

The addresses come from the URL configuration. One that has no line in these tables
fails the test: who adds a page says here who may see it.
"""

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import timedelta
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit
from uuid import uuid4

import pytest
from django.contrib import admin
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models import Model
from django.template.response import TemplateResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from agents import messaging
from agents.models import AgentStateSpan, BreakReason, Prompt, Schedule
from callcenter import roles
from callcenter.buckets import Places
from callcenter.exporting import views as exporting_views
from callcenter.models import AuditEntry, SecondFactor
from callcenter.wati.events import Kind
from callcenter.web.middleware import CONTENT_SECURITY_POLICY
from calls.models import (
    Call,
    Disposition,
    Node,
    Plan,
    SetAsideLine,
    WatiRequest,
    WebhookDelivery,
)
from permissions.models import CallPermission, Contact, Merge, PermissionEvent
from tests.cast import CARLA, HASHED, PASSWORD, Cast, introduce
from tests.security.markup import forbidden_in

pytestmark = pytest.mark.stackless

DAY = timedelta(days=1)

# Of each role what it is answered: first to GET, then to POST, with an empty form.
# `staff` has no right; `lead` is the team lead of the queue that all rows belong to.
ROLES = (
    "nobody",
    "agent",
    "staff",
    "lead",
    "auditor",
    "supervisor",
    "administrator",
    "superuser",
)
PAGES = """
                        nobody  agent   staff   lead    auditor superv. admin.  superu.
''                      302 302 302 302 302 302 302 302 302 302 302 302 302 302 302 302
sign-in/                200 200 200 200 200 200 200 200 200 200 200 200 200 200 200 200
sign-in/code/           302 302 302 302 302 302 302 302 302 302 302 302 302 302 302 302
sign-in/instead/        302 302 302 302 302 302 302 302 302 302 302 302 302 302 302 302
sign-in/set-up/         302 302 200 200 200 200 200 200 200 200 200 200 200 200 200 200
profile/                302 302 200 200 200 200 200 200 200 200 200 200 200 200 200 200
profile/preferences/    302 302 405 302 405 403 405 403 405 403 405 403 405 403 405 403
language/               302 302 302 302 302 302 302 302 302 302 302 302 302 302 302 302
sign-out/               405 302 405 302 405 302 405 302 405 302 405 302 405 302 405 302
console/                302 302 200 200 302 302 302 302 302 302 302 302 302 302 302 302
healthz                 200 200 200 200 200 200 200 200 200 200 200 200 200 200 200 200
readyz                  503 503 503 503 503 503 503 503 503 503 503 503 503 503 503 503
metrics                 403 405 403 405 403 405 403 405 403 405 403 405 403 405 403 405
calls/export.csv        302 302 403 405 403 405 200 405 200 405 200 405 200 405 200 405
calls/export.xlsx       302 302 403 405 403 405 200 405 200 405 200 405 200 405 200 405
agents/time.csv         302 302 403 405 403 405 200 405 200 405 200 405 200 405 200 405
agents/time.xlsx        302 302 403 405 403 405 200 405 200 405 200 405 200 405 200 405
permissions/export.csv  302 302 403 405 403 405 403 405 200 405 200 405 200 405 200 405
permissions/export.xlsx 302 302 403 405 403 405 403 405 200 405 200 405 200 405 200 405
contacts/<contact_id>/data.json
                        302 302 403 405 403 405 403 405 403 405 200 405 200 405 200 405
audit/export.csv        302 302 403 405 403 405 403 405 200 405 200 405 200 405 200 405
audit/export.xlsx       302 302 403 405 403 405 403 405 200 405 200 405 200 405 200 405
admin/                  302 302 302 302 200 200 200 200 200 200 200 200 200 200 200 200
admin/login/            200 200 200 200 302 200 302 200 302 200 302 200 302 200 302 200
admin/logout/           302 302 302 302 405 302 405 302 405 302 405 302 405 302 405 302
admin/password_change/  302 302 302 302 200 200 200 200 200 200 200 200 200 200 200 200
admin/password_change/done/
                        302 302 302 302 200 405 200 405 200 405 200 405 200 405 200 405
admin/autocomplete/     302 302 302 302 403 405 403 405 403 405 403 405 403 405 403 405
admin/board/            302 302 302 302 403 405 200 405 200 405 200 405 200 405 200 405
admin/board/agents/<agent_id>/state/
                        302 302 302 302 405 403 405 409 405 403 405 409 405 409 405 409
admin/board/agents/<agent_id>/release/
                        302 302 302 302 405 403 405 409 405 403 405 409 405 409 405 409
admin/board/agents/<agent_id>/hand/
                        302 302 302 302 405 403 405 200 405 403 405 200 405 200 405 200
admin/board/calls/<call_id>/move/
                        302 302 302 302 405 403 405 409 405 403 405 409 405 409 405 409
admin/board/calls/<call_id>/end/
                        302 302 302 302 405 403 405 200 405 403 405 200 405 200 405 200
admin/board/messages/   302 302 302 302 405 403 405 409 405 403 405 409 405 409 405 409
admin/jsi18n/           302 302 302 302 200 405 200 405 200 405 200 405 200 405 200 405
admin/r/<content_type_id>/<object_id>/
                        302 302 302 302 404 404 404 404 404 404 404 404 404 404 404 404
admin/<app_label>/      302 302 302 302 404 404 200 200 200 200 200 200 200 200 200 200
admin/<url>             302 302 302 302 404 404 404 404 404 404 404 404 404 404 404 404
admin/auth/user/<id>/password/
                        302 302 302 302 403 403 403 403 403 403 200 200 200 200 200 200
admin/callcenter/watiaccount/<account_id>/test/
                        302 302 302 302 405 403 405 403 405 403 405 403 405 302 405 302
admin/agents/agentstatespan/day/<agent_id>/
                        302 302 302 302 403 403 200 200 200 200 200 200 200 200 200 200
admin/agents/prompt/<prompt_id>/sound/
                        302 302 302 302 403 405 200 405 200 405 200 405 200 405 200 405
admin/permissions/contact/import/
                        302 302 302 302 403 403 403 403 403 403 200 200 200 200 200 200
admin/permissions/contact/<contact_id>/do-not-call/
                        302 302 302 302 403 403 403 403 403 403 200 200 200 200 200 200
admin/permissions/contact/<contact_id>/override/<permission_id>/
                        302 302 302 302 403 403 403 403 403 403 302 302 302 302 302 302
admin/permissions/contact/<contact_id>/erase/
                        302 302 302 302 403 403 403 403 403 403 403 403 200 302 200 302
admin/permissions/contact/undo-merge/<merge_id>/
                        302 302 302 302 405 403 405 403 405 403 405 302 405 302 405 302
admin/calls/call/<call_id>/bundle/
                        302 302 302 302 403 405 200 405 200 405 200 405 200 405 200 405
admin/calls/call/<call_id>/end/
                        302 302 302 302 405 403 405 302 405 403 405 302 405 302 405 302
"""
# Of each list of the admin who may view, add, change and delete its rows. Who may not
# view it gets 403; agents and nobody are sent to the sign-in page.
LISTS = """
                             staff lead auditor supervisor administrator superuser
auth.group                   -     -    v       v          vacd          vacd
auth.user                    -     -    v       vac        vacd          vacd
callcenter.watiaccount       -     -    v       v          vc            vacd
callcenter.auditentry        -     -    v       v          v             v
callcenter.secondfactor      -     -    -       -          -             vd
agents.agent                 -     v    v       vacd       vacd          vacd
agents.agentstatespan        -     v    v       v          v             v
agents.breakreason           -     v    v       vacd       vacd          vacd
agents.floormessage          -     v    v       v          v             v
agents.prompt                -     v    v       vacd       vacd          vacd
agents.queue                 -     vc   v       vacd       vacd          vacd
agents.schedule              -     v    v       vacd       vacd          vacd
calls.call                   -     v    v       v          v             v
calls.disposition            -     v    v       vacd       vacd          vacd
calls.line                   -     v    v       vc         vc            vc
calls.node                   -     -    v       v          v             v
calls.plan                   -     v    v       v          v             v
calls.setasideline           -     -    v       vd         vd            vd
calls.watirequest            -     -    v       v          v             v
calls.webhookdelivery        -     -    v       v          v             v
permissions.callpermission   -     -    v       v          v             v
permissions.contact          -     v    v       vac        vac           vac
permissions.permissionevent  -     -    v       v          v             v
"""
# Wati alone, by its key: a session is worth nothing here.
WEBHOOKS = {f"webhooks/wati/{kind}{slash}" for kind in Kind for slash in ("/", "")}
OF_A_LIST = re.compile(r"admin/(\w+)/(\w+)/(?:add/|<path:object_id>/.*|)")


def all_routes() -> Iterator[str]:
    """Yield each address as the URL configuration writes it."""

    def walk(patterns: list[Any], before: str) -> Iterator[str]:
        for one in patterns:
            route = before + str(one.pattern)
            if isinstance(one, URLResolver):
                yield from walk(one.url_patterns, route)
            else:
                assert isinstance(one, URLPattern)
                yield route

    yield from walk(get_resolver().url_patterns, "")


def plain(route: str) -> str:
    """Return a route as the table writes it: its values by their names alone."""
    route = re.sub(r"\^?\(\?P<(\w+)>[^)]*\)", r"<\1>", route).replace("$", "")
    return re.sub(r"<\w+:(\w+)>", r"<\1>", route)


def list_of(route: str) -> str:
    """Return the list of the admin that an address belongs to, such as agents.queue."""
    found = OF_A_LIST.fullmatch(route)
    return ".".join(found.groups()) if found else ""


def pages() -> dict[str, list[int]]:
    """Read the first table."""
    rows = re.findall(r"^(\S+)\s+((?:\d{3}\s+)+)", PAGES, re.MULTILINE)
    return {
        route.strip("'"): [int(status) for status in statuses.split()]
        for route, statuses in rows
    }


def lists() -> dict[str, list[str]]:
    """Read the second table."""
    rows = [line.split() for line in LISTS.strip().splitlines()[1:]]
    return {label: rights for label, *rights in rows}


# --- The tables are whole -------------------------------------------------------------


def test_every_address_has_its_line():
    # The simulator is a tool of developers; settings refuse it outside DEBUG.
    routes = {one for one in all_routes() if not one.startswith("simulator/")}
    registered = {model._meta.label_lower for model in admin.site._registry}
    of_lists = {one for one in routes if list_of(one) in registered}
    assert {plain(one) for one in routes - of_lists} == set(pages()) | WEBHOOKS
    assert registered == set(lists())


def test_the_tables_are_readable():
    assert {len(row) for row in pages().values()} == {2 * len(ROLES)}
    assert {len(row) for row in lists().values()} == {len(ROLES) - 2}


# --- A row of each kind ---------------------------------------------------------------


class World:
    """The cast, one row of each list, and who would like to see it."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        carla = Contact.objects.create(waid=CARLA, name="Carla")
        call = Call.objects.create(
            account=cast.account,
            wati_call_id="wacid.1",
            direction="inbound",
            line=cast.line,
            queue=cast.queue,
            contact=carla,
            status="active",
            agent=cast.bruno,
        )
        now = timezone.now()
        permission = CallPermission.objects.create(
            account=cast.account, business_number=cast.line.number, contact=carla
        )
        self.merge = Merge.objects.create(
            contact=carla, merged_id=9, merged_name="C", undone_at=now
        )
        made: list[Model] = [
            carla,
            call,
            permission,
            cast.account,
            cast.line,
            cast.queue,
            cast.ana,
            cast.ana.user,
            Group.objects.create(name="Night shift"),
            AuditEntry.objects.latest("pk"),
            SecondFactor.objects.create(user=cast.bruno.user, secret="x"),
            AgentStateSpan.objects.create(
                agent=cast.ana, state="available", started_at=now
            ),
            BreakReason.objects.create(name="Lunch"),
            messaging.send("Hello", cast.sofia, [cast.ana.pk], "Ana", DAY),
            Prompt.objects.create(name="Hello", sound=b"OggS"),
            Schedule.objects.create(name="Office", time_zone="UTC"),
            Disposition.objects.create(name="Sold"),
            Node.objects.create(name="node-9", lease_until=now),
            Plan.objects.create(contact=carla, line=cast.line, agent=cast.ana),
            WatiRequest.objects.create(account=cast.account, call=call, verb="accept"),
            WebhookDelivery.objects.create(
                account=cast.account, kind=Kind.INBOUND_CALL, body=b"{}"
            ),
            SetAsideLine.objects.create(
                file="webhooks.jsonl.1", line=b"{", problem="x"
            ),
            PermissionEvent.objects.create(contact=carla, kind="granted", at=now),
        ]
        self.rows = {row._meta.label_lower: row for row in made}
        self.clients = dict(zip(ROLES, self._people(), strict=True))

    def _people(self) -> Iterator[Client]:
        yield Client()
        yield signed_in(self.cast.ana.user)
        yield signed_in(person("rui"))
        self.lead = person("lea", roles.TEAM_LEAD)
        self.cast.queue.team_leads.add(self.lead)
        yield signed_in(self.lead)
        yield signed_in(person("vera", roles.AUDITOR))
        yield signed_in(person("tom", roles.SUPERVISOR))
        yield signed_in(person("ines", roles.ADMINISTRATOR))
        yield signed_in(self.cast.sofia)

    def ask(self, role: str, verb: str, address: str, **options: Any) -> Any:
        client = self.clients[role]
        kept = deepcopy(client.cookies)
        send = getattr(client, verb)
        answer = asked(lambda: send(address, secure=True, **options))
        client.cookies = kept
        return answer

    def answers(self, address: str) -> list[int]:
        """Return what each role is answered: to GET, and to POST."""
        verbs = ("get", "post")
        return [
            self.ask(role, verb, address).status_code
            for role in ROLES
            for verb in verbs
        ]

    def pages_of(self, label: str) -> list[str]:
        """Return the addresses of a list: itself, add, change, history and delete."""
        root = f"/admin/{label.replace('.', '/')}/"
        row = f"{root}{self.rows[label].pk}/"
        ends = ("change/", "history/", "delete/")
        return [root, f"{root}add/", *(f"{row}{end}" for end in ends)]

    def rights(self, role: str, label: str) -> Iterator[str]:
        """Yield the letter of each thing that this role may do in a list."""
        listed, add, change, history, delete = self.pages_of(label)

        def may(*asks: tuple[str, str]) -> bool:
            statuses = {status_of(self.ask(role, verb, page)) for verb, page in asks}
            assert statuses == {403} or statuses <= {200, 302, 409}, (role, asks)
            return statuses != {403}

        if may(("get", listed), ("get", change), ("get", history)):
            yield "v"
        if may(("get", add), ("post", add)):
            yield "a"
        if may(("post", change)):
            yield "c"
        if may(("get", delete), ("post", delete)):
            yield "d"

    def address(self, route: str) -> str:
        values = {
            "account_id": self.cast.account.pk,
            "agent_id": self.cast.ana.pk,
            "prompt_id": self.rows["agents.prompt"].pk,
            "contact_id": self.rows["permissions.contact"].pk,
            "permission_id": self.rows["permissions.callpermission"].pk,
            "merge_id": self.merge.pk,
            "call_id": self.rows["calls.call"].pk,
            "id": self.cast.ana.user.pk,
            "content_type_id": 1,
            "object_id": 1,
            "app_label": "agents",
            "url": "nowhere/",
        }
        return "/" + re.sub(r"<(\w+)>", lambda name: str(values[name[1]]), route)


def status_of(answer: Any) -> int:
    """Return the status; a row that is not there for somebody counts as forbidden."""
    is_home = answer.headers.get("Location") == "/admin/"
    return 403 if is_home else int(answer.status_code)


def person(name: str, *their_roles: str) -> User:
    """Make a user with a desk in the admin, and these roles."""
    user = User.objects.create(username=name, password=HASHED, is_staff=True)
    roles.give(user, *their_roles)
    return user


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def world(
    db: None,
    settings: Any,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> World:
    # Files that nobody reads count as being taken.
    monkeypatch.setattr(exporting_views, "_places", Places(1000, 1000))
    caplog.set_level("CRITICAL", "django.request")  # a trace for each refusal
    settings.SECURE_HSTS_SECONDS = 3600
    return World(introduce())


Ask = Callable[[], Any]


def asked(ask: Ask) -> Any:
    """Ask, and undo what it did: each request finds the same rows."""
    with transaction.atomic():
        answer = ask()
        transaction.set_rollback(True)
    hardened(answer)
    return answer


COOKIES = {"session", "csrftoken", "messages", "django_language"}


def hardened(answer: Any) -> None:
    """Every answer tells the browser what it may not do with it."""
    headers = answer.headers
    assert headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Permissions-Policy"].startswith("microphone=(self), camera=()")
    assert "max-age=3600" in headers["Strict-Transport-Security"]
    assert "no-store" in headers["Cache-Control"]
    assert answer.cookies.keys() <= COOKIES
    if "text/html" in headers.get("Content-Type", ""):
        assert forbidden_in(answer.text) == []


# --- Who sees what --------------------------------------------------------------------


def test_who_may_open_a_page(world: World):
    found = {route: world.answers(world.address(route)) for route in pages()}
    wrong = {route: row for route, row in found.items() if row != pages()[route]}
    assert wrong == {}


def test_who_may_do_what_in_a_list(world: World, monkeypatch: pytest.MonkeyPatch):
    # What the pages look like is no matter here, and takes most of the time.
    monkeypatch.setattr(TemplateResponse, "rendered_content", "")
    found = {
        label: ["".join(world.rights(role, label)) or "-" for role in ROLES[2:]]
        for label in lists()
    }
    wrong = {label: row for label, row in found.items() if row != lists()[label]}
    assert wrong == {}


def test_a_list_that_is_edited_in_place_needs_the_right_to_change(world: World):
    editable = {
        model._meta.label_lower: model
        for model, one in admin.site._registry.items()
        if one.list_editable
    }
    assert editable.keys() <= {"agents.breakreason", "calls.disposition"}
    for label, model in editable.items():
        form = {"form-0-id": world.rows[label].pk, "form-0-name": "X", "_save": "Save"}
        form |= {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1}
        page = world.pages_of(label)[0]
        assert world.ask("auditor", "post", page, data=form).status_code == 403
        assert not model.objects.filter(name="X").exists()


def test_no_page_of_a_list_needs_more_than_the_policy_allows(world: World):
    """What a page holds is looked at in `hardened`."""
    for label in lists():
        for page in world.pages_of(label):
            assert world.ask("superuser", "get", page).status_code in (200, 403), page


@pytest.mark.parametrize(
    "markup",
    [
        "<script>1</script>",
        "<style>p {}</style>",
        "<p style='top: 0'>",
        "<p onclick='1'/>",
        "<a href='javascript:1'>",
        "<base href='/'>",
        "<script src='//evil.example/1.js'></script>",
        "<link rel='stylesheet' href='https://evil.example/1.css'>",
    ],
)
def test_what_the_policy_forbids_is_seen(markup: str):
    assert forbidden_in(f"<!doctype html>{markup}") != []


def test_who_is_no_staff_sees_no_list(world: World):
    for label in lists():
        for role in ("nobody", "agent"):
            for page in world.pages_of(label):
                answer = world.ask(role, "get", page)
                assert answer.status_code == 302
                assert answer["Location"].startswith("/admin/login/?next="), page


def test_an_agent_gets_nothing_by_an_id(world: World):
    """Neither their own thing nor another's, nor a word whether there is one."""
    by_id = [world.address(route) for route in pages() if "<" in route]
    by_id += [page for label in lists() for page in world.pages_of(label)[2:]]
    for address in by_id:
        guess = re.sub(r"[0-9a-f-]{36}", str(uuid4()), address)
        guess = re.sub(r"/\d+/", "/987654/", guess)
        said = set()
        for one in (address, guess):
            answer = world.ask("agent", "get", one)
            there = answer.headers.get("Location", "")
            said.add((answer.status_code, unquote(there.partition("next=")[2]) == one))
        assert said in ({(302, True)}, {(403, False)}), address


@pytest.mark.parametrize("path", sorted(WEBHOOKS))
def test_a_session_is_no_key_for_a_webhook(path: str, world: World):
    for role in ("nobody", "superuser"):
        assert world.ask(role, "post", f"/{path}").status_code == 401
        page = world.ask(role, "get", f"/{path}", headers={"accept": "text/html"})
        assert page.status_code in (401, 405)
        assert page["Content-Type"] == "application/json"
    assert WebhookDelivery.objects.count() == 1


def test_every_form_needs_its_token(world: World):
    """A page elsewhere cannot send a form in the name of who is signed in."""
    sofia = Client(enforce_csrf_checks=True)
    sofia.force_login(world.cast.sofia)
    addresses = [world.address(route) for route in pages()]
    addresses += [page for label in lists() for page in world.pages_of(label)]
    for address in addresses:
        answer = asked(lambda address=address: sofia.post(address, secure=True))
        assert answer.status_code in (403, 405), address


def test_after_signing_out_the_browser_keeps_no_page(world: World):
    for role, address in (("agent", "/sign-out/"), ("staff", "/admin/logout/")):
        answer = world.ask(role, "post", address)
        assert answer["Clear-Site-Data"] == '"cache"'


# --- Error pages ----------------------------------------------------------------------


def boom(request: Any) -> Any:
    raise RuntimeError(f"a secret: {request.path}")


@pytest.fixture
def sofia(world: World) -> Client:
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(world.cast.sofia)
    return client


@pytest.mark.parametrize(
    ("status", "title", "ask"),
    [
        (400, "Bad request", {"path": "/", "headers": {"host": "evil.example"}}),
        (403, "No access", {"path": "/admin/autocomplete/"}),
        (404, "Not found", {"path": "/nowhere/<script>"}),
        (403, "Form expired", {"path": "/sign-out/", "method": "POST"}),
        (500, "Server error", {"path": "/healthz"}),
    ],
)
def test_an_error_is_a_page_of_the_house_and_tells_nothing(
    status: int,
    title: str,
    ask: dict[str, Any],
    sofia: Client,
    monkeypatch: pytest.MonkeyPatch,
):
    if status == 500:
        monkeypatch.setattr("callcenter.health.JsonResponse", boom)
        ask = {"path": "/readyz"}
    for language in ("en", "es"):
        method = ask.get("method", "GET")
        headers = {"accept-language": language} | ask.get("headers", {})
        answer = sofia.generic(method, ask["path"], secure=True, headers=headers)
        hardened(answer)
        assert answer.status_code == status
        page = answer.text
        assert f'<html lang="{language}">' in page
        assert (f"<title>{title}</title>" in page) == (language == "en")
        assert 'href="/static/css/login.css"' in page
        for told in (
            "Traceback",
            "secret",
            "Django",
            "evil.example",
            "nowhere",
            "csrf",
        ):
            assert told not in page


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "", "localhost:x", "a b"]
)
def test_only_our_own_names_are_answered(host: str, sofia: Client):
    assert sofia.get("/sign-in/", headers={"host": host}).status_code == 400


ELSEWHERE = (
    "https://evil.example/",
    "HTTPS://evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https:///evil.example",
    "//evil.example",
    "///evil.example",
    "////evil.example/",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "\n//evil.example",
    " //evil.example",
    "\x00//evil.example",
    "//testserver@evil.example",
    "https://testserver.evil.example/",
    "https://testserver:443@evil.example/",
    "https://testserver\\@evil.example/",
    "http://testserver/",  # not by https
    "javascript:alert(1)",
    "data:text/html,1",
    "//[::1",
)


def test_nobody_is_sent_elsewhere(world: World, settings: Any):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    User.objects.update(password=make_password(PASSWORD))
    names = {"nobody": "ana", "superuser": "supervisor"}
    for elsewhere in ELSEWHERE:
        for role, page in (
            ("nobody", "/sign-in/"),
            ("superuser", "/admin/login/"),
            ("agent", "/sign-out/"),
            ("agent", "/language/"),
        ):
            form = {"username": names.get(role, ""), "password": PASSWORD}
            form |= {"language": "es", "next": elsewhere}
            answer = world.ask(role, "post", page, data=form)
            assert goes_home(answer), (page, elsewhere)
            address = f"{page}?{urlencode({'next': elsewhere})}"
            del form["next"]
            answer = world.ask(role, "post", address, data=form)
            assert goes_home(answer), (page, elsewhere)


def goes_home(answer: Any) -> bool:
    homes = ("/", "/sign-in/", "/admin/")
    return answer.status_code == 302 and answer["Location"] in homes


def test_nobody_is_sent_where_they_say_they_come_from(world: World):
    for elsewhere in ELSEWHERE:
        said = {"referer": elsewhere.strip().replace("\x00", "")}
        answer = world.ask("agent", "post", "/language/", headers=said)
        assert goes_home(answer), elsewhere


@pytest.mark.parametrize("path", ["//evil.example/console", "/admin//evil.example"])
def test_a_path_that_looks_like_a_host_stays_a_path(path: str, world: World):
    for role in ("agent", "superuser"):
        answer = world.ask(role, "get", path)
        there = urlsplit(answer.headers.get("Location", ""))
        assert (there.scheme, there.netloc) == ("", "")
