"""Phone numbers as people mean them, as WhatsApp writes them, as people read them."""

import re
from collections.abc import Iterator
from functools import lru_cache

import phonenumbers
from django.utils.translation import gettext as _
from phonenumbers import CountryCodeSource, PhoneNumber, ValidationResult

from permissions import written
from permissions.written import NotANumber as NotANumber

# Protocol file, section 7: WhatsApp writes these in two ways, the shorter first.
# A Brazilian landline begins with 2 to 5 and is never written with the 9.
TWO_FORMS = (
    (re.compile(r"55(\d\d)9?([6-9]\d{7})"), r"55\1\2", r"55\g<1>9\2"),
    (re.compile(r"521?(\d{10})"), r"52\1", r"521\1"),
    (re.compile(r"549?(\d{10})"), r"54\1", r"549\1"),
)
# Mexico dialed these before an area code until 2019; address books still have them.
OLD_MEXICAN_PREFIX = re.compile(r"52(?:01|044|045)(\d{10})")

# Nobody has these: the phones of the simulator and of tests do.
FICTIONAL = re.compile(r"1555\d{7}")

FEWEST_DIGITS = 7
MOST_DIGITS = 15
COMPLETE = re.compile(rf"[1-9][0-9]{{{FEWEST_DIGITS - 1},{MOST_DIGITS - 1}}}")
INCOMPLETE = (ValidationResult.TOO_SHORT, ValidationResult.IS_POSSIBLE_LOCAL_ONLY)


def key_of(waid: str) -> str:
    """Return what two forms of one WhatsApp number have in common: the shorter one."""
    return forms_of(waid)[0]


def national_of(waid: str) -> str:
    """Return the number without its country: '15112345678' of '4915112345678'."""
    try:
        number = phonenumbers.parse(f"+{waid}")
    except phonenumbers.NumberParseException:
        return ""
    return phonenumbers.national_significant_number(number)


def forms_of(waid: str) -> tuple[str, ...]:
    """Return all forms in which WhatsApp writes a number, the shorter first."""
    for pattern, short_form, long_form in TWO_FORMS:
        if match := pattern.fullmatch(waid):
            return match.expand(short_form), match.expand(long_form)
    return (waid,)


class Ambiguous(NotANumber):
    """The text alone does not say which number is meant.

    `readings`: the valid ones, as digits; a single one is of another country than ours.
    """

    def __init__(self, readings: tuple[str, ...]) -> None:
        super().__init__(_("Enter the phone number with + and its country code."))
        self.readings = readings


def parse_typed(text: str, *, near: str = "", has_country: bool = False) -> str:
    """Read a typed or pasted number: '+49 1511 …' -> '491511…'. Nothing is guessed.

    near: the digits of our own business number, in whose country a number without + is
    read. has_country: every number begins with its country code. Raises NotANumber;
    Ambiguous when the person has to say which of several numbers is meant.
    """
    found = _readings(text, near, has_country)
    if len(found) == 1 and all(found.values()):
        return next(iter(found))
    raise Ambiguous(tuple(found))


def with_country(text: str) -> str:
    """Return the digits of a text that names its country, valid or not; else ''.

    The phone library learns of new ranges late: a person may be known before.
    """
    try:
        spellings, is_international, _groups = written.read(text)
    except NotANumber:
        return ""
    is_named = is_international or spellings[0].startswith("00")
    return spellings[0].removeprefix("00") if is_named else ""


def as_wati_writes_it(text: str) -> str:
    """Return the digits of a number that begins with its country code, as written.

    For our own numbers, which Wati names in one form. Raises NotANumber.
    """
    digits = written.read(text).spellings[-1].removeprefix("00")
    if digits.startswith("0"):
        raise NotANumber(_("Enter a phone number with its country code."))
    if not FEWEST_DIGITS <= len(digits) <= MOST_DIGITS:
        raise NotANumber(
            _("This is not a complete phone number. Check the country code.")
        )
    return digits


def readings(
    text: str, *, near: str = "", has_country: bool = False
) -> tuple[str, ...]:
    """Return the valid numbers that a text may mean, of `near`'s country first.

    Raises NotANumber when there is none.
    """
    return tuple(_readings(text, near, has_country))


def display(waid: str) -> str:
    """Format '4915112345678' as '+49 1511 2345678'; an unknown one stays plain.

    What only WhatsApp writes is shown as people know and dial it: '553188887766' is
    '+55 31 98888-7766', and '5215512345678' is '+52 55 1234 5678'.
    """
    number = _number_of(waid)
    if number is None:
        return f"+{waid}" if waid else ""
    form = phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, form)


@lru_cache(maxsize=16384)
def country_of(waid: str) -> str:
    """Return 'DE' for '4915112345678'; empty when no single country has the number."""
    if only := _only_country(waid):
        return only
    number = _number_of(waid)
    region = phonenumbers.region_code_for_number(number) if number else None
    return region if region and region.isalpha() else ""


def _only_country(waid: str) -> str:
    """Return the country that has its code alone: then no number must be parsed."""
    if not COMPLETE.fullmatch(waid):
        return ""
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE
    found = (regions.get(int(waid[:digits])) for digits in (1, 2, 3))
    known = next(filter(None, found), ())
    return known[0] if len(known) == 1 and known[0].isalpha() else ""


