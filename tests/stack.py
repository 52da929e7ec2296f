"""The product as processes, for tests that speak to it from outside only."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import httpx2
from django.conf import settings
from django.contrib.auth.models import User
from django.db import DatabaseError, connection
from django.test import Client
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from agents.models import Agent, Queue
from callcenter.celery import app
from callcenter.models import WatiAccount
from callcenter.simulator.control import SimulatorControl
from calls import services
from calls.models import Call
from calls.states import LIVE, Event
from permissions.models import Contact
from tests.servers import free_port, wait_for

ROOT = Path(__file__).parent.parent
FULL = not settings.EMBEDDED


class Process:
    """One process of the product; its output goes to a file for the failing test."""

    def __init__(self, name: str, *command: str, **environment: str) -> None:
        self.name = name
        self.log = Path(settings.VAR_DIR) / f"{name}.log"
        self.command, self.environment = command, os.environ | environment
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, *self.command],
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def runs(self) -> bool:
        return self.process.poll() is None

    def stop(self, how: int = signal.SIGTERM, seconds: float = 20) -> None:
        if self.runs and how == signal.SIGKILL:
            os.killpg(self.process.pid, how)  # its children, too
        elif self.runs:
            self.process.send_signal(how)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            raise


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
        database = os.environ["DATABASE_URL"]
        self.database = {"DATABASE_URL": _database_url(database)}
        ports = [free_port() for _ in range(3 if FULL else 2)]
        self.simulator_url = f"http://127.0.0.1:{ports[0]}"
        # Agents open the last node; their pages may take the sound from any of them.
        public = {"PUBLIC_URL": f"http://127.0.0.1:{ports[-1]}"}
        self.nodes = [
            NodeServer(f"node-{number}", port, **public, **self.database)
            for number, port in enumerate(ports[1:], 1)
        ]
        self.processes: list[Process] = [*self.nodes, self._simulator(ports[0])]
        if FULL:
            self.worker = self._worker()
            self.processes.append(self.worker)
        self.simulator = SimulatorControl(self.simulator_url)
        self.http = httpx2.Client(timeout=30, trust_env=False)

    @property
    def wati_url(self) -> str:
        return f"{self.simulator_url}/simulator/wati"

    def _simulator(self, port: int) -> Process:
        webhooks = self.nodes[0].url
        arguments = ["simulator", "--port", str(port), "--webhooks", webhooks]
        return Process("simulator", "manage.py", *arguments, **self.database)

    def _worker(self) -> Process:
        return Process(
            "worker",
            *("-m", "celery", "-A", "callcenter", "worker", "-B", "-c", "2"),
            *("--schedule", f"{settings.VAR_DIR}/beat", "--loglevel", "WARNING"),
            **self.database,
        )

    def tell(self) -> None:
        """Show what the processes wrote, for the report of a failing test."""
        for process in self.processes:
            sys.stdout.write(f"--- {process.name}\n{process.log.read_text()[-8000:]}\n")

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

    def forget(self) -> None:
        """Every row but the nodes': these processes still run, and may still write."""
        self.simulator.reset()
        for call in Call.objects.filter(status__in=LIVE):
            services.end(call.pk, Event.SUPERVISOR_ENDED)
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

    def console(self, agent: Agent, node: int = -1) -> "Console":
        """The agent's console; on the last node unless told."""
        return Console(self.nodes[node].url, agent)


def _everything_is_deleted() -> bool:
    try:
        for model in (Call, WatiAccount, Contact, User, Queue):
            model.objects.all().delete()
    except DatabaseError:  # a process wrote a row that refers to one of these
        return False
    return True


