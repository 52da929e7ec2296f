"""Rows in sets of any size: found by many ids, inserted for many ids, in one statement.

Django binds each id and each value of each row by itself, which for hundreds of rows
takes longer than the database needs for them.
"""

import json
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Field, ForeignObject, Lookup, Model


@ForeignObject.register_lookup
@Field.register_lookup
class Among(Lookup):
    """`pk__among=ids`: as `pk__in`, with all ids bound as one value, UUIDs too."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        column, params = self.process_lhs(compiler, connection)
        test, ids = _among(list(self.rhs))
        return f"{column} {test}", (*params, ids)


def _among(ids: list[Any]) -> tuple[str, Any]:
    if connection.vendor == "postgresql":
        if ids and isinstance(ids[0], UUID):  # psycopg takes longer for a list of them
            return "= ANY(%s::uuid[])", f"{{{','.join(map(str, ids))}}}"
        return "= ANY(%s)", ids
    return "IN (SELECT value FROM json_each(%s))", json.dumps(ids, default=_as_stored)


def _as_stored(key: UUID) -> str:
    return key.hex


def insert_for_each(
    model: type[Model],
    column: str,
    of: type[Model],
    ids: Collection[int],
    **values: Any,
) -> None:
    """Insert one row for each of these rows of another model, all with the same values.

    `column`: where each gets its id. What is there already stays as it is.
    """
    fields = [f for f in model._meta.concrete_fields if not f.primary_key]
    others = [field for field in fields if field.attname != column]
    given = [values.get(field.attname, field.get_default()) for field in others]
    prepared = [
        field.get_db_prep_save(value, connection)
        for field, value in zip(others, given, strict=True)
    ]
    quote = connection.ops.quote_name
    columns = [column, *(str(field.column) for field in others)]
    names = ", ".join(map(quote, columns))
    places = ", ".join(["id", *["%s"] * len(others)])
    test, wanted = _among(sorted(ids))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {quote(model._meta.db_table)} ({names}) "
            f"SELECT {places} FROM {quote(of._meta.db_table)} WHERE id {test} "
            "ON CONFLICT DO NOTHING",
            [*prepared, wanted],
        )
