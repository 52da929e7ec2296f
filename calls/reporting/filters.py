"""Filters of the call log, for the screen and for the file alike, and of webhooks."""

from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from callcenter.wati.events import Kind
from calls.models import Call, Plan, WebhookDelivery
from calls.reporting.figures import GROUPS, PLAN_IS_READY, PLAN_WAITS, UNANSWERED
from calls.reporting.labels import kind_name
from calls.reporting.missed import not_called_back
from calls.states import LIVE

Choices = list[tuple[str, str]]


class ResultFilter(SimpleListFilter):
    """Results of calls, by the same groups that the overview counts."""

    title = gettext_lazy("result")
    parameter_name = "result"
    names = {
        "answered": gettext_lazy("Answered"),
        "missed": gettext_lazy("Not answered (all reasons)"),
        "not_called_back": gettext_lazy("Missed and not called back"),
        "abandoned": gettext_lazy("Inbound: abandoned"),
        "declined": gettext_lazy("Inbound: declined"),
        "timeout": gettext_lazy("Inbound: not answered in time"),
        "after_hours": gettext_lazy("Inbound: after hours"),
        "turned_away": gettext_lazy("Inbound: rejected (queue full / no agents)"),
        "no_answer": gettext_lazy("Outbound: no answer"),
        "rejected": gettext_lazy("Outbound: rejected"),
        "cancelled": gettext_lazy("Outbound: cancelled"),
        "failed": gettext_lazy("Failed"),
        "waiting": gettext_lazy("Not answered yet"),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [(value, str(name)) for value, name in self.names.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Call]) -> Any:
        value = self.value()
        if value == "missed":
            return queryset.filter(UNANSWERED)
        if value == "not_called_back":
            return not_called_back(queryset)
        return queryset.filter(GROUPS[value]) if value in GROUPS else None


class StatusFilter(SimpleListFilter):
    """Live calls at one click."""

    title = gettext_lazy("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [
            ("live", _("Live")),
            ("ringing", _("Ringing")),
            ("dialing", _("Dialing")),
            ("connecting", _("Connecting")),
            ("active", _("In call")),
            ("held", _("On hold")),
            ("waiting", _("Waiting in queue")),
            ("ended", _("Ended")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Call]) -> Any:
        value = self.value()
        if value == "live":
            return queryset.filter(status__in=LIVE)
        return queryset.filter(status=value) if value else None


class PlanStateFilter(SimpleListFilter):
    """Scheduled calls by what they wait for; the figures of the overview lead here."""

    title = gettext_lazy("state")
    parameter_name = "state"
    open_ones = ("open", "waiting", "ready")

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [
            ("open", _("Open")),
            ("waiting", _("Waiting for permission")),
            ("ready", _("Ready to call")),
            *[
                (state, _(state.label))
                for state in Plan.State
                if state not in Plan.OPEN
            ],
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Plan]) -> Any:
        groups = {"open": Plan.OPEN, "waiting": PLAN_WAITS, "ready": PLAN_IS_READY}
        value = self.value()
        if value is None:
            return None
        return queryset.filter(state__in=groups.get(value, (value,)))


class KindFilter(SimpleListFilter):
    """Webhooks by the names that Wati's own pages give them."""

    title = gettext_lazy("webhook")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [(kind, kind_name(kind)) for kind in Kind]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]
    ) -> Any:
        return queryset.filter(kind=self.value()) if self.value() else None
