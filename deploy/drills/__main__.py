"""`python -m deploy.drills [NAME ...]`: run drills, write them into docs/drills.md."""

import argparse
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.stack.ports import free_port
from deploy.stack.stack import Stack


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("drills", nargs="*", help="names; none: all of them")
    parser.add_argument(
        "--short",
        action="store_true",
        help="the short ones, judged by what holds on a crowded machine, too",
    )
    wanted = parser.parse_args()
    with TemporaryDirectory(prefix="callcenter-drills-") as folder:
        Path(folder).chmod(0o711)  # PostgreSQL, as another user, has its files there
        stack = Stack(Path(folder), free_port(), wati_port=free_port())
        os.environ.update(stack.environment)
        try:
            sys.exit(_run(stack.start(), wanted.drills, is_short=wanted.short))
        finally:
            stack.stop()


def _run(stack: Stack, names: list[str], *, is_short: bool) -> int:
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "callcenter.settings"
    django.setup()
    from deploy.drills import (  # noqa: F401 - they put their drills on the list
        clock,
        company,
        disk,
        media,
        nodes,
        outbound,
        soak,
        stores,
        table,
        wati,
    )
    from deploy.drills.run import Runner
    from deploy.drills.scene import DRILLS

    if unknown := set(names) - set(DRILLS):
        print(f"No such drill: {', '.join(unknown)}. There are: {', '.join(DRILLS)}.")
        return 2
    runner = Runner(stack, company.found())
    if is_short:
        names = [name for name, drill in DRILLS.items() if drill.is_short]
    else:
        runner.warm_up()
    reports = []
    before = table.PAGE.read_text() if names and table.PAGE.exists() else ""
    for name in names or DRILLS:
        report = runner.run(DRILLS[name])
        reports.append(report)
        print(table.row(report), *table.broken(report), sep="\n  ", flush=True)
        print(f"  {dict(report.endings)} {dict(report.problems)}", flush=True)
        if not is_short:  # at once: a later one may break off
            table.PAGE.write_text(table.page(reports, before))
    return (
        0 if all(report.is_passed(is_timed=not is_short) for report in reports) else 1
    )


if __name__ == "__main__":
    main()
