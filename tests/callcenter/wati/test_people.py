"""Who a webhook speaks of: by number, user ID or handle, and by a name one can see."""

import re
import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.wati.apart import Part, take_apart
from callcenter.wati.display_names import clean_name
from callcenter.wati.events import Person
from callcenter.wati.people import (
    ANYWHERE,
    BUSINESS,
    IN_CONTACT,
    PARENT,
    USER,
    business_number_of,
    identity_of,
    person_of,
    username_of,
)

CARLA = "4915112345678"
CARLAS_ID = "DE.8812345678901234568"
PARENT_ID = "DE.ENT.77a"
SHOP = "15550100000"

digits = st.text(string.digits, min_size=7, max_size=15).filter(
    lambda text: not text.startswith("00")
)
between = st.sampled_from(["", " ", "-", ".", "(", ")", ") ", "\u00a0"])
alphanumeric = st.text(string.ascii_letters + string.digits, min_size=1, max_size=128)
bsuids = st.builds(
    "{}.{}{}".format,
    st.text(string.ascii_uppercase, min_size=2, max_size=2),
    st.sampled_from(["", "ENT."]),
    alphanumeric,
)


def person(body: dict) -> Person:
    [part] = take_apart(body)
    return person_of(part)


@st.composite
def written(draw, number=digits) -> tuple[str, str]:
    """A number, and how somebody wrote it."""
    plain = draw(number)
    text = "".join(digit + draw(between) for digit in plain[:-1]) + plain[-1]
    return plain, draw(st.sampled_from(["", "+"])) + text


@given(written())
def test_a_number_is_one_however_it_is_written(pair: tuple[str, str]):
    plain, text = pair
    assert identity_of(text).text == plain


@given(bsuids)
def test_a_user_id_keeps_each_letter(bsuid: str):
    assert identity_of(bsuid).text == bsuid
    assert person({"from": bsuid}) == Person(bsuids=(bsuid,))


@given(st.text() | st.text(string.digits + "+-. ()aZ.ENT", max_size=40))
def test_no_text_with_a_letter_becomes_a_number(text: str):
    found = identity_of(text)
    if found is None:
        return
    if found.kind == "waid":
        assert not any(letter.isalpha() for letter in text)
        assert 7 <= len(found.text) <= 15
        assert found.text in re.sub(r"\D", "", text)
    else:
        assert found.text == text.strip()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("BR.1A9f3C77xQ", "BR.1A9f3C77xQ"),
        ("US.13491208655302741918", "US.13491208655302741918"),
        (CARLAS_ID, CARLAS_ID),
        ("US.ENT.abc123", "US.ENT.abc123"),
        ("612345678.0", "612345678"),
        (4915112345678, CARLA),
        (4915112345678.0, CARLA),
        ("0049 1511 2345678", CARLA),
        ("+49 (1511) 234-5678", CARLA),
    ],
)
def test_what_an_id_is(text: object, found: str):
    assert identity_of(text).text == found


@pytest.mark.parametrize(
    "text",
    ["1-800-FLOWERS", "us.123", "Carla", "wa:4915112345678", "13491208655302741918"]
    + ["123456", "49+15112345678", "DE.", "DE.a-b", "", None, True, {}, ["4915112345"]],
)
def test_what_is_no_id(text: object):
    assert identity_of(text) is None


@pytest.mark.parametrize("name", [*ANYWHERE, "from", "recipient_id", *USER, *PARENT])
def test_carla_is_known_by_her_user_id_alone_wherever_it_stands(name: str):
    for body in ({name: CARLAS_ID}, {"data": {name.upper(): CARLAS_ID}}):
        assert person(body) == Person(bsuids=(CARLAS_ID,))


@pytest.mark.parametrize("name", [*IN_CONTACT, *USER, *PARENT])
def test_carla_is_known_by_what_her_contact_holds(name: str):
    assert person({"contact": {name: CARLAS_ID}}) == Person(bsuids=(CARLAS_ID,))
    assert person({"contacts": [{name: CARLAS_ID}]}) == Person(bsuids=(CARLAS_ID,))


def test_all_ids_of_a_person_are_kept_her_own_before_her_parents():
    body = {
        "from": CARLA,
        "parent_bsuid": PARENT_ID,
        "from_user_id": CARLAS_ID,
        "contact": {"profile": {"name": "Carla", "username": "@carla.g"}},
    }
    assert person(body) == Person(CARLA, "Carla", (CARLAS_ID, PARENT_ID), "carla.g")


