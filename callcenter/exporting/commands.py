"""The exports as commands: the file that the button of the admin gives."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict

from callcenter.checked_lists import BadQuery
from callcenter.exporting import files
from callcenter.exporting.csv_files import CSV, FOR_SPREADSHEETS
from callcenter.exporting.period import BadPeriod, read_period
from callcenter.exporting.views import Export
from callcenter.exporting.xlsx_files import XLSX
from callcenter.whole_files import whole

FORMATS = {"csv": CSV, "csv-excel": FOR_SPREADSHEETS, "xlsx": XLSX}


class ExportCommand(BaseCommand):
    """A command that writes one export to a file or to standard output."""

    export: Export

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", default="", help="A date, such as 2026-11-23.")
        parser.add_argument("--to", default="", help="A date; its day is included.")
        parser.add_argument(
            "--query",
            default="",
            help="More filters, as the address of the admin's list has them after ?.",
        )
        parser.add_argument(
            "--format",
            choices=FORMATS,
            default="csv",
            help="csv-excel is CSV with semicolons, as European Excel opens it.",
        )
        add_output(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        found = self._rows(options)
        content = files.written(*self.export.work(found, FORMATS[options["format"]]))
        write_to(options["output"], content)

    def _rows(self, options: dict[str, Any]) -> QuerySet[Any]:
        wish = {name: options[name] for name in ("from", "to") if options[name]}
        try:
            read_period(options["from"], options["to"])
            return self.export.rows_for(_asked(options["query"], wish))
        except BadPeriod as problem:
            raise CommandError(str(problem)) from None
        except BadQuery:
            raise CommandError(
                "--query has a filter that is unknown or invalid."
            ) from None


def _asked(query: str, wish: dict[str, str]) -> HttpRequest:
    """Make the request of somebody who may see everything: who has a shell, has."""
    request = HttpRequest()
    request.method = "GET"
    request.GET = QueryDict(f"{query.strip('?&')}&{urlencode(wish)}")
    request.user = User(is_active=True, is_staff=True, is_superuser=True)
    return request


def add_output(parser: CommandParser) -> None:
    parser.add_argument(
        "--output", default="-", help="The file to write. Default: standard output."
    )


def write_to(output: str, content: Iterator[bytes]) -> None:
    """Write to standard output, or a file whole or not at all."""
    if output == "-":
        sys.stdout.buffer.writelines(content)
        sys.stdout.buffer.flush()
        return
    with whole(Path(output)) as part, part.open("wb") as target:
        target.writelines(content)
