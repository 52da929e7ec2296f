"""A contact is found by whatever is known of them, and whatever happened to them."""

import random
from collections.abc import Callable, Iterable

import pytest

from callcenter.wati.events import Person
from calls.console import notes
from calls.models import Call, Leg
from permissions import folding, merging, people, search
from permissions.imports import import_contacts
from permissions.models import Contact, ContactWord, Merge
from tests.cast import CARLA, Cast
from tests.words import forgotten

GERMAN, BRAZILIAN, MEXICAN, SPANISH = (
    "4930123456",
    "551140028922",
    "525550123456",
    "34910123456",
)
ITALIAN = "390612345678"


def near(cast: Cast, number: str) -> None:
    cast.line.number = number
    cast.line.save()


def found(text: str) -> list[str]:
    return sorted(str(contact) for contact in search.contacts(text))


# --- By number ---------------------------------------------------------------------

TYPED = [
    (GERMAN, "4915112345678", "0151 12345678"),
    (GERMAN, "4915112345678", "0151/1234-5678"),
    (GERMAN, "4915112345678", "015112345678"),
    (GERMAN, "4915112345678", "+49 151 12345678"),
    (GERMAN, "4915112345678", "0049 151 12345678"),
    (GERMAN, "4915112345678", "+49 (0)151 12345678"),
    (GERMAN, "4915112345678", "tel:+49-151-12345678"),
    (GERMAN, "4915112345678", "https://wa.me/4915112345678"),
    (GERMAN, "4915112345678", "\u202a+49 151 12345678\u202c"),
    (GERMAN, "4915112345678", "+49\u00a0151\u00a012345678"),
    (GERMAN, "4915112345678", "＋４９１５１１２３４５６７８"),
    (GERMAN, "4915112345678", "4915112345678"),
    (GERMAN, "4915112345678", "15112345678"),
    (GERMAN, "4915112345678", "49151"),
    (GERMAN, "4915112345678", "+49 151"),
    (GERMAN, "4915112345678", "0151"),
    (GERMAN, "4915112345678", "0151 123"),
    (GERMAN, "4915112345678", "5678"),
    (GERMAN, "4915112345678", "345 678"),
    (GERMAN, "4915112345678", "678"),
    (SPANISH, "4915112345678", "0151 12345678"),
    (SPANISH, "34612345678", "612 345 678"),
    (SPANISH, "34612345678", "612345678.0"),
    (BRAZILIAN, "553188887766", "+55 31 98888-7766"),
    (BRAZILIAN, "553188887766", "(31) 98888-7766"),
    (BRAZILIAN, "553188887766", "031 98888-7766"),
    (BRAZILIAN, "553188887766", "31 8888-7766"),
    (BRAZILIAN, "5531988887766", "553188887766"),
    (BRAZILIAN, "5531988887766", "3188887766"),
    (BRAZILIAN, "553188887766", "988887766"),
    (MEXICAN, "5215512345678", "55 1234 5678"),
    (MEXICAN, "5215512345678", "+52 55 1234 5678"),
    (MEXICAN, "525512345678", "+52 1 55 1234 5678"),
    (GERMAN, "5491123456789", "541123456789"),
    (GERMAN, "541123456789", "+54 9 11 2345-6789"),
    (ITALIAN, "390698765432", "06 9876 5432"),
    (ITALIAN, "390698765432", "+39 06 98765432"),
]


@pytest.mark.parametrize(("line", "number", "typed"), TYPED)
def test_a_number_is_found_in_every_way_to_type_it(
    cast: Cast, line: str, number: str, typed: str
):
    near(cast, line)
    people.remember(cast.account, Person(number, name="Carla"))
    people.remember(cast.account, Person("4917600000001", name="Dora"))
    assert found(typed) == ["Carla"]


@pytest.mark.parametrize(
    "typed", ["+49 151 5678", "00499", "+151", "0123", "87654321", "12"]
)
def test_other_numbers_are_not_found(cast: Cast, typed: str):
    near(cast, GERMAN)
    people.remember(cast.account, Person(CARLA, name="Carla"))
    assert found(typed) == []


def test_a_number_near_a_line_that_the_console_names(cast: Cast):
    near(cast, SPANISH)
    people.remember(cast.account, Person("525512345678", name="Carla"))
    typed = "044 55 1234 5678"  # as Mexicans dialed until 2019
    assert not search.contacts(typed)
    assert search.contacts(typed, near=MEXICAN).get().name == "Carla"


def test_a_name_and_a_part_of_a_number(cast: Cast):
    people.remember(cast.account, Person(CARLA, name="Carla"))
    people.remember(cast.account, Person("4915199999999", name="Dora"))
    assert found("carla 0151") == found("5678 car") == ["Carla"]


# --- By name and other IDs ---------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    ["@bob_99", "bob_99", "BOB", "BR.1A9f3C77xQ", "br.1a9f", "roberto", "peña rob"],
)
def test_a_contact_is_found_by_username_user_id_and_name(cast: Cast, typed: str):
    person = Person(bsuids=("BR.1A9f3C77xQ",), username="Bob_99", name="Roberto Peña")
    people.remember(cast.account, person)
    people.remember(cast.account, Person(CARLA, name="Carla"))
    assert found(typed) == ["Roberto Peña"]


def test_an_empty_search_leaves_everybody(cast: Cast):
    people.remember(cast.account, Person(CARLA, name="Carla"))
    for typed in ("", "  ", "\0", "\u200b"):
        assert found(typed) == ["Carla"]


