"""The short way in for webhooks: from the server to the view, past most of Django.

Django makes and joins a thread pool for each request, and takes it through middleware
for sessions, languages and forms; none of that is of use to Wati. The view is the one
that Django routes to, and what is not plainly a webhook goes to Django.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse, JsonResponse

from callcenter import limits
from callcenter.instruments import WEBHOOK_ANSWERED
from callcenter.wati.events import Kind
from callcenter.web.asgi_answers import send_response
from calls.webhooks import views
from calls.webhooks.intake import intake

App = Callable[[dict[str, Any], Any, Any], Awaitable[None]]

ADDRESS = re.compile(rf"/webhooks/wati/({'|'.join(Kind)})/?")
MOST_A_TURN = 10
VIEWS: dict[str, Any] = {
    kind.value: views.WebhookView.as_view(kind=kind) for kind in Kind
}


class Turnstile:
    """Lets a few in with each turn of the event loop: audio has its turn in between."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._entered = 0

    async def enter(self) -> None:
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop, self._entered = loop, 0
        while self._entered >= MOST_A_TURN:  # noqa: ASYNC110  # its turns are the event
            await asyncio.sleep(0)
        if not self._entered:
            loop.call_soon(self._next_turn)
        self._entered += 1

    def _next_turn(self) -> None:
        self._entered = 0


turnstile = Turnstile()


def webhook_door(app: App) -> App:
    """Answer webhooks; everything else goes on to `app`."""

    async def door(scope: dict[str, Any], receive: Any, send: Any) -> None:
        address = ADDRESS.fullmatch(scope["path"])
        if address is None or scope["method"] != "POST":
            await app(scope, receive, send)
        elif intake.is_full:
            intake.refuse()
            await send_response(_refusal(), send)
        else:
            with intake.inside(), WEBHOOK_ANSWERED.time():
                await turnstile.enter()
                await _let_in(app, address[1], scope, receive, send)

    return door


async def _let_in(
    app: App, kind: str, scope: dict[str, Any], receive: Any, send: Any
) -> None:
    body = BytesIO()
    request = _request(scope, body)
    if request is None:
        await app(scope, receive, send)
    elif await _read(receive, body):
        await send_response(await VIEWS[kind](request), send)


def _refusal() -> HttpResponse:
    content = {"message": views.TOO_MANY}
    return JsonResponse(content, status=503, headers=views.COME_AGAIN)


def _request(scope: dict[str, Any], body: BytesIO) -> ASGIRequest | None:
    """Return the request, or None for one that Django refuses or redirects."""
    try:
        request = ASGIRequest(scope, body)
        request.get_host()
    except (UnicodeDecodeError, DisallowedHost):
        return None
    is_open = settings.SECURE_SSL_REDIRECT and not request.is_secure()
    return None if is_open else request


async def _read(receive: Any, body: BytesIO) -> bool:
    """Read the body, as far as just behind its limit; False when the sender is gone."""
    more = True
    while more and body.tell() <= limits.WEBHOOK_BODY:
        message = await receive()
        if message["type"] == "http.disconnect":
            return False
        body.write(message.get("body", b""))
        more = message.get("more_body", False)
    body.seek(0)
    return True
