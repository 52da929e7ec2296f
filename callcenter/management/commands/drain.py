"""Take a node out, and wait until it holds no call."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from calls import placement
from calls.lifecycle import nodes

LOOK_EVERY = 1.0  # seconds


class Command(BaseCommand):
    help = (
        "Let a node take no new calls, and wait until its last one has ended. Then "
        "restart it: with its start it takes calls again."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("name", help="the node's NODE_NAME")
        parser.add_argument(
            "--at-most", type=float, default=3600.0, metavar="SECONDS", help="3600"
        )
        parser.add_argument(
            "--cancel", action="store_true", help="let it take calls again instead"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["name"]
        if not nodes.drain(name, draining=not options["cancel"]):
            raise CommandError(f"There is no node of the name {name}.")
        if options["cancel"]:
            self.stdout.write(f"{name} takes calls again.")
            return
        left = self._wait(name, time.monotonic() + options["at_most"])
        if left:
            raise CommandError(f"{name} still holds {left} calls.")
        self.stdout.write(f"{name} holds no call.")

    def _wait(self, name: str, until: float) -> int:
        told = 0
        while (left := placement.calls_on(name)) and time.monotonic() < until:
            if left != told:
                self.stdout.write(f"{name} holds {left} calls, and takes no new ones.")
                told = left
            time.sleep(min(LOOK_EVERY, max(0.0, until - time.monotonic())))
        return left
