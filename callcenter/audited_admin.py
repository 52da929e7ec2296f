"""Pages of the admin that leave entries in the audit log without asking for it."""

from collections.abc import Iterable
from typing import Any

from django.contrib.admin import ModelAdmin
from django.contrib.admin.utils import unquote
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

from callcenter import audit
from callcenter.audit import Action
from callcenter.checked_lists import CheckedList, ShortSearch
from callcenter.editing import changes
from callcenter.editing.admin import SafeEdits
from callcenter.models import AuditEntry

MOST_ENTRIES = 200  # on the page of a row's history

# Opening the page of one of these is recorded: they are what callers said and did.
PRIVATE = {
    "calls.call",
    "calls.plan",
    "calls.watirequest",
    "calls.webhookdelivery",
    "permissions.callpermission",
    "permissions.contact",
    "permissions.permissionevent",
}


class Audited(SafeEdits):
    """Records what Django writes into the history of a row, and who opens its page."""

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        told = self.added(request, obj)
        audit.record(Action.ADDED, obj, words_of(message), changes=told)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        told = self.changes_of(request, obj)
        audit.record(Action.CHANGED, obj, words_of(message), changes=told)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        for row in queryset:
            audit.record(Action.DELETED, row, changes=changes.of_deleted(row))
        return super().log_deletions(request, queryset)

    def history_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show who changed what of a row, from the audit log."""
        entries = AuditEntry.objects.filter(
            object_type=self.model._meta.label_lower, object_pk=unquote(object_id)
        ).exclude(action=Action.VIEWED)
        context = {"entries": entries.order_by("-pk")[:MOST_ENTRIES]}
        return super().history_view(request, object_id, context | (extra_context or {}))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        page = super().change_view(request, object_id, form_url, extra_context)
        is_read = request.method == "GET" and page.status_code == 200
        if is_read and self.model._meta.label_lower in PRIVATE:
            audit.record(Action.VIEWED, self.model(pk=object_id))
        return page


def audited(admin_class: type[ModelAdmin]) -> type[ModelAdmin]:
    """Return the same pages, audited, with their edits and addresses made safe."""
    here = {"__module__": admin_class.__module__}
    theirs = () if admin_class is ModelAdmin else (admin_class,)
    bases = (CheckedList, Audited, *theirs, ShortSearch, SafeEdits)
    return type(admin_class.__name__, bases, here)


def words_of(message: Any) -> str:
    """Say which fields a form changed, and which rows below; never their values."""
    if isinstance(message, str):
        return message
    return "; ".join(filter(None, map(_words_of_part, message)))


def _words_of_part(part: dict[str, dict[str, Any]]) -> str:
    [(verb, what)] = part.items()
    fields: Iterable[str] = what.get("fields", ())
    if "name" not in what:
        return ", ".join(fields)
    return f"{verb} {what['name']}" + (f" ({', '.join(fields)})" if fields else "")