def _database_url(url: str) -> str:
    """The database that this test process itself uses now."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return url.rsplit("/", 1)[0] + f"/{name}"


def _answers(url: str) -> bool:
    try:
        return httpx2.get(url).status_code < 500
    except httpx2.HTTPError:
        return False


def session_cookie(agent: Agent) -> str:
    client = Client()
    client.force_login(agent.user)
    name = settings.SESSION_COOKIE_NAME
    return f"{name}={client.cookies[name].value}"


class Console:
    """What an agent's browser says and hears on the console's websocket."""

    def __init__(self, url: str, agent: Agent) -> None:
        self.agent = agent
        self.url = url
        self.headers = {"Cookie": session_cookie(agent)}
        self.calls: dict[str, dict[str, Any]] = {}
        self.problems: list[str] = []
        self.plans: list[dict[str, Any]] = []
        self.person: dict[str, Any] = {}
        self.state = ""
        self._news: queue.Queue[dict[str, Any]] = queue.Queue()
        self._socket = self.open("/ws/console/")
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.until(lambda: self.state != "", "the first snapshot")

    def open(self, address: str) -> ClientConnection:
        """Any websocket of the site, as this agent."""
        root = self.url.replace("http", "ws", 1)
        full = address if address.startswith("ws") else root + address
        origin = full.split("/ws/")[0].replace("ws", "http", 1)
        return connect(
            full,
            additional_headers=self.headers,
            origin=origin,
            compression=None,
            legacy=True,
        )

    def _read(self) -> None:
        with suppress(ConnectionClosed):  # its node may be killed
            for text in self._socket:
                self._news.put(json.loads(text))

    def say(self, kind: str, **fields: Any) -> None:
        self._socket.send(json.dumps({"type": kind, **fields}))

    def until(self, check: Callable[[], bool], what: str, seconds: float = 20) -> None:
        def heard() -> bool:
            while not self._news.empty():
                self._hear(self._news.get())
            return check()

        wait_for(heard, f"{self.agent}: {what}", seconds)

    def _hear(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "console":
                self.state = message["agent"]["state"]
                self.calls = {call["id"]: call for call in message["calls"]}
                self.plans = message["plans"]
            case "agent":
                self.state = message["agent"]["state"]
            case "call":
                call = message["call"]
                known = self.calls.get(call["id"], {"version": -1})
                if call["version"] > known["version"]:
                    self.calls[call["id"]] = call
            case "plans":
                self.plans = message["plans"]
            case "person":
                self.person = message["person"]
            case "problem":
                self.problems.append(message["text"])

    def go_available(self) -> Self:
        self.say("available")
        self.until(lambda: self.state == "available", "available")
        return self

    def ringing(self) -> dict[str, Any] | None:
        mine = self.agent.pk
        rings = (c for c in self.calls.values() if mine in c["offered_to"])
        return next((c for c in rings if c["status"] == "ringing"), None)

    def wait_for_ring(self) -> str:
        self.until(lambda: self.ringing() is not None, "a ringing call")
        call = self.ringing()
        assert call is not None
        return str(call["id"])

    def wait_for_status(
        self, call_id: str, status: str, seconds: float = 20
    ) -> dict[str, Any]:
        self.until(
            lambda: self.calls.get(call_id, {}).get("status") == status,
            f"status {status}",
            seconds,
        )
        return self.calls[call_id]

    def look_up(self, number: str) -> dict[str, Any]:
        """Type a number; returns who it is once WhatsApp has been asked, too."""
        self.person = {}
        self.say("look_up", number=number)
        self.until(
            lambda: bool(self.person) and not self.person["checking"], "the person"
        )
        return self.person

    def wait_for_plan(self, state: str) -> dict[str, Any]:
        def found() -> dict[str, Any] | None:
            return next((p for p in self.plans if p["state"] == state), None)

        self.until(lambda: found() is not None, f"a plan {state}")
        plan = found()
        assert plan is not None
        return plan

    def dialing(self) -> dict[str, Any] | None:
        calls = self.calls.values()
        return next((c for c in calls if c["status"] == "dialing"), None)

    def answer(self, call_id: str) -> str:
        """Press Answer; returns the address of the sound."""
        self.say("answer", call=call_id)
        return str(self.wait_for_status(call_id, "connecting")["audio_url"])

    def close(self) -> None:
        self._socket.close()
        self._reader.join(10)
