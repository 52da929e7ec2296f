"""Agent activity: each day as it was; written by the system alone."""

from datetime import UTC, date, datetime, timedelta
from math import ceil
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agents import exports, led_queues
from agents.days import Day, Interval, day_from
from agents.models import Agent, AgentState, AgentStateSpan, canaries
from callcenter.admin_parts import ReadOnlyAdmin, badge, when
from callcenter.exporting.lists import ExportedList
from callcenter.exporting.period import PeriodFilter, day_of

HOUR = timedelta(hours=1)
BAR = 1000  # the width of a day, in units of the drawing


class SpanPeriodFilter(PeriodFilter):
    field = "started_at"


class DayForm(forms.Form):
    day = forms.DateField(
        label=gettext_lazy("Day"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": gettext_lazy("Enter the date as 2026-11-23.")},
    )
    agent = forms.ModelChoiceField(
        Agent.objects.people().order_by("name"),
        label=gettext_lazy("Agent"),
        empty_label=None,
    )

    def __init__(self, *args: Any, agents: QuerySet[Agent], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.fields["agent"]
        assert isinstance(chosen, forms.ModelChoiceField)
        chosen.queryset = agents.order_by("name")

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if not 2000 <= day.year <= 2100:
            raise forms.ValidationError(
                gettext_lazy("Choose a date between 2000 and 2100.")
            )
        return day


@admin.register(AgentStateSpan)
class AgentStateSpanAdmin(ExportedList, ReadOnlyAdmin):
    list_title = gettext_lazy("Agent activity")
    export = exports.EXPORT
    date_hierarchy = "started_at"
    ordering = ["-started_at", "-pk"]
    list_select_related = ["agent"]
    list_display = [
        "agent",
        "state_badge",
        "reason",
        when("started_at", "from"),
        when("ended_at", "until"),
        "lasted",
        "day_link",
    ]
    list_filter = [SpanPeriodFilter, "state", "agent"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[AgentStateSpan]:
        spans: QuerySet[AgentStateSpan] = super().get_queryset(request)
        return spans.exclude(agent__in=canaries())

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.day)
        name = "agents_agentstatespan_day"
        return [path("day/<int:agent_id>/", view, name=name), *super().get_urls()]

    def day(self, request: HttpRequest, agent_id: int) -> HttpResponse:
        """Show one agent's day as a bar, a sum and a table."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        agents = led_queues.within(Agent.objects.people(), request.user)
        agent = get_object_or_404(agents, pk=agent_id)
        today = timezone.localdate()
        asked = {"day": request.GET.get("day") or today}
        form = DayForm(
            {"agent": request.GET.get("agent") or agent.pk, **asked}, agents=agents
        )
        day = today
        if form.is_valid():
            agent, day = form.cleaned_data["agent"], form.cleaned_data["day"]
        context = {
            **self.admin_site.each_context(request),
            **picture(agent, day, timezone.now()),
            "opts": self.opts,
            "agent": agent,
            "form": form,
            "title": _("Activity of {name}").format(name=agent.name),
            "zone": str(timezone.get_current_timezone()),
        }
        return render(request, "admin/agents/day.html", context)

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def state_badge(self, span: AgentStateSpan) -> SafeString:
        return badge(span.state, span.get_state_display())

    @admin.display(description=gettext_lazy("duration"))
    def lasted(self, span: AgentStateSpan) -> str:
        if span.ended_at is None:
            return _("ongoing")
        return clock(span.ended_at - span.started_at)

    @admin.display(description=gettext_lazy("day"))
    def day_link(self, span: AgentStateSpan) -> SafeString:
        address = reverse("admin:agents_agentstatespan_day", args=[span.agent_id])
        day = f"{timezone.localtime(span.started_at):%Y-%m-%d}"
        return format_html('<a href="{}?day={}">{}</a>', address, day, _("Whole day"))


def clock(lasts: timedelta) -> str:
    """Return hours, minutes and seconds."""
    minutes, seconds = divmod(round(lasts.total_seconds()), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"


def picture(agent: Agent, on: date, now: datetime) -> dict[str, Any]:
    """Lay the day out as the page draws it."""
    noon = timezone.make_aware(datetime(on.year, on.month, on.day, 12))
    # In UTC: across a change of the clock, sums of local times go wrong.
    start, end = (at.astimezone(UTC) for at in day_of(noon))
    still = Q(ended_at=None) | Q(ended_at__gt=start)
    spans = agent.spans.filter(still, started_at__lt=end).order_by("started_at", "pk")
    day = day_from(spans, start, end, now)
    labels = dict(AgentState.choices)
    return {
        "day": day,
        "on": on,
        "before": on - timedelta(days=1),
        "after": on + timedelta(days=1),
        "hours": clock(day.lasts),
        "bar": [_drawn(day, one, labels) for one in day.intervals],
        "marks": list(_marks(day)),
        "intervals": [
            {"row": one, "label": labels.get(one.state), "lasted": clock(one.lasts)}
            for one in day.intervals
        ],
        "sums": [
            {"state": state, "label": labels.get(state, state), "lasted": clock(lasts)}
            for state, lasts in day.by_state.items()
        ],
        "in_all": clock(day.in_all),
        "logged_in": clock(day.logged_in),
        "adds_up": day.in_all == day.logged_in,
    }


def _drawn(day: Day, one: Interval, labels: dict[str, Any]) -> dict[str, Any]:
    first, last = _x(day, one.start), _x(day, one.end)
    local = timezone.localtime(one.start), timezone.localtime(one.end)
    words = f"{labels.get(one.state, one.state)} {one.reason}".strip()
    return {
        "state": one.state,
        "x": f"{first:.2f}",
        "width": f"{max(last - first, 0.5):.2f}",
        "title": f"{words}, {local[0]:%H:%M:%S} – {local[1]:%H:%M:%S}",
    }


def _x(day: Day, at: datetime) -> float:
    return BAR * ((at - day.start) / day.lasts)


def _marks(day: Day) -> list[dict[str, str]]:
    """Return every third hour of the local clock; where it jumps, so do the marks."""
    hours = range(ceil(day.lasts / HOUR))
    instants = (day.start + number * HOUR for number in hours)
    return [
        {"x": f"{_x(day, at):.2f}", "text": f"{timezone.localtime(at):%H}"}
        for at in instants
        if timezone.localtime(at).hour % 3 == 0
    ]
