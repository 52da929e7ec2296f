"""A webhook that is too large is refused before Django writes it to disk."""

from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings

App = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


def limit_webhook_bodies(app: App) -> App:
    async def door(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if not scope["path"].startswith("/webhooks/"):
            await app(scope, receive, send)
            return
        received = 0

        async def limited() -> dict[str, Any]:
            """Cut the body off just behind the limit; the view then answers 413."""
            nonlocal received
            message: dict[str, Any] = await receive()
            received += len(message.get("body", b""))
            if received > settings.WEBHOOK_MAX_BYTES:
                keep = settings.WEBHOOK_MAX_BYTES + 1
                body = message.get("body", b"")[:keep]
                padding = b"\0" * (keep - len(body))
                return message | {"body": body + padding, "more_body": False}
            return message

        await app(scope, limited, send)

    return door