@pytest.mark.parametrize(
    "body",
    [
        {"username": "@bob"},
        {"contact": {"username": "bob"}},
        {"contact": {"profile": {"username": "@bob"}}},
        {"contacts": [{"profile": {"username": "bob"}}]},
        {"profile": {"username": "bob"}},
    ],
)
def test_bob_is_known_by_his_handle(body: dict):
    assert person(body) == Person(username="bob")


@pytest.mark.parametrize("text", ["@", "12345", "a b", "@@bob", "é", "", None])
def test_what_is_no_handle(text: object):
    assert username_of(text) == ""


def test_of_several_contacts_it_is_the_one_whose_id_the_call_names():
    carla = {"wa_id": CARLA, "profile": {"name": "Carla"}}
    bob = {"user_id": "US.b0b", "profile": {"name": "Bob"}}
    calls = [{"id": "1", "from_user_id": "US.b0b"}, {"id": "2", "from": CARLA}]
    parts = take_apart({"contacts": [carla, bob], "calls": calls})
    assert [person_of(part).name for part in parts] == ["Bob", "Carla"]


def test_with_two_calls_the_only_contact_is_lent_to_nobody_else():
    carla = {"wa_id": CARLA, "profile": {"name": "Carla"}}
    calls = [
        {"id": "1", "from": "4366012345678"},
        {"id": "2"},
        {"id": "3", "from": CARLA},
    ]
    parts = take_apart({"contacts": [carla], "calls": calls})
    found = [person_of(part) for part in parts]
    assert found == [Person("4366012345678"), Person(), Person(CARLA, "Carla")]


@pytest.mark.parametrize(
    "sides",
    [
        {"direction": "BUSINESS_INITIATED"},
        {"metadata": {"display_phone_number": "+1 555-010-0000"}},
        {"metadata": {"direction": "outbound"}},
    ],
)
def test_of_our_own_call_the_other_end_is_the_one_who_is_called(sides: dict):
    body = {"id": "1", "from": SHOP, "to": CARLA} | sides
    [part] = take_apart(body)
    assert person_of(part) == Person(CARLA)
    assert business_number_of(part.content) == SHOP


@pytest.mark.parametrize("name", [*BUSINESS, "to"])
def test_our_number_is_read_as_strictly(name: str):
    [part] = take_apart({name: "+1 555-010-0000"})
    assert business_number_of(part.content) == SHOP
    [part] = take_apart({name: "Shop 15550100000"})
    assert business_number_of(part.content) == "Shop 15550100000"


@given(st.recursive(st.none() | st.text() | st.integers(), st.lists))
def test_nothing_in_a_field_of_a_person_surprises(value: object):
    names = [*ANYWHERE, "from", *USER, *PARENT, "contact", "contacts", "profile"]
    for name in names:
        assert isinstance(person_of(Part({name: value})), Person)


# --- Names ---------------------------------------------------------------------------

BLANKS = "\u3164\u2800\u200b\u200c\u200d\u2060\ufeff\u00ad\u115f\uffa0 \t\u00a0\u202e"


@given(st.text(BLANKS))
def test_a_name_that_nobody_can_see_is_none(text: str):
    assert clean_name(text) == ""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\u202elive\u202c", "live"),
        ("Ana\u2066\u200f Gómez\x07", "Ana Gómez"),
        ("Jose\u0301", "José"),
        ("  Ana \u3164\n Gómez ", "Ana Gómez"),
        ("👩‍👩‍👧", "👩‍👩‍👧"),
        ("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", None),
        ("❤️‍🔥", None),
        ("क्‍ष", None),
        ("علی‌رضا", None),
        ("A\u200dB", "AB"),
        ("T\U000e0041ag", "Tag"),
        ("...", "..."),
        (7, "7"),
        (None, ""),
        ({"a": 1}, ""),
    ],
)
def test_how_a_name_is_shown(text: object, shown: str | None):
    assert clean_name(text) == (text if shown is None else shown)


@given(st.text() | st.text(BLANKS + "aé👩क्🏴\U000e0067"))
def test_a_name_holds_no_control_stays_itself_and_has_an_end(text: str):
    name = clean_name(text)
    assert clean_name(name) == name
    assert len(name) <= 200
    assert unicodedata.is_normalized("NFC", name)
    assert not any(unicodedata.bidirectional(letter) in BIDI for letter in name)
    kept = {"\u200c", "\u200d"} | {chr(0xE0000 + code) for code in range(0x20, 0x80)}
    assert all(
        letter in kept or unicodedata.category(letter)[0] != "C" for letter in name
    )


BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
