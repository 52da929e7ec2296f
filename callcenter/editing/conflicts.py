"""A form that is out of date: what others changed, and what the person typed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.db.models import Model
from django.forms.formsets import DELETION_FIELD_NAME
from django.forms.models import InlineForeignKeyField
from django.http import QueryDict
from django.utils.translation import override

from callcenter.editing.changes import label_of, name_of, text_of
from callcenter.editing.versions import VERSION_FIELD, Row, Seen, State, changed, plain
from callcenter.models import AuditEntry

# An entry is written a moment before its change is seen.
SLACK = timedelta(seconds=2)
MOST_ROWS = 1000
# Fields that a form sends back as it got them, or that cannot be filled in again.
NOT_TYPED = (forms.FileField, InlineForeignKeyField)
EMPTY: tuple[Any, ...] = (None, "", [], False)
MOST_ENTRIES = 20


@dataclass
class Changed:
    """One thing that changed since the form was shown."""

    field: str
    old: str
    new: str
    by: str = ""
    at: datetime | None = None


@dataclass
class Conflict:
    """The refusal of a form; without a version nobody knows what it showed."""

    is_unknown: bool
    changes: list[Changed]


def find(seen: Seen | None, now: State) -> Conflict | None:
    """Compare what a form showed with what is there now."""
    if seen is None:
        return Conflict(is_unknown=True, changes=[])
    with override(None):  # as the audit log has it
        found = list(_differences(seen, now))
    if not found:
        return None
    told = list(_recorded(now.row.instance, seen.at))
    names = {one.field for one in told}
    others = [one for one in found if one.field not in names]
    return Conflict(is_unknown=False, changes=[*told, *others])


def _differences(seen: Seen, now: State) -> Iterator[Changed]:
    yield from _of_row(seen.row, now.row)
    for prefix, marks_by_key in seen.below.items():
        rows = now.below.get(prefix)
        if rows is None:  # the reader's rights have changed
            continue
        for key in marks_by_key.keys() - rows.keys():
            yield Changed(now.kinds[prefix], f"#{key}", "")
        for key, row in rows.items():
            if key in marks_by_key:
                yield from _of_row(marks_by_key[key], row, name_of(row.instance))
            else:
                yield Changed(now.kinds[prefix], "", str(row.instance))


def _of_row(marks: dict[str, str], row: Row, whose: str = "") -> Iterator[Changed]:
    for name in sorted(changed(row.marks, marks)):
        label = label_of(row.instance, name)
        text = text_of(row, name)
        yield Changed(f"{whose}: {label}" if whose else label, "", text)


def _recorded(row: Model, since: datetime) -> Iterator[Changed]:
    """Yield what the audit log has of this row since then, oldest first."""
    entries = AuditEntry.objects.filter(
        object_type=row._meta.label_lower, object_pk=str(row.pk), at__gt=since - SLACK
    )
    for entry in entries.exclude(changes=None).order_by("pk"):
        for one in entry.changes or ():
            yield Changed(
                one["field"], one["old"], one["new"], entry.username, entry.at
            )


def last_to_change(row: Model, name: str) -> str:
    """Return who changed this field last, by the audit log; empty if it has none."""
    entries = AuditEntry.objects.filter(
        object_type=row._meta.label_lower, object_pk=str(row.pk)
    )
    label = label_of(row, name)
    for entry in entries.exclude(changes=None).order_by("-pk")[:MOST_ENTRIES]:
        if any(one["field"] == label for one in entry.changes or ()):
            return str(entry.username)
    return ""


# --- What the person typed ------------------------------------------------------------


class Typed:
    """The entries of a form that is refused, put into one that is up to date."""

    def __init__(self, data: QueryDict, files: Any, seen: Seen | None) -> None:
        self._data, self._files, self._seen = data, files, seen

    def put_into(self, form: Any, formsets: list[Any]) -> None:
        self._overlay(form, form.prefix, self._seen.row if self._seen else {})
        for formset in formsets:
            self._put_into_rows(formset)

    def _overlay(self, form: Any, prefix: str | None, marks: dict[str, str]) -> None:
        """Show in a form what was typed into it, where that is a change."""
        form.initial |= self._changes(form, prefix, marks)
        form._bound_fields_cache = {}

    def _changes(
        self, form: Any, prefix: str | None, marks: dict[str, str]
    ) -> dict[str, Any]:
        row = Row.of(form)
        return {
            name: raw
            for name, one, raw in self._posted(form, prefix)
            if _is_change(row, name, one, raw, marks.get(name))
        }

    def _posted(
        self, form: Any, prefix: str | None
    ) -> Iterator[tuple[str, forms.Field, Any]]:
        keys = (VERSION_FIELD, form._meta.model._meta.pk.name)
        for name, one in form.fields.items():
            is_kept = one.disabled or isinstance(one, NOT_TYPED)
            if name not in keys and not is_kept:
                key = f"{prefix}-{name}" if prefix else name
                raw = one.widget.value_from_datadict(self._data, self._files, key)
                yield name, one, raw

    def _put_into_rows(self, formset: Any) -> None:
        marks = self._seen.below.get(formset.prefix, {}) if self._seen else {}
        rows = {str(one.instance.pk): one for one in formset.initial_forms}
        key_name = formset.model._meta.pk.name
        new: list[dict[str, Any]] = []
        known: list[tuple[str, str]] = []
        for prefix in self._prefixes(formset):
            key = self._data.get(f"{prefix}-{key_name}", "")
            if key in rows:
                known.append((key, prefix))
            elif self._changes(formset.empty_form, prefix, marks.get(key, {})):
                new.append(self._all(formset.empty_form, prefix))
        if new:
            _add_rows(formset, new)
            rows = {str(one.instance.pk): one for one in formset.initial_forms}
        for key, prefix in known:
            self._overlay(rows[key], prefix, marks.get(key, {}))

    def _all(self, form: Any, prefix: str) -> dict[str, Any]:
        posted = self._posted(form, prefix)
        return {name: raw for name, _one, raw in posted if name != DELETION_FIELD_NAME}

    def _prefixes(self, formset: Any) -> Iterator[str]:
        total = self._data.get(f"{formset.prefix}-TOTAL_FORMS", "")
        count = int(total) if total.isdecimal() and len(total) < 6 else 0
        for number in range(min(count, MOST_ROWS)):
            yield f"{formset.prefix}-{number}"


def _add_rows(formset: Any, new: list[dict[str, Any]]) -> None:
    """Let the formset begin with these rows besides those that it has."""
    formset.extra = max(formset.extra, len(new))
    formset.initial_extra = new
    formset.__dict__.pop("forms", None)


def _is_change(
    row: Row, name: str, one: forms.Field, raw: Any, mark: str | None
) -> bool:
    """Say whether this differs from what the form showed, or shows now."""
    if raw in EMPTY and plain(row.values.get(name)) is None and mark is None:
        return False
    try:
        value = one.clean(raw)
    except forms.ValidationError:
        return True
    if name not in row.values:  # of the form alone, such as the tick to delete a row
        return bool(value)
    return row.mark(name, value) != (mark or row.mark(name, row.values[name]))
