"""The last of the bases of each page of the admin: how rows are read and written."""

from collections.abc import Iterator
from functools import partial
from typing import Any, cast
from zlib import crc32

from django.contrib.admin import ModelAdmin
from django.contrib.admin.options import TO_FIELD_VAR
from django.contrib.admin.utils import flatten_fieldsets, unquote
from django.db import connection, transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from callcenter.editing import changes, conflicts, deletion, versions
from callcenter.editing.changes import Change
from callcenter.editing.forms import (
    ListForm,
    RowsBelow,
    changed_since,
    columns_of,
    write,
)
from callcenter.editing.versions import VERSION_FIELD, State, VersionedForm

EDITS = 0xED17  # the class of the advisory locks


class SafeEdits(ModelAdmin):
    """Pages on which nothing of others is undone, and nothing that is needed deleted.

    It comes behind the bases of a page, so that what these do with a row goes through
    here at last.
    """

    # Columns that no form shows, and that make it out of date when they change.
    also_shown: tuple[str, ...] = ()

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        row = super().get_object(request, object_id, from_field)
        if row is not None:
            row._as_loaded = columns_of(row)
        return row

    # --- Forms -------------------------------------------------------------------

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is None:
            return form
        return type(form.__name__, (VersionedForm, form), {"__module__": __name__})

    def get_formsets_with_inlines(
        self, request: HttpRequest, obj: Any = None
    ) -> Iterator[Any]:
        for formset, inline in super().get_formsets_with_inlines(request, obj):
            here = {"__module__": __name__}
            yield type(formset.__name__, (RowsBelow, formset), here), inline

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().get_changelist_form(request, **{"form": ListForm} | kwargs)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method != "POST" or "_save" not in request.POST:
            return super().changelist_view(request, extra_context)
        with transaction.atomic():
            one_at_a_time([self.model])
            return super().changelist_view(request, extra_context)

    def _changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None,
        form_url: str,
        extra_context: dict[str, Any] | None,
    ) -> Any:
        """Refuse a form that is out of date; otherwise Django's own view."""
        view, rest = self._django_view(), (object_id, form_url, extra_context)
        if object_id is None or request.method != "POST":
            return self._shown(request, view(request, *rest))
        one_at_a_time([self.model, *(inline.model for inline in self.inlines)])
        row = self._row_of(request, object_id)
        if row is None or not self.has_change_permission(request, row):
            return view(request, *rest)
        now, seen = self._state(request, row), self._seen(request)
        if conflict := conflicts.find(seen, now):
            return self._refused(request, as_read(request, view, *rest), conflict)
        vars(request)["_before"] = now
        return view(request, *rest)

    def _django_view(self) -> Any:
        page: Any = super()
        return page._changeform_view

    def _row_of(self, request: HttpRequest, object_id: str) -> Any:
        named = request.POST.get(TO_FIELD_VAR, request.GET.get(TO_FIELD_VAR))
        if named and not self.to_field_allowed(request, named):
            return None
        return self.get_object(request, unquote(object_id), named)

    def _seen(self, request: HttpRequest) -> versions.Seen | None:
        return versions.read(request.POST.get(VERSION_FIELD, ""))

    def _state(self, request: HttpRequest, row: Model) -> State:
        """Return what a form would show of a row now."""
        fields = flatten_fieldsets(self.get_fieldsets(request, row))
        form = self.get_form(request, row, change=True, fields=fields)(instance=row)
        make: Any = vars(ModelAdmin)["_create_formsets"]
        formsets, _inlines = as_read(request, partial(make, self), row, change=True)
        return State.of(form, formsets, self.also_shown)

    def _shown(self, request: HttpRequest, page: Any) -> HttpResponse:
        """Give the form of a page the version that it shows."""
        form, formsets = forms_on(page)
        if form is not None and VERSION_FIELD in form.fields and not form.is_bound:
            state = State.of(form, formsets, self.also_shown)
            form.initial[VERSION_FIELD] = state.version()
        return cast(HttpResponse, page)

    def _refused(
        self, request: HttpRequest, page: Any, conflict: conflicts.Conflict
    ) -> HttpResponse:
        """Show the form as it is now, with what was typed, and what others changed."""
        self._shown(request, page)
        form, formsets = forms_on(page)
        typed = conflicts.Typed(request.POST, request.FILES, self._seen(request))
        typed.put_into(form, formsets)
        page.context_data["conflict"] = conflict
        page.status_code = 409
        return cast(HttpResponse, page)

    # --- Writing -----------------------------------------------------------------

    def save_model(
        self, request: HttpRequest, obj: Any, form: Any, change: bool
    ) -> None:
        if not change:
            super().save_model(request, obj, form, change)
            return
        loaded = getattr(obj, "_as_loaded", None)
        if loaded is None:  # a row of a list that is edited in place
            obj._changes = changes.of_form(form)
            write(obj, form.changed_data)
        else:
            write(obj, changed_since(obj, loaded))

    def changes_of(self, request: HttpRequest, row: Any) -> list[Change]:
        """Return what the request has changed of a row, for the audit log."""
        before = getattr(request, "_before", None)
        if before is None or before.row.instance.pk != row.pk:
            return list(getattr(row, "_changes", []))
        now = type(row)._base_manager.filter(pk=row.pk).first()
        return changes.between(before, self._state(request, now)) if now else []

    def added(self, request: HttpRequest, row: Any) -> list[Change]:
        """Return what a row was added with, for the audit log."""
        now = type(row)._base_manager.filter(pk=row.pk).first()
        return changes.of_new(self._state(request, now)) if now else []

    # --- Deleting ----------------------------------------------------------------

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Refuse with the reasons, before everything that hangs on it is read."""
        one_at_a_time([self.model])
        if reasons := deletion.reasons(objs):
            return [], {}, set(), reasons
        return super().get_deleted_objects(objs, request)


def one_at_a_time(models: list[type[Model]]) -> None:
    """Let one transaction at a time edit rows of these kinds; SQLite does the same."""
    if connection.vendor != "postgresql" or not connection.in_atomic_block:
        return
    keys = sorted({crc32(model._meta.label.encode()) - 2**31 for model in models})
    with connection.cursor() as cursor:
        for key in keys:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [EDITS, key])


def as_read(request: HttpRequest, view: Any, *args: Any, **kwargs: Any) -> Any:
    """Have a view answer as if the page were only read."""
    method, request.method = request.method, "GET"
    try:
        return view(request, *args, **kwargs)
    finally:
        request.method = method


def forms_on(page: Any) -> tuple[Any, list[Any]]:
    """Return the form of a page that is not rendered yet, and the formsets below."""
    context = page.context_data if isinstance(page, TemplateResponse) else None
    if not context or "adminform" not in context:
        return None, []
    below = [one.formset for one in context["inline_admin_formsets"]]
    return context["adminform"].form, below
