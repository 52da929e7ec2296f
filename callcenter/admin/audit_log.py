"""The audit log, to read and to search."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from callcenter.admin_parts import ReadOnlyAdmin, badge, when
from callcenter.exporting import audit_export
from callcenter.exporting.lists import ExportedList
from callcenter.exporting.period import PeriodFilter
from callcenter.long_lists import LongList
from callcenter.models import AuditEntry


class TimeFilter(PeriodFilter):
    field = "at"


@admin.register(AuditEntry)
class AuditEntryAdmin(LongList, ExportedList, ReadOnlyAdmin):
    list_title = gettext_lazy("Audit log")
    export = audit_export.EXPORT
    ordering = ["-pk"]
    list_display = [
        when("at", "time"),
        "action_badge",
        "user",
        "address",
        "thing",
        "what",
    ]
    list_filter = [TimeFilter, "action"]
    search_fields = ["username", "address", "object_pk", "object_name", "details"]
    search_help_text = gettext_lazy("User, IP address, object, object ID or details")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [*self.list_display, "user_pk"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return self.get_fields(request, obj)

    @admin.display(description=gettext_lazy("action"), ordering="action")
    def action_badge(self, entry: AuditEntry) -> SafeString:
        return badge(entry.action, entry.get_action_display())

    @admin.display(description=gettext_lazy("user"), ordering="username")
    def user(self, entry: AuditEntry) -> str:
        return entry.username or _("not signed in")

    @admin.display(description=gettext_lazy("details"))
    def what(self, entry: AuditEntry) -> SafeString | str:
        """Show the values before and after, or else the words of the entry."""
        if not entry.changes:
            return entry.details
        return format_html_join(
            "",
            '<div class="change">{}: <del>{}</del> → <ins>{}</ins></div>',
            (
                (one["field"], one["old"] or "-", one["new"] or "-")
                for one in entry.changes
            ),
        )

    @admin.display(description=gettext_lazy("object"), ordering="object_type")
    def thing(self, entry: AuditEntry) -> SafeString | str:
        """Name the object, with a link to its page where there is one."""
        if not entry.object_type:
            return "-"
        page = f"admin:{entry.object_type.replace('.', '_')}_change"
        name = entry.object_name or entry.object_pk
        try:
            kind = apps.get_model(entry.object_type)._meta.verbose_name
            text, address = f"{kind} {name}", reverse(page, args=[entry.object_pk])
        except (LookupError, NoReverseMatch):  # a kind that is gone or has no pages
            return f"{entry.object_type} {name}"
        return format_html('<a href="{}"><bdi>{}</bdi></a>', address, text)
