"""Filters of the contacts, the permissions and the ledger."""

from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from callcenter.exporting.period import PeriodFilter
from callcenter.models import WatiAccount
from permissions import watch
from permissions.facts import ALLOWING, PermissionStatus
from permissions.models import CallPermission, Contact

Choices = list[tuple[str, str]]

WATCHED = {
    "running_out": gettext_lazy("Expire within 24 hours"),
    "at_risk": gettext_lazy("At risk: two or more unanswered in a row"),
    "blocked": gettext_lazy("Next call blocked"),
}


def _watched_choices() -> Choices:
    return [(value, str(name)) for value, name in WATCHED.items()]


def watched(name: str) -> Q:
    now = timezone.now()
    groups = {
        "running_out": watch.running_out(now),
        "at_risk": watch.AT_RISK,
        "blocked": watch.BLOCKED,
    }
    return groups.get(name, Q(pk=None))


class WatchFilter(SimpleListFilter):
    """Permissions at risk."""

    title = gettext_lazy("risk")
    parameter_name = "watch"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return _watched_choices()

    def queryset(self, request: HttpRequest, queryset: QuerySet[CallPermission]) -> Any:
        value = self.value()
        return queryset.filter(watched(value)) if value else None


class LineFilter(SimpleListFilter):
    """One of our business numbers."""

    title = gettext_lazy("business number")
    parameter_name = "line"
    prefix = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [
            (f"{account.pk}-{line.number}", line.name)
            for account in WatiAccount.objects.prefetch_related("lines")
            for line in account.lines.all()
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        account, _, number = (self.value() or "").partition("-")
        if not account.isdecimal():
            return queryset.none() if self.value() else None
        wanted = {"account": int(account), "business_number": number}
        return queryset.filter(**{f"{self.prefix}{k}": v for k, v in wanted.items()})


class EventLineFilter(LineFilter):
    prefix = "permission__"


class EventPeriodFilter(PeriodFilter):
    field = "at"


class FirstContactFilter(PeriodFilter):
    title = gettext_lazy("first contact")


class ContactStateFilter(SimpleListFilter):
    """People by what they let any of our business numbers do."""

    title = gettext_lazy("permission")
    parameter_name = "permission"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [
            ("allowed", _("Allowed")),
            *[
                (status, _(status.label))
                for status in PermissionStatus
                if status not in (*ALLOWING, PermissionStatus.NONE)
            ],
            *_watched_choices(),
            ("none", _("None yet")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Contact]) -> Any:
        value = self.value()
        if value is None:
            return None
        if value == "none":
            some = CallPermission.objects.exclude(status=PermissionStatus.NONE)
            return queryset.exclude(pk__in=some.values("contact"))
        wanted = Q(status=value)
        if value == "allowed":
            wanted = Q(status__in=ALLOWING)
        elif value in WATCHED:
            wanted = watched(value)
        some = CallPermission.objects.filter(wanted)
        return queryset.filter(pk__in=some.values("contact"))
