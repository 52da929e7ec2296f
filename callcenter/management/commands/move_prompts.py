from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from agents import prompt_audio
from callcenter import files


class Command(BaseCommand):
    help = "Move the audio of all prompts from the database into FILES_BUCKET, or back."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--back", action="store_true", help="From the bucket into the database."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not files.is_used():
            raise CommandError("FILES_BUCKET is not set.")
        into_bucket = not options["back"]
        try:
            for prompt in prompt_audio.move_all(into_bucket=into_bucket):
                self.stdout.write(f"Moved: {prompt}.")
        except files.Away:
            raise CommandError(
                "The bucket cannot be reached. What is not named above has not moved; "
                "run this again."
            ) from None
