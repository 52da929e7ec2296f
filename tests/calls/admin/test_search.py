"""What Sofia types into the search boxes, and the files with the same rows."""

import pytest
from django.contrib import admin
from django.test import Client

from callcenter.long_lists import UpToMost
from calls.models import Call, Disposition, Leg, Plan
from permissions.admin.finding import FoundByPerson
from permissions.models import CallPermission, Contact, PermissionEvent
from tests.cast import CARLA, Cast
from tests.words import forgotten

LOG = "/admin/calls/call/"
FILE = "/calls/export.csv"
NUMBERS = ("0151 12345678", "\u202a+49 151 12345678\u202c", "tel:+4915112345678", "678")
LISTS = [
    LOG,
    "/admin/calls/plan/",
    "/admin/permissions/contact/",
    "/admin/permissions/callpermission/",
    "/admin/permissions/permissionevent/",
]


@pytest.fixture
def sofia(cast: Cast, client: Client) -> Client:
    client.force_login(cast.sofia)
    return client


@pytest.fixture
def perez(cast: Cast) -> Contact:
    """José Pérez, with one row in every list about people; so has Łukasz Weiß."""
    cast.line.number = "4930123456"
    cast.line.save()
    people = (CARLA, "José Pérez"), ("525512345600", "Łukasz Weiß")
    jose, _ = (_with_everything(cast, waid, name) for waid, name in people)
    return jose


def _with_everything(cast: Cast, waid: str, name: str) -> Contact:
    contact = Contact.objects.create(waid=waid, name=name)
    Call.objects.create(
        account=cast.account, contact=contact, direction="inbound", status="ended"
    )
    Plan.objects.create(contact=contact, line=cast.line, expires_at="2031-01-01T00:00Z")
    permission = CallPermission.objects.create(
        account=cast.account, business_number=cast.line.number, contact=contact
    )
    PermissionEvent.objects.create(
        contact=contact, permission=permission, kind="granted", at="2026-11-01T00:00Z"
    )
    return contact


def rows(sofia: Client, page: str, typed: str, **filters: str) -> list:
    answer = sofia.get(page, {"q": typed, **filters})
    assert answer.status_code == 200, typed
    return list(answer.context["cl"].result_list)


@pytest.mark.parametrize("page", LISTS)
def test_every_list_finds_a_person_however_they_are_typed(
    sofia: Client, perez: Contact, page: str
):
    for typed in ("perez", "JOSÉ", "per jos", *NUMBERS):
        (row,) = rows(sofia, page, typed)
        assert perez in (row, getattr(row, "contact", None))
    assert len(rows(sofia, page, "")) == 2
    assert rows(sofia, page, "perez nobody") == []


def test_no_list_about_people_searches_in_a_way_of_its_own():
    for model, page in admin.site._registry.items():
        fields = {field.name for field in model._meta.get_fields()}
        if model is Contact or "contact" in fields:
            assert isinstance(page, FoundByPerson), model


# --- Calls -------------------------------------------------------------------------


@pytest.fixture
def noted(cast: Cast, perez: Contact) -> Call:
    """José's call with Ana, who sold something and wrote it down."""
    (call,) = Call.objects.filter(contact=perez)
    call.agent = cast.ana
    call.save()
    sale = Disposition.objects.create(name="Verkäufe")
    part = Leg.objects.create(
        call=call,
        agent=cast.ana,
        disposition=Disposition.objects.create(name="Größe L", parent=sale),
    )
    part.write("Wants the señorita's order nº 4711 in crème brûlée.")
    return call


@pytest.mark.parametrize(
    "typed",
    [
        "señorita",
        "senorita",
        "CREME brulee",
        "4711",
        "order perez",
        "Verkaufe",
        "verkaeufe",
        "grosse",
        "groesse perez",
        "ana jose",
        "ana 0151",
        "ana order",
    ],
)
def test_a_call_is_found_by_its_agent_notes_and_disposition(
    sofia: Client, noted: Call, typed: str
):
    assert rows(sofia, LOG, typed) == [noted]


@pytest.mark.parametrize("typed", ["brule creme bruno", "lukasz order", "order ana x"])
def test_a_call_lacks_what_is_not_on_it(sofia: Client, noted: Call, typed: str):
    assert rows(sofia, LOG, typed) == []


def test_few_and_many_are_found_alike(
    cast: Cast, sofia: Client, noted: Call, monkeypatch
):
    typed = ["ana", "order", "perez", "ana jose", "order perez", "4711", "w"]
    few = [rows(sofia, LOG, one) for one in typed]
    monkeypatch.setattr("callcenter.word_index.FEW", 0)
    assert [rows(sofia, LOG, one) for one in typed] == few
    assert all(few)


def test_notes_are_found_as_they_are_now(cast: Cast, sofia: Client, noted: Call):
    part = noted.legs.get()
    part.write("Wants blue.")
    assert rows(sofia, LOG, "order") == []
    assert rows(sofia, LOG, "blue wants") == [noted]
    part.notes = "Green."
    part.save()
    assert rows(sofia, LOG, "blue") == []
    part.write("")
    assert forgotten() == []


# --- Too much ----------------------------------------------------------------------


@pytest.mark.parametrize("page", LISTS)
def test_of_very_many_words_the_first_are_searched_and_the_page_says_so(
    sofia: Client, perez: Contact, page: str
):
    typed = " ".join(["perez"] * 1200)
    answer = sofia.get(page, {"q": typed})
    assert answer.status_code == 200
    assert "Only the first 8 words were searched." in answer.content.decode()
    assert len(answer.context["cl"].result_list) == 1
    if page == LOG:
        assert sofia.get(FILE, {"q": typed}).status_code == 200


@pytest.mark.parametrize("page", LISTS)
def test_no_text_breaks_a_list(sofia: Client, perez: Contact, page: str):
    long = ("a" * 9000, "9" * 9000)
    for typed in ("%", "_", "\\", "'", '"', "*", "+", "()", "tel:", *long):
        assert sofia.get(page, {"q": typed}, follow=True).status_code == 200, typed
    # Which no database takes: refused with a sentence.
    assert sofia.get(page, {"q": "\0"}).status_code == 400


def test_of_very_many_rows_the_first_are_listed_and_the_page_says_so(
    cast: Cast, sofia: Client, perez: Contact, monkeypatch
):
    for _ in range(3):
        Call.objects.create(account=cast.account, contact=perez, direction="inbound")
    monkeypatch.setattr(UpToMost, "most", 3)
    all_of_them = sofia.get(LOG)
    assert all_of_them.context["cl"].result_count == 5
    assert "There are more than" not in all_of_them.content.decode()
    searched = sofia.get(LOG, {"q": "perez"})
    assert searched.context["cl"].result_count == 3
    assert "There are more than 3." in searched.content.decode()
    assert "There are more than" not in sofia.get(LOG, {"q": "lukasz"}).content.decode()
