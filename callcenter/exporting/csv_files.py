"""CSV: every field quoted, and nothing in it that a spreadsheet would calculate."""

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.utils import timezone

from callcenter.exporting.cells import Cell, Phone, local
from callcenter.exporting.files import Format

BOM = "\N{BYTE ORDER MARK}"

# What begins a formula, also in the spellings that become one by normalization.
_SIGNS = "=+\\-@\u207a\u207c\u208a\u208c\u2a75\u2a76\ufb29\ufe62\ufe63\ufe66\ufe6b"
_SIGNS += "\uff0b\uff0d\uff1d\uff20"
# What a spreadsheet may skip before it: spaces, quotes, and what is invisible.
_SKIPPED = r"\s\"'`\xad\u061c\u180e\u2018-\u201f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
_SKIPPED += "\ufeff\uff02\uff07"
# Whatever the reader takes for a separator, a cell begins behind it: quotes are
# no help to a German Excel, which knows only semicolons and reads `"a","b;=1"`.
_BREAKS = r",;|\t\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029"
FORMULA = re.compile(rf"^(?=[\t\r\n])|(^|\r\n|[{_BREAKS}])(?=[{_SKIPPED}]*[{_SIGNS}])")
# Most text: begins with a letter or digit and has no separator.
ORDINARY = re.compile(rf"[^\W_][^{_BREAKS}]*\Z")

# Text that spreadsheets make a number, a date or a truth of, in some language.
_NUMERIC = r"(?=.*\d)[\d\s.,:/\\+\-()%$€£¥'’]*(?:[eEdD][+\-]?\d+|[aApP]\.?[mM]\.?)?"
_MONTH = (
    "jan|feb|f[eé]v|mar|mär|mrz|apr|abr|avr|may|mai|mag|jun|jui|giu|jul|lug|aug|ago"
    "|ao[uû]|sep|set|oct|okt|out|ott|nov|dec|dic|dez|d[eé]c|ene|gen"
)
_GAP = r"[\d\s.,/\-]*"
_DATE = rf"{_GAP}(?:{_MONTH})[^\W\d_]{{0,7}}{_GAP}\d|\d{_GAP}(?:{_MONTH}).{{0,8}}"
_TRUTH = "true|false|wahr|falsch|verdadero|falso|verdadeiro|vero|vrai|faux"
VALUE = re.compile(rf"\s*(?:{_NUMERIC}|{_DATE}|{_TRUTH})\s*\Z", re.IGNORECASE)


def safe(text: str) -> str:
    """Put an apostrophe wherever a spreadsheet would take what follows for a formula.

    That is at the beginning and after each separator; full-width signs count, and so
    does what hides behind quotes, spaces and invisible characters.
    """
    if ORDINARY.match(text):
        return text
    return FORMULA.sub(r"\1'", text)


def kept(text: str) -> str:
    """Make text safe, and keep a spreadsheet from making a number or a date of it."""
    plain = unicodedata.normalize("NFKC", text)
    return f"'{text}" if VALUE.match(plain) else safe(text)


class CsvWriter:
    """RFC 4180: CRLF, quotes around every field."""

    def __init__(
        self,
        name: str,
        titles: list[str],
        *,
        mark: str = "",
        delimiter: str = ",",
        text: Callable[[str], str] = safe,
    ) -> None:
        self._titles, self._mark = titles, mark
        self._delimiter, self._text = delimiter, text

    def begin(self) -> bytes:
        return self._mark.encode() + self.write([self._titles])

    def write(self, rows: Sequence[Sequence[Cell]]) -> bytes:
        buffer, forms = io.StringIO(), self._forms()
        lines = csv.writer(buffer, delimiter=self._delimiter, quoting=csv.QUOTE_ALL)
        # A generator: between two rows other threads, and so audio, get their turn.
        lines.writerows(
            [forms[type(cell)](cell) if cell else cell for cell in row] for row in rows
        )
        return buffer.getvalue().encode(errors="replace")

    def _forms(self) -> dict[type, Callable[[Any], str | int]]:
        """Return how each type of cell is written; another one is an error."""
        zone = timezone.get_current_timezone()

        def instant(at: datetime) -> str:
            return str(local(at, zone))

        # For programs numbers of phones are as they are.
        phone = str if self._text is safe else self._text
        return {str: self._text, Phone: phone, int: int, datetime: instant}

    def end(self) -> bytes:
        return b""


TYPE = "text/csv; charset=utf-8"
CSV = Format("csv", TYPE, CsvWriter)
WITH_MARK = Format("csv", TYPE, partial(CsvWriter, mark=BOM))
FOR_SPREADSHEETS = Format(
    "csv",
    TYPE,
    partial(CsvWriter, mark=BOM, delimiter=";", text=kept),
)
