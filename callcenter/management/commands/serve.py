"""Run a node: the web server and, embedded, the worker and its clock beside it."""

import asyncio
import logging
import os
import signal
import threading
from typing import Any

import autobahn.twisted.websocket
import autobahn.websocket.protocol
import daphne.server
from celery.beat import EmbeddedService
from daphne.server import Server
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from twisted.internet import reactor as running_reactor
from twisted.internet.tcp import Connection

from callcenter import celery
from callcenter.beat import Scheduler
from callcenter.canary import training
from callcenter.demo.simulator import tell_simulator
from callcenter.simulator import service as simulator
from callcenter.stop_signals import StopSignals
from callcenter.web.daphne_requests import BoundedFactory
from callcenter.worker import KeepingThreads

reactor: Any = running_reactor  # a module that is replaced by an object at start

logger = logging.getLogger(__name__)

WORKER_THREADS = 4
WORKER_STOPS_WITHIN = 8.0  # seconds
# Read from one connection in one turn of the loop. Twisted's 64 KiB may hold two
# thousand small websocket messages, and the sound of others waits for all of them.
READ_AT_ONCE = 4096  # bytes
# For a browser's answer to a close. Cut off earlier it may not have read the code:
# a console that was taken over would come back and take over itself.
GOODBYE = 5.0  # seconds


class EmbeddedWorker:
    """A Celery worker and beat in threads of this process.

    For small tasks of HTTP and database only: what burns CPU here makes audio stutter.
    """

    def start(self) -> None:
        app = celery.app
        self.worker = app.WorkController(
            app=app,
            pool=KeepingThreads,
            concurrency=WORKER_THREADS,
            without_heartbeat=True,
            without_mingle=True,
            without_gossip=True,
        )
        self.beat = EmbeddedService(app, thread=True, scheduler_cls=Scheduler)
        threading.Thread(target=self.worker.start, daemon=True, name="worker").start()
        self.beat.start()
        celery.embedded_worker_runs = True

    def stop(self) -> None:
        celery.embedded_worker_runs = False
        self.beat.stop()
        self.worker.stop()


def without_coloured_names() -> None:
    """Keep autobahn from colouring names for debug lines that nobody reads.

    It does so twice for each websocket message: a twentieth of what a beat costs.
    """

    def name_of(thing: Any) -> str:
        return str(getattr(thing, "__name__", ""))

    modules: list[Any] = [autobahn.twisted.websocket, autobahn.websocket.protocol]
    for module in modules:
        module.hltype = name_of


def welcome() -> str:
    """Print where to go and how to sign in."""
    root = settings.PUBLIC_URL
    users = ", ".join(settings.DEMO_USERS)
    return f"""
  The call center is running.

    Console      {root}/console/     sign in as ana, then "Go available"
    Phone        {root}/simulator/   a WhatsApp phone: press "Call"
    Supervisors  {root}/admin/       sign in as supervisor
    Call log     {root}/calls/export.csv

    Users        {users}; the password of each is {settings.DEMO_PASSWORD}

  Ctrl-C stops everything.
"""


class Command(BaseCommand):
    help = "Serve HTTP, websockets and calls; embedded, run the worker too."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--host", default=settings.HOST)
        parser.add_argument("--port", type=int, default=settings.PORT)
        parser.add_argument(
            "--prepare",
            action="store_true",
            help="First migrate and make the first account, or the demo's data.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["prepare"]:
            self.prepare()
        from callcenter import asgi

        self.asgi = asgi
        Connection.bufferSize = READ_AT_ONCE
        without_coloured_names()
        daphne.server.HTTPFactory = BoundedFactory
        self.worker = EmbeddedWorker() if settings.EMBEDDED else None
        self.signals = StopSignals(asgi.drain, self.stop)
        self.is_stuck = False
        self.port: int = options["port"]
        self.training: asyncio.Future[training.TrainingDesk | None] | None = None
        host = options["host"].replace(":", r"\:")
        self.server = Server(
            asgi.application,
            endpoints=[f"tcp:port={options['port']}:interface={host}"],
            signal_handlers=False,
            ready_callable=self.ready,
            # Backstop for a response that dies half-way: Daphne would never close it.
            http_timeout=600,
            websocket_max_message_size=64 * 1024,
            websocket_max_frame_size=64 * 1024,
            application_close_timeout=2,
        )
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.on_signal)
        self.server.run()
        if self.is_stuck:  # a thread that hangs would be waited for, for ever
            os._exit(0)
        if self.server.abort_start:
            raise SystemExit(1)

    def prepare(self) -> None:
        """Prepare in this process: each start of Python and Django costs seconds."""
        call_command("migrate", verbosity=0)
        call_command("setup_account")
        if settings.SIMULATOR:
            call_command("demo", stdout=self.stdout)
            tell_simulator(simulator.the_world())

    def ready(self) -> None:
        self.server.ws_factory.setProtocolOptions(closeHandshakeTimeout=GOODBYE)
        if self.worker is not None:
            self.worker.start()
        reactor.callLater(0, self.asgi.start)  # inside the loop, which runs then
        if settings.EMBEDDED and settings.TRAINING_CALLS:
            reactor.callLater(0, self.open_training)
        logger.info("node %s takes calls", settings.NODE_NAME)
        if settings.SIMULATOR:
            self.stdout.write(welcome())

    def open_training(self) -> None:
        self.training = asyncio.ensure_future(training.embedded(self.port))

    async def close_training(self) -> None:
        if self.training is not None:
            desk = await self.training
            if desk is not None:
                await desk.close()

    def on_signal(self, number: int, _: Any) -> None:
        reactor.callFromThread(self.signals.take, number)

    async def stop(self) -> None:
        """End the calls first, while the worker can still tell Wati."""
        logger.info("stopping")
        try:
            await self.close_training()
            await self.asgi.stop()
            async with asyncio.timeout(WORKER_STOPS_WITHIN):
                await self.stop_the_rest()
        except TimeoutError:
            # What it was at is a row: the next start finds it.
            logger.error("stopping: the worker does not end")
            self.is_stuck = True
        except Exception:
            logger.exception("stopping")
        finally:
            reactor.stop()

    async def stop_the_rest(self) -> None:
        if settings.SIMULATOR:
            await simulator.shutdown()
        if self.worker is not None:
            await asyncio.sleep(0.3)  # lets the last calls' terminates go out
            await asyncio.to_thread(self.worker.stop)
