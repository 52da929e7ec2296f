from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from callcenter.refusals import Refused
from calls.privacy import erasing, known
from permissions.models import Contact, Erasure


class Command(BaseCommand):
    help = (
        "Erase everything that tells who a contact is. Their calls stay in the log "
        "without a person. It cannot be undone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "person", help="A number with its country code, a user ID or a @username."
        )
        parser.add_argument(
            "--unknown",
            action="store_true",
            help="Look for a number in webhooks, too, if no contact has it.",
        )
        parser.add_argument(
            "--yes", action="store_true", help="Do not ask whether this is meant."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        contact = known.contact_named(options["person"], create=options["unknown"])
        if contact is None:
            raise CommandError("No contact has this ID.")
        if not options["yes"] and not self._is_meant(contact):
            raise CommandError("Nothing was erased.")
        try:
            done = erasing.run(Erasure.ask(contact, user=None))
        except (erasing.NotNow, Refused) as reason:
            raise CommandError(f"Not yet, a worker goes on trying: {reason}") from None
        for what, count in done.items():
            self.stdout.write(f"{what}: {count}")
        self.stdout.write(f"Contact {contact.pk} is erased.")

    def _is_meant(self, contact: Contact) -> bool:
        calls = known.calls_of(contact).count()
        question = f"Erase {contact} ({contact.number}, calls: {calls})? Type yes: "
        return input(question).strip().lower() == "yes"
