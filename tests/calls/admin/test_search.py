"""What Sofia types into the search boxes, and the files with the same rows."""

import random

import pytest
from django.contrib import admin
from django.test import Client
from django.utils import timezone

from callcenter.long_lists import UpToMost
from calls.models import Call, Disposition, Leg, Plan
from permissions import folding
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


INDEX, LISTS_OF = "callcenter.word_index", "permissions.search"
MANY = {f"{INDEX}.FEW": 0, "calls.reporting.search.FEW_OF_THE_LIST": 0}
NO_PAGE = {f"{LISTS_OF}.A_PAGE": 1000}
WAYS: dict[str, dict[str, int]] = {
    "by their keys": {},
    "each is looked at": MANY | {f"{LISTS_OF}.A_PAGE": 0},
    "gathered": MANY | NO_PAGE,
    "some are everywhere": MANY | NO_PAGE | {f"{INDEX}.MOST_GATHERED": 8},
    "all are everywhere": MANY | NO_PAGE | {f"{INDEX}.MOST_GATHERED": 0},
    "often together": MANY | NO_PAGE | {f"{LISTS_OF}.MOST_KEYS": 2},
    "few contacts, many notes": MANY | NO_PAGE | {f"{INDEX}.FEW": 5000},
}
NAMES = ("José Pérez", "Ana Weiß", "Order Blue", "")
NOTES = ("Wants blue.", "Blue order, Perez again.", "A jug.", "")


def busy_log(cast: Cast) -> dict[str, Call]:
    """Forty calls whose contacts, agents, notes and dispositions share their words."""
    chance = random.Random(5)
    sold = [Disposition.objects.create(name=name) for name in ("Order", "Wanted")]
    contacts = [
        Contact.objects.create(waid=f"491511234{place:04}", name=name)
        for place, name in enumerate(NAMES)
    ]
    log = {}
    for _ in range(40):
        contact, agent = chance.choice(contacts), chance.choice((cast.ana, cast.bruno))
        call = Call.objects.create(
            account=cast.account, contact=contact, agent=agent, direction="inbound"
        )
        said, chosen = chance.choice(NOTES), chance.choice([*sold, None])
        at = timezone.now()
        leg = Leg.objects.create(call=call, agent=agent, started_at=at, ended_at=at)
        leg.write(said)
        Leg.objects.filter(pk=leg.pk).update(disposition=chosen)
        log[f"{contact.name} {agent.name} {said} {chosen or ''} {call.pk}"] = call
    return log


@pytest.mark.parametrize("way", WAYS)
def test_calls_are_found_alike_whichever_way_leads_to_them(
    cast: Cast, sofia: Client, monkeypatch: pytest.MonkeyPatch, way: str
):
    log = busy_log(cast)
    for name, value in WAYS[way].items():
        monkeypatch.setattr(name, value)
    chance = random.Random(7)
    for _ in range(25):
        words = ("ana", "ord", "blue", "perez", "w", "jug", "jose", "bruno", "nobody")
        typed = " ".join(chance.sample(words, chance.randint(1, 3)))
        terms = folding.terms(typed)
        expected = {
            call.pk
            for text, call in log.items()
            if all(folding.begins(term, folding.words(text)) for term in terms)
        }
        assert {row.pk for row in rows(sofia, LOG, typed)} == expected, typed


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
