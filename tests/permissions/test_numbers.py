"""Numbers as people type them, and as people read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from permissions.numbers import NotANumber, display, key_of, parse_typed


@pytest.mark.parametrize(
    "typed",
    [
        "+4915112345678",
        "004915112345678",
        "+49 (0) 1511 2345678",
        "tel:+49-1511-2345678",
        " +49 1511 2345678 ",
        "4915112345678",
    ],
)
def test_every_way_to_write_a_number_is_one_number(typed: str):
    assert parse_typed(typed) == "4915112345678"


def test_a_number_without_its_country_is_read_as_one_of_ours():
    assert parse_typed("01511 2345678", near="4930123456") == "4915112345678"


@pytest.mark.parametrize(
    "typed", ["", "abc", "+", "12", "+49", "1" * 30, "☎", "+49 151 CARLA"]
)
def test_what_is_no_number_is_told_in_a_sentence(typed: str):
    with pytest.raises(NotANumber) as caught:
        parse_typed(typed)
    assert str(caught.value).endswith(".")


@given(st.text(max_size=60))
def test_nothing_typed_can_surprise_it(typed: str):
    try:
        waid = parse_typed(typed)
    except NotANumber:
        return
    assert waid.isdigit()
    assert 4 <= len(waid) <= 17


def test_numbers_are_shown_as_people_read_them():
    assert display("4915112345678") == "+49 1511 2345678"
    assert display("") == ""
    assert display("999") == "+999"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("5531988887766", "553188887766"),
        ("5215512345678", "525512345678"),
        ("5491123456789", "541123456789"),
    ],
)
def test_both_ways_in_which_whatsapp_writes_a_number_are_one(one: str, other: str):
    assert key_of(one) == key_of(other) == other


@pytest.mark.parametrize("waid", ["554532782153", "4915112345678", "52551234567", ""])
def test_a_number_with_one_form_stays_as_it_is(waid: str):
    assert key_of(waid) == waid


def test_a_brazilian_landline_has_no_form_with_a_nine():
    assert key_of("5545932782153") != key_of("554532782153")
