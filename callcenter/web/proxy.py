"""The proxy in front of us: what it says of a client counts, and nobody else's word.

The address of the client is put right once, before anything reads it: throttling, the
log and the rows of webhooks all take it from the scope.
"""

from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from typing import Any

from django.conf import settings

App = Callable[[dict[str, Any], Any, Any], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

CLIENT = b"x-forwarded-for"
# What a stranger may not say of himself.
OF_PROXIES = (
    CLIENT,
    b"x-forwarded-proto",
    b"x-forwarded-host",
    b"forwarded",
    b"x-request-id",
)


def behind_proxy(app: App) -> App:
    """Let `app` see who really asks, and no header that only looks like a proxy's."""

    async def door(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if "headers" in scope:
            peer = _normal((scope.get("client") or ("",))[0])
            headers = _without_lookalikes(scope["headers"])
            if is_trusted(peer):
                scope = {**scope, "client": [client_of(peer, headers), 0]}
            else:
                headers = [one for one in headers if one[0].lower() not in OF_PROXIES]
            scope = {**scope, "headers": headers}
        await app(scope, receive, send)

    return door


def client_of(peer: str, headers: Headers) -> str:
    """Return the last address that no proxy of ours has; what is before it is hearsay.

    `peer`: a trusted proxy, and the client itself if it names no other.
    """
    lines = [value for name, value in headers if name.lower() == CLIENT]
    for word in reversed(b",".join(lines).decode("latin-1").split(",")):
        address = _normal(word.strip())
        if not address:
            return peer  # not an address: the proxy passed something on
        if not is_trusted(address):
            return address
        peer = address
    return peer


def is_trusted(address: str) -> bool:
    """Say whether this is a proxy of ours; a Unix socket, without an address, is."""
    if not address:
        return True
    return any(ip_address(address) in network for network in settings.TRUSTED_PROXIES)


def _normal(address: str) -> str:
    """Return the address in its one spelling; empty for what is none."""
    try:
        found = ip_address(address)
    except ValueError:
        return ""
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or found)


def _without_lookalikes(headers: Headers) -> Headers:
    """Drop names with an underscore: WSGI's spelling makes them equal to the true ones.

    CVE-2026-3902; nginx drops them, too.
    """
    return [one for one in headers if b"_" not in one[0]]
