"""Numbers as people type, paste and read them, and as WhatsApp writes them."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from permissions import numbers
from permissions.numbers import (
    Ambiguous,
    NotANumber,
    country_of,
    display,
    forms_of,
    key_of,
    parse_typed,
    readings,
    with_country,
)

CARLA = "4915112345678"
BERLIN, MADRID, RIO, MEXICO, BUENOS_AIRES, NEW_YORK, MOSCOW, SYDNEY = (
    "4930123456",
    "34912345678",
    "552134567890",
    "5215512345678",
    "5491123456789",
    "12125552671",
    "74951234567",
    "61298765432",
)


@pytest.mark.parametrize(
    "typed",
    [
        "+4915112345678",
        "004915112345678",
        "+49 (0) 1511 2345678",
        "+49 [0] 1511/2345678",
        "(+49) 1511 2345678",
        "++49 1511 2345678",
        "+0049 1511 2345678",
        " +49 1511 2345678 ",
        "4915112345678",
        # an address book, a mail, another script
        "Carla: +49 1511 2345678",
        "☎ +49 1511 2345678.",
        "\u202a+49\u00a01511\u20112345\u200b678\u202c",
        "＋４９　１５１１　２３４５６７８",
        "+٤٩١٥١١٢٣٤٥٦٧٨",
        "<+49 1511 2345678>",
        # links
        "tel:+49-1511-2345678",
        "tel:%2B4915112345678",
        "tel:01511-2345678;phone-context=+49",
        "sms:+4915112345678?body=Hi",
        "https://wa.me/4915112345678",
        "wa.me/+4915112345678?text=Call%20me%20at%205",
        "https://api.whatsapp.com/send?phone=4915112345678&text=Hi",
        "https://api.whatsapp.com/send/?text=5&phone=%2B49+1511+2345678",
        "whatsapp://send?phone=4915112345678",
        "4915112345678@s.whatsapp.net",
        # spreadsheets
        "'+4915112345678",
        '="+4915112345678"',
        "4915112345678.0",
        "4.915112345678E+12",
        "4,915112345678e12",
    ],
)
def test_every_way_to_write_a_number_is_one_number(typed: str):
    assert parse_typed(typed) == CARLA


@pytest.mark.parametrize(
    ("typed", "line", "right"),
    [
        ("01511 2345678", BERLIN, CARLA),
        ("(01511) 2345678", BERLIN, CARLA),
        ("01511/2345678", BERLIN, CARLA),
        ("15112345678", BERLIN, CARLA),  # a spreadsheet dropped the zero
        ("+49 1511 2345678", MADRID, CARLA),
        ("612345678.0", MADRID, "34612345678"),
        ("612345678,0", MADRID, "34612345678"),
        ("612,345,678", MADRID, "34612345678"),
        ("612.345.678,00", MADRID, "34612345678"),
        ("6.12345678E+08", MADRID, "34612345678"),
        ("11987654321.0", RIO, "5511987654321"),
        ("0 15 31 98888-7766", RIO, "5531988887766"),  # through a carrier
        ("(212) 555-2671", NEW_YORK, NEW_YORK),
        ("1 212 555 2671", NEW_YORK, NEW_YORK),
        ("8 (495) 123-45-67", MOSCOW, MOSCOW),
        # the prefix for calls abroad, as dialed there
        ("011 49 1511 2345678", NEW_YORK, CARLA),
        ("00 49 1511 2345678", NEW_YORK, CARLA),
        ("0011 49 1511 2345678", SYDNEY, CARLA),
        ("8~10 49 1511 2345678", MOSCOW, CARLA),
        ("0021 49 1511 2345678", RIO, CARLA),
        ("00 543 8505", "992372123456", "992005438505"),  # Tajikistan has such
    ],
)
def test_a_number_is_read_as_it_is_dialed_near_our_own(
    typed: str, line: str, right: str
):
    assert parse_typed(typed, near=line) == right


@pytest.mark.parametrize(
    ("typed", "line", "right"),
    [
        ("+55 31 98888-7766", "", "5531988887766"),
        ("+55 31 8888-7766", "", "5531988887766"),
        ("553188887766", "", "5531988887766"),
        ("553188887766", RIO, "5531988887766"),
        ("31 98888-7766", RIO, "5531988887766"),
        ("3188887766", RIO, "5531988887766"),
        ("+55 45 3278-2153", "", "554532782153"),
        ("45 3278-2153", RIO, "554532782153"),
        ("+52 55 1234 5678", "", "525512345678"),
        ("+52 1 55 1234 5678", "", "525512345678"),
        ("5215512345678", MEXICO, "525512345678"),
        ("55 1234 5678", MEXICO, "525512345678"),
        ("044 55 1234 5678", MEXICO, "525512345678"),
        ("01 55 1234 5678", MEXICO, "525512345678"),
        ("+52 (045) 55 1234 5678", "", "525512345678"),
        ("+54 9 11 5555-4444", "", "5491155554444"),
        ("+54 11 15 5555-4444", "", "5491155554444"),
        ("011 15 5555-4444", BUENOS_AIRES, "5491155554444"),
        ("9 11 5555-4444", BUENOS_AIRES, "5491155554444"),
        ("541155554444", BUENOS_AIRES, "541155554444"),
    ],
)
def test_the_forms_of_whatsapp_and_of_their_country_are_read(
    typed: str, line: str, right: str
):
    assert parse_typed(typed, near=line) == right


@pytest.mark.parametrize(
    ("typed", "line", "both"),
    [
        ("4915112345678", BERLIN, ("494915112345678", CARLA)),
        ("84951234567", MOSCOW, (MOSCOW, "84951234567")),
        ("1 55 1234 5678", MEXICO, ("525512345678", "15512345678")),
        ("+49 30 123456.0", "", ("49301234560", "4930123456")),
    ],
)
def test_of_two_valid_readings_none_is_guessed(
    typed: str, line: str, both: tuple[str, str]
):
    with pytest.raises(Ambiguous) as caught:
        parse_typed(typed, near=line)
    assert caught.value.readings == both == readings(typed, near=line)
    assert "with + and its country code" in str(caught.value)


@pytest.mark.parametrize("typed", ["+1 555 010 1001", "15550101001", "0015550101001"])
def test_the_phones_of_the_simulator_can_be_called(typed: str):
    assert parse_typed(typed, near="15550100000") == "15550101001"


def test_a_number_of_fiction_is_no_second_reading():
    assert parse_typed("1 55 5123 4567", near=MEXICO) == "525551234567"


def test_a_number_that_the_library_does_not_know_is_still_one_to_look_for():
    assert with_country("+49 151 000000") == "49151000000"
    assert with_country("0049 151 000000") == "49151000000"
    assert with_country("0151 000000") == ""
    assert with_country("Carla") == ""


def test_no_number_becomes_one_of_another_country_unasked():
    slipped = "6598765432"  # a digit too many for Spain; Singapore has such a number
    with pytest.raises(Ambiguous) as caught:
        parse_typed(slipped, near=MADRID)
    assert caught.value.readings == (slipped,)
    assert parse_typed(f"+{slipped}", near=MADRID) == slipped


def test_where_all_numbers_have_their_country_code_none_is_read_without():
    assert parse_typed(CARLA, near=BERLIN, has_country=True) == CARLA
    assert parse_typed("6598765432", near=MADRID, has_country=True) == "6598765432"
    with pytest.raises(NotANumber):
        parse_typed("01511 2345678", near=BERLIN, has_country=True)


def test_no_german_mobile_without_plus_becomes_a_stranger():
    mobiles = [f"49151{rest:08}" for rest in range(0, 100_000_000, 333_667)]
    for waid in mobiles:
        assert parse_typed(f"+{waid}") == waid
        assert waid in readings(waid, near=BERLIN)
        with pytest.raises(Ambiguous):
            parse_typed(waid, near=BERLIN)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "with its country code"),
        ("abc", "with its country code"),
        ("+", "with its country code"),
        ("☎", "with its country code"),
        ("²³", "with its country code"),
        ("12", "not a complete"),
        ("911", "not a complete"),
        ("01511 2345678", r"with \+ and its country code"),
        ("1" * 30, r"with \+ and its country code"),
        ("+49", "not a complete"),
        ("+49 151", "not a complete"),
        ("+1 415", "not a complete"),
        ("+999 123456789", "not a valid"),
        ("+01511 2345678", "not a valid"),
        ("+49 151 123456789012345", "not a valid"),
        ("+49 151 CARLA", "letters"),
        ("0xx31 98888-7766", "letters"),
        ("+49 30 123456 x12", "extension"),
        ("+49 30 123456 ext. 12", "extension"),
        ("tel:+49-30-123456;ext=12", "extension"),
        ("+49 30 123456,,12", "extension"),
        ("+49 30 123456#12", "extension"),
        ("+49 1511 2345678, +49 171 1234567", "one phone number"),
        ("+49 1511 2345678 +49 171 1234567", "one phone number"),
        ("+49 1511 2345678\n+49 171 1234567", "one phone number"),
        ("+49 30 123456 / 57", "one phone number"),
        ("*31#+4915112345678", "one phone number"),
        ("+4915112345678" + " " * 999, "one phone number"),
        ("4.91511E+12", "cut digits off"),
        ("6E+08", "cut digits off"),
        ("https://wa.me/message/ABC123", "link"),
        ("https://api.whatsapp.com/send?text=5", "link"),
        ("https://wa.me/01511234567", "not a valid"),
        ("whatsapp://[4915112345678", "link"),
    ],
)
def test_what_is_no_number_is_told_in_a_sentence(typed: str, words: str):
    with pytest.raises(NotANumber, match=words) as caught:
        parse_typed(typed)
    assert not isinstance(caught.value, Ambiguous)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    ("typed", "line"),
    [("612345678900", MADRID), ("98888-7766", RIO), ("555-2671", NEW_YORK)],
)
def test_a_number_too_long_or_without_its_area_is_refused_near_a_line(
    typed: str, line: str
):
    with pytest.raises(NotANumber, match=r"not a (valid|complete)"):
        parse_typed(typed, near=line)


@pytest.mark.parametrize("piece", ["1,", "(", "1 /", "+", "1;x", ".0", "[0]", "=", "a"])
def test_a_long_paste_costs_no_time(piece: str):
    typed = (piece * 1000)[:1000]
    for text in (typed, f"+{typed}x", f"wa.me/{typed}", f"tel:{typed}"):
        with pytest.raises(NotANumber):
            parse_typed(text, near=BERLIN)


CHARACTERS = st.one_of(st.characters(), st.sampled_from("+0123456789 ()[]/-.,;:=E#x"))
LINES = st.sampled_from(["", BERLIN, MADRID, RIO, NEW_YORK, "15550100000", "nonsense"])


STARTS = st.sampled_from(
    ["", "+", "00", "tel:", "wa.me/", "whatsapp:", "whatsapp://send?phone=", '="', "("]
)


@given(STARTS, st.text(CHARACTERS, max_size=60), LINES)
def test_nothing_typed_can_surprise_it(start: str, rest: str, line: str):
    typed = start + rest
    try:
        waid = parse_typed(typed, near=line)
    except NotANumber:
        return
    assert waid.isdecimal()
    assert parse_typed(f"+{waid}") == waid
    assert waid in readings(typed, near=line)


def test_numbers_are_shown_as_people_read_them():
    assert display(CARLA) == "+49 1511 2345678"
    assert display("") == ""
    assert display("999") == "+999"


@pytest.mark.parametrize(
    ("waid", "shown", "country"),
    [
        ("553188887766", "+55 31 98888-7766", "BR"),
        ("5531988887766", "+55 31 98888-7766", "BR"),
        ("554532782153", "+55 45 3278-2153", "BR"),
        ("5215512345678", "+52 55 1234 5678", "MX"),
        ("525512345678", "+52 55 1234 5678", "MX"),
        ("5491155554444", "+54 9 11 5555-4444", "AR"),
        ("541155554444", "+54 11 5555-4444", "AR"),
        ("15550100000", "+1 555-010-0000", ""),
    ],
)
def test_what_only_whatsapp_writes_is_shown_as_it_is_dialed(
    waid: str, shown: str, country: str
):
    assert display(waid) == shown
    assert country_of(waid) == country


@given(st.from_regex("[1-9][0-9]{6,14}", fullmatch=True))
def test_a_code_of_one_country_alone_names_it_as_the_whole_number_does(waid: str):
    if only := numbers._only_country(waid):
        whole = phonenumbers.parse(f"+{waid}")
        assert only == phonenumbers.region_code_for_number(whole)


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
    assert forms_of(one) == forms_of(other) == (other, one)


@pytest.mark.parametrize("waid", ["554532782153", CARLA, "52551234567", ""])
def test_a_number_with_one_form_stays_as_it_is(waid: str):
    assert key_of(waid) == waid
    assert forms_of(waid) == (waid,)


def test_a_brazilian_landline_has_no_form_with_a_nine():
    assert key_of("5545932782153") != key_of("554532782153")
