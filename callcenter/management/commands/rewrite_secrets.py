from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from callcenter import encryption


class Command(BaseCommand):
    help = (
        "Encrypt all secrets in the database anew, by the first of ENCRYPTION_KEYS. "
        "With --check, only say whether the keys open them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="Change nothing; only look."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["check"]:
            secrets = [secret for *_, secret in encryption.stored()]
            done = "can be read"
        else:
            secrets, done = list(encryption.rewrite()), "encrypted by the first key"
        closed = [secret.name for secret in secrets if not secret.opens]
        self.stdout.write(f"Secrets {done}: {len(secrets) - len(closed)}.")
        if closed:
            raise CommandError(
                "No key opens these secrets. Set the ENCRYPTION_KEYS (or SECRET_KEY) "
                "that they were stored with, or enter them again in the admin: "
                f"{'; '.join(closed)}."
            )
