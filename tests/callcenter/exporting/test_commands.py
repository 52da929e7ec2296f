"""The exports from a shell: the files of the admin's buttons."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from callcenter.exporting import files
from calls.models import Call
from tests.callcenter.exporting.test_xlsx_files import sheets
from tests.cast import Cast
from tests.streams import get, parts_of, signed_in

# The address of each, and a filter: an export is itself an entry of the audit log.
COMMANDS = [
    ("export_calls", "/calls/export", ""),
    ("export_agent_time", "/agents/time", ""),
    ("export_permissions", "/permissions/export", ""),
    ("export_audit", "/audit/export", "action__exact=sign_in"),
]


@pytest.fixture
def three_calls(cast: Cast) -> None:
    for result in ("missed", "answered", "missed"):
        about = {"account": cast.account, "line": cast.line, "result": result}
        Call.objects.create(**about, direction="inbound")


@pytest.mark.parametrize(("command", "address", "query"), COMMANDS)
def test_a_command_writes_what_the_button_gives(
    command: str, address: str, query: str, cast: Cast, three_calls: None, capfdbinary
):
    reader = signed_in(cast.sofia)
    for how, asked in (("csv", ""), ("csv-excel", "excel=1")):
        call_command(command, "--format", how, "--query", query)
        response = get(reader, f"{address}.csv?{query}&{asked}")
        assert capfdbinary.readouterr().out == b"".join(parts_of(response))


def test_a_workbook_of_some_calls_is_written_to_a_file(
    three_calls: None, tmp_path: Path
):
    path = tmp_path / "missed.xlsx"
    wanted = ["--query", "?result=missed", "--from", "2026-01-01", "--to", "2096-01-01"]
    call_command("export_calls", *wanted, "--format", "xlsx", "--output", str(path))
    [[titles, *rows]] = sheets(path.read_bytes())
    assert [row[titles.index("result")] for row in rows] == ["missed", "missed"]


@pytest.mark.parametrize("wrong", [["--from", "soon"], ["--query", "no_such=1"]])
def test_a_filter_that_cannot_be_read_is_said(three_calls: None, wrong: list[str]):
    with pytest.raises(CommandError, match=r"soon|filter"):
        call_command("export_calls", *wrong)


def test_a_file_that_fails_leaves_nothing_half_written(
    three_calls: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(files, "_page", lambda *_: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        call_command("export_calls", "--output", str(tmp_path / "calls.csv"))
    assert list(tmp_path.iterdir()) == []
