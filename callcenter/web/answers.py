"""Middleware that changes answers, for sync and async servers alike."""

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware

Change = Callable[[HttpRequest, HttpResponse], HttpResponse]


def on_answers(change: Change) -> Callable[[Any], Callable[[HttpRequest], Any]]:
    """Make middleware that hands each answer through `change`, which may not block."""

    @sync_and_async_middleware
    def factory(get_response: Any) -> Callable[[HttpRequest], Any]:
        async def later(request: HttpRequest) -> HttpResponse:
            return change(request, await get_response(request))

        def now(request: HttpRequest) -> HttpResponse:
            return change(request, get_response(request))

        return later if iscoroutinefunction(get_response) else now

    return factory
