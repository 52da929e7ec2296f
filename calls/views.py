"""Pages: the agents' console, and the log as a file."""

import logging

from django.contrib import admin, messages
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseBase,
    QueryDict,
    StreamingHttpResponse,
)
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from calls import exports
from calls.filters import BadPeriod, read_period
from calls.models import Call

logger = logging.getLogger(__name__)

# What the list reads to show a page, and a file has no use for.
ONLY_FOR_THE_SCREEN = ("p", "all", "o", "e", "_facets", "_popup", "_to_field")


@login_required
@ensure_csrf_cookie
@never_cache
def console(request: HttpRequest) -> HttpResponse:
    """The console of an agent; everybody else is told where they belong."""
    if hasattr(request.user, "agent"):
        return render(request, "console/console.html")
    if request.user.is_staff:
        messages.info(
            request,
            "You are not an agent, so you have no console. Add an agent for your "
            "user under Agents to get one.",
        )
        return redirect("admin:index")
    return render(request, "calls/no_agent.html", status=403)


@login_required
@never_cache
@require_safe
def export(request: HttpRequest) -> HttpResponseBase:
    """The log as CSV: the query string of the admin's list gives the same rows."""
    user = request.user
    if not (user.is_staff and user.has_perm("calls.view_call")):
        raise PermissionDenied
    wish = request.GET.dict()
    try:
        read_period(wish.get("from", ""), wish.get("to", ""))
        calls = listed(request)
    except BadPeriod as problem:
        return _bad(str(problem))
    except (IncorrectLookupParameters, DisallowedModelAdminLookup):
        return _bad("One of the filters in this address is not known or not readable.")
    logger.info("user %s exports the call log", user.pk)
    return StreamingHttpResponse(
        exports.stream(calls, bom=wish.get("bom") == "1"),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{exports.file_name(wish)}"'
        },
    )


def listed(request: HttpRequest) -> QuerySet[Call]:
    """The calls that the admin's list shows for this query string.

    Raises IncorrectLookupParameters or DisallowedModelAdminLookup.
    """
    wanted = request.GET.copy()
    for name in (*ONLY_FOR_THE_SCREEN, "bom"):
        wanted.pop(name, None)
    request.GET = QueryDict(wanted.urlencode())
    model_admin = admin.site.get_model_admin(Call)
    calls: QuerySet[Call] = model_admin.get_changelist_instance(request).queryset
    return calls


def _bad(sentence: str) -> HttpResponse:
    return HttpResponseBadRequest(
        f"{sentence}\n", content_type="text/plain; charset=utf-8"
    )
