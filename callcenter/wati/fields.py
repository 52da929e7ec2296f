"""Finding things in JSON of uncertain spelling.

Names are compared without case, `_` and `-`; one level down in data, result, payload,
call and calls[0] counts; a full Meta envelope too.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

WRAPPERS = ("data", "result", "payload", "call", "calls", "statuses", "value")
LONGEST_TEXT = 4096
UNSAFE = re.compile(r"[\x00\ud800-\udfff]")  # PostgreSQL refuses both


def plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


def layers(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the object itself, then what its wrappers hold, outermost first."""
    yield body
    for name, value in body.items():
        if plain(name) in WRAPPERS:
            inner = value[0] if isinstance(value, list) and value else value
            if isinstance(inner, dict):
                yield inner


def unwrap(body: dict[str, Any]) -> dict[str, Any]:
    """Return Meta's envelope entry[0].changes[0].value, or the body itself."""
    try:
        value = body["entry"][0]["changes"][0]["value"]
    except (KeyError, IndexError, TypeError):
        return body
    return value if isinstance(value, dict) else body


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
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return UNSAFE.sub("", str(value)).strip()[:limit]


def digits_of(value: Any) -> str:
    """Return a phone number as digits only, without + or 00."""
    digits = re.sub(r"[^0-9]", "", text_of(value))
    return digits.removeprefix("00")[:32]


def integer_of(value: Any) -> int | None:
    """Return a whole number of at most nine digits: what an integer column holds."""
    text = text_of(value)
    fits = text.isascii() and text.isdigit() and len(text) < 10
    return int(text) if fits else None


def truth_of(value: Any) -> bool | None:
    """Return True or False from a flag or a word; None when it is neither."""
    if isinstance(value, bool):
        return value
    return {"true": True, "1": True, "yes": True, "false": False, "0": False}.get(
        text_of(value).lower()
    )


def instant_of(value: Any) -> datetime | None:
    """Read unix seconds, unix milliseconds, text of either, or ISO 8601."""
    text = text_of(value, 40)
    try:
        if text.isascii() and text.isdigit():
            number = int(text)
            return datetime.fromtimestamp(number / (1000 if number > 1e11 else 1), UTC)
        parsed = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
