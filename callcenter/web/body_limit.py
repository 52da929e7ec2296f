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
        received, limit = 0, settings.WEBHOOK_MAX_BYTES

        async def limited() -> dict[str, Any]:
            """Cut the body off just behind the limit; the view then answers 413."""
            nonlocal received
            message: dict[str, Any] = await receive()
            while received > limit and message["type"] == "http.request":
                message = await receive()  # the rest of what is too large
            body = message.get("body", b"")
            before, received = received, received + len(body)
            if before <= limit < received:
                cut = body[: limit + 1 - before]
                return message | {"body": cut, "more_body": False}
            return message

        await app(scope, limited, send)

    return door
