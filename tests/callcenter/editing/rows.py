"""Rows of any model, with what it demands and nothing else."""

from datetime import UTC, datetime, time
from itertools import count
from typing import Any

from django.db import models
from django.db.models import NOT_PROVIDED, Model

numbers = count(1)
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
BY_KIND: dict[type[Any], Any] = {
    models.DateTimeField: NOW,
    models.DateField: NOW.date(),
    models.TimeField: time(9),
    models.BooleanField: False,
    models.BinaryField: b"x",
    models.JSONField: {},
    models.FloatField: 1.0,
}


# What the database wants of a row that refers to another one by this field.
TOGETHER = {"permissions.contactid.account": {"kind": "user_id"}}


def build(model: type[Model], **given: Any) -> Any:
    """Make a row with these values; what else it needs is made as well."""
    values = dict(given)
    for name in given:
        values |= TOGETHER.get(f"{model._meta.label_lower}.{name}", {})
    for one in model._meta.concrete_fields:
        if one.name not in values and _is_needed(one):
            values[one.name] = _some(one)
    return model._base_manager.create(**values)


def _is_needed(one: Any) -> bool:
    has_value = one.default is not NOT_PROVIDED or one.db_default is not NOT_PROVIDED
    return not (one.null or has_value or one.primary_key and not one.is_relation)


def _some(one: Any) -> Any:
    if one.is_relation:
        return build(one.related_model)
    for kind, value in BY_KIND.items():
        if isinstance(one, kind):
            return value
    number = next(numbers)
    if isinstance(one, models.IntegerField):
        return number
    choices = [value for value, _name in one.flatchoices]
    return choices[0] if choices else f"x{number}"
