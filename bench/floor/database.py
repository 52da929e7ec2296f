"""The statements that PostgreSQL counted, by pg_stat_statements."""

import re
from dataclasses import dataclass
from typing import Any

from django.db import connection


@dataclass(frozen=True)
class Statement:
    """One shape of a statement, and how often and how long it ran, in milliseconds."""

    text: str
    calls: int
    milliseconds: float


def begin_to_count() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        cursor.execute("SELECT pg_stat_statements_reset()")


def statements() -> list[Statement]:
    """Return all since the count began, the most expensive first."""
    rows: list[Any]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT query, calls, total_exec_time FROM pg_stat_statements"
            " WHERE dbid = (SELECT oid FROM pg_database"
            " WHERE datname = current_database())"
            " ORDER BY total_exec_time DESC"
        )
        rows = cursor.fetchall()
    return [Statement(_short(text), calls, spent) for text, calls, spent in rows]


def _short(text: str) -> str:
    """Leave out the columns: what is read from where, and on which condition."""
    plain = re.sub(r"\s+", " ", text).replace('"', "").replace("|", "¦")
    plain = re.sub(r"^SELECT .*? FROM ", "SELECT … FROM ", plain)
    return plain if len(plain) < 110 else f"{plain[:107]}…"
