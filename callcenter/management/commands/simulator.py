"""Run the simulator alone: a false Wati and its phones, without a database."""

import argparse
from dataclasses import replace
from typing import Any

from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.management.base import BaseCommand

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
        # Daphne installs the reactor when it is imported; nothing else should.
        from daphne.server import Server

        account = service.account_from_settings()
        if options["webhooks"]:
            account = replace(account, webhook_url=options["webhooks"])
        service.create(account)
        host, port = options["host"], options["port"]
        self.stdout.write(f"Phone page: http://{host}:{port}/simulator/")
        self.stdout.write(f"WATI_BASE_URL=http://{host}:{port}/simulator/wati")
        Server(
            application=ASGIStaticFilesHandler(SimulatorHandler()),
            endpoints=[f"tcp:port={port}:interface={host}"],
            ready_callable=lambda: self.stdout.write("Ready."),
        ).run()
