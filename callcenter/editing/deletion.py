"""Deletions that are refused: one rule for each relation to a row.

A relation without a rule keeps its row, so that a new one is safe until somebody says
what it is.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import ForeignObjectRel, Model, QuerySet
from django.utils.translation import gettext as _

from callcenter.editing import rules
from callcenter.editing.rules import PART, Rule


def relations(model: type[Model]) -> Iterator[tuple[str, ForeignObjectRel]]:
    """Yield what refers to rows of a model, each by the name of its field."""
    for one in model._meta.get_fields(include_hidden=True):
        if isinstance(one, ForeignObjectRel) and not one.field.model._meta.auto_created:
            yield f"{one.field.model._meta.label_lower}.{one.field.name}", one


def rule_of(name: str) -> Rule:
    return rules.RULES.get(name, rules.UNKNOWN)


def reasons(rows: Iterable[Model]) -> list[str]:
    """Return why these rows cannot be deleted, with what to do instead; or nothing."""
    found = []
    for row in rows:
        if why := list(dict.fromkeys(_reasons_of(row))):
            text = _("“{name}” cannot be deleted. {reasons} {instead}")
            instead = str(rules.INSTEAD.get(row._meta.label_lower, ""))
            told = text.format(name=row, reasons=" ".join(why), instead=instead)
            found.append(told.strip())
    return found


def _reasons_of(row: Model) -> Iterator[str]:
    for check in rules.CHECKS.get(row._meta.label_lower, ()):
        yield from check(row)
    for name, relation in relations(type(row)):
        rule, rows = rule_of(name), rows_of(row, relation)
        if rule != PART:
            yield from _counted(rule, rows)
        elif not relation.many_to_many:
            # What goes with it must be free to go as well.
            for part in rows:
                yield from _reasons_of(part)


def rows_of(row: Model, relation: ForeignObjectRel) -> QuerySet[Any]:
    """Return the rows that refer to this one."""
    related: Any = relation.related_model
    rows: QuerySet[Any] = related._base_manager.filter(**{relation.field.name: row})
    return rows


def _counted(rule: str, rows: QuerySet[Any]) -> Iterator[str]:
    count = rows.count()
    if count:
        names = ", ".join(str(row) for row in rows[:3]) if "{names}" in rule else ""
        more = ", …" if count > 3 else ""
        yield _(rule).format(count=count, names=f"{names}{more}")
