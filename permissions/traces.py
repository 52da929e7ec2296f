"""Traces of a person in any text: their number, user ID, username or name. Pure.

Numbers are found however they are spelled, with or without their country. A username
may be a common word: in free text it counts behind its @ only.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from permissions.numbers import forms_of, national_of

GONE = "[erased]"
# Between two digits of a number, as people write it.
BETWEEN = r"[\s().\-/\u00a0\u2011]*"
SHORTEST_NATIONAL = 7
SHORTEST_NAME = 2


@dataclass(frozen=True)
class Traces:
    """The IDs and names by which one person is found in texts."""

    numbers: frozenset[str]  # digits, with country
    user_ids: frozenset[str]
    usernames: frozenset[str]
    names: frozenset[str]

    @property
    def ids(self) -> tuple[frozenset[str], ...]:
        return self.numbers, self.user_ids, self.usernames

    def __bool__(self) -> bool:
        return any(self.ids)

    # --- Texts of anybody ---

    def stand_in(self, text: str) -> bool:
        """Say whether an ID of theirs stands in this text."""
        return bool(self._ids and self._ids.search(text))

    def without(self, text: str) -> str:
        """Return the text without their IDs."""
        return self._ids.sub(GONE, text) if self._ids else text

    @cached_property
    def _ids(self) -> re.Pattern[str] | None:
        handles = (rf"@{re.escape(one)}(?![\w.])" for one in sorted(self.usernames))
        users = (rf"{re.escape(one)}(?!\w)" for one in sorted(self.user_ids))
        return _any_of([*self._spellings(), *users, *handles])

    def _spellings(self) -> Iterator[str]:
        for number in sorted(self.numbers):
            for form in forms_of(number):
                yield rf"(?<!\d)(?:\+|00{BETWEEN})?{_spaced(form)}(?!\d)"
                if len(national := national_of(form)) >= SHORTEST_NATIONAL:
                    yield rf"(?<!\d)0{BETWEEN}{_spaced(national)}(?!\d)"

    # --- Texts about this person ---

    def name_in(self, text: str) -> bool:
        """Say whether an ID or a name of theirs stands in a text that is about them."""
        return self.stand_in(text) or bool(self._names and self._names.search(text))

    @cached_property
    def _names(self) -> re.Pattern[str] | None:
        called = [*self.names, *self.usernames]
        long_ones = sorted(one for one in called if len(one) >= SHORTEST_NAME)
        return _any_of(rf"(?<!\w){re.escape(one)}(?!\w)" for one in long_ones)

    # --- Bodies ---

    def in_body(self, body: bytes) -> bool:
        """Say whether a webhook's body tells of them; by a username only as such."""
        text = body.decode(errors="replace")
        if self.stand_in(text):
            return True
        try:
            said = _values(json.loads(body), "")
            return any(self._is_said(name, value) for name, value in said)
        except (ValueError, RecursionError):
            return False

    def _is_said(self, name: str, value: str) -> bool:
        is_handle = "username" in re.sub(r"[\W_]", "", name).casefold()
        handles = {one.casefold() for one in self.usernames} if is_handle else set()
        return value.removeprefix("@").casefold() in handles or self.stand_in(value)


def _any_of(patterns: Iterable[str]) -> re.Pattern[str] | None:
    some = list(patterns)
    return re.compile("|".join(some), re.IGNORECASE) if some else None


def _spaced(digits: str) -> str:
    return BETWEEN.join(digits)


def _values(content: Any, name: str) -> Iterator[tuple[str, str]]:
    """Yield each text in a body, with the name that it stands behind."""
    match content:
        case dict():
            for key, value in content.items():
                yield from _values(value, key)
        case list():
            for value in content:
                yield from _values(value, name)
        case str():
            yield name, content
            if content[:1] in ("{", "["):  # JSON as a text, as Wati sometimes sends it
                yield from _values(_loaded(content), name)


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