# --- Reading -----------------------------------------------------------------------


def _readings(text: str, near: str, has_country: bool) -> dict[str, bool]:
    """Return each reading; True if it is of the country that the text or we name."""
    spellings, is_international, groups = written.read(text)
    is_international = is_international or has_country
    home = "" if is_international else country_of(near)
    found: dict[str, bool] = {}
    parsed = [one for digits in spellings for one in _parse(digits, home)]
    for number, is_named in parsed:
        valid = _valid(number) or (_fictional(number) if is_named else "")
        if valid and key_of(valid) not in map(key_of, found):
            found[valid] = is_named
    if not found:
        is_dialable = bool(home) or is_international or spellings[0].startswith("00")
        raise NotANumber(_why(spellings[0], is_dialable, parsed))
    return _as_formatted(found, groups) if len(found) > 1 else found


def _as_formatted(found: dict[str, bool], groups: list[str]) -> dict[str, bool]:
    """Keep the only one that is written in groups like these: '8 (495) 123-45-67'."""
    alike = {one: named for one, named in found.items() if groups in _groupings(one)}
    return alike if len(alike) == 1 else found


def _groupings(waid: str) -> list[list[str]]:
    """Return the groups of digits in which people write a number at home and abroad."""
    number = _parsed(f"+{waid}")
    assert number is not None
    forms = phonenumbers.PhoneNumberFormat
    texts = [
        phonenumbers.format_number(number, form)
        for form in (forms.NATIONAL, forms.INTERNATIONAL)
    ]
    groupings = [re.findall(r"\d+", text) for text in texts]
    return [groups for groups in groupings if len(groups) > 1]


def _parse(digits: str, home: str) -> Iterator[tuple[PhoneNumber, bool]]:
    """Yield what digits may mean: as dialed in the country `home`, and from abroad."""
    if home:
        yield from ((number, True) for number in _dialed_in(home, digits))
    if number := _parsed(f"+{digits.removeprefix('00')}"):
        is_abroad = digits.startswith("00")
        yield number, is_abroad or not home or number.country_code == _code(home)


def _dialed_in(home: str, digits: str) -> Iterator[PhoneNumber]:
    number: PhoneNumber | None = _parsed(digits, home)
    is_abroad = digits.startswith("00")
    if number and number.country_code_source == CountryCodeSource.FROM_NUMBER_WITH_IDD:
        yield number
        number = None if is_abroad else _parsed(f"+{_code(home)}{digits}")
    # In Tajikistan numbers may begin with 00, and 810 is dialed before a country.
    if number and (number.italian_leading_zero or not is_abroad):
        yield number
        yield from _without_zero(number)


def _without_zero(number: PhoneNumber) -> Iterator[PhoneNumber]:
    """Yield the number that a kept zero was dialed before, as in Gabon's older plan."""
    if number.italian_leading_zero:
        digits = f"+{number.country_code}{number.national_number}"
        if other := _parsed(digits):
            yield other


def _parsed(digits: str, home: str | None = None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(digits, home, keep_raw_input=True)
    except phonenumbers.NumberParseException:
        return None


def _code(region: str) -> int:
    return phonenumbers.country_code_for_region(region)


def _valid(number: PhoneNumber) -> str:
    """Return the number's digits if it is valid in its own form or in WhatsApp's."""
    if phonenumbers.is_valid_number(number):
        return _digits(number)
    digits = OLD_MEXICAN_PREFIX.sub(r"52\1", _digits(number))
    valid = _valid_form(digits)
    return _digits(valid) if valid else ""


def _fictional(number: PhoneNumber) -> str:
    digits = _digits(number)
    return digits if FICTIONAL.fullmatch(digits) else ""


def _number_of(waid: str) -> PhoneNumber | None:
    """Parse a WhatsApp ID, in the form that is valid as a phone number if one is."""
    number = _parsed(f"+{waid}")
    is_valid = number is not None and phonenumbers.is_valid_number(number)
    return number if is_valid else _valid_form(waid) or number


def _valid_form(waid: str) -> PhoneNumber | None:
    forms = [_parsed(f"+{form}") for form in forms_of(waid)]
    valid = (one for one in forms if one and phonenumbers.is_valid_number(one))
    return next(valid, None)


def _digits(number: PhoneNumber) -> str:
    form = phonenumbers.PhoneNumberFormat.E164
    return phonenumbers.format_number(number, form).removeprefix("+")


def _why(digits: str, is_dialable: bool, parsed: list[tuple[PhoneNumber, bool]]) -> str:
    if not is_dialable and len(digits) >= FEWEST_DIGITS:
        return _("Enter the phone number with + and its country code.")
    possible = phonenumbers.is_possible_number_with_reason
    reasons = {possible(number) for number, _is_named in parsed}
    if len(digits) < FEWEST_DIGITS or not reasons.isdisjoint(INCOMPLETE):
        return _("This is not a complete phone number. Check the country code.")
    return _("This is not a valid phone number. Check the country code and the digits.")
