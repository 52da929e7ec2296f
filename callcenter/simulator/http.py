"""Shared by the simulator's views: reading JSON, and access."""

import ipaddress
import json
import secrets
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse

from callcenter.simulator.behaviour import BadChoice
from callcenter.simulator.errors import NoSuchCall
from callcenter.simulator.service import the_world

BODY_BOUND = 256 * 1024
View = Callable[..., Coroutine[Any, Any, HttpResponseBase]]


class BadRequest(Exception):
    """The text says what is wrong with the request."""


def read_object(request: HttpRequest) -> dict[str, Any]:
    """Read the JSON object in the body; an empty body is an empty object."""
    if len(request.body) > BODY_BOUND:
        raise BadRequest("the body is too large")
    try:
        found = json.loads(request.body or b"{}")
    except (ValueError, RecursionError) as error:
        raise BadRequest("the body is not JSON") from error
    if not isinstance(found, dict):
        raise BadRequest("the body is not a JSON object")
    return found


def read_text(given: dict[str, Any], name: str, default: str = "") -> str:
    value = given.get(name, default)
    if not isinstance(value, str):
        raise BadRequest(f"{name} must be text")
    return value


def bearer_is(request: HttpRequest, token: str) -> bool:
    given = request.headers.get("Authorization", "")
    scheme, _, value = given.partition(" ")
    same = secrets.compare_digest(value.strip().encode(), token.encode())
    return scheme.lower() == "bearer" and same


def is_from_this_host(request: HttpRequest) -> bool:
    """Tell whether no other host can have sent this, a proxy's client included."""
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def control(view: View) -> View:
    """Guard a view for tests and demos: this host or the token, JSON, plain errors.

    A form on a stranger's page can not post JSON without asking first, so these
    views do without a token against forgery.
    """

    @wraps(view)
    async def guarded(request: HttpRequest, **names: str) -> HttpResponseBase:
        token = the_world().account.token
        if not is_from_this_host(request) and not bearer_is(request, token):
            return JsonResponse({"error": "not from here"}, status=403)
        if request.method == "POST" and request.content_type != "application/json":
            return JsonResponse({"error": "send application/json"}, status=415)
        return await plainly(view, request, **names)

    return guarded


async def plainly(view: View, request: HttpRequest, **names: str) -> HttpResponseBase:
    """Run a view; say in JSON what was wrong with the request."""
    try:
        return await view(request, **names)
    except NoSuchCall as error:
        return JsonResponse({"error": str(error)}, status=error.status)
    except (BadRequest, BadChoice, ValueError) as error:
        return JsonResponse({"error": str(error)}, status=400)


def nothing() -> HttpResponse:
    return HttpResponse(status=204)
