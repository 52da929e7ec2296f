from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from callcenter import audit
from callcenter.exporting.commands import add_output, write_to
from calls.privacy import everything, known


class Command(BaseCommand):
    help = "Write everything that is held about a contact as JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "person", help="A number with its country code, a user ID or a @username."
        )
        add_output(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        contact = known.contact_named(options["person"])
        if contact is None:
            raise CommandError("No contact has this ID.")
        audit.record(audit.Action.EXPORTED, contact, "everything about this contact")
        content = everything.about(contact)
        write_to(options["output"], content)
