"""CSV files of any length: streamed page by page, harmless in spreadsheets."""

import csv
import io
import logging
import re
import unicodedata
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import datetime, tzinfo
from typing import Generic, NamedTuple, TypeVar

from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from callcenter.database import in_database

logger = logging.getLogger(__name__)

PAGE = 2000
BOM = "\N{BYTE ORDER MARK}"
INCOMPLETE = "This file is incomplete: the export stopped early. Please try again."

FORMULA = re.compile(r"[\t\r\n]|[\s\"'`\u2018-\u201f\u200b-\u200f\ufeff]*[=+\-@]")

Cell = str | int | None
Row = TypeVar("Row", bound=Model)
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


def page_after(
    rows: QuerySet[Row], last: Row | None, *, at: str, ties: str
) -> list[Row]:
    """Return the rows that follow `last` in the order of the instant `at`.

    `ties`: the lookup of the key that orders those of one instant, as in `rows`.
    """
    if last is not None:
        instant = getattr(last, at)
        same = Q(**{at: instant, ties: last.pk})
        rows = rows.filter(
            Q(**{f"{at}__gt": instant}) | same, **{f"{at}__gte": instant}
        )
    return list(rows[:PAGE])


def safe(text: str) -> str:
    """Quote what people wrote, so that no spreadsheet takes the cell for a formula.

    Full-width forms count, and so does what hides behind quotes and spaces.
    """
    plain = unicodedata.normalize("NFKC", text)
    return f"'{text}" if FORMULA.match(plain) else text


def phone(digits: str | None) -> str:
    # Ours, digits only: no spreadsheet can read more than a number into it.
    return f"+{digits}" if digits and digits.isdigit() else ""


def stamp(instant: datetime | None) -> str:
    """Format local time without an offset: spreadsheets cannot read one."""
    if instant is None:
        return ""
    return timezone.localtime(instant).replace(tzinfo=None).isoformat(" ", "seconds")


def zone_name() -> str:
    return str(timezone.get_current_timezone())


def lines(rows: Iterable[Iterable[Cell]]) -> str:
    """Write rows by RFC 4180: commas, CRLF, quotes only where needed."""
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue()


async def stream(file: File[Row, Entry], *, bom: bool = False) -> AsyncIterator[bytes]:
    """Yield the file in pages that each hold a thread only briefly.

    It must end by itself: a server waits for a stream that raised as for a slow one.
    """
    zone = timezone.get_current_timezone()
    try:
        yield ((BOM if bom else "") + lines([file.titles])).encode()
        last: Row | None = None
        while True:
            text, last = await in_database(_page, file, last, zone)
            if text:
                yield text.encode()
            if last is None:
                return
    except Exception:
        logger.exception("an export stopped early")
        yield lines([[INCOMPLETE]]).encode()


def _page(
    file: File[Row, Entry], last: Row | None, zone: tzinfo
) -> tuple[str, Row | None]:
    """Return one page as text, and its last row; None after the last page."""
    with timezone.override(zone):
        page = file.read(last)
        text = lines(file.cells(page))
    return text, page[-1] if len(page) == PAGE else None


def name_of(what: str, wish: dict[str, str]) -> str:
    """Name a file: calls_from-2026-11-01_to-2026-11-23_Europe-Berlin.csv."""
    parts = [what]
    for name in ("from", "to"):
        text = "".join(c for c in wish.get(name, "") if c.isalnum() or c == "-")
        if text:
            parts.append(f"{name}-{text[:32]}")
    parts.append(zone_name().replace("/", "-"))
    return "_".join(parts) + ".csv"
