"""A body that is longer than its address takes is refused before it is kept.

Django writes a whole body to the disk before it looks who sent it. Under Daphne a
request is refused before this (daphne_requests.py); other servers hand bodies over as
they come.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from callcenter import limits

App = Callable[[dict[str, Any], Any, Any], Awaitable[None]]

TEXT = b"This is more than the server takes."
HEADERS = [
    (b"content-type", b"text/plain"),
    (b"content-length", b"%d" % len(TEXT)),
    (b"connection", b"close"),
]


class TooLong(Exception):
    """The body has more bytes than its address takes."""


def most_bytes(path: str) -> int:
    """Return how long the body of a request to this address may be."""
    for prefix, most in limits.BODIES.items():
        if path.startswith(prefix):
            return most
    return limits.ANY_BODY


def limit_bodies(app: App) -> App:
    """Answer 413 by the declared length, or as soon as there are more bytes."""

    async def door(scope: dict[str, Any], receive: Any, send: Any) -> None:
        most = most_bytes(scope["path"])
        counted = Counted(receive, most)
        try:
            if _declared(scope) > most:
                raise TooLong
            await app(scope, counted, send)
        except TooLong:
            await _refuse(send)

    return door


class Counted:
    """The messages of a server, up to so many bytes."""

    def __init__(self, receive: Any, most: int) -> None:
        self._receive, self._left = receive, most

    async def __call__(self) -> dict[str, Any]:
        message: dict[str, Any] = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise TooLong
        return message


def _declared(scope: dict[str, Any]) -> int:
    """Return the length that the headers say; of several the longest, of odd ones 0."""
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return max((int(one) for one in lengths if one.isdigit()), default=0)


async def _refuse(send: Any) -> None:
    await send({"type": "http.response.start", "status": 413, "headers": HEADERS})
    await send({"type": "http.response.body", "body": TEXT})
