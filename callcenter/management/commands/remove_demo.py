from typing import Any

from django.core.management.base import BaseCommand

from callcenter.demo.removal import Removal


class Command(BaseCommand):
    help = (
        "Remove what `make run` made: the demo's users, calls, contacts, queues and "
        "the simulator's account. What you changed or really use is kept."
    )
    # They would refuse, and name this command.
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        done = Removal().run()
        for line in done.kept:
            self.stdout.write(line)
        counts = [f"{count} × {name}" for name, count in sorted(done.removed.items())]
        self.stdout.write(f"Removed: {', '.join(counts) or 'nothing'}.")
