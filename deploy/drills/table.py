"""The table of the drills, for docs/drills.md and for the terminal."""

import os
import platform
import re
from datetime import UTC, datetime
from pathlib import Path

from deploy.drills.run import Report

PAGE = Path(__file__).parents[2] / "docs" / "drills.md"

ROW = re.compile(r"^\| (?!drill )(?P<name>[a-z-]*[a-z]) \|.*$", re.M)
WRONG = re.compile(r"^- (?P<name>[a-z-]+): .*$", re.M)

# ruff: noqa: E501 - a page
HEAD = """\
# Drills

Written by `make drill` on {when}: {processor}, {cores} cores, Python {python}.

Each drill breaks the running stack of `make stack` (nginx with TLS, two nodes, worker, beat, PostgreSQL, Valkey) while
about ten calls are up and Wati posts 20 webhooks a second, heals it, waits until it is quiet, and looks:

- every webhook that got a 200 is stored and has had its effect;
- every call that ended here has ended at Wati within 15 s of when Wati could be told, and none is left open there;
- no caller was longer without any audio packet than the drill allows;
- the rows agree with each other: no open part of an ended call, no instant out of order, no agent in a call that is over;
- open files, threads, tasks of the event loop and memory of each node are back.

The machine also runs the callers, the agents' consoles and the simulated Wati. "Lost" are calls that neither side meant to
end, or that nobody answered. `DRILL=name make drill` runs one.

| drill | what was broken | kept | calls, lost | webhooks: acknowledged, lost, refused | slowest 200 | longest silence | end known at Wati | as before after |
|---|---|---|---|---|---|---|---|---|
"""


def row(report: Report) -> str:
    """Return one line of the table."""
    kept, ends, silence, *_ = (one.figure for one in report.findings)
    acknowledged, lost = (part.split()[0] for part in kept.split(", ")[:2])
    cells = [
        report.drill.name,
        report.drill.what,
        "yes" if report.is_passed() else "**no**",
        f"{report.calls}, {report.lost}",
        f"{acknowledged}, {lost}, {report.refused}",
        f"{report.slowest:.2f} s",
        silence.removeprefix("longest ").split(" of ")[0],
        ends.split(",")[0].removeprefix("worst "),
        _recovery(report),
    ]
    return f"| {' | '.join(cells)} |"


def _recovery(report: Report) -> str:
    if report.recovery is None:
        return "**not within 120 s**"
    return f"{report.recovery:.1f} s" if report.recovery else ""


def broken(report: Report) -> list[str]:
    """Return the promises that were not kept, with their figures."""
    return [
        f"{report.drill.name}: {one.promise}: {one.figure}"
        for one in report.findings
        if not one.kept
    ]


def page(reports: list[Report], before: str = "") -> str:
    """Return the page; drills that were not run now keep their lines of `before`."""
    run = {report.drill.name: row(report) for report in reports}
    rows = _lines(ROW, before) | run
    wrong = [line for name, line in _lines(WRONG, before).items() if name not in run]
    wrong += [f"- {line}" for report in reports for line in broken(report)]
    head = HEAD.format(
        when=datetime.now(UTC).strftime("%Y-%m-%d"),
        processor=_processor(),
        cores=os.cpu_count(),
        python=platform.python_version(),
    )
    text = head + "\n".join(rows.values()) + "\n"
    if wrong:
        text += "\nNot kept:\n\n" + "\n".join(wrong) + "\n"
    return text


def _lines(of_a_drill: re.Pattern[str], text: str) -> dict[str, str]:
    """Return the lines by the drill's name, one or several for each."""
    lines: dict[str, str] = {}
    for found in of_a_drill.finditer(text):
        name, line = found["name"], found[0]
        lines[name] = f"{lines[name]}\n{line}" if name in lines else line
    return lines


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()
