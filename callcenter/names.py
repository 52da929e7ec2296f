"""Names of models, their fields and choices, in the reader's language.

Translated when Django starts and not in the models: there each name would need a
migration, and each would be a call of gettext.
"""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db.models import Field, Model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, override

OURS = ("callcenter", "calls", "agents", "permissions")


def translate_names() -> None:
    for model in our_models():
        meta = model._meta
        meta.verbose_name = _translated(meta.verbose_name)
        meta.verbose_name_plural = _translated(meta.verbose_name_plural)
        for field in _fields(model):
            _translate(field)


def _translate(field: Field) -> None:
    field.verbose_name = _translated(field.verbose_name)
    if field.help_text:
        field.help_text = _translated(field.help_text)
    if field.choices:
        field.choices = [
            (value, _translated(label)) for value, label in field.flatchoices
        ]


def names_of(model: type[Model]) -> list[str]:
    """Return the names as they stand in the source."""
    meta = model._meta
    names = [meta.verbose_name, meta.verbose_name_plural]
    for field in _fields(model):
        names += [field.verbose_name, field.help_text]
        names += [label for _, label in field.flatchoices]
    return [_original(name) for name in names if name]


def our_models() -> list[type[Model]]:
    return [model for model in apps.get_models() if model._meta.app_label in OURS]


def _fields(model: type[Model]) -> Iterator[Field]:
    return (field for field in model._meta.get_fields() if isinstance(field, Field))


def _original(name: str | Promise | None) -> str:
    with override(None):
        return str(name)


def _translated(name: str | Promise | None) -> Any:  # a promise that passes for text
    return gettext_lazy(_original(name))
