"""A table read page by page, by its key: no long statement, and no long wait."""

import time
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

PAGE = 500
PAUSE = 0.01  # seconds, in which others get the processor, and SQLite's lock


def pages(
    rows: QuerySet[Any], *columns: str, at_once: int = PAGE
) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows as dictionaries, some at once; `pk` is a column."""
    rows, last = rows.order_by("pk"), None
    while True:
        some = rows if last is None else rows.filter(pk__gt=last)
        page = list(some.values(*columns)[:at_once])
        if page:
            yield page
        if len(page) < at_once:
            return
        last = page[-1]["pk"]
        time.sleep(PAUSE)


def keys(rows: QuerySet[Any], *, at_once: int = PAGE) -> Iterator[list[Any]]:
    """Yield the keys of the rows, some at once."""
    for page in pages(rows, "pk", at_once=at_once):
        yield [row["pk"] for row in page]
