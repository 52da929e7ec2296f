"""Shared parts of the admin's pages: read-only rows, badges, times with seconds."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.forms import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows that the system writes and people only read."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class DetailedAdmin(admin.ModelAdmin):
    """The page of a row shows more than its fields."""

    def details_of(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """Return what the page's template needs besides."""
        raise NotImplementedError

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        context = dict(extra_context or {})
        if row is not None:
            context |= self.details_of(request, row)
        return super().change_view(request, object_id, form_url, context)


class DistinctRows(BaseInlineFormSet):
    """No two rows below one another are of the same `distinct` field.

    Unique constraints of the rows cannot be asked: the forms leave out the parent.
    """

    distinct = ""

    def clean(self) -> None:
        super().clean()
        seen: set[Any] = set()
        for form in self.forms:
            value = getattr(form, "cleaned_data", {}).get(self.distinct)
            if value is None or form in self.deleted_forms:
                continue
            if value in seen:
                text = _("“{value}” is listed more than once.")
                form.add_error(self.distinct, text.format(value=value))
            seen.add(value)


class OneToBegin(admin.TabularInline):
    """Rows below a new row: one is there to be filled in."""

    extra = 0

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return 1 if obj is None else 0


@cache
def when(name: str, title: str) -> Callable[[Any], str]:
    """Return a column or field for an instant, with seconds; `title` in English.

    The same one for the same words: the admin compares fields by identity.
    """

    @admin.display(description=gettext_lazy(title), ordering=name)
    def show(row: Any) -> str:
        at = getattr(row, name)
        return date_format(timezone.localtime(at), _("M d, Y, H:i:s")) if at else "-"

    show.__name__ = name
    return show


@cache
def fact(name: str, title: str) -> Callable[[Any], Any]:
    """Return a field under another title, in English; cached as when() is."""

    @admin.display(description=gettext_lazy(title), ordering=name)
    def show(row: Any) -> Any:
        return getattr(row, name)

    show.__name__ = name
    return show


def badge(kind: str, text: str) -> SafeString:
    return format_html('<span class="badge badge-{}">{}</span>', kind, text)


def link_to(row: Model) -> SafeString:
    """Return a link to the page of a row, by the words for the row."""
    options = row._meta
    page = f"admin:{options.app_label}_{options.model_name}_change"
    address = reverse(page, args=[row.pk])
    # The name of a person may run from right to left.
    return format_html('<a href="{}"><bdi>{}</bdi></a>', address, row)


def age(since: datetime, now: datetime) -> str:
    """Say how long ago it was, in one unit."""
    minutes = int((now - since).total_seconds()) // 60
    if minutes < 1:
        return _("just now")
    if minutes < 60:
        return _("{count} min").format(count=minutes)
    hours = minutes // 60
    if hours < 48:
        return _("{count} h").format(count=hours)
    days = hours // 24
    return ngettext("{count} day", "{count} days", days).format(count=days)
