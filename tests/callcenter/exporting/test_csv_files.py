"""CSV: nothing in it moves a row or calculates, whoever opens it."""

import csv
import io
import re
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from callcenter.exporting.cells import phone
from callcenter.exporting.csv_files import CSV, FOR_SPREADSHEETS, WITH_MARK, kept, safe
from tests.callcenter.exporting.nasty import nasty_texts

SEPARATORS = [",", ";", "\t", "|", "\n", "\r"]
# As people see them; what a reader may skip before them is in the rule's own words.
SIGN = re.compile(r"[\s\"'“”\u200b\ufeff]*[=+\-@＝＋－＠]")


def content(*rows: list, kind=CSV) -> str:
    writer = kind.writer("calls", ["name", "other"])
    return (writer.begin() + writer.write(rows) + writer.end()).decode()


def starts_of(text: str) -> list[str]:
    """What stands at the start of a cell for a reader who splits at every separator."""
    parts = [text]
    for separator in SEPARATORS:
        parts = [piece for part in parts for piece in part.split(separator)]
    return parts


@given(nasty_texts)
@example("Ana;=1+1")
@example("x\t=1+1")
@example('Ana,"=1+1"')
@example("two\nlines\n@SUM(A1)")
@example("\ufeff=1")
@example("，＝1+1")
def test_no_cell_is_a_formula_however_the_text_is_split(text: str):
    for part in starts_of(safe(text)):
        assert not SIGN.match(part) or part.lstrip().startswith("'"), part


@given(nasty_texts)
def test_only_apostrophes_are_added(text: str):
    assert safe(text).replace("'", "") == text.replace("'", "")


@pytest.mark.parametrize(
    "name",
    ["Carla", "O’Brien, “Pat”", "Łukasz\nNowak", "李", "a-b", "x = y", "1e5", "00123"],
)
def test_other_text_is_left_as_it_is(name: str):
    assert safe(name) == name


@given(st.lists(st.tuples(nasty_texts, nasty_texts), max_size=5))
def test_a_reader_of_csv_finds_every_row_and_cell(rows: list[tuple[str, str]]):
    _, *found = csv.reader(io.StringIO(content(*map(list, rows)), newline=""))
    assert found == [[safe(text) for text in row] for row in rows]


def test_every_field_stands_in_quotes():
    written = content(["Ana", 5], [None, datetime(2026, 11, 20, 12, tzinfo=UTC)])
    assert written == ('"name","other"\r\n"Ana","5"\r\n"","2026-11-20 12:00:00"\r\n')


def test_a_number_keeps_its_plus_and_a_program_reads_it():
    assert content([phone("4915112345678"), -5]).endswith('"+4915112345678","-5"\r\n')


def test_a_mark_leads_the_file():
    assert content(kind=WITH_MARK) == '\ufeff"name","other"\r\n'


# --- For spreadsheets -----------------------------------------------------------------


def test_european_spreadsheets_get_semicolons_a_mark_and_numbers_as_text():
    row = [phone("4915112345678"), 5]
    written = content(row, kind=FOR_SPREADSHEETS)
    assert written == '\ufeff"name";"other"\r\n"\'+4915112345678";"5"\r\n'


@pytest.mark.parametrize(
    "text",
    ["1e5", "00123", "TRUE", "wahr", "3/4", "1-2", "12:30", "5 %", "€5", "١٢", "１２"]
    + ["Nov 3", "3. nov", "MAR1", "3-ene-26", "2026-11-20", "5E-3", "1.000,5", " 7"],
)
def test_text_that_a_spreadsheet_would_read_as_a_value_is_marked(text: str):
    assert kept(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["", "Ana", "Marta", "Agent 7", "Room 5e", "Truely", "12 Monkeys", "Ana;"]
)
def test_text_that_stays_text_is_not(text: str):
    assert kept(text) == safe(text)
