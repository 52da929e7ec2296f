"""Versions of forms: what one showed of its rows, and what they hold now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django import forms
from django.core import signing
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.utils import timezone
from django.utils.crypto import salted_hmac

SALT = "callcenter.editing.versions"
VERSION_FIELD = "form_version"

Marks = dict[str, str]


class VersionField(forms.CharField):
    """The version that a form carries; nothing that a person changes."""

    def __init__(self) -> None:
        super().__init__(required=False, widget=forms.HiddenInput)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


class VersionedForm(forms.ModelForm):
    """A form of a row that exists, with the version that it shows."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[VERSION_FIELD] = VersionField()


@dataclass
class Row:
    """The fields of one row, as its form begins with them."""

    instance: Model
    values: dict[str, Any]

    @classmethod
    def of(cls, form: Any, also: Iterable[str] = ()) -> "Row":
        row = form.instance
        values = {
            name: form.initial[name]
            for name in form.fields
            if name in form.initial and is_column(row, name)
        }
        return cls(row, values | {name: getattr(row, name) for name in also})

    @property
    def marks(self) -> Marks:
        return {name: self.mark(name, value) for name, value in self.values.items()}

    def mark(self, name: str, value: Any) -> str:
        """Return what tells this value from another one, and does not give it away."""
        about = f"{self.instance._meta.label}.{name}={plain(value)!r}"
        return salted_hmac(SALT, about, algorithm="sha256").hexdigest()[:12]


@dataclass
class State:
    """A row and the rows below it, by the prefix of their forms and their keys."""

    row: Row
    below: dict[str, dict[str, Row]] = field(default_factory=dict)
    # What the rows below are called, by the prefix of their forms.
    kinds: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, form: Any, formsets: Iterable[Any], also: Iterable[str]) -> "State":
        below, kinds = {}, {}
        for formset in formsets:
            rows = {str(one.instance.pk): Row.of(one) for one in formset.initial_forms}
            below[formset.prefix] = rows
            kinds[formset.prefix] = str(formset.model._meta.verbose_name).capitalize()
        return cls(Row.of(form, also), below, kinds)

    def version(self) -> str:
        """Return what a form carries of the state that it shows."""
        below = {
            prefix: {key: row.marks for key, row in rows.items()}
            for prefix, rows in self.below.items()
        }
        at = timezone.now().timestamp()
        return signing.dumps([at, self.row.marks, below], salt=SALT, compress=True)


class Seen(NamedTuple):
    """The state that a form showed, in marks."""

    at: datetime
    row: Marks
    below: dict[str, dict[str, Marks]]


def read(version: str) -> Seen | None:
    """Read what a form carried; None if it is not ours."""
    try:
        at, row, below = signing.loads(version, salt=SALT)
    except (signing.BadSignature, ValueError):
        return None
    return Seen(datetime.fromtimestamp(at, UTC), row, below)


def changed(now: Mapping[str, str], seen: Mapping[str, str]) -> set[str]:
    """Return the fields that were shown and hold something else now."""
    return {name for name in seen if name in now and now[name] != seen[name]}


def is_column(row: Model, name: str) -> bool:
    try:
        field = row._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return not field.auto_created


def plain(value: Any) -> Any:
    """Return the same for a row and its key, and for rows in whatever order."""
    if isinstance(value, Model):
        return value.pk
    if hasattr(value, "__iter__") and not isinstance(value, str | bytes | dict):
        return sorted(str(plain(one)) for one in value)
    if value == "":
        return None
    return value
