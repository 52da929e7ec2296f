"""A page of its own for the time in which the database cannot be reached."""

import sys
from typing import Any

from django.core.signals import got_request_exception
from django.db import Error, InterfaceError, InternalError, OperationalError
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.views.debug import ExceptionReporter

from callcenter.web.answers import on_answers

COME_AGAIN = "5"  # seconds
# PostgreSQL takes no writes, or has ended a session that did nothing for too long.
PASSING = ("25006", "25P03")
# Of SQLite, whose error is the same for a table that is not there.
SQLITE_IS_AWAY = ("locked", "disk", "readonly", "unable to open")


def is_away(error: BaseException | None) -> bool:
    """Say whether it is the database's trouble, and no fault of ours."""
    cause = getattr(error, "__cause__", None)
    if isinstance(error, OperationalError) and type(cause).__module__ == "sqlite3":
        return any(word in str(error) for word in SQLITE_IS_AWAY)
    if isinstance(error, InternalError):
        return getattr(cause, "sqlstate", None) in PASSING
    return isinstance(error, OperationalError | InterfaceError)


class _Brief(ExceptionReporter):
    """Under DEBUG, a page about an error asks the database again, for half a minute."""

    def get_traceback_html(self) -> SafeString:
        return SafeString()

    def get_traceback_text(self) -> SafeString:
        return SafeString()


@receiver(got_request_exception)
def _note(request: Any = None, **_: Any) -> None:
    error = sys.exc_info()[1]
    if isinstance(error, Error) and is_away(error):
        request.database_is_away = True
        request.exception_reporter_class = _Brief


def _answer(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Answer 503 with a sentence, instead of 500, while the database is away."""
    if not getattr(request, "database_is_away", False):
        return response
    page = render_to_string("database_away.html")
    return HttpResponse(page, status=503, headers={"Retry-After": COME_AGAIN})


database_away = on_answers(_answer)
