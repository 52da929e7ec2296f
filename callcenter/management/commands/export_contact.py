import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from callcenter import audit
from callcenter.exporting.commands import write_whole
from calls.privacy import everything, known


class Command(BaseCommand):
    help = "Write everything that is held about a contact as JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "person", help="A number with its country code, a user ID or a @username."
        )
        parser.add_argument(
            "--output", default="-", help="The file to write. Default: standard output."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        contact = known.contact_named(options["person"])
        if contact is None:
            raise CommandError("No contact has this ID.")
        audit.record(audit.Action.EXPORTED, contact, "everything about this contact")
        content = everything.about(contact)
        if options["output"] == "-":
            sys.stdout.buffer.writelines(content)
            sys.stdout.buffer.flush()
        else:
            write_whole(Path(options["output"]), content)
