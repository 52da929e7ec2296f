from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from permissions import duplicates


class Command(BaseCommand):
    help = (
        "Find contacts that are one person, because their numbers are two forms of "
        "one, and merge them with --apply. A merge can be undone on the contact's page."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--apply",
            action="store_true",
            help="Merge them; without it nothing is changed.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        count = self._merge() if options["apply"] else self._show()
        for contact in duplicates.impossible():
            self.stdout.write(f"{contact}: {contact.number} is no phone number.")
        if not count:
            self.stdout.write("No contact stands there twice.")
        elif options["apply"]:
            self.stdout.write(f"Merged: {count}.")
        else:
            self.stdout.write(f"To merge: {count}. Run again with --apply.")

    def _show(self) -> int:
        found = list(duplicates.found())
        for twin in found:
            self.stdout.write(str(twin))
        return len(found)

    def _merge(self) -> int:
        merged = 0
        for twin, problem in duplicates.merge_found():
            self.stdout.write(f"{twin} {f'Not merged: {problem}' if problem else ''}")
            merged += not problem
        return merged
