"""Forms of lists and of the rows below a row: nothing of others is undone."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.forms import BaseModelFormSet
from django.forms.formsets import DELETION_FIELD_NAME
from django.utils.translation import gettext as _

from callcenter.editing import conflicts, deletion
from callcenter.editing.versions import is_column, plain


class RowsBelow(BaseModelFormSet):
    """Rows below a row: only changed fields are written, and deletions have rules."""

    def clean(self) -> None:
        super().clean()
        if self.can_delete:
            doomed = [one for one in self.initial_forms if self._is_doomed(one)]
            for reason in deletion.reasons([one.instance for one in doomed]):
                raise ValidationError(reason)

    def _is_doomed(self, form: Any) -> bool:
        return bool(getattr(form, "cleaned_data", {}).get(DELETION_FIELD_NAME))

    def save_existing(self, form: Any, obj: Model, commit: bool = True) -> Any:
        if not commit:
            return super().save_existing(form, obj, commit)
        write(form.instance, form.changed_data)
        form._save_m2m()
        return form.instance


class ListForm(forms.ModelForm):
    """One row of a list that is edited in place, compared with what it showed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, one in self.fields.items():
            one.show_hidden_initial = is_column(self.instance, name)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name in self.changed_data:
            shown, now = self._shown(name), self.initial.get(name)
            if plain(shown) != plain(now):
                self._refuse(name, shown, now)
        return data

    def _shown(self, name: str) -> Any:
        """Return what the list showed; None where that is not known."""
        one, key = self.fields[name], self.add_initial_prefix(name)
        raw = one.hidden_widget().value_from_datadict(self.data, self.files, key)
        try:
            return one.to_python(raw)
        except ValidationError:
            return None

    def _refuse(self, name: str, shown: Any, now: Any) -> None:
        user = conflicts.last_to_change(self.instance, name)
        text = (
            _("{user} changed this from {old} to {new}. Save again to overwrite.")
            if user
            else _("This changed from {old} to {new}. Save again to overwrite.")
        )
        self.add_error(name, text.format(user=user, old=shown, new=now))
        # The next time it is compared with what is there now.
        given: Any = self.data
        data = given.copy()
        data[self.add_initial_prefix(name)] = now
        self.data = data


def write(row: Model, names: list[str]) -> None:
    """Write these fields of a row, and no others."""
    fields = [
        one.name
        for one in row._meta.concrete_fields
        if one.name in names or getattr(one, "auto_now", False)
    ]
    if set(fields) & set(names):
        row.save(update_fields=fields)


def changed_since(row: Model, loaded: dict[str, Any]) -> list[str]:
    """Return the columns of a row that hold something else than when it was loaded."""
    now = row.__dict__
    return [
        one.name
        for one in row._meta.concrete_fields
        if one.attname in now
        and (one.attname not in loaded or loaded[one.attname] != now[one.attname])
    ]


def columns_of(row: Model) -> dict[str, Any]:
    """Return the columns of a row as they were loaded."""
    names = {one.attname for one in row._meta.concrete_fields}
    return {name: value for name, value in row.__dict__.items() if name in names}
