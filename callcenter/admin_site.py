from datetime import datetime
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy

from callcenter.exporting.period import day_of
from callcenter.web.sign_in import SupervisorSignInForm
from calls.reporting import figures
from calls.reporting.hearing_words import needs_attention
from calls.reporting.labels import duration

ORDER = ["calls", "agents", "permissions", "callcenter", "auth"]


class CallCenterAdminSite(AdminSite):
    """The supervisors' home: the live figures come before the list of models."""

    site_header = gettext_lazy("Call center")
    site_title = gettext_lazy("Call center")
    index_title = gettext_lazy("Today")
    login_form = SupervisorSignInForm
    # The log needs the width; templates/admin/base_site.html has a bar instead.
    enable_nav_sidebar = False

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context = super().each_context(request)
        if self.has_permission(request):
            context["refused_accounts"] = figures.refused_accounts()
        return context

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[Any]:
        apps = super().get_app_list(request, app_label)
        return sorted(apps, key=_place)

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        context = dict(extra_context or {})
        if request.user.has_perm("calls.view_call"):
            context["overview"] = overview(timezone.now())
        return super().index(request, context)


def _place(app: dict[str, Any]) -> int:
    label = app["app_label"]
    return ORDER.index(label) if label in ORDER else len(ORDER)


def overview(now: datetime) -> dict[str, Any]:
    """Collect the figures of the home page, and the filters that list them."""
    start, end = day_of(now)
    day = f"from={start:%Y-%m-%d}&to={start:%Y-%m-%d}"
    today, outbound = figures.tally(start, end), figures.outbound_tally(start, end)
    return {
        "now": now,
        "zone": str(timezone.get_current_timezone()),
        "today": today,
        "outbound": outbound,
        "outbound_now": figures.outbound_figures(now),
        "average_wait": duration(today.average_wait),
        "live": figures.live_figures(),
        "problems": figures.problems(now),
        "deaf": needs_attention(now),
        "today_filter": f"direction__exact=inbound&{day}",
        "outbound_filter": f"direction__exact=outbound&{day}",
    }
