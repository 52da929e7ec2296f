"""Find contacts by what people type: any name of theirs, any form of their number.

Each word that is typed must begin one of theirs, in any order. A number may be typed in
every way in which it can be dialed, or only its beginning or its last digits.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from callcenter.models import WatiAccount
from callcenter.word_index import Found, Term, in_order, owners
from permissions import folding, numbers, written
from permissions.models import Contact, ContactWord
from permissions.spellings import FROM_THE_END, NATIONAL, WHOLE

# Fewer last digits are those of too many.
FEWEST_LAST_DIGITS = 3
LONGEST_NUMBER = 40
LONGEST = 2000  # characters of what is typed; the rest is not looked at

# Links and what else holds a number in letters of its own.
NUMBER_IN_LETTERS = re.compile(
    rf"\W*(?:{written.TEL.pattern}|{written.WHATSAPP_LINK.pattern}|\d+@)", re.I
)


def contacts(text: str, *, near: str = "") -> QuerySet[Contact]:
    """Return the contacts whom a typed text may mean; all of them for an empty one.

    near: the digits of our own business number, in whose country a number without one
    is read; by default, of all our business numbers.
    """
    wanted = read(text, near=[near] if near else our_numbers())
    everybody = Contact.objects.all()
    return everybody.filter(found_by(wanted).q("pk")) if wanted else everybody


def our_numbers() -> list[str]:
    """Return one of our business numbers for each country in which we have one."""
    lines = WatiAccount.objects.exclude(lines=None)
    found = lines.order_by("lines__pk").values_list("lines__number", flat=True)
    return list({numbers.country_of(number): number for number in found}.values())


@dataclass(frozen=True)
class Wanted:
    """A typed text: words that must all be there, or all of it a number."""

    terms: list[Term]
    number: Term

    def __bool__(self) -> bool:
        return bool(self.terms)


def found_by(wanted: Wanted) -> Found:
    """Return the contacts who have all that was typed among their names and numbers."""
    ways = [owners(ContactWord, "contact", wanted.terms)]
    if wanted.number:
        ways.append(owners(ContactWord, "contact", [wanted.number]))
    return Found(*ways)


def with_term(term: Term) -> Found:
    """Return the contacts who have one of the things that were typed."""
    return Found(owners(ContactWord, "contact", [term]))


def read(text: str, *, near: Iterable[str] = ()) -> Wanted:
    """Read a typed text; nothing is wanted if it shows nothing.

    near: our business numbers, in whose countries a number without one is read.
    """
    terms = folding.terms(text[:LONGEST])
    if not terms:
        return Wanted([], ())
    number = _number(text, near)
    return Wanted(terms if number else [_with_digits(term) for term in terms], number)


# --- Numbers -----------------------------------------------------------------------


def _with_digits(term: Term) -> Term:
    """Let a group of digits be part of a number, too: 'carla 0151'."""
    whole = term[0][0]
    return term + _beginnings(whole) if whole.isascii() and whole.isdigit() else term


def _number(text: str, near: Iterable[str]) -> Term:
    """Return the beginnings of all numbers that the whole text may mean."""
    found = [f"{WHOLE}{numbers.key_of(waid)}" for waid in _readings(text, near)]
    for digits, has_country in _digits_of(text):
        if has_country:
            found.append(f"{WHOLE}{digits.lstrip('0')}")
        else:
            found += [word for (word,) in _beginnings(digits)]
    return tuple((word,) for word in dict.fromkeys(found))


def _readings(text: str, near: Iterable[str]) -> list[str]:
    """Return the complete numbers of a text, read at each of our business numbers."""
    found: list[str] = []
    for line in near:
        try:
            found += numbers.readings(text, near=line)
        except numbers.NotANumber:
            continue
    return found


def _digits_of(text: str) -> list[tuple[str, bool]]:
    """Return the digits of a text without words, and whether a country leads them."""
    try:
        spellings, is_international, _groups = written.read(text)
    except written.NotANumber:
        return []
    if any(map(str.isalpha, text)) and not NUMBER_IN_LETTERS.match(text):
        return []
    return [
        (digits, is_international or digits.startswith("00"))
        for digits in spellings
        if digits.strip("0") and len(digits) <= LONGEST_NUMBER
    ]


def _beginnings(digits: str) -> Term:
    """Return where digits without a country may stand in a number."""
    plain = digits.lstrip("0")
    found = [f"{WHOLE}{digits}", f"{NATIONAL}{digits}"]
    if plain:
        found += [f"{NATIONAL}{plain}", f"{WHOLE}{digits.removeprefix('00')}"]
    if len(plain) >= FEWEST_LAST_DIGITS:
        found.append(f"{FROM_THE_END}{plain[::-1]}")
    return tuple((word,) for word in dict.fromkeys(found))


# --- Lists of other rows -----------------------------------------------------------


class Elsewhere(NamedTuple):
    """The rows that have a word outside of their contact.

    `q`: as a condition for one row after the other; `keys`: as sets that an index alone
    leads to. is_many: none leads to the rows of `q`. is_everywhere: the sets are large.
    """

    q: Q
    keys: list[QuerySet[Any]]
    is_many: bool = False
    is_everywhere: bool = False

    def __bool__(self) -> bool:
        return bool(self.keys)


NOWHERE = Elsewhere(Q(pk__in=[]), [])


def condition(
    wanted: Wanted,
    rows: QuerySet[Any],
    person: str,
    elsewhere: Callable[[Term], Elsewhere],
) -> Q:
    """Return the condition for rows of which every word that was typed is found.

    rows: all of them, in the order of the list. person: their field for the contact.
    elsewhere: where else one word is found.
    """
    others = [elsewhere(term) for term in wanted.terms]
    if any(other.is_many for other in others):
        return _of_many(wanted, rows, person, others)
    found = found_by(wanted)
    if not any(others):
        return found.q(person)
    if len(others) == 1:
        return found.q(person) | others[0].q
    return found.q(person) | _each_led(wanted, person, others)


def _each_led(wanted: Wanted, person: str, others: list[Elsewhere]) -> Q:
    """Return the condition for rows that have each word, one outside of the contact.

    Each way to it begins with rows that an index finds.
    """
    people = [with_term(term).q(person) for term in wanted.terms]
    either = [one | other.q for one, other in zip(people, others, strict=True)]
    ways = [
        reduce(and_, [*either[:place], *either[place + 1 :]], other.q)
        for place, other in enumerate(others)
        if other
    ]
    return reduce(or_, ways)


# --- Words that many rows have -------------------------------------------------------

# If a page of what is wanted is among the first rows of the list, each is looked at in
# turn. If not, nobody knows how far the next one is: then all are gathered.
LOOKED_AT = 3000
A_PAGE = 100
MOST_KEYS = 20_000


class Word(NamedTuple):
    """One of the words: the condition for its rows, and sets of their keys."""

    q: Q
    keys: list[QuerySet[Any]]
    is_everywhere: bool


def _of_many(
    wanted: Wanted, rows: QuerySet[Any], person: str, others: list[Elsewhere]
) -> Q:
    """Return the condition for rows that have each word anywhere, where many have."""
    words = [
        Word(
            one.q(person) | other.q,
            one.keys(rows.order_by(), person) + other.keys,
            one.is_everywhere or other.is_everywhere,
        )
        for one, other in zip(map(with_term, wanted.terms), others, strict=True)
    ]
    found = reduce(and_, (word.q for word in words))
    first = rows.filter(pk__in=rows.values("pk")[:LOOKED_AT])
    if first.filter(found).order_by()[:A_PAGE].count() < A_PAGE:
        found = _gathered(words)
    if wanted.number:
        found |= Found(owners(ContactWord, "contact", [wanted.number])).q(person)
    return found


def _gathered(words: list[Word]) -> Q:
    """Return the condition for rows that have each word, by sets of keys.

    Two words may each be frequent, and hardly ever together. One that is everywhere is
    looked for among the rows of the others.
    """
    if len(words) == 1:
        sets = (Q(pk__in=some) for some in words[0].keys)
        return words[0].q if words[0].is_everywhere else in_order(reduce(or_, sets))
    seldom = [word for word in words if not word.is_everywhere]
    keys = _in_all([word.keys for word in seldom or words])
    if len(keys) > MOST_KEYS:
        return reduce(and_, (word.q for word in words))
    others = [word.q for word in words if seldom and word.is_everywhere]
    return reduce(and_, others, Q(pk__among=keys))


def _in_all(gathered: list[list[QuerySet[Any]]]) -> list[Any]:
    """Return the keys that each of these has in one of its sets, up to one too many."""
    if not all(gathered):
        return []
    first, *others = (some[0].union(*some[1:], all=True) for some in gathered)
    both = first.intersection(*others) if others else first
    return list(both[: MOST_KEYS + 1])
