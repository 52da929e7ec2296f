"""A permission as a body puts it: yes or no, for how long, and in which word."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from callcenter.wati.fields import (
    Content,
    first,
    flat,
    instant_of,
    text_of,
    truth_of,
    word_of,
)
from callcenter.wati.kinds import GRANTED, PERMANENT, REFUSED, reply_of

FLAGS = ("hasPermission", "permission", "granted")
WORDS = ("response", "status", "permissionStatus", *FLAGS)
EXPIRY = ("expirationTimestamp", "expirationTime", "expiresAt", "expiration")
# As the ledger names them, whoever wrote them how.
SPELLING = {"notgranted": "not_granted", "nopermission": "no_permission"}


class UnknownWord(ValueError):
    """Neither yes nor no; the text says which word it is, if there is one."""


@dataclass(frozen=True)
class Permission:
    granted: bool
    permanent: bool
    expires_at: datetime | None
    status: str  # the word that decided, '' if it was a flag alone


def permission_of(content: Content) -> Permission:
    """Read a permission in any spelling. Raises UnknownWord.

    Where a body contradicts itself it is a no: either way WhatsApp is asked, and until
    then nobody is called whom it may have forbidden.
    """
    inner = [reply_of(content), flat(first(content, "permission")), content]
    words = [word for place in inner for word in _words(place)]
    flags = [flag for place in inner for flag in _flags(place)]
    noes = [word for word in words if word in REFUSED]
    yeses = [word for word in words if word in GRANTED]
    if not flags and not noes and not yeses:
        raise UnknownWord(_problem(inner))
    granted = not noes and False not in flags
    word = next(iter(yeses if granted else noes), "")
    return Permission(
        granted=granted,
        permanent=granted and (_is_permanent(inner) or PERMANENT in words),
        expires_at=_first(instant_of(first(place, *EXPIRY)) for place in inner),
        status=SPELLING.get(word, word),
    )


def _words(place: Content) -> list[str]:
    return [word for name in WORDS if (word := word_of(first(place, name)))]


def _flags(place: Content) -> list[bool]:
    found = (truth_of(first(place, name)) for name in FLAGS)
    return [flag for flag in found if flag is not None]


def _is_permanent(inner: list[Content]) -> bool:
    return any(truth_of(first(place, "isPermanent")) for place in inner)


def _first(values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _problem(inner: list[Content]) -> str:
    texts = (text_of(first(place, name), 40) for place in inner for name in WORDS)
    word = next(filter(None, texts), "")
    if not word:
        return "The permission is neither granted nor declined."
    return f"The permission says “{word}”, which is not known."
