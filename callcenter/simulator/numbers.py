"""The ways in which WhatsApp writes one and the same phone number. Pure.

Brazilian mobiles stand with and without a 9 after the area code, Mexican numbers with
and without a 1 after the country code, Argentine ones with and without a 9.
"""

import re
from dataclasses import dataclass

import phonenumbers

UNKNOWN_COUNTRY = "US"


@dataclass(frozen=True)
class Rule:
    """Two patterns of full numbers in digits, and how each becomes the other."""

    long: re.Pattern[str]
    short: re.Pattern[str]
    lengthen: str
    shorten: str

    def other(self, number: str) -> str:
        """Return the other form; empty where the rule has nothing to say."""
        if match := self.long.fullmatch(number):
            return match.expand(self.shorten)
        if match := self.short.fullmatch(number):
            return match.expand(self.lengthen)
        return ""


# A Brazilian landline begins with 2 to 5 and never has the 9.
BRAZIL = Rule(
    re.compile(r"55(\d\d)9([6-9]\d{7})"),
    re.compile(r"55(\d\d)([6-9]\d{7})"),
    r"55\g<1>9\2",
    r"55\1\2",
)
MEXICO = Rule(re.compile(r"521(\d{10})"), re.compile(r"52(\d{10})"), r"521\1", r"52\1")
ARGENTINA = Rule(
    re.compile(r"549(\d{10})"), re.compile(r"54(\d{10})"), r"549\1", r"54\1"
)
RULES = (BRAZIL, MEXICO, ARGENTINA)
# Accounts from before 2016 in the states whose area codes are above 30 kept no 9.
KEPT_SHORT = re.compile(r"55[3-9]\d9[6-9]\d{7}")


def other_form(number: str) -> str:
    """Return the other way to write a number; the same one where there is none."""
    found = (rule.other(number) for rule in RULES)
    return next((other for other in found if other), number)


def forms_of(number: str) -> tuple[str, ...]:
    """Return every way to write a number, the given one first."""
    other = other_form(number)
    return (number,) if other == number else (number, other)


def key_of(number: str) -> str:
    """Return what all forms of one number have in common: the shortest one."""
    return min(forms_of(number), key=len)


def usual_form(number: str) -> str:
    """Return the form that WhatsApp most often has for somebody with this number."""
    longest = max(forms_of(number), key=len)
    return other_form(longest) if KEPT_SHORT.fullmatch(longest) else longest


def country_of(number: str) -> str:
    """Return ``BR`` for 5531…; UNKNOWN_COUNTRY where nobody can tell."""
    try:
        parsed = phonenumbers.parse(f"+{number}")
    except phonenumbers.NumberParseException:
        return UNKNOWN_COUNTRY
    code = parsed.country_code or 0
    region = phonenumbers.region_code_for_country_code(code)
    return region if region.isalpha() and len(region) == 2 else UNKNOWN_COUNTRY
