"""Numbers of every country, made from the patterns of the phone library."""

import random
import re
from collections.abc import Iterator
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType

MOST_REPEATS = 12
MOST_TRIES = 40  # for each number wanted

MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
LANDLINE = (PhoneNumberType.FIXED_LINE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


def numbers_of(region: str, kind: str, count: int) -> list[PhoneNumber]:
    """Return up to `count` different valid numbers, the same ones in every run.

    kind: 'mobile' or 'landline'. Small countries may have fewer.
    """
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
    plan = metadata.mobile if kind == "mobile" else metadata.fixed_line
    if plan is None or not plan.national_number_pattern:
        return []
    dice = random.Random(f"{region} {kind}")  # noqa: S311
    pattern = _parser.parse(plan.national_number_pattern)
    found: dict[str, PhoneNumber] = {}
    for _try in range(count * MOST_TRIES):
        national = "".join(_digits(pattern, dice))
        number = _number(metadata.country_code, national, region, kind)
        if number is not None:
            found[national] = number
        if len(found) == count:
            break
    return list(found.values())


def _number(code: int, national: str, region: str, kind: str) -> PhoneNumber | None:
    number = PhoneNumber(country_code=code, national_number=int(national))
    zeros = len(national) - len(national.lstrip("0"))
    if zeros:
        number.italian_leading_zero = True
        number.number_of_leading_zeros = zeros if zeros > 1 else None
    wanted = MOBILE if kind == "mobile" else LANDLINE
    fits = phonenumbers.is_valid_number_for_region(number, region)
    return number if fits and phonenumbers.number_type(number) in wanted else None


def _digits(pattern: Any, dice: random.Random) -> Iterator[str]:
    for what, of in pattern:
        if what is op.LITERAL:
            yield chr(of)
        elif what is op.IN:
            yield dice.choice(_choices(of))
        elif what is op.BRANCH:
            yield from _digits(dice.choice(of[1]), dice)
        elif what is op.SUBPATTERN:
            yield from _digits(of[-1], dice)
        elif what is op.MAX_REPEAT:
            least, most, inner = of
            for _ in range(dice.randint(least, min(most, least + MOST_REPEATS))):
                yield from _digits(inner, dice)
        else:
            raise NotImplementedError(f"{what} in a pattern of the phone library")


def _choices(ranges: Any) -> str:
    """Return the digits of a class such as [2-57] or \\d."""
    found = ""
    for what, of in ranges:
        if what is op.LITERAL:
            found += chr(of)
        elif what is op.RANGE:
            found += "".join(map(chr, range(of[0], of[1] + 1)))
        else:
            found += "0123456789"
    return found


# --- As people write them ----------------------------------------------------------

FORMS = phonenumbers.PhoneNumberFormat


def ways_to_write(number: PhoneNumber, region: str) -> dict[str, str]:
    """Write a number in five ways: abroad, and as at home in `region`."""
    digits = phonenumbers.format_number(number, FORMS.E164).removeprefix("+")
    at_home = phonenumbers.format_number(number, FORMS.NATIONAL)
    return {
        "international": phonenumbers.format_number(number, FORMS.INTERNATIONAL),
        "dialed from abroad": f"{_prefix_abroad(region)} {digits}",
        "digits with code": digits,
        "national": at_home,
        "digits with trunk prefix": re.sub(r"\D", "", at_home),
        "national digits": phonenumbers.national_significant_number(number),
    }


def _prefix_abroad(region: str) -> str:
    """Return '011' for the US; 00, which everybody knows, where there are several."""
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
    if metadata.preferred_international_prefix:
        return str(metadata.preferred_international_prefix)
    prefix = metadata.international_prefix
    return str(prefix) if prefix and prefix.isdigit() else "00"
