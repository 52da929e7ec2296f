import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from callcenter.whole_files import whole


class Command(BaseCommand):
    help = "Copy the database of the embedded mode to a file, while it is in use."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="A file that does not exist yet.")

    def handle(self, *args: Any, **options: Any) -> None:
        if connection.vendor != "sqlite":
            raise CommandError("This is PostgreSQL: use pg_dump.")
        file: Path = options["file"]
        if file.exists():
            raise CommandError(f"{file} exists already.")
        connection.ensure_connection()
        with whole(file) as part, closing(sqlite3.connect(part)) as copy:
            connection.connection.backup(copy)
            # One file, with nothing beside it.
            copy.execute("PRAGMA journal_mode = DELETE")
        self.stdout.write(f"Copied to {file}.")
