"""Pages: the agents' console, and the log as a file."""

from functools import partial

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from callcenter import export_views
from callcenter.language import console_catalogue
from calls import exports
from calls.models import Call


@login_required
@ensure_csrf_cookie
@never_cache
def console(request: HttpRequest) -> HttpResponse:
    """The console of an agent; everybody else is told where they belong."""
    if hasattr(request.user, "agent"):
        texts = console_catalogue(get_language() or settings.LANGUAGE_CODE)
        return render(request, "console/console.html", {"catalogue": texts})
    if request.user.is_staff:
        messages.info(
            request,
            _(
                "You are not an agent, so you have no console. Add an agent for your "
                "user under Agents to get one."
            ),
        )
        return redirect("admin:index")
    return render(request, "calls/no_agent.html", status=403)


@login_required
@never_cache
@require_safe
def export(request: HttpRequest) -> HttpResponseBase:
    """The log as CSV: the query string of the admin's list gives the same rows."""
    return export_views.export(
        request,
        exports.stream,
        partial(export_views.listed, model=Call),
        right="calls.view_call",
        name="calls",
        what="call log",
    )
