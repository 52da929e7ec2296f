"""Business hours, and the lines that keep them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agents.line_hours import opening_of_all
from agents.models import Holiday, OpenHours, Schedule
from callcenter.admin_parts import DistinctRows, badge
from callcenter.wall_clock import validate_zone
from calls.admin.preview import PreviewAdmin
from calls.models import Line
from permissions.numbers import display


class ScheduleForm(forms.ModelForm):
    class Meta:
        model = Schedule
        fields = ["name", "time_zone"]

    def clean_time_zone(self) -> str:
        zone = str(self.cleaned_data["time_zone"])
        validate_zone(zone)
        return zone


# Plain ones: the admin's own compare them with the clock of the server.
ON_THE_WALL: dict[Any, dict[str, Any]] = {
    models.TimeField: {
        "widget": forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    },
    models.DateField: {
        "widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    },
}


class HoursInline(admin.TabularInline):
    model = OpenHours
    formfield_overrides = ON_THE_WALL
    extra = 0
    verbose_name = gettext_lazy("opening hours")
    verbose_name_plural = gettext_lazy(
        "weekly opening hours; a closing time before the opening time is on the "
        "next day"
    )

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return 5 if obj is None else 0


class OneForDate(DistinctRows):
    distinct = "date"


class HolidayInline(admin.TabularInline):
    model = Holiday
    formfield_overrides = ON_THE_WALL
    formset = OneForDate
    extra = 0
    verbose_name_plural = gettext_lazy("holidays and other exceptions")


@admin.register(Schedule)
class ScheduleAdmin(PreviewAdmin):
    form = ScheduleForm
    list_display = ["name", "time_zone", "now", "week", "used_by"]
    search_fields = ["name"]
    inlines = [HoursInline, HolidayInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Schedule]:
        schedules: QuerySet[Schedule] = super().get_queryset(request)
        return schedules.prefetch_related("hours", "holidays", "lines", "queues")

    def lines_of(self, row: Any) -> QuerySet[Line]:
        return Line.objects.all()

    def as_asked(self, line: Line, row: Any) -> Line:
        # Also before it keeps these hours: that is when one wants to know.
        line.schedule = row
        return line

    @admin.display(description=gettext_lazy("now"))
    def now(self, schedule: Schedule) -> SafeString:
        return state_now(schedule)

    @admin.display(description=gettext_lazy("week"))
    def week(self, schedule: Schedule) -> str:
        return "; ".join(str(hours) for hours in schedule.hours.all())

    @admin.display(description=gettext_lazy("used by"))
    def used_by(self, schedule: Schedule) -> str:
        names = [str(row) for row in (*schedule.lines.all(), *schedule.queues.all())]
        return ", ".join(sorted(names)) or _("none yet")


def state_now(*schedules: Schedule | None) -> SafeString:
    opening = opening_of_all(schedules, timezone.now())
    word = _("Open") if opening.open else _("Closed")
    state = badge("ok" if opening.open else "none", word)
    if opening.until is None:
        return state
    until = date_format(timezone.localtime(opening.until), _("D, j M, H:i"))
    return format_html("{} {}", state, _("until {time}").format(time=until))


@admin.register(Line)
class LineAdmin(PreviewAdmin):
    """A line comes and goes with its Wati account; here is how it is served."""

    list_display = ["name", "number_as_read", "queue", "priority", "schedule", "now"]
    list_select_related = ["queue__schedule", "schedule"]
    search_fields = ["name", "number"]
    fieldsets = [
        (None, {"fields": ["name", "number_as_read", "account"]}),
        (gettext_lazy("Routing"), {"fields": ["queue", "priority"]}),
        (gettext_lazy("Business hours"), {"fields": ["schedule", "closed_prompt"]}),
    ]
    readonly_fields = ["number_as_read", "account"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def lines_of(self, row: Any) -> QuerySet[Line]:
        return Line.objects.filter(pk=row.pk)

    @admin.display(description=gettext_lazy("number"), ordering="number")
    def number_as_read(self, line: Line) -> str:
        return display(line.number)

    @admin.display(description=gettext_lazy("now"))
    def now(self, line: Line) -> SafeString:
        return state_now(line.schedule, line.queue.schedule)
