"""Run the simulator alone: a false Wati and its phones, without a database."""

import argparse
import asyncio
from dataclasses import replace
from typing import Any

from daphne.server import Server  # first: it installs the reactor
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.management.base import BaseCommand
from twisted.internet import reactor
from twisted.internet.defer import Deferred

from callcenter.simulator import service
from callcenter.simulator.standalone import SimulatorHandler


class Command(BaseCommand):
    help = "Run the simulator alone: a false Wati and true WhatsApp phones."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8900)
        parser.add_argument("--webhooks", help="where the call center is: http://…")

    def handle(self, *args: Any, **options: Any) -> None:
        account = service.account_from_settings()
        if options["webhooks"]:
            account = replace(account, webhook_url=options["webhooks"])
        service.create(account)
        host, port = options["host"], options["port"]
        self.stdout.write(f"Phone page: http://{host}:{port}/simulator/")
        self.stdout.write(f"WATI_BASE_URL=http://{host}:{port}/simulator/wati")
        core: Any = reactor  # its stub describes an interface, not this object
        core.addSystemEventTrigger("before", "shutdown", close_world)
        interface = host.replace(":", r"\:")
        Server(
            application=ASGIStaticFilesHandler(SimulatorHandler()),
            endpoints=[f"tcp:port={port}:interface={interface}"],
            ready_callable=lambda: self.stdout.write("Ready."),
        ).run()


def close_world() -> Deferred[None]:
    """End the simulator's calls; the reactor waits for this before it stops."""
    return Deferred.fromFuture(asyncio.ensure_future(service.shutdown()))
