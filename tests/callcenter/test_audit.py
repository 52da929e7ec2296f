"""Sofia reads in the audit log who did what, and nobody can take it back."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.db import DatabaseError, connection, transaction
from django.test import Client, RequestFactory
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from agents.models import Queue
from callcenter import audit
from callcenter.admin_site import CallCenterAdminSite
from callcenter.audit import Action, record
from callcenter.audited_admin import PRIVATE, Audited, words_of
from callcenter.models import AppendOnly, AuditEntry
from callcenter.urls import EXPORTS
from calls.models import Call
from permissions.models import Contact
from tests.calls.admin.users import form_of, staff
from tests.cast import CARLA, PASSWORD, Cast, introduce
from tests.streams import get, parts_of, signed_in

PAGES = list(admin.site._registry.items())


@pytest.fixture
def crew(db: None) -> Cast:
    return introduce()


class Log:
    """The entries since the last look."""

    def __init__(self) -> None:
        self.seen = 0
        self.news()

    def news(self) -> list[AuditEntry]:
        entries = list(AuditEntry.objects.filter(pk__gt=self.seen).order_by("pk"))
        self.seen = max([entry.pk for entry in entries], default=self.seen)
        return entries

    def words(self) -> list[tuple[str, str, str, str]]:
        return [
            (entry.username, entry.action, entry.object_type, entry.details)
            for entry in self.news()
        ]


@pytest.fixture
def log(crew: Cast) -> Log:
    return Log()


@pytest.fixture
def sofia(crew: Cast, log: Log) -> Client:
    client = Client()
    client.force_login(crew.sofia)
    log.news()
    return client


# --- Signing in -----------------------------------------------------------------------


def sign_in(client: Client, name: str, password: str) -> None:
    client.post("/sign-in/", {"username": name, "password": password})


def test_who_comes_and_goes_is_there_with_the_address(log: Log, crew: Cast):
    client = Client(REMOTE_ADDR="203.0.113.7")
    sign_in(client, "ana", "not her password")
    sign_in(client, "ana", PASSWORD)
    client.post("/sign-out/")
    entries = log.news()
    assert [(entry.action, entry.username) for entry in entries] == [
        ("sign_in_failed", "ana"),
        ("sign_in", "ana"),
        ("sign_out", "ana"),
    ]
    assert {entry.address for entry in entries} == {"203.0.113.7"}
    assert {entry.object_pk for entry in entries} == {str(crew.ana.user.pk)}


def test_a_password_typed_as_a_name_is_not_kept(log: Log):
    sign_in(Client(), "correct horse battery staple", "ana")
    [entry] = log.news()
    assert (entry.username, entry.user_pk, entry.object_pk) == ("co…", "", "")


def test_a_new_password_is_there_and_not_its_hash(log: Log, crew: Cast):
    crew.ana.user.set_password("a-new-one-of-hers")
    crew.ana.user.save()
    [entry] = log.news()
    assert (entry.action, entry.object_name, entry.details) == ("password", "ana", "")


def test_a_stronger_hash_is_no_new_password(log: Log, crew: Cast):
    crew.ana.user.password = "pbkdf2_sha256$1$salt$hash"
    crew.ana.user.save(update_fields=["password"])
    assert log.news() == []


def test_rights_are_there_wherever_they_were_given(log: Log, crew: Cast):
    user, leads = crew.ana.user, Group.objects.create(name="Team leads")
    user.is_staff = True
    user.save()
    user.groups.add(leads)
    leads.permissions.set(Permission.objects.filter(codename="view_call"))
    user.groups.clear()
    user.is_superuser = True
    user.save(update_fields=["first_name"])  # writes nothing of it
    assert [(entry.object_name, entry.details) for entry in log.news()] == [
        ("ana", "is_staff=True"),
        ("ana", "group added: Team leads"),
        ("Team leads", "permission added: Calls | call | Can view call"),
        ("ana", "group removed all"),
    ]


# --- The admin ------------------------------------------------------------------------


def test_no_page_of_the_admin_escapes(
    log: Log, crew: Cast, monkeypatch: pytest.MonkeyPatch
):
    assert {User, Group, Queue, Call} < {model for model, _ in PAGES}
    request = RequestFactory().get("/")
    request.user = crew.sofia
    for model, page in PAGES:
        monkeypatch.setattr(model, "__str__", lambda row: "a row")
        row, label = model(pk=7), model._meta.label_lower
        with audit.visit(request, ""):
            page.log_addition(request, row, [{"added": {}}])
            page.log_change(request, row, [{"changed": {"fields": ["Name"]}}])
            page.log_deletions(request, [row])
        assert log.words() == [
            ("supervisor", "added", label, ""),
            ("supervisor", "changed", label, "Name"),
            ("supervisor", "deleted", label, ""),
        ]


def test_a_page_that_is_registered_tomorrow_is_audited_too():
    site = CallCenterAdminSite()
    site.register(Queue)
    assert isinstance(site.get_model_admin(Queue), Audited)


def test_a_change_names_its_fields_and_shows_no_secret(
    log: Log, sofia: Client, crew: Cast
):
    address = f"/admin/callcenter/watiaccount/{crew.account.pk}/change/"
    form = form_of(sofia, address) | {"name": "Shop", "api_token": "a-new-token-12345"}
    assert sofia.post(address, form).status_code == 302
    [entry] = log.news()
    assert (entry.username, entry.action, entry.object_name) == (
        "supervisor",
        "changed",
        "Shop",
    )
    assert entry.details == "Name, API token"


def test_a_request_that_records_nothing_itself_is_recorded(
    log: Log, sofia: Client, crew: Cast
):
    carla = Contact.objects.create(waid=CARLA, name="Carla")
    page = f"/admin/permissions/contact/{carla.pk}/do-not-call/"
    answer = sofia.post(page, {"reason": "She asked us to.", "on": "1"})
    assert answer.status_code == 302
    asked = f"permissions_contact_do_not_call contact_id={carla.pk}"
    assert log.words() == [("supervisor", "submitted", "", asked)]


def test_reading_a_list_leaves_no_entry(log: Log, sofia: Client):
    assert sofia.get("/admin/agents/queue/").status_code == 200
    assert log.news() == []


def test_who_opens_a_call_is_there_and_the_caller_is_not_named(
    log: Log, sofia: Client, crew: Cast
):
    carla = Contact.objects.create(waid=CARLA, name="Carla")
    call = Call.objects.create(
        account=crew.account,
        wati_call_id="wacid.1",
        direction="inbound",
        line=crew.line,
        contact=carla,
        status="active",
    )
    sofia.get(f"/admin/calls/call/{call.pk}/change/")
    sofia.get(f"/admin/permissions/contact/{carla.pk}/change/")
    sofia.get("/admin/permissions/contact/999999/change/")
    entries = log.news()
    assert [
        (entry.action, entry.object_type, entry.object_pk) for entry in entries
    ] == [
        ("viewed", "calls.call", str(call.pk)),
        ("viewed", "permissions.contact", str(carla.pk)),
    ]
    assert not [entry for entry in entries if entry.object_name]


def test_the_pages_whose_readers_are_recorded_exist():
    assert {model._meta.label_lower for model, _ in PAGES} >= PRIVATE


def test_rows_below_a_row_are_named_by_their_kind():
    message = [
        {"changed": {"fields": ["Ring timeout"]}},
        {"added": {"name": "membership", "object": "Ana"}},
        {"changed": {"name": "membership", "object": "Bruno", "fields": ["Level"]}},
    ]
    said = "Ring timeout; added membership; changed membership (Level)"
    assert words_of(message) == said


# --- Files ----------------------------------------------------------------------------


@pytest.mark.parametrize("export", EXPORTS, ids=lambda export: export.name)
def test_a_file_is_recorded_with_its_filters_and_rows(cast: Cast, export: Any):
    log, reader = Log(), signed_in(cast.sofia)
    log.news()
    rows = export.model._default_manager.count()
    parts_of(get(reader, f"/{export.address}.csv?from=2020-01-01&q="))
    entry = log.news()[-1]
    assert (entry.username, entry.action) == ("supervisor", "exported")
    assert entry.details == f"{export.name}: {rows} rows; from=2020-01-01"


def test_what_was_searched_is_a_person_and_not_kept(cast: Cast):
    log = Log()
    get(signed_in(cast.sofia), f"/calls/export.csv?q={CARLA}")
    assert log.news()[-1].details == "calls: 0 rows; q=…"


# --- Nobody takes it back -------------------------------------------------------------


def entry_of(age: timedelta = timedelta()) -> AuditEntry:
    record(Action.SUBMITTED, details="a test")
    entry = AuditEntry.objects.latest("pk")
    if age:
        entry = AuditEntry(action="submitted", at=timezone.now() - age)
        entry.save()
    return entry


def test_the_code_cannot_change_an_entry(crew: Cast):
    entry = entry_of()
    same = AuditEntry.objects.filter(pk=entry.pk)
    for change in (entry.save, entry.delete, same.delete):
        with pytest.raises(AppendOnly):
            change()
    with pytest.raises(AppendOnly):
        same.update(username="ana")
    with pytest.raises(AppendOnly):
        AuditEntry.objects.bulk_update([entry], ["username"])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE callcenter_auditentry SET username = 'ana' WHERE id = %s",
        "UPDATE callcenter_auditentry SET at = '2001-01-01' WHERE id = %s",
        "DELETE FROM callcenter_auditentry WHERE id = %s",
    ],
)
def test_the_database_refuses_it_too(crew: Cast, statement: str):
    entry = entry_of()
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement, [entry.pk])


def test_what_is_older_than_the_rule_may_go(crew: Cast):
    delete = "DELETE FROM callcenter_auditentry WHERE id = %s"
    old, young = entry_of(timedelta(days=366)), entry_of(timedelta(days=364))
    with connection.cursor() as cursor:
        cursor.execute(delete, [old.pk])
        with pytest.raises(DatabaseError), transaction.atomic():
            cursor.execute(delete, [young.pk])
    assert not AuditEntry.objects.filter(pk=old.pk).exists()


def test_sofia_reads_and_searches_and_can_do_no_more(sofia: Client, crew: Cast):
    sign_in(Client(), "ana", "not her password")
    entry = AuditEntry.objects.latest("pk")
    page = f"/admin/callcenter/auditentry/{entry.pk}/change/"
    shown = sofia.get("/admin/callcenter/auditentry/?q=ana")
    assert list(shown.context["cl"].result_list)[0] == entry
    assert not sofia.get("/admin/callcenter/auditentry/?q=zz").context["cl"].result_list
    assert sofia.get(page).status_code == 200
    assert sofia.post(page, {"username": "bruno"}).status_code == 403
    assert sofia.get("/admin/callcenter/auditentry/add/").status_code == 403
    assert sofia.post(page.replace("change", "delete")).status_code == 403


def test_who_may_not_read_it_does_not(crew: Cast):
    rui = staff("view_call")
    assert rui.get("/admin/callcenter/auditentry/").status_code == 403
    User.objects.get(username="rui").user_permissions.add(
        Permission.objects.get(codename="view_auditentry")
    )
    assert rui.get("/admin/callcenter/auditentry/").status_code == 200


# --- What is written ------------------------------------------------------------------


@given(st.text(), st.integers(min_value=1, max_value=300))
def test_an_entry_is_one_line_whatever_is_in_it(text: str, most: int):
    line = audit.one_line(text, most)
    assert len(line) <= most
    assert len(line.splitlines()) <= 1
    assert "\0" not in line
    line.encode()


def test_without_a_request_an_entry_has_no_user(crew: Cast):
    log = Log()
    record(Action.ERASED, details="by a command")
    [entry] = log.news()
    assert (entry.username, entry.address) == ("", "")
