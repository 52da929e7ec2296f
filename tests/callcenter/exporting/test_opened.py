"""The files as a person sees them: opened with LibreOffice."""

import os
import shutil
import subprocess
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from callcenter.exporting.cells import Cell, phone
from callcenter.exporting.csv_files import CSV, FOR_SPREADSHEETS, kept, safe
from callcenter.exporting.files import Format
from callcenter.exporting.xlsx_files import XLSX
from tests.callcenter.exporting.nasty import NASTY

TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
# What its dialog offers: comma, semicolon and tab separate, quotes, UTF-8.
AS_IT_OFFERS = "--infilter=Text - txt - csv (StarCalc):44/59/9,34,76,1"
NUMBER = phone("4915112345678")
AT = datetime(2026, 11, 20, 12, 0, 5, tzinfo=UTC)
TITLES = ["name", "number", "tried", "talk_s", "at"]
ROWS: list[list[Cell]] = [[name, NUMBER, "Ana; Bruno", 80, AT] for name in NASTY]
FORMATS = {"plain": CSV, "excel": FOR_SPREADSHEETS, "book": XLSX}


class Seen(NamedTuple):
    """A cell: what it shows, of which kind, and its formula."""

    text: str
    kind: str
    formula: str
    value: str


def write(folder: Path, name: str, kind: Format) -> Path:
    path = folder / f"{name}.{kind.suffix}"
    writer = kind.writer("calls", TITLES)
    path.write_bytes(writer.begin() + writer.write(ROWS) + writer.end())
    return path


def convert(folder: Path, paths: list[Path], *options: str) -> None:
    office = shutil.which("soffice")
    assert office, "The tests need LibreOffice: run deploy/test-tools.sh"
    command = [office, f"-env:UserInstallation=file://{folder}/profile", "--headless"]
    command += [*options, "--convert-to", "fods", "--outdir", str(folder)]
    subprocess.run(
        [*command, *map(str, paths)],
        env=os.environ | {"HOME": str(folder), "LC_ALL": "C.UTF-8"},
        check=True,
        capture_output=True,
        timeout=120,
    )


def seen(path: Path) -> list[list[Seen]]:
    rows = ET.parse(path).getroot().iter(f"{TABLE}table-row")
    found = [[_seen(cell) for cell in row.iter(f"{TABLE}table-cell")] for row in rows]
    # At the end of a row, and of a sheet, it adds what is empty.
    return [row for row in map(_trimmed, found) if row]


def _trimmed(row: list[Seen]) -> list[Seen]:
    while row and not row[-1].text:
        row = row[:-1]
    return row


def _seen(cell: ET.Element) -> Seen:
    lines = ["".join(_texts(line)) for line in cell.iter(f"{TEXT}p")]
    kind, formula = cell.get(f"{OFFICE}value-type"), cell.get(f"{TABLE}formula")
    value = cell.get(f"{OFFICE}value") or cell.get(f"{OFFICE}date-value")
    return Seen("\n".join(lines), kind or "", formula or "", value or "")


def _texts(line: ET.Element) -> list[str]:
    """XML of its own for what XML would lose: several spaces, tabs."""
    parts = [line.text or ""]
    for child in line:
        known = {f"{TEXT}s": " " * int(child.get(f"{TEXT}c", 1)), f"{TEXT}tab": "\t"}
        parts += [known.get(child.tag) or "".join(_texts(child)), child.tail or ""]
    return parts


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[list[Seen]]]:
    folder = tmp_path_factory.mktemp("office")
    paths = [write(folder, name, kind) for name, kind in FORMATS.items()]
    convert(folder, [path for path in paths if path.suffix == ".csv"], AS_IT_OFFERS)
    convert(folder, [path for path in paths if path.suffix == ".xlsx"])
    return {name: seen(folder / f"{name}.fods") for name in FORMATS}


@pytest.mark.parametrize("name", FORMATS)
def test_no_row_has_moved_and_no_cell_calculates(opened, name: str):
    titles, *rows = opened[name]
    assert [cell.text for cell in titles] == TITLES
    assert len(rows) == len(NASTY)
    for row in rows:
        assert [cell.text for cell in row[2:4]] == ["Ana; Bruno", "80"]
        assert row[3].kind == "float"
        assert not any(cell.formula for cell in row)


def test_a_workbook_shows_everything_as_it_is(opened):
    for name, row in zip(NASTY, opened["book"][1:], strict=True):
        assert row[0].text == name.replace("\r\n", "\n")
        assert row[1].text == NUMBER
        assert {cell.kind for cell in row[:3]} == {"string"}
        assert (row[4].text, row[4].kind) == ("2026-11-20 12:00:05", "date")
        assert row[4].value == "2026-11-20T12:00:05"


@pytest.mark.parametrize(("name", "shown"), [("plain", safe), ("excel", kept)])
def test_csv_shows_names_with_an_apostrophe_at_most(opened, name: str, shown):
    for text, row in zip(NASTY, opened[name][1:], strict=True):
        if name == "excel" or row[0].kind == "string":
            assert row[0].text == shown(text).replace("\r\n", "\n")
            assert row[0].kind == "string"


def test_csv_for_spreadsheets_shows_numbers_with_their_plus(opened):
    for row in opened["excel"][1:]:
        assert (row[1].text, row[1].kind) == (f"'{NUMBER}", "string")
