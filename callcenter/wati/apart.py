"""One body, many things: take apart what WhatsApp or Wati put into one request.

Objects under WRAPPERS are opened, and lists under them and under entry and changes
are taken apart. Each part also has the fields that stand around it, where it has none
of its own under that name; those of `metadata` come last of all.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from callcenter.wati.fields import Content, flat

WRAPPERS = frozenset(
    (
        *("data", "result", "payload", "value", "call"),
        *("calls", "statuses", "messages", "events"),
    )
)
META = frozenset(("entry", "changes"))  # WhatsApp's own envelope
MOST_PARTS = 50
DEEPEST = 8


class TooMany(ValueError):
    """The body holds more than one request may."""


@dataclass(frozen=True)
class Part:
    content: Content
    source: str = ""  # the list that it stood in, by its plain name
    alone: bool = True  # in its body
    # A part that is no object at all says nothing, but must not vanish either.
    is_object: bool = True


def take_apart(body: Any) -> list[Part]:
    """Return the parts of a decoded body, in order; at least one. Raises TooMany."""
    found = list(islice(_parts(body, {}, "", 0), MOST_PARTS + 1))
    if len(found) > MOST_PARTS:
        raise TooMany(f"The body holds more than {MOST_PARTS} parts.")
    alone = len(found) == 1
    return [
        Part(_complete(part.content), part.source, alone, part.is_object)
        for part in found
    ] or [Part({}, is_object=False)]


def _parts(value: Any, around: Content, source: str, depth: int) -> Iterator[Part]:
    if depth > DEEPEST:
        yield Part({}, source, is_object=False)
    elif isinstance(value, list):
        for item in value:
            yield from _parts(item, around, source, depth + 1)
    elif not isinstance(value, dict):
        yield Part({}, source, is_object=False)
    else:
        yield from _parts_of_object(value, around, source, depth)


def _parts_of_object(
    value: dict[str, Any], around: Content, source: str, depth: int
) -> Iterator[Part]:
    own = _opened(flat(value))
    lists = [name for name in own if _holds_objects(own, name)]
    rest = around | {name: own[name] for name in own if name not in lists}
    if not lists:
        yield Part(rest, source)
    for name in lists:
        # An entry's id and time are those of the account at WhatsApp.
        beside = {} if name in META else rest
        yield from _parts(own[name], beside, name, depth + 1)


def _opened(own: Content) -> Content:
    """Put what wrapped objects hold in their place; the inner field counts."""
    for _ in range(DEEPEST):
        wrapped = [name for name in own if name in WRAPPERS | META]
        wrapped = [name for name in wrapped if isinstance(own[name], dict)]
        if not wrapped:
            break
        inner = [flat(own[name]) for name in wrapped]
        own = {name: own[name] for name in own if name not in wrapped}
        for content in inner:
            own |= content
    return own


def _holds_objects(own: Content, name: str) -> bool:
    value = own[name]
    return (
        name in WRAPPERS | META
        and isinstance(value, list)
        and any(isinstance(item, dict | list) for item in value)
    )


def _complete(content: Content) -> Content:
    return flat(content.get("metadata")) | content
