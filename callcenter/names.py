"""What models and their fields are called, in the reader's language.

Set when Django starts and not in the models: there each name would need a migration.
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
            field.verbose_name = _translated(field.verbose_name)


def names_of(model: type[Model]) -> list[str]:
    """As they stand in the source."""
    meta = model._meta
    names = [meta.verbose_name, meta.verbose_name_plural]
    return [
        _original(name)
        for name in [*names, *(field.verbose_name for field in _fields(model))]
    ]


def our_models() -> list[type[Model]]:
    return [model for model in apps.get_models() if model._meta.app_label in OURS]


def _fields(model: type[Model]) -> Iterator[Field]:
    return (field for field in model._meta.get_fields() if isinstance(field, Field))


def _original(name: str | Promise | None) -> str:
    with override(None):
        return str(name)


def _translated(
    name: str | Promise | None,
) -> Any:  # a promise that mypy takes for text
    return gettext_lazy(_original(name))
