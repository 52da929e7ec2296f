"""The agents' time as a file."""

from functools import partial

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from agents import exports
from agents.models import AgentStateSpan
from callcenter.exporting import views


@login_required
@never_cache
@require_safe
def export(request: HttpRequest) -> HttpResponseBase:
    """Stretches as CSV: the query string of the admin's list gives the same rows."""
    return views.export(
        request,
        exports.stream,
        partial(views.listed, model=AgentStateSpan),
        right="agents.view_agentstatespan",
        name="agent_time",
        what="agents' time",
    )
