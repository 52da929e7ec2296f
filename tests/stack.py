"""The product as processes, for tests that speak to it from outside only."""

import json
import os
import sys
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import httpx2
from django.conf import settings
from django.contrib.auth.models import User
from django.db import DatabaseError, connection

import deploy.stack.process
from agents.models import Agent, Prompt, Queue, Schedule
from callcenter.celery import app
from callcenter.models import WatiAccount
from callcenter.simulator.control import SimulatorControl
from calls.lifecycle import ending
from calls.models import Call
from calls.states import LIVE, Event
from deploy.stack.ports import free_port
from permissions.models import Contact
from tests import processes
from tests.cast import CARLA
from tests.console import Console
from tests.fault_proxy import FaultProxy
from tests.paths import ROOT
from tests.servers import wait_for

FULL = not settings.EMBEDDED
# A crowded machine may keep a console from saying in time that it rings; and nobody
# wants to wait for twenty seconds.
WAITS = {
    "RING_CONFIRM_SECONDS": "5",
    "GUEST_RETURN_SECONDS": "8",
    "ANSWER_BY_SOUND_SECONDS": "4",
    "NODE_DRAIN_SECONDS": "30",
}


class Process(deploy.stack.process.Process):
    """A process of the product that has started with the test's own environment."""

    cwd = ROOT

    def __init__(self, name: str, *command: str, **environment: str) -> None:
        super().__init__(
            name,
            [sys.executable, *command],
            listed=processes.RUN,
            log=Path(settings.VAR_DIR) / f"{name}.log",
            cwd=self.cwd,
            environment=os.environ | environment,
        )
        self.start()


class NodeServer(Process):
    """`manage.py serve`: a node, embedded with its worker."""

    def __init__(self, name: str, port: int, **environment: str) -> None:
        self.url = f"http://127.0.0.1:{port}"
        super().__init__(
            name,
            "manage.py",
            "serve",
            PORT=str(port),
            NODE_NAME=name,
            NODE_URL=self.url,
            **{"PUBLIC_URL": self.url, **environment},
        )

    def is_ready(self) -> bool:
        assert self.runs, self.log.read_text()
        try:
            return httpx2.get(f"{self.url}/readyz").status_code == 200
        except httpx2.HTTPError:
            return False


class Stack:
    """Everything `make run` starts; in full mode two nodes and a separate worker."""

    def __init__(self) -> None:
        database = database_url(os.environ["DATABASE_URL"])
        self.environment = WAITS | {"DATABASE_URL": database, "DATABASE_POOL": "20"}
        if FULL:  # tests break it
            self.valkey = FaultProxy(port_of(os.environ["REDIS_URL"])).start()
            self.environment["REDIS_URL"] = f"redis://127.0.0.1:{self.valkey.port}"
        ports = [free_port() for _ in range(3 if FULL else 2)]
        self.simulator_url = f"http://127.0.0.1:{ports[0]}"
        # Agents open the last node; their pages may take the sound from any of them.
        public = {"PUBLIC_URL": f"http://127.0.0.1:{ports[-1]}"}
        self.nodes = [
            NodeServer(f"node-{number}", port, **public, **self.environment)
            for number, port in enumerate(ports[1:], 1)
        ]
        self.product: list[Process] = [*self.nodes]
        if FULL:
            self.worker = self._worker()
            self.product.append(self.worker)
        self.processes = [*self.product, self._simulator(ports[0])]
        self.simulator = SimulatorControl(self.simulator_url)
        self.http = httpx2.Client(timeout=30, trust_env=False)

    @property
    def wati_url(self) -> str:
        return f"{self.simulator_url}/simulator/wati"

    def _simulator(self, port: int) -> Process:
        webhooks = self.nodes[0].url
        arguments = ["simulator", "--port", str(port), "--webhooks", webhooks]
        return Process("simulator", "manage.py", *arguments, **self.environment)

    def _worker(self) -> Process:
        return Process(
            "worker",
            *("-m", "celery", "-A", "callcenter", "worker", "-B", "-c", "2"),
            *("--loglevel", "WARNING"),
            **self.environment,
        )

    def tell(self) -> None:
        """Show what the processes wrote since, for the report of a failing test."""
        for process in self.processes:
            sys.stdout.write(f"--- {process.name}\n{process.news()[-8000:]}\n")

    def secrets_told(self) -> list[str]:
        """What the product wrote and nobody may read there; also in tracebacks."""
        secret = {
            "the token": settings.SIMULATOR_TOKEN,
            "the webhook key": settings.SIMULATOR_WEBHOOK_KEY,
            "an SDP": "ice-pwd",
            "a phone number": CARLA,
        }
        logs = [p.log.read_text(errors="replace") for p in self.product]
        return [name for name, text in secret.items() if any(text in x for x in logs)]

    def wait_until_ready(self) -> Self:
        for node in self.nodes:
            wait_for(node.is_ready, node.name, 60)
        simulator = f"{self.simulator_url}/simulator/"
        wait_for(lambda: _answers(simulator), "the simulator", 60)
        if FULL:
            wait_for(lambda: bool(app.control.ping(timeout=1)), "the worker", 60)
        return self

    def heal(self) -> None:
        """Start again what a test has killed."""
        for process in self.processes:
            if not process.runs:
                process.start()
        self.wait_until_ready()

    def stop(self) -> None:
        self.http.close()
        self.simulator.close()
        for process in reversed(self.processes):
            process.stop()
        if FULL:
            self.valkey.stop()

    def forget(self) -> None:
        """Every row but the nodes': these processes still run, and may still write."""
        self.simulator.reset()
        for call in Call.objects.filter(status__in=LIVE):
            ending.end(call.pk, Event.SUPERVISOR_ENDED)
        wait_for(_everything_is_deleted, "the rows to go")

    def webhook(
        self, kind: str, body: Any, *, key: str | None = None, node: int = 0
    ) -> httpx2.Response:
        """Post as Wati does; bytes go as they are."""
        key = settings.SIMULATOR_WEBHOOK_KEY if key is None else key
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.http.post(
            f"{self.nodes[node].url}/webhooks/wati/{kind}/",
            content=content,
            headers={
                "Authorization": f"Bearer {key}",
                "Content-Type": "application/json",
            },
        )

    def console(self, agent: Agent, node: int = -1) -> Console:
        """The agent's console; on the last node unless told."""
        return Console(self.nodes[node].url, agent)


def _everything_is_deleted() -> bool:
    try:
        for model in (Call, WatiAccount, Contact, User, Queue, Prompt, Schedule):
            model.objects.all().delete()
    except DatabaseError:  # a process wrote a row that refers to one of these
        return False
    return True


def database_url(url: str) -> str:
    """The database that this test process itself uses now."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return url.rsplit("/", 1)[0] + f"/{name}"


def port_of(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    return port


def _answers(url: str) -> bool:
    try:
        return httpx2.get(url).status_code < 500
    except httpx2.HTTPError:
        return False
