"""Changes of an edit, with the values before and after, for the audit log."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Field, ManyToManyField, Model
from django.utils.translation import override

from callcenter.audit import LONGEST_VALUE
from callcenter.editing.versions import Row, State, plain
from callcenter.encryption import EncryptedTextField

# In place of a secret, or of what would name a caller.
WITHHELD = "…"
# Rows about callers: of these the audit log keeps the values of few fields.
ABOUT_CALLERS = {
    "permissions.contact": {"time_zone", "calls_from", "calls_until"},
}


# One field of a row, or a row below it that came or went: `field`, `old`, `new`.
Change = dict[str, str]


def between(before: State, after: State) -> list[Change]:
    """Return what differs, in the order of the page."""
    with override(None):
        found = list(_of_row(before.row, after.row, ""))
        for prefix, rows in before.below.items():
            found += _of_rows(rows, after.below.get(prefix, {}))
    return found


def of_new(after: State) -> list[Change]:
    """Return what a row was added with."""
    with override(None):
        found = list(_all_of(after.row, is_new=True))
        for rows in after.below.values():
            found += _of_rows({}, rows)
    return found


def of_deleted(row: Model) -> list[Change]:
    """Return what a row held that is about to be deleted."""
    fields = [one for one in row._meta.fields if one.editable and not one.primary_key]
    values = {one.name: one.value_from_object(row) for one in fields}
    with override(None):
        return list(_all_of(Row(row, values), is_new=False))


def of_form(form: Any) -> list[Change]:
    """Return what a form of a list changed in its row."""
    row, names = form.instance, form.changed_data
    before = Row(row, {name: form.initial.get(name) for name in names})
    after = Row(row, {name: form.cleaned_data.get(name) for name in names})
    with override(None):
        return list(_of_row(before, after, ""))


def label_of(row: Model, name: str) -> str:
    """Return what the field is called, in English."""
    with override(None):
        text = str(getattr(row._meta.get_field(name), "verbose_name", name))
    return text[:1].upper() + text[1:]


def text_of(row: Row, name: str) -> str:
    """Return the value as people read it, unless it is secret or names a caller."""
    one = row.instance._meta.get_field(name)
    assert isinstance(one, Field)
    if is_withheld(one):
        return WITHHELD if plain(row.values[name]) else ""
    return shown(one, row)[:LONGEST_VALUE]


def texts_of(before: Row, after: Row, name: str) -> tuple[str, str]:
    """Return the values before and after; of many rows those that went and came."""
    if not isinstance(before.instance._meta.get_field(name), ManyToManyField):
        return text_of(before, name), text_of(after, name)
    old, new = ({str(one) for one in row.values[name]} for row in (before, after))
    return (
        ", ".join(sorted(old - new))[:LONGEST_VALUE],
        ", ".join(sorted(new - old))[:LONGEST_VALUE],
    )


def shown(one: "Field[Any, Any]", row: Row) -> str:
    """Return the value as a page shows it."""
    value = row.values[one.name]
    if isinstance(one, ManyToManyField):
        return ", ".join(sorted(str(other) for other in value))
    if one.is_relation:
        other = getattr(row.instance, one.name, None)
        return "" if other is None else str(other)
    if one.choices:
        return str(dict(one.flatchoices).get(value, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def is_withheld(one: "Field[Any, Any]") -> bool:
    label = one.model._meta.label_lower
    if label in ABOUT_CALLERS:
        return one.name not in ABOUT_CALLERS[label]
    return isinstance(one, EncryptedTextField) or one.name == "password"


def _of_row(before: Row, after: Row, whose: str) -> Iterator[Change]:
    for name, value in after.values.items():
        if name in before.values and plain(before.values[name]) != plain(value):
            label = label_of(after.instance, name)
            old, new = texts_of(before, after, name)
            yield {
                "field": f"{whose}: {label}" if whose else label,
                "old": old,
                "new": new,
            }


def _all_of(row: Row, *, is_new: bool) -> Iterator[Change]:
    for name in row.values:
        if text := text_of(row, name):
            old, new = ("", text) if is_new else (text, "")
            yield {"field": label_of(row.instance, name), "old": old, "new": new}


def _of_rows(before: dict[str, Row], after: dict[str, Row]) -> Iterator[Change]:
    for key in dict.fromkeys([*before, *after]):
        old, new = before.get(key), after.get(key)
        if old and new:
            yield from _of_row(old, new, name_of(new.instance))
        elif one := old or new:
            text = str(one.instance)[:LONGEST_VALUE]
            kind = str(one.instance._meta.verbose_name).capitalize()
            was, is_now = ("", text) if new else (text, "")
            yield {"field": kind, "old": was, "new": is_now}


def name_of(row: Model) -> str:
    return f"{row._meta.verbose_name} {row}"
