"""The permissions as they stand, and the ledger they come from; read-only."""

from typing import Any

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from callcenter.admin_parts import (
    ReadOnlyAdmin,
    age,
    link_to,
    when,
)
from callcenter.exporting.lists import ExportedList
from callcenter.long_lists import LongList
from permissions import words
from permissions.admin.finding import FoundByPerson
from permissions.exports import EXPORT
from permissions.facts import PermissionStatus
from permissions.filters import (
    EventLineFilter,
    EventPeriodFilter,
    LineFilter,
    WatchFilter,
)
from permissions.models import CallPermission, PermissionEvent
from permissions.story import standing


class WithHistory(ExportedList, FoundByPerson):
    """Found by the person; with the history of what is listed behind a button."""

    export = EXPORT
    export_buttons = {
        "xlsx": gettext_lazy("Export history as Excel"),
        "csv": gettext_lazy("Export history as CSV"),
    }


class LedgerAdmin(LongList, WithHistory, ReadOnlyAdmin):
    search_help_text = gettext_lazy("Name or number")

    @admin.display(description=gettext_lazy("contact"), ordering="contact__name")
    def person(self, row: Any) -> SafeString:
        return link_to(row.contact)


@admin.register(CallPermission)
class CallPermissionAdmin(LedgerAdmin):
    export_of = "permissions"
    list_title = gettext_lazy("Call permissions")
    list_display = [
        "person",
        "line",
        "state",
        "waits",
        "unanswered",
        when("read_at", "last checked with WhatsApp"),
    ]
    # Not the person, who is a link to the contact.
    list_display_links = ["state"]
    list_filter = [WatchFilter, "status", LineFilter]

    def get_queryset(self, request: HttpRequest) -> QuerySet[CallPermission]:
        permissions: QuerySet[CallPermission] = super().get_queryset(request)
        permissions = permissions.select_related("contact", "account")
        return permissions.prefetch_related(words.WITH_LINES)

    def get_ordering(self, request: HttpRequest) -> Any:
        if request.GET.get("status__exact") == PermissionStatus.REQUESTED:
            return ["requested_at", "pk"]
        return [F("expires_at").asc(nulls_last=True), "-pk"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [
            "person",
            "line",
            "state",
            "unanswered",
            when("requested_at", "requested"),
            when("expires_at", "expires"),
            "basis",
            when("read_at", "last checked with WhatsApp"),
            when("check_at", "next check"),
            "read_result",
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return self.get_fields(request, obj)

    @admin.display(
        description=gettext_lazy("business number"), ordering="business_number"
    )
    def line(self, permission: CallPermission) -> str:
        return words.line_of(permission)

    @admin.display(description=gettext_lazy("state"), ordering="status")
    def state(self, permission: CallPermission) -> SafeString:
        return words.state_badge(permission, timezone.now())

    @admin.display(description=gettext_lazy("basis"))
    def basis(self, permission: CallPermission) -> str:
        return standing(permission, timezone.now()).basis

    @admin.display(
        description=gettext_lazy("pending for"),
        ordering=F("requested_at").desc(nulls_last=True),
    )
    def waits(self, permission: CallPermission) -> str:
        asked_at = permission.requested_at
        return age(asked_at, timezone.now()) if asked_at else ""

    @admin.display(description=gettext_lazy("unanswered in a row"), ordering="streak")
    def unanswered(self, permission: CallPermission) -> str:
        return words.streak_badge(permission.streak)


@admin.register(PermissionEvent)
class PermissionEventAdmin(LedgerAdmin):
    list_title = gettext_lazy("Permission history")
    ordering = ["-at", "-pk"]
    list_select_related = ["contact", "user"]
    list_display = [
        when("at", "time"),
        "person",
        "line",
        "what",
        "source",
        "user",
        when("expires_at", "until"),
        "call_link",
        "detail",
    ]
    list_filter = [EventPeriodFilter, "kind", "source", EventLineFilter]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PermissionEvent]:
        events: QuerySet[PermissionEvent] = super().get_queryset(request)
        return events.prefetch_related(f"permission__{words.WITH_LINES}")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        told = when("written_at", "recorded")
        return [*self.list_display, "code", "counters", told]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return self.get_fields(request, obj)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        of_one = lookup == "contact__id__exact"
        return of_one or super().lookup_allowed(lookup, value, request)

    @admin.display(description=gettext_lazy("business number"))
    def line(self, event: PermissionEvent) -> str:
        return words.line_of(event.permission)

    @admin.display(description=gettext_lazy("event"), ordering="kind")
    def what(self, event: PermissionEvent) -> str:
        return words.happened(event)

    @admin.display(description=gettext_lazy("call"))
    def call_link(self, event: PermissionEvent) -> SafeString | str:
        if event.call is None:
            return ""
        address = reverse("admin:calls_call_change", args=[event.call])
        return format_html('<a href="{}">{}</a>', address, capfirst(_("call")))

    @admin.display(description=gettext_lazy("counters after this event"))
    def counters(self, event: PermissionEvent) -> str:
        return words.counters(event)
