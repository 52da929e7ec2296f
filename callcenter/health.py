"""For operators: alive, able to take calls, and numbers."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.db import DatabaseError, close_old_connections, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from callcenter.database import close_broken_connections, keep_connections
from callcenter.web.asgi_answers import send_response
from callcenter.web.metrics_token import refusal
from calls import placement
from calls.node.metrics import of_the_rows, of_this_process
from calls.node.process import node_process

App = Callable[[dict[str, Any], Any, Any], Awaitable[None]]

# Seconds: callers hear nothing for as long, and nothing that they say is heard.
TOO_LATE = 3.0
# Prometheus waits for 10 s unless told otherwise.
ROWS_WITHIN = 4.0  # seconds


def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("alive\n", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when this node could take a call now; else 503 and the reason."""
    problem = _problem()
    state = {"node": settings.NODE_NAME, "ready": not problem, "problem": problem}
    return JsonResponse(state, status=503 if problem else 200)


def _problem() -> str:
    try:
        connection.ensure_connection()
        node = placement.living().filter(name=settings.NODE_NAME).first()
    except DatabaseError:
        return "The database cannot be reached."
    if node is None:
        return "The node has no lease."
    if node.draining:
        return "The node is draining."
    if (late := node_process.watch.lately) >= TOO_LATE:
        return f"The event loop was blocked for {late:.0f} s."
    return ""


# --- Numbers --------------------------------------------------------------------------


@require_safe
async def metrics(request: HttpRequest) -> HttpResponse:
    """Tell what this process knows of itself, and what the rows say while they answer.

    With the database away the alarms are wanted most: then the first part goes alone.
    """
    if refused := refusal(request):
        return refused
    own = await asyncio.to_thread(generate_latest, of_this_process())
    rows = await row_numbers.read()
    return HttpResponse(own + rows, content_type=CONTENT_TYPE_LATEST)


class RowNumbers:
    """One thread, which reads the rows; a read that hangs is not joined by another."""

    def __init__(self) -> None:
        self._reader = ThreadPoolExecutor(1, "metrics", initializer=keep_connections)
        self._read: Future[bytes] = Future()
        self._read.set_result(b"")

    async def read(self) -> bytes:
        if self._read.done():
            self._read = self._reader.submit(_read_rows)
        reading = asyncio.wrap_future(self._read)
        done, _ = await asyncio.wait({reading}, timeout=ROWS_WITHIN)
        try:
            if done:
                return reading.result()
        except DatabaseError:
            pass
        return generate_latest(of_the_rows(are_there=False))


def _read_rows() -> bytes:
    close_broken_connections()
    try:
        return generate_latest(of_the_rows())
    finally:
        close_old_connections()


row_numbers = RowNumbers()


def metrics_door(app: App) -> App:
    """Answer /metrics by its token, whatever the Host; everything else goes to `app`.

    Prometheus asks each node at its own address, without TLS, and can name no other
    host: Django would refuse it or send it to https.
    """

    async def door(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["path"] != "/metrics":
            await app(scope, receive, send)
        else:
            await send_response(await metrics(ASGIRequest(scope, BytesIO())), send)

    return door
