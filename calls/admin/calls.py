"""The call log, read-only: calls move through calls.lifecycle, never by an edit."""

from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from callcenter import audit
from callcenter.admin_parts import (
    DetailedAdmin,
    ReadOnlyAdmin,
    badge,
    fact,
    link_to,
    when,
)
from callcenter.exporting.lists import ExportedList
from callcenter.exporting.period import PeriodFilter
from callcenter.long_lists import LongList
from callcenter.web.language import board_catalogue
from callcenter.word_index import Term
from calls.admin.timeline import story_of
from calls.lifecycle import ending, stepping_in
from calls.models import Call, Direction
from calls.models.durations import agents_on
from calls.reporting import call_export, search
from calls.reporting.bundle import bundle_of
from calls.reporting.filters import ResultFilter, StatusFilter
from calls.reporting.labels import duration
from calls.states import LIVE, Event
from permissions.admin.finding import FoundByPerson
from permissions.numbers import display
from permissions.search import Elsewhere

STRANGER = gettext_lazy("Unknown WhatsApp user")


@admin.register(Call)
class CallAdmin(LongList, ExportedList, DetailedAdmin, FoundByPerson, ReadOnlyAdmin):
    change_form_template = "admin/calls/call_detail.html"
    list_title = gettext_lazy("Call log")
    export = call_export.EXPORT
    ordering = ["-created_at", "pk"]
    list_select_related = ["contact", "queue", "agent"]
    list_display = [
        "started",
        "direction_word",
        "caller",
        "queue",
        "agent",
        "outcome",
        "wait",
        "talk",
        "ending",
    ]
    list_filter = [
        PeriodFilter,
        StatusFilter,
        ResultFilter,
        "direction",
        "queue",
        "agent",
        "line",
    ]
    search_help_text = gettext_lazy(
        "Name, number, agent, notes, disposition, Wati call ID or call ID"
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Call]:
        calls: QuerySet[Call] = Call.objects.logged()
        return calls.defer("offer_sdp", "answer_sdp")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Call], search_term: str
    ) -> tuple[QuerySet[Call], bool]:
        term = search_term.strip()
        if call_id := _uuid(term):
            return queryset.filter(pk=call_id), False
        if calls := search.calls_at_wati(term):
            return queryset.filter(pk__in=calls), False
        return super().get_search_results(request, queryset, term)

    def elsewhere(self, term: Term) -> Elsewhere:
        return search.calls_with(term)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        sound = ["node", "muted"]
        if request.user.is_superuser:
            sound += ["offer_sdp", "answer_sdp"]
        return [
            (
                None,
                {
                    "fields": [
                        ("outcome", "direction_word"),
                        ("person", "business_line"),
                        ("queue", "agent"),
                        "why_it_ended",
                    ]
                },
            ),
            (
                _("Times"),
                {
                    "fields": [
                        (when("created_at", "started"), when("ended_at", "ended")),
                        (
                            when("claimed_at", "answered by agent"),
                            when("answered_at", "connected"),
                        ),
                        ("wait", "talk"),
                        ("hold_story", when("media_at", "first audio")),
                        ("at_whatsapp", when("accepted_at", "accepted by WhatsApp")),
                    ]
                },
            ),
            (
                _("Routing"),
                {
                    "fields": [
                        (
                            "agents_on_call",
                            fact("queue_visits", "queue visits"),
                            fact("reattach_count", "console reconnects"),
                            fact("one_way_seconds", "one-way audio (seconds)"),
                        )
                    ]
                },
            ),
            (
                _("Technical details"),
                {
                    "classes": ["collapse"],
                    "fields": ["id", "wati_call_id", "account", "error_code", *sound],
                },
            ),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [
            name
            for _, options in self.get_fieldsets(request, obj)
            for row in options["fields"]
            for name in (row if isinstance(row, tuple) else [row])
        ]

    def get_urls(self) -> list[URLPattern]:
        end = self.admin_site.admin_view(require_POST(self.end_call))
        bundle = self.admin_site.admin_view(require_safe(self.debug_bundle))
        return [
            path("<uuid:call_id>/end/", end, name="calls_call_end"),
            path("<uuid:call_id>/bundle/", bundle, name="calls_call_bundle"),
            *super().get_urls(),
        ]

    def debug_bundle(self, request: HttpRequest, call_id: UUID) -> HttpResponse:
        """Download what is known of a call, without anything of the people in it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        call = get_object_or_404(self.get_queryset(request), pk=call_id)
        audit.record(audit.Action.EXPORTED, call, "debug bundle")
        response = JsonResponse(bundle_of(call), json_dumps_params={"indent": 1})
        name = f'attachment; filename="call-{call.pk}.json"'
        response.headers["Content-Disposition"] = name
        return response

    def end_call(self, request: HttpRequest, call_id: UUID) -> HttpResponse:
        """End a live call for a supervisor; the one way to touch a call from here."""
        if not request.user.has_perm("calls.change_call"):
            raise PermissionDenied
        call = get_object_or_404(self.get_queryset(request), pk=call_id)
        user = cast(User, request.user)
        if ending.end(call.pk, Event.SUPERVISOR_ENDED, user=user):
            self.log_change(request, call, "Ended the call.")
            messages.success(request, _("The call was ended."))
        else:
            messages.warning(request, _("This call had already ended."))
        return HttpResponseRedirect(reverse("admin:calls_call_change", args=[call.pk]))

    def details_of(self, request: HttpRequest, row: Call) -> dict[str, Any]:
        may_end = request.user.has_perm("calls.change_call")
        may_listen = request.user.has_perm(stepping_in.RIGHT)
        language = get_language() or settings.LANGUAGE_CODE
        return story_of(row) | {
            "title": capfirst(_("call")),
            "may_end": row.status in LIVE and may_end,
            "may_listen": row.status in LIVE and may_listen,
            "supervision_texts": board_catalogue(language),
        }

    @admin.display(description=gettext_lazy("started"), ordering="created_at")
    def started(self, call: Call) -> str:
        return date_format(timezone.localtime(call.created_at), _("M d, H:i:s"))

    @admin.display(description=gettext_lazy("direction"), ordering="direction")
    def direction_word(self, call: Call) -> SafeString:
        arrow = "↗" if call.direction == Direction.OUTBOUND else "↙"
        return format_html(
            '<span class="direction direction-{}"><span aria-hidden="true">{}</span> '
            "{}</span>",
            call.direction,
            arrow,
            call.get_direction_display(),
        )

    @admin.display(description=gettext_lazy("contact"), ordering="contact__name")
    def caller(self, call: Call) -> SafeString:
        name = call.contact.called if call.contact else ""
        number = display(call.contact.waid or "") if call.contact else ""
        return format_html(
            '<span class="person">{}</span> <span class="number">{}</span>',
            name or (STRANGER if not number else ""),
            number,
        )

    @admin.display(description=gettext_lazy("contact"))
    def person(self, call: Call) -> SafeString | str:
        """Lead to the page of the contact."""
        if call.contact is None:
            return str(STRANGER)
        number = display(call.contact.waid or "")
        return format_html(
            '{} <span class="number">{}</span>', link_to(call.contact), number
        )

    @admin.display(description=gettext_lazy("result"), ordering="result")
    def outcome(self, call: Call) -> SafeString:
        if call.result:
            return badge(call.result, call.get_result_display())
        return badge(call.status, call.get_status_display())

    @admin.display(description=gettext_lazy("wait time"))
    def wait(self, call: Call) -> str:
        return duration(call.wait_seconds)

    @admin.display(description=gettext_lazy("talk time"))
    def talk(self, call: Call) -> str:
        return duration(call.talk_seconds)

    @admin.display(description=gettext_lazy("agents on the call"))
    def agents_on_call(self, call: Call) -> int:
        return agents_on(call.legs.values_list("agent_id", "joined_at"))

    @admin.display(description=gettext_lazy("hold time"))
    def hold_story(self, call: Call) -> str:
        if not call.holds and not call.hold_seconds:
            return _("Never")
        text = ngettext("{time} ({count} time)", "{time} ({count} times)", call.holds)
        return text.format(time=duration(call.hold_seconds), count=call.holds)

    @admin.display(description=gettext_lazy("talk time (WhatsApp)"))
    def at_whatsapp(self, call: Call) -> str:
        return duration(call.provider_duration)

    @admin.display(description=gettext_lazy("business number"))
    def business_line(self, call: Call) -> str:
        return f"{call.line.name} {display(call.line.number)}" if call.line else ""

    @admin.display(description=gettext_lazy("end reason"), ordering="end_text")
    def ending(self, call: Call) -> str:
        return _(call.end_text)

    @admin.display(description=gettext_lazy("end reason"))
    def why_it_ended(self, call: Call) -> str:
        text, who = _(call.end_text), call.get_ended_by_display()
        if not who:
            return text
        return _("{text} (by: {who})").format(text=text, who=who.lower())


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
