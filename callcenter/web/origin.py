"""Websockets only from our own pages: the session cookie alone proves nothing."""

from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings
from django.http.request import split_domain_port, validate_host

App = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


def is_ours(headers: dict[bytes, bytes]) -> bool:
    """Compare with the requested host and port, and the public address; None is not
    ours."""
    origin = headers.get(b"origin", b"").decode("latin-1")
    if origin == settings.PUBLIC_URL:
        return True
    host = headers.get(b"host", b"").decode("latin-1")
    name, _ = split_domain_port(host)
    known = bool(name) and validate_host(name, settings.ALLOWED_HOSTS)
    return known and origin in (f"http://{host}", f"https://{host}")


def _is_clear(headers: list[tuple[bytes, bytes]]) -> bool:
    """Say whether it can be read in one way only: a browser says each of these once."""
    names = [name.lower() for name, _ in headers]
    return names.count(b"origin") <= 1 and names.count(b"host") <= 1


def own_origin_only(app: App) -> App:
    async def door(scope: dict[str, Any], receive: Any, send: Any) -> None:
        headers = scope["headers"]
        if _is_clear(headers) and is_ours(dict(headers)):
            await app(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": 1008})  # HTTP 403

    return door
