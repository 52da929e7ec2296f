"""The call log as a file."""

from functools import partial

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from callcenter.exporting import views
from calls.models import Call
from calls.reporting import call_export


@login_required
@never_cache
@require_safe
def export(request: HttpRequest) -> HttpResponseBase:
    """The log as CSV: the query string of the admin's list gives the same rows."""
    return views.export(
        request,
        call_export.stream,
        partial(views.listed, model=Call),
        right="calls.view_call",
        name="calls",
        what="call log",
    )
