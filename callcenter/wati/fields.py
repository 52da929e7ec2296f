"""Values in JSON of uncertain spelling.

Names are compared without case, `_` and `-`. What stands under several names is read
by the first of them that holds something. Of a reply, one level down in data, result,
payload, call and calls[0] counts; a webhook is taken apart before (apart.py).
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

Content = dict[str, Any]  # by plain names; without what is empty

WRAPPERS = ("data", "result", "payload", "call", "calls", "statuses", "value")
LONGEST_TEXT = 4096
UNSAFE = re.compile(r"[\x00\ud800-\udfff]")  # PostgreSQL refuses both
PHONE = re.compile(r"\(?\+?[0-9\s.()-]+")
SPREADSHEET = re.compile(r"(\+?[0-9]+)\.0+")
LONGEST_NUMBER = 60
NO_STEP = re.compile(r"(\.|%2e)*", re.IGNORECASE)
# What is outside is no time of a webhook, and no database need be able to hold it.
FIRST_YEAR, LAST_YEAR = 2000, 2100


def plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


def flat(value: Any) -> Content:
    """Return an object by the plain names of its fields; of two, what comes first.

    What is no object has no fields.
    """
    content: Content = {}
    if isinstance(value, dict):
        for name, inner in value.items():
            if inner is not None and inner != "":
                content.setdefault(plain(name), inner)
    return content


def first(content: Content, *names: str) -> Any:
    """Return the first value present under any of the names, in their order."""
    for name in _plain_names(names):
        if name in content:
            return content[name]
    return None


@lru_cache(maxsize=512)  # those of our tables, with each webhook
def _plain_names(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(plain, names))


def within(content: Content, *names: str) -> Content:
    """Return the fields of the first object (or first of a list) under any name."""
    value = first(content, *names)
    return flat(value[0] if isinstance(value, list) and value else value)


def layers(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the object itself, then what its wrappers hold, outermost first."""
    yield body
    for name, value in body.items():
        if plain(name) in WRAPPERS:
            inner = value[0] if isinstance(value, list) and value else value
            if isinstance(inner, dict):
                yield inner


def find(body: dict[str, Any], *names: str) -> Any:
    """Return the first value present under any of the names, in their order."""
    everything = list(layers(body))
    for wanted in map(plain, names):
        for layer in everything:
            for name, value in layer.items():
                if plain(name) == wanted and value not in (None, ""):
                    return value
    return None


def inside(body: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return the first object (or first of a list) under any of the names."""
    value = find(body, *names)
    if isinstance(value, list) and value:
        value = value[0]
    return value if isinstance(value, dict) else {}


def text_of(value: Any, limit: int = LONGEST_TEXT) -> str:
    """Return text that any database can store; '' if it is no text or number."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return UNSAFE.sub("", str(value)).strip()[:limit]


def digits_of(value: Any) -> str:
    """Return the digits of what is written as a phone number is; else ''.

    Nothing is cut out of other text: digits out of an ID would be the number of
    somebody else.
    """
    text = text_of(value, LONGEST_NUMBER)
    if written := SPREADSHEET.fullmatch(text):
        text = written[1]
    if not PHONE.fullmatch(text):
        return ""
    digits = re.sub(r"[^0-9]", "", text)
    if "+" not in text:
        digits = re.sub(r"^00(?=[1-9])", "", digits)
    return digits


def is_no_step(name: str) -> bool:
    """Tell whether a URL would take this for "here" or "one up", or for nothing."""
    return NO_STEP.fullmatch(name) is not None


def word_of(value: Any) -> str:
    """Return a word as it can be looked up: 'NO_ANSWER' and 'No answer' are one."""
    return plain(text_of(value, 40)).replace(" ", "")


def integer_of(value: Any) -> int | None:
    """Return a whole number of at most nine digits: what an integer column holds."""
    text = text_of(value)
    fits = text.isascii() and text.isdigit() and len(text) < 10
    return int(text) if fits else None


def truth_of(value: Any) -> bool | None:
    """Return True or False from a flag or a word; None when it is neither."""
    if isinstance(value, bool):
        return value
    words = {"true": True, "1": True, "yes": True}
    words |= {"false": False, "0": False, "no": False}
    return words.get(text_of(value).lower())


def instant_of(value: Any) -> datetime | None:
    """Read unix seconds, unix milliseconds, text of either, or ISO 8601.

    What names no zone is read as UTC.
    """
    text = text_of(value, 40)
    try:
        if text.isascii() and text.isdigit():
            number = int(text)
            instant = datetime.fromtimestamp(
                number / (1000 if number > 1e11 else 1), UTC
            )
        else:
            instant = datetime.fromisoformat(text)
            instant = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
            instant = instant.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return instant if FIRST_YEAR <= instant.year < LAST_YEAR else None
