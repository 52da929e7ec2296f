"""Phone numbers as people read them."""

import re

import phonenumbers
from django.utils.translation import gettext as _

LETTER_AFTER_DIGIT = re.compile(r"\d.*[^\W\d_]", re.DOTALL)

# Protocol file, section 7: WhatsApp writes these numbers in two ways, the longer first.
# A Brazilian landline begins with 2 to 5 and is never written with the 9.
TWO_FORMS = (
    (re.compile(r"55(\d\d)9([6-9]\d{7})"), r"55\1\2"),
    (re.compile(r"521(\d{10})"), r"52\1"),
    (re.compile(r"549(\d{10})"), r"54\1"),
)


def key_of(waid: str) -> str:
    """Return what two forms of one WhatsApp number have in common: the shorter one."""
    for long_form, short_form in TWO_FORMS:
        if match := long_form.fullmatch(waid):
            return match.expand(short_form)
    return waid


class NotANumber(ValueError):
    """The text is no phone number; the message says why."""


def parse_typed(text: str, *, near: str = "") -> str:
    """Read a typed or pasted number: '+49 1511 …' -> '491511…'.

    A number without its country is read as one of the country of `near`, the digits of
    our own business number. Raises NotANumber.
    """
    text = text.strip().removeprefix("tel:")
    if not any(character.isdigit() for character in text):
        raise NotANumber(_("Enter a phone number with its country code."))
    if LETTER_AFTER_DIGIT.search(text):  # the library would read them as keys
        raise NotANumber(_("A phone number cannot contain letters."))
    international = text.startswith(("+", "00"))
    if text.startswith("00"):
        text = f"+{text[2:]}"
    region = None if international else country_of(near)
    for candidate, home in ((text, region), (f"+{text}", None)):
        try:
            number = phonenumbers.parse(candidate, home or None)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(number):
            code = phonenumbers.PhoneNumberFormat.E164
            return phonenumbers.format_number(number, code).removeprefix("+")
    raise NotANumber(_("This is not a complete phone number. Check the country code."))


def display(waid: str) -> str:
    """Format '4915112345678' as '+49 1511 2345678'; an unknown one stays plain."""
    if not waid:
        return ""
    try:
        number = phonenumbers.parse(f"+{waid}")
    except phonenumbers.NumberParseException:
        return f"+{waid}"
    form = phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, form)


def country_of(waid: str) -> str:
    """Return 'DE' for '4915112345678'; empty when no single country has the number."""
    try:
        number = phonenumbers.parse(f"+{waid}")
    except phonenumbers.NumberParseException:
        return ""
    region = phonenumbers.region_code_for_number(number)
    return region if region and region.isalpha() else ""
