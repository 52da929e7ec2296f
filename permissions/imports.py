"""Contacts from a CSV file: every row is imported, or reported with the reason."""

import csv
import io
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from permissions import people
from permissions.models import Contact
from permissions.numbers import (
    Ambiguous,
    NotANumber,
    display,
    key_of,
    parse_typed,
)

MOST_BYTES = 1024 * 1024
MOST_ROWS = 10_000
AT_ONCE = 500

# What a column may be called, in lower case.
COLUMNS = {
    "number": ("number", "phone", "phone number", "mobile", "whatsapp", "waid"),
    "name": ("name", "contact", "contact name", "full name", "contact_name"),
    "time_zone": ("time_zone", "time zone", "timezone"),
    "calls_from": ("calls_from", "calls from", "may be called from"),
    "calls_until": ("calls_until", "calls until", "may be called until"),
}
HOURS = ("time_zone", "calls_from", "calls_until")


@dataclass(frozen=True)
class Home:
    """The way in which numbers without + are read.

    near: a business number, in whose country they are; empty: of no known one.
    has_country: every number of the file begins with its country code.
    """

    near: str = ""
    has_country: bool = False


class NotUsable(ValueError):
    """Nothing of the file can be read; the text says why."""


@dataclass(frozen=True)
class Bad:
    line: int
    shown: str  # what the row says, shortened
    reason: str


@dataclass
class Report:
    """The outcome of each row. `is_rehearsal`: nothing was written."""

    new: int = 0
    completed: int = 0  # known, and something was empty
    known: int = 0
    bad: list[Bad] = field(default_factory=list)
    is_rehearsal: bool = False

    @property
    def rows(self) -> int:
        return self.new + self.completed + self.known + len(self.bad)


@dataclass(frozen=True)
class Row:
    line: int
    contact: Contact  # not stored


def import_contacts(
    data: bytes, *, near: str = "", has_country: bool = False, rehearse: bool = False
) -> Report:
    """Add the contacts of a file; existing data is never changed.

    The good rows are written together or, when the server fails, not at all. near: a
    business number, in whose country a number without + is read. has_country: every
    number of the file begins with its country code. Raises NotUsable.
    """
    report = Report(is_rehearsal=rehearse)
    good = list(_good_rows(data, Home(near, has_country), report))
    with transaction.atomic():
        for start in range(0, len(good), AT_ONCE):
            _store(good[start : start + AT_ONCE], report, rehearse=rehearse)
    return report


def _store(rows: list[Row], report: Report, *, rehearse: bool) -> None:
    known = people.known_numbers([row.contact.waid or "" for row in rows])
    new = [row.contact for row in rows if _key(row.contact) not in known]
    report.new += len(new)
    if not rehearse:
        people.add_all(new)
    for row in rows:
        if contact := known.get(_key(row.contact)):
            _complete(contact, row.contact, report, rehearse=rehearse)


def _key(contact: Contact) -> str:
    return key_of(contact.waid or "")


def _complete(
    contact: Contact, told: Contact, report: Report, *, rehearse: bool
) -> None:
    groups = (("name",), ("time_zone",), ("calls_from", "calls_until"))
    changed = [
        name
        for names in groups
        if not any(getattr(contact, name) for name in names)
        for name in names
        if getattr(told, name)
    ]
    if not changed:
        report.known += 1
        return
    report.completed += 1
    for name in changed:
        setattr(contact, name, getattr(told, name))
    if not rehearse:
        contact.save(update_fields=changed)


# --- Reading -----------------------------------------------------------------------


def _good_rows(data: bytes, home: Home, report: Report) -> Iterator[Row]:
    lines: dict[str, int] = {}  # by the number's key
    for line, cells in _rows(data):
        try:
            contact = _contact(cells, home)
            if first := lines.get(_key(contact)):
                raise ValueError(
                    _("The same number is on line {line}.").format(line=first)
                )
        except ValueError as problem:
            shown = ", ".join(filter(None, cells.values()))[:80]
            report.bad.append(Bad(line, shown, str(problem)))
        else:
            lines[_key(contact)] = line
            yield Row(line, contact)


def _rows(data: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield line number and cells by our own names, for every row that is not empty."""
    text = _text(data)
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)  # as spreadsheets of any country write
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        places = _places(next(reader, []))
        for count, cells in enumerate(reader):
            if count >= MOST_ROWS:
                raise NotUsable(
                    _("The file has more than {most} rows. Split it.").format(
                        most=MOST_ROWS
                    )
                )
            row = {
                name: cells[place].strip()
                for name, place in places.items()
                if place < len(cells)
            }
            if any(row.values()):
                yield reader.line_num, row
    except csv.Error:
        raise NotUsable(
            _("Line {line} is not CSV.").format(line=reader.line_num)
        ) from None


def _text(data: bytes) -> str:
    if len(data) > MOST_BYTES:
        raise NotUsable(_("The file is larger than 1 MB. Split it."))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotUsable(_("The file is not UTF-8. Save it as “CSV UTF-8”.")) from None


def _places(header: list[str]) -> dict[str, int]:
    titles = [title.strip().lower() for title in header]
    places = {
        name: titles.index(spelling)
        for name, spellings in COLUMNS.items()
        for spelling in spellings
        if spelling in titles
    }
    for name in ("number", "name"):
        if name not in places:
            raise NotUsable(
                _(
                    "The first line must be the column headings, including “{name}”."
                ).format(name=name)
            )
    return places


def waid_of(text: str, home: Home) -> str:
    """Read a number as it was written down. Raises ValueError with a sentence."""
    try:
        return parse_typed(text, near=home.near, has_country=home.has_country)
    except Ambiguous as question:
        meant = " / ".join(map(display, question.readings))
        raise ValueError(
            _(
                "This number may be {numbers}. Write it with + and its country code."
            ).format(numbers=meant)
        ) from None
    except NotANumber as problem:
        raise ValueError(str(problem)) from None


def _contact(cells: dict[str, str], home: Home) -> Contact:
    """Build a contact. Raises ValueError with a sentence."""
    waid = waid_of(cells.get("number", ""), home)
    name = cells.get("name", "")
    if not name:
        raise ValueError(_("The name is missing."))
    if any(unicodedata.category(character) == "Cc" for character in name):
        raise ValueError(_("The name has characters that cannot be stored."))
    contact = Contact(waid=waid, name=name)
    for column in HOURS:
        setattr(contact, column, cells.get(column, "") or getattr(contact, column))
    others = {field.name for field in Contact._meta.fields} - {"name", *HOURS}
    try:
        contact.clean_fields(exclude=others)
    except ValidationError as problem:
        raise ValueError(" ".join(problem.messages)) from None
    if (contact.calls_from is None) != (contact.calls_until is None):
        raise ValueError(_("Enter both ends of the calling hours or neither."))
    return contact
