from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware

from callcenter import audit
from callcenter.web.answers import on_answers
from callcenter.web.sign_in import address_of

SOCKETS = "ws: wss:" if settings.DEBUG else "wss:"
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "media-src 'self' blob:",
        "worker-src 'self'",
        f"connect-src 'self' {SOCKETS}",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)


def harden(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Forbid inline scripts: the page holds a microphone and customers' data."""
    response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    response.headers.setdefault(
        "Permissions-Policy", "microphone=(self), camera=(), geolocation=()"
    )
    # Static files say themselves for how long they are good; all else is private.
    response.headers.setdefault("Cache-Control", "no-store")
    return response


security_headers = on_answers(harden)


@sync_and_async_middleware
def visits(get_response: Any) -> Callable[[HttpRequest], Any]:
    """Tell the audit log who asks, and from where."""
    if iscoroutinefunction(get_response):

        async def middleware(request: HttpRequest) -> HttpResponse:
            with audit.visit(request, address_of(request)):
                return await get_response(request)

    else:

        def middleware(request: HttpRequest) -> HttpResponse:  # type: ignore[misc]
            with audit.visit(request, address_of(request)):
                return get_response(request)

    return middleware