def test_who_was_merged_is_found_by_both_names_until_parted(cast: Cast):
    carla = people.remember(cast.account, Person(CARLA, name="Carla"))
    lola = people.remember(cast.account, Person("34612345678", name="Lola"))
    assert carla
    assert lola
    merge = merging.merge(carla, lola, reason="One person.")
    assert found("lola") == found("612345678") == found("carla") == ["Carla"]
    merging.undo(merge, user=cast.sofia)
    assert found("lola") == found("612345678") == ["Lola"]
    assert found("carla") == ["Carla"]


NAMES = [
    *("Pérez Ana", "O’Brien Jean-Luc", "Weiß Jürgen", "İnce Yılmaz", "Æsa Ørsted"),
    *("田中太郎", "김민준", "ana@example.com", "J. R. Łukasz", "Ana 🌸", "???"),
    *("محمد أحمد", "Ｆｕｌｌ Width"),
]


def test_the_database_finds_what_the_rules_say(cast: Cast):
    chance = random.Random(3)
    for place, name in enumerate(NAMES):
        Contact.objects.create(waid=f"1555000{place:04}", name=name)
    for _ in range(150):
        name = chance.choice(NAMES)
        words = chance.sample(name.split(), chance.randint(1, len(name.split())))
        typed = " ".join(word[: chance.randint(1, len(word))] for word in words)
        wanted = folding.terms(typed)
        expected = [
            one
            for one in NAMES
            if all(folding.begins(term, folding.words(one)) for term in wanted)
        ]
        assert found(typed) == sorted(expected), typed
        assert name in expected


def test_many_are_found_as_well_as_few(cast: Cast, monkeypatch):
    for place in range(12):
        Contact.objects.create(waid=f"1555000{place:04}", name=f"Ana {place:02}")
    few = found("ana"), found("ana 0"), found("0003")
    monkeypatch.setattr("callcenter.word_index.FEW", 1)
    assert (found("ana"), found("ana 0"), found("0003")) == few
    assert len(few[0]) == 12


# --- Nothing is forgotten ----------------------------------------------------------


def test_a_new_contact_is_found_by_one_more_statement(
    cast: Cast, django_assert_num_queries
):
    with django_assert_num_queries(5):  # two of them frame the transaction
        Contact.objects.create(waid=CARLA, name="Carla")


def test_whatever_happens_to_contacts_they_are_found_by_what_they_are(cast: Cast):
    for seed in range(6):
        chance = random.Random(seed)
        for _ in range(25):
            act = chance.choice(ACTS)
            act(cast, chance)
            assert forgotten() == [], (seed, act.__name__)


def heard(cast: Cast, chance: random.Random) -> None:
    number = f"4915112345{chance.randrange(100, 130)}"
    brazilian = f"55319888877{chance.randrange(10, 20)}"
    person = Person(
        chance.choice(["", number, brazilian, f"{brazilian[:4]}{brazilian[5:]}"]),
        name=chance.choice(["", *NAMES]),
        bsuids=tuple(chance.sample(["DE.1", "DE.2", "BR.A1"], chance.randrange(3))),
        username=chance.choice(["", "bob", "Bob", "ana_1", "zoë.x"]),
    )
    people.remember(cast.account, person)


def typed(cast: Cast, chance: random.Random) -> None:
    people.dialed(f"4915112345{chance.randrange(100, 130)}")


def uploaded(cast: Cast, chance: random.Random) -> None:
    rows = [
        f"+4915112345{chance.randrange(100, 130)},{chance.choice(NAMES)}"
        for _ in range(4)
    ]
    import_contacts("\n".join(["number,name", *rows]).encode())


def renamed(cast: Cast, chance: random.Random) -> None:
    if contact := _one(Contact.objects.order_by("pk"), chance):
        contact.name = chance.choice(NAMES)
        contact.save()


def named_by_agent(cast: Cast, chance: random.Random) -> None:
    contact = _one(Contact.objects.order_by("pk"), chance)
    call = Call.objects.create(account=cast.account, line=cast.line, contact=contact)
    Leg.objects.filter(ended_at=None).delete()
    Leg.objects.create(call=call, agent=cast.ana)
    notes.write_note(call.pk, cast.ana, chance.choice(NAMES))
    notes.name_person(call.pk, cast.ana, chance.choice(NAMES))


def merged(cast: Cast, chance: random.Random) -> None:
    some = list(Contact.objects.order_by("created_at", "pk"))
    if len(some) > 1:
        kept, lost = sorted(chance.sample(some, 2), key=some.index)
        merging.merge(kept, lost, reason="One person.", user=cast.sofia)


def parted(cast: Cast, chance: random.Random) -> None:
    if row := _one(Merge.objects.filter(undone_at=None).order_by("pk"), chance):
        merging.undo(row, user=cast.sofia)


ACTS: list[Callable[[Cast, random.Random], None]] = [
    *[heard] * 5,
    typed,
    uploaded,
    renamed,
    named_by_agent,
    merged,
    parted,
]


def _one(rows: Iterable, chance: random.Random):
    found = list(rows)
    return chance.choice(found) if found else None


def test_words_of_a_deleted_contact_go_with_it(cast: Cast):
    contact = Contact.objects.create(waid=CARLA, name="Carla")
    contact.delete()
    assert not ContactWord.objects.exists()
