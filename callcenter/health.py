"""For operators: alive, able to take calls, and numbers."""

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from calls import placement
from calls.node.metrics import registry
from calls.node.process import node_process

# Seconds: callers hear nothing for as long, and nothing that they say is heard.
TOO_LATE = 3.0


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


def metrics(request: HttpRequest) -> HttpResponse:
    return HttpResponse(generate_latest(registry()), content_type=CONTENT_TYPE_LATEST)
