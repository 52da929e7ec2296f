"""The words by which a contact is found: of their names, of their numbers, of IDs.

Numbers stand among the words behind a sign that no name begins with, which tells where
in the number one begins to read: with the country, within the country, or at the end.
"""

from functools import lru_cache

from permissions import folding
from permissions.numbers import forms_of, national_of

LONGEST = folding.LONGEST_WORD
WHOLE = "+"
NATIONAL = "-"
FROM_THE_END = "<"


def of_name(name: str) -> frozenset[str]:
    """Return the words of a name, a username or any other ID."""
    return frozenset(folding.words(name))


@lru_cache(maxsize=64)
def of_number(waid: str) -> frozenset[str]:
    """Return the words of a number, in each form that WhatsApp has for it."""
    found: set[str] = set()
    for form in forms_of(waid) if waid else ():
        found |= {f"{WHOLE}{form}", f"{FROM_THE_END}{form[::-1]}"}
        if national := national_of(form):
            found.add(f"{NATIONAL}{national}")
    return frozenset(found)
