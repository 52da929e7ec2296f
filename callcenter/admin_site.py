from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, cast

from django.contrib.admin import AdminSite, ModelAdmin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext_lazy

from agents import led_queues
from callcenter import audit
from callcenter.audited_admin import audited
from callcenter.exporting.period import day_of
from callcenter.navigation import navigation
from callcenter.web.sign_in_views import SignIn, SignOut
from calls.board import orders as board_orders
from calls.board import views as board_views
from calls.reporting import checklist, figures
from calls.reporting.alarms import alarms
from calls.reporting.hearing_words import needs_attention
from calls.reporting.labels import duration


class CallCenterAdminSite(AdminSite):
    """The supervisors' home: the live figures come before the list of models."""

    site_header = gettext_lazy("Call center")
    site_title = gettext_lazy("Call center")
    index_title = gettext_lazy("Today")
    # Django's lists models by application; ours, callcenter.navigation, pages by task.
    enable_nav_sidebar = False

    def register(
        self, model_or_iterable: Any, admin_class: Any = None, **options: Any
    ) -> None:
        """Register pages whose changes are all recorded, whoever wrote them."""
        page = audited(admin_class or ModelAdmin)
        admin_class = type(page.__name__, (OfOwnQueues, page), {"__module__": __name__})
        super().register(model_or_iterable, admin_class, **options)

    def logout(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return SignOut.as_view()(request)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        return super().admin_view(leaves_an_entry(view), cacheable)

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the one sign-in page: its rules hold here, too."""
        if request.method == "GET" and self.has_permission(request):
            return redirect("admin:index")
        here = SignIn.as_view(next_page="admin:index")
        return cast(HttpResponse, here(request))

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context = super().each_context(request)
        if self.has_permission(request):
            context["refused_accounts"] = figures.refused_accounts()
            context["navigation"] = list(navigation(self, request))
        return context

    def get_urls(self) -> list[Any]:
        board = self.admin_view(self.board)
        orders = [
            path(address, self.admin_view(view), name=name)
            for address, view, name in board_orders.ADDRESSES
        ]
        return [path("board/", board, name="board"), *orders, *super().get_urls()]

    def board(self, request: HttpRequest) -> HttpResponse:
        return board_views.board(request, self.each_context(request))

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        context = dict(extra_context or {})
        sees_all = led_queues.queues_of(request.user) is None
        if sees_all and request.user.has_perm("calls.view_call"):
            context["overview"] = overview(timezone.now())
            context |= setup(request.user)
        return super().index(request, context)


class OfOwnQueues(ModelAdmin):
    """Shows team leads what belongs to their queues, and everybody else all."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return led_queues.within(super().get_queryset(request), request.user)


def leaves_an_entry(
    view: Callable[..., HttpResponseBase],
) -> Callable[..., HttpResponseBase]:
    """Record a request that changes something, where its view has recorded nothing."""

    @wraps(view)
    def recorded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        is_done = request.method == "POST" and response.status_code < 400
        if is_done and audit.nothing_recorded():
            audit.record(audit.Action.SUBMITTED, details=_what_was_asked(request))
        return response

    return recorded


def _what_was_asked(request: HttpRequest) -> str:
    """Return the page, the object and the action, and nothing that was typed."""
    match = request.resolver_match
    name = match.url_name if match else ""
    given = match.kwargs if match else {}
    chosen = {"action": request.POST["action"]} if "action" in request.POST else {}
    words = [f"{key}={value}" for key, value in (given | chosen).items()]
    return " ".join([name or "", *words])


def setup(user: Any) -> dict[str, Any]:
    """Return the steps to the first call, with links to what this user may do."""
    steps = checklist.checklist()
    if steps is None:
        return {}
    shown = [
        (step, step.way if _may_go(user, step.way) else None) for step in steps.steps
    ]
    return {"checklist": steps, "checklist_steps": shown}


def _may_go(user: Any, way: checklist.Way) -> bool:
    return bool(way.link) and (not way.right or user.has_perm(way.right))


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
        "alarms": alarms(now),
        "today_filter": f"direction__exact=inbound&{day}",
        "outbound_filter": f"direction__exact=outbound&{day}",
    }
