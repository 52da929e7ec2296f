"""The drills' own eyes: what they must see, and what they must not take for a loss.

And the short drill itself: `make drill` runs all of them.
"""

import os
import re
import subprocess
import sys

import pytest

from deploy.drills.promises import Finding, Usage
from deploy.drills.run import Report
from deploy.drills.scene import Drill
from deploy.drills.table import broken, page, row
from deploy.drills.wire import Phone, Sent, Wire, canonical
from tests.paths import ROOT

PROMISES = (
    Finding(
        "nothing acknowledged is lost",
        True,
        "700 acknowledged, 0 lost, 0 without effect",
    ),
    Finding(
        "every end is known to Wati within 15 s",
        True,
        "worst 1.2 s, 0 still open at Wati",
    ),
    Finding(
        "no caller is left in silence", True, "longest 0.30 s of 33 calls (allowed 1 s)"
    ),
)
DRILL = Drill("node-killed", "A node is killed", lambda scene: None, 16.0, True)


def sent(body: object, status: int) -> Sent:
    return Sent("terminate-call", "wacid.1", 1.0, status, 0.01, canonical(body))


def wire_of(*attempts: Sent) -> Wire:
    wire = Wire(control=None)  # type: ignore[arg-type]  # it is not asked
    wire.sent = {(one.kind, one.body, one.at): one for one in attempts}
    return wire


def test_an_acknowledged_webhook_without_a_row_is_lost() -> None:
    kept, lost, refused = sent({"a": 1}, 200), sent({"b": 2}, 200), sent({"c": 3}, 503)
    wire = wire_of(kept, lost, refused)
    assert wire.lost_among([canonical({"a": 1})]) == [lost]
    assert wire.refused == [refused]


def test_the_order_of_a_bodys_fields_makes_no_other_body() -> None:
    assert canonical({"a": 1, "b": "é"}) == canonical({"b": "é", "a": 1})


def test_a_call_that_ends_in_silence_was_silent() -> None:
    assert Phone(accepted=100.0, ended=130.0, gap=0.1, until=110.0).silence() == 20.0
    assert Phone(accepted=100.0, ended=130.0, gap=0.5, until=129.9).silence() == 0.5


def test_a_call_that_is_over_here_is_not_silent_until_wati_knows() -> None:
    late = Phone(accepted=100.0, ended=130.0, gap=0.1, until=110.0)
    assert late.silence(ended_here=110.2) == pytest.approx(0.2)
    assert late.silence(ended_here=140.0) == 20.0


@pytest.mark.parametrize("what", ["files", "threads", "tasks", "megabytes"])
def test_whatever_does_not_come_back_is_seen(what: str) -> None:
    before = Usage(30, 20, 10, 150)
    assert not before.grew(before)
    grown = {
        name: getattr(before, name)
        for name in ("files", "threads", "tasks", "megabytes")
    }
    grown[what] += 100
    assert Usage(**grown).grew(before)


def test_the_table_says_which_promise_was_broken() -> None:
    report = Report(DRILL, calls=33, lost=2, findings=list(PROMISES))
    assert "| yes |" in row(report)
    report.findings.append(Finding("timelines add up", False, "1 calls without an end"))
    assert "| **no** |" in row(report)
    assert broken(report) == ["node-killed: timelines add up: 1 calls without an end"]
    assert broken(report)[0] in page([report])


def test_a_drill_that_is_run_again_gets_new_lines_and_no_other_does() -> None:
    lost = Finding("timelines add up", False, "1 calls without an end")
    other = Drill("valkey-gone", "Valkey is away", lambda scene: None, 1.0, False)
    reports = [Report(DRILL, findings=[*PROMISES, lost]), Report(other, lost=7)]
    reports[1].findings = [*PROMISES, lost]
    before = page(reports)
    after = page([Report(DRILL, findings=list(PROMISES))], before)
    assert after == page([Report(DRILL, findings=list(PROMISES)), reports[1]])
    assert "- valkey-gone: timelines add up" in after
    assert page([], before) == before


def test_every_line_of_a_page_has_the_cells_of_its_head() -> None:
    lines = page([Report(DRILL, findings=list(PROMISES))]).splitlines()
    table = [line for line in lines if line.startswith("|")]
    assert len({line.count("|") for line in table}) == 1


def test_make_drill_names_what_the_list_has() -> None:
    """Each file of drills is read by the command: none is forgotten."""
    folder = ROOT / "deploy" / "drills"
    with_drills = {
        path.stem for path in folder.glob("*.py") if "@drill(" in path.read_text()
    }
    command = (folder / "__main__.py").read_text()
    assert with_drills
    assert all(re.search(rf"^\s+{name},", command, re.M) for name in with_drills)


def test_a_timed_promise_binds_a_quiet_machine_alone() -> None:
    late = Finding("no caller is left in silence", False, "3 s", is_timed=True)
    lost = Finding("nothing acknowledged is lost", False, "1 lost")
    report = Report(DRILL, findings=[*PROMISES, late])
    assert not report.is_passed()
    assert report.is_passed(is_timed=False)
    assert not Report(DRILL, findings=[lost, late]).is_passed(is_timed=False)
    assert not Report(DRILL, findings=[late]).is_passed(is_timed=False)


@pytest.mark.full
@pytest.mark.timeout(600)
def test_a_killed_node_loses_nothing_that_was_acknowledged() -> None:
    """The running stack, with ten calls and twenty webhooks a second."""
    command = [sys.executable, "-m", "deploy.drills", "--short"]
    # The settings of these tests are not those of the stack.
    clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(command, cwd=ROOT, env=clean, capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr[-4000:]}"
    assert "| node-killed |" in done.stdout
