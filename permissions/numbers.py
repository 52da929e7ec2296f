"""Phone numbers as people read them."""

import phonenumbers


def display(waid: str) -> str:
    """'4915112345678' -> '+49 1511 2345678'; a number no country has stays plain."""
    if not waid:
        return ""
    try:
        number = phonenumbers.parse(f"+{waid}")
    except phonenumbers.NumberParseException:
        return f"+{waid}"
    form = phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, form)


def country_of(waid: str) -> str:
    """'4915112345678' -> 'DE'; empty when no single country has the number."""
    try:
        number = phonenumbers.parse(f"+{waid}")
    except phonenumbers.NumberParseException:
        return ""
    region = phonenumbers.region_code_for_number(number)
    return region if region and region.isalpha() else ""
