"""Who is on WhatsApp, by which ids they are found, and what a business sees of them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.simulator import numbers
from callcenter.simulator.people import (
    NUMBER_SHOWN_FOR,
    Directory,
    Profile,
    profile_of,
)
from tests.callcenter.simulator.conftest import NUMBER

BSUID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")
DIGITS = st.text("0123456789", min_size=6, max_size=15)
PREFIXES = st.sampled_from(["55", "52", "521", "54", "549", "55319", "49", "1", ""])


@given(prefix=PREFIXES, rest=DIGITS)
def test_all_forms_of_a_number_have_one_key_and_name_each_other(
    prefix: str, rest: str
) -> None:
    number = prefix + rest
    forms = numbers.forms_of(number)
    assert number in forms
    assert {numbers.key_of(form) for form in forms} == {numbers.key_of(number)}
    assert {frozenset(numbers.forms_of(form)) for form in forms} == {frozenset(forms)}
    assert numbers.usual_form(number) in forms


@pytest.mark.parametrize(
    ("number", "other", "usual"),
    [
        ("5531988887766", "553188887766", "553188887766"),
        ("5511988887766", "551188887766", "5511988887766"),
        ("554532782153", "554532782153", "554532782153"),  # a landline
        ("525512345678", "5215512345678", "5215512345678"),
        ("541152345678", "5491152345678", "5491152345678"),
        ("4915112345678", "4915112345678", "4915112345678"),
    ],
)
def test_whatsapp_writes_some_numbers_in_two_ways(
    number: str, other: str, usual: str
) -> None:
    assert numbers.other_form(number) == other
    assert numbers.usual_form(number) == usual


def test_a_user_is_found_by_every_id_and_form() -> None:
    people = Directory("demo")
    bia = people.add(Profile(waid="553188887766", username="Bia.Souza"))
    known = ("5531988887766", "553188887766", "@bia.souza", "BIA.SOUZA", bia.key)
    for word in (*known, bia.bsuid, bia.parent_bsuid):
        assert people.find(word) is bia
    assert people.meet("5531988887766") is people.look_up("5531988887766") is bia
    assert bia.waid == "553188887766"


def test_a_number_nobody_knew_has_the_usual_form_only_if_the_business_wrote_it() -> (
    None
):
    people = Directory("demo")
    assert people.look_up("525512345678").waid == "5215512345678"
    assert people.meet("525587654321").waid == "525587654321"


@given(tenant=DIGITS, count=st.integers(1, 20))
def test_bsuids_are_stable_and_of_one_account(tenant: str, count: int) -> None:
    here, again, there = Directory(tenant), Directory(tenant), Directory(tenant + "x")
    for people in (here, again, there):
        for number in range(count):
            people.meet(f"55119{80000000 + number}")
    mine = [person.bsuid for person in here]
    assert mine == [person.bsuid for person in again]
    assert not set(mine) & {person.bsuid for person in there}
    for person in here:
        assert BSUID.fullmatch(person.bsuid)
        assert BSUID.fullmatch(person.parent_bsuid)
        assert person.bsuid.startswith("BR.")


def test_some_bsuids_have_digits_only_and_others_letters() -> None:
    people = Directory("demo")
    tails = [people.meet(f"491511234{n:04}").bsuid[3:] for n in range(20)]
    assert {tail.isdigit() for tail in tails} == {True, False}


def test_a_new_number_brings_a_new_bsuid_and_leaves_the_old_one_to_nobody() -> None:
    people = Directory("demo")
    bia = people.add(Profile(waid="553188887766"))
    bsuid = bia.bsuid
    people.change(bia, Profile(waid="553177776655", bsuid=bsuid))
    assert bia.bsuid != bsuid
    assert bia.former == ["553188887766", bsuid]
    assert people.find("5531977776655") is people.find(bia.bsuid) is bia
    assert people.find(bsuid) is None
    stranger = people.look_up("553188887766")
    assert stranger is not bia
    assert stranger.habits.reaction == "unreachable"


def test_usernames_appear_and_vanish() -> None:
    people = Directory("demo")
    bia = people.add(Profile(waid="553188887766"))
    for username in ("bia", "bia.souza", ""):
        people.change(bia, Profile(bia.waid, bia.bsuid, username))
        assert people.find("@bia") is (bia if username == "bia" else None)
    assert bia.former == []


def test_no_two_users_share_an_id() -> None:
    people = Directory("demo")
    bia = people.add(Profile(waid="553188887766", username="bia"))
    rosa = people.add(Profile(waid="5215512345678"))
    for theirs in (Profile(waid="5531988887766"), Profile(username="Bia")):
        with pytest.raises(ValueError, match="somebody else"):
            people.add(theirs)
        with pytest.raises(ValueError, match="somebody else"):
            people.change(rosa, theirs)
    assert people.find("bia") is bia
    assert people.find("525512345678") is rosa


def test_a_hidden_number_is_shown_for_thirty_days_after_a_contact_by_number() -> None:
    bia = Directory("demo").add(Profile(waid="553188887766", hides_number=True))
    assert bia.ids_for(NUMBER, 0.0).waid == ""
    bia.meet(NUMBER, 0.0)
    assert bia.ids_for(NUMBER, NUMBER_SHOWN_FOR - 1).waid == bia.waid
    assert bia.ids_for(NUMBER, NUMBER_SHOWN_FOR).waid == ""
    assert bia.ids_for("15550109999", 1.0).waid == ""
    bia.in_contact_book = True
    assert bia.ids_for(NUMBER, NUMBER_SHOWN_FOR).waid == bia.waid


def test_the_present_ids_change_nothing() -> None:
    people = Directory("demo")
    bia = people.add(Profile("553188887766", "BR.1a", "bia", True, True))
    people.change(bia, profile_of(bia))
    assert (bia.bsuid, bia.former) == ("BR.1a", [])
    assert people.find("@bia") is bia
