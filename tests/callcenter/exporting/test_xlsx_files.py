"""Excel workbooks: what went in comes out, as a reader of another maker sees it."""

import io
import re
from datetime import UTC, datetime, time
from zipfile import ZipFile

from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from callcenter.exporting import xlsx_files
from callcenter.exporting.cells import phone
from callcenter.exporting.xlsx_files import XLSX, fitting, letters
from tests.callcenter.exporting.nasty import NASTY, nasty_texts


def content(*pages: list[list], titles: tuple[str, ...] = ("name", "other")) -> bytes:
    writer = XLSX.writer("calls", list(titles))
    return writer.begin() + b"".join(map(writer.write, pages)) + writer.end()


def sheets(data: bytes) -> list[list[list]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    names = book.sheet_names
    return [book.get_sheet_by_name(name).to_python() for name in names]


def xml(data: bytes, name: str = "xl/worksheets/sheet1.xml") -> str:
    return ZipFile(io.BytesIO(data)).read(name).decode()


@given(st.lists(st.tuples(nasty_texts, nasty_texts), min_size=1, max_size=5))
def test_text_comes_back_as_it_was(rows: list[tuple[str, str]]):
    [[_, *found]] = sheets(content([list(row) for row in rows]))
    # A row that ends in nothing ends earlier.
    read = [(*row, "", "")[:2] for row in found]
    read += [("", "")] * (len(rows) - len(read))
    assert read == rows


def test_no_text_is_a_formula_or_a_link():
    sheet = xml(content([[text, text] for text in NASTY]))
    assert not re.search(r"<f\b|<hyperlink|<c[^>]* t=\"(?!inlineStr)", sheet)
    assert sheet.count("inlineStr") == 2 * len(NASTY) + 2


def test_numbers_are_numbers_and_times_are_dates_of_the_zone():
    noon = datetime(2026, 7, 20, 12, 0, 5, 999_999, tzinfo=UTC)
    with timezone.override("Europe/Berlin"):
        [[_, row]] = sheets(content([[-90, noon]]))
    assert row == [-90, datetime(2026, 7, 20, 14, 0, 5)]


@given(st.datetimes(datetime(1901, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))
def test_every_second_is_met_exactly(at: datetime):
    [[_, [found, _]]] = sheets(content([[at, "x"]]))
    if not isinstance(found, datetime):  # this reader makes a date of midnight
        found = datetime.combine(found, time.min)
    assert found == at.replace(tzinfo=None, microsecond=0)


def test_phone_numbers_and_long_numbers_are_text():
    rows = [[phone("4915112345678"), 10**15 + 1]]
    [[_, row]] = sheets(content(rows))
    assert row == ["+4915112345678", "1000000000000001"]


def test_the_heading_stays_in_view_and_filters():
    data = content([[1, 2], [3, 4]])
    assert 'ySplit="1"' in xml(data)
    assert 'state="frozen"' in xml(data)
    assert '<autoFilter ref="A1:B3"/>' in xml(data)
    assert [letters(n) for n in (1, 26, 27, 50, 703)] == ["A", "Z", "AA", "AX", "AAA"]


def test_columns_are_as_wide_as_what_stands_in_them():
    at = datetime(2026, 7, 20, tzinfo=UTC)
    data = content([["Ana", at], ["x" * 200, at]])
    assert re.findall(r' width="(\d+)"', xml(data)) == ["40", "20"]


def test_what_one_sheet_cannot_hold_goes_on_in_the_next(monkeypatch):
    monkeypatch.setattr(xlsx_files, "MOST_ROWS", 4)
    pages = [[[n, "x"] for n in range(5)], [[n, "x"] for n in range(5, 7)]]
    found = sheets(content(*pages))
    assert [[row[0] for row in sheet] for sheet in found] == [
        ["name", 0, 1, 2],
        ["name", 3, 4, 5],
        ["name", 6],
    ]


def test_an_empty_list_is_a_workbook_with_its_headings():
    assert sheets(content([])) == [[["name", "other"]]]
    assert sheets(content()) == [[["name", "other"]]]


def test_text_that_excel_refuses_is_cut_and_says_so():
    assert fitting("x" * 32_767) == "x" * 32_767
    assert fitting("x" * 40_000) == "x" * 32_766 + "…"
    assert fitting("😀" * 20_000) == "😀" * 16_383 + "…"  # two units each


def test_bytes_leave_as_they_come():
    writer = XLSX.writer("calls", ["name"])
    assert writer.begin().startswith(b"PK")
    page = [[f"{n} of {n * n}"] for n in range(5000)]
    sizes = [len(writer.write(page)) for _ in range(20)]
    assert max(sizes[-5:]) > 0 < max(sizes[:5])
    assert sum(map(len, writer._pipe._parts)) == 0
