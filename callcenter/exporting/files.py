"""Files of any length, in any format: read and written page by page."""

import logging
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from django.db.models import Q, QuerySet
from django.utils import timezone

from callcenter.database import in_database
from callcenter.exporting.cells import Cell, zone_name

logger = logging.getLogger(__name__)

PAGE = 500
INCOMPLETE = "This file is incomplete: the export stopped early. Please try again."

Row = TypeVar("Row", bound=tuple[Any, ...])
Entry = TypeVar("Entry")


class File(NamedTuple, Generic[Row, Entry]):
    """A file to write: its columns, and where its lines come from."""

    columns: Sequence[tuple[str, Callable[[Entry], Cell]]]
    # At most PAGE rows after the one that it is given.
    read: Callable[[Row | None], list[Row]]
    # What the columns are read from, one for each row of a page.
    entries: Callable[[list[Row]], Iterable[Entry]]

    @property
    def titles(self) -> list[str]:
        return [title for title, _ in self.columns]

    def cells(self, page: list[Row]) -> list[list[Cell]]:
        return [[get(entry) for _, get in self.columns] for entry in self.entries(page)]


class Writer(Protocol):
    """A format at work on one file; each method returns the bytes that follow."""

    def begin(self) -> bytes: ...

    def write(self, rows: Sequence[Sequence[Cell]]) -> bytes: ...

    def end(self) -> bytes: ...


class Format(NamedTuple):
    suffix: str
    content_type: str
    # From the file's name and its titles.
    writer: Callable[[str, list[str]], Writer]


def page_after(
    rows: QuerySet[Any], last: tuple[datetime, Any] | None, *, at: str, ties: str
) -> QuerySet[Any]:
    """Select the rows that follow the instant and the key of the last, by instant.

    `ties`: the lookup of the key that orders those of one instant, as in `rows`.
    """
    if last is not None:
        instant, key = last
        later = Q(**{f"{at}__gt": instant}) | Q(**{at: instant, ties: key})
        rows = rows.filter(later, **{f"{at}__gte": instant})
    return rows[:PAGE]


def written(file: File[Row, Entry], writer: Writer) -> Iterator[bytes]:
    """Yield the file to a caller who has a thread; what fails is raised."""
    yield writer.begin()
    last: Row | None = None
    while True:
        content, last = _page(file, writer, last)
        yield content
        if last is None:
            break
    yield writer.end()


async def stream(file: File[Row, Entry], writer: Writer) -> AsyncIterator[bytes]:
    """Yield the file in pages that each hold a thread only briefly.

    It must end by itself: a server waits for a stream that raised as for a slow one.
    """
    zone = timezone.get_current_timezone()
    yield writer.begin()
    try:
        last: Row | None = None
        while True:
            content, last = await in_database(_page_in, zone, file, writer, last)
            if content:
                yield content
            if last is None:
                break
    except Exception:
        logger.exception("an export stopped early")
        yield writer.write([[INCOMPLETE]])
    yield writer.end()


def _page_in(
    zone: tzinfo, file: File[Row, Entry], writer: Writer, last: Row | None
) -> tuple[bytes, Row | None]:
    with timezone.override(zone):
        return _page(file, writer, last)


def _page(
    file: File[Row, Entry], writer: Writer, last: Row | None
) -> tuple[bytes, Row | None]:
    """Return one page as bytes, and its last row; None after the last page."""
    page = file.read(last)
    content = writer.write(file.cells(page))
    return content, page[-1] if len(page) == PAGE else None


def name_of(what: str, wish: dict[str, str], suffix: str) -> str:
    """Name a file: calls_from-2026-11-01_to-2026-11-23_Europe-Berlin.csv."""
    parts = [what]
    for name in ("from", "to"):
        text = "".join(c for c in wish.get(name, "") if c.isalnum() or c == "-")
        if text:
            parts.append(f"{name}-{text[:32]}")
    parts.append(zone_name().replace("/", "-"))
    return "_".join(parts) + f".{suffix}"
