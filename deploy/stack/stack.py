"""The production topology on one machine: what `make stack` starts and drills break."""

import fcntl
import os
import shlex
import signal
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Self

import httpx2
import redis
from aioice.ice import get_host_addresses

from callcenter.simulator.control import SimulatorControl
from deploy.stack import image, proxy
from deploy.stack.certificate import Certificate
from deploy.stack.ports import free_port, is_free
from deploy.stack.process import Process
from deploy.stack.processes import ROOT, Guard, ProcessList
from deploy.stack.site import Site
from deploy.stack.stores import Postgres, Valkey
from deploy.stack.waiting import wait_for

FOLDER = ROOT / "var" / "stack"
SUPERVISOR = "sofia"
PYTHON = sys.executable
WORKER = ("-m", "celery", "-A", "callcenter", "worker", "--concurrency", "4")
BEAT = ("-m", "celery", "-A", "callcenter", "beat")
WARNINGS_ONLY = ("--loglevel", "WARNING")
# What Valkey hears of a worker that takes tasks.
WORKER_WAITS = "brpop"

Tell = Callable[[str], object]


class Stack:
    """Processes by name: two nodes, worker, beat, nginx, the stores, the simulator.

    The product runs from a copy of the image's files, with nothing in its environment
    but what an operator sets. Rows, secrets and addresses stay in the folder.
    """

    def __init__(
        self,
        folder: Path = FOLDER,
        port: int = 0,
        tell: Tell = lambda text: None,
        *,
        wati_port: int = 0,
        has_account: bool = True,
    ) -> None:
        """Take the folder; with `has_account` the false Wati is known from the start,
        as the WATI_ variables have it, else somebody types it into the admin."""
        self.folder, self._tell = folder.resolve(), tell
        self.has_account = has_account
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = _locked(self.folder)
        self.site = Site.load(self.folder, port, wati_port)
        _require_free(self.site.port, self.site.wati_port)
        self.logs = self.folder / "log"
        self.logs.mkdir(exist_ok=True)
        self.image = self.folder / "image"
        self.certificate = Certificate(self.folder)
        self.certificate.ensure()
        self.listed = ProcessList(Path(tempfile.mkdtemp(prefix="callcenter-stack-")))
        self.guard = Guard(self.listed)
        self.postgres = Postgres(
            self.folder / "postgres", listed=self.listed, durable=True
        )
        self.valkey = Valkey(self.logs, listed=self.listed)
        self.environment = self._environment()
        self.node_ports = {name: free_port() for name in proxy.NODES}
        self.nodes = [self._node(*each) for each in self.node_ports.items()]
        self.worker = self._product("worker", *WORKER, *WARNINGS_ONLY)
        self.beat = self._product("beat", *BEAT, *WARNINGS_ONLY)
        self.nginx = proxy.Nginx(self.folder / "nginx", listed=self.listed)
        self.simulator_port = free_port()
        self.simulator = self._simulator()
        self.processes: dict[str, Process] = {
            process.name: process
            for process in (
                *(self.postgres, self.valkey, *self.nodes),
                *(self.worker, self.beat, self.nginx, self.simulator),
            )
        }

    def __getitem__(self, name: str) -> Process:
        return self.processes[name]

    # --- Addresses --------------------------------------------------------------------

    @property
    def url(self) -> str:
        """Return where browsers and Wati find the call center, through nginx."""
        return self.site.url

    @property
    def wati_url(self) -> str:
        """Return where the call center finds the false Wati, and people its phones."""
        return self.site.wati_url

    @property
    def control_url(self) -> str:
        """Return where programs of this machine tell the simulator what to do."""
        return f"http://127.0.0.1:{self.simulator_port}"

    def node_url(self, name: str) -> str:
        """Return where a node listens, behind the proxy."""
        return f"http://127.0.0.1:{self.node_ports[name]}"

    def control(self) -> SimulatorControl:
        return SimulatorControl(self.control_url)

    def browser(self) -> httpx2.Client:
        """Return a client of the call center that trusts our certificate, no other."""
        context = ssl.create_default_context(cafile=self.certificate.path)
        return httpx2.Client(
            base_url=self.url, verify=context, trust_env=False, timeout=30
        )

    # --- What runs --------------------------------------------------------------------

    def _environment(self) -> dict[str, str]:
        """Return all that the product's processes know: what an operator sets."""
        return {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "ENV_FILE": os.devnull,
            "DEBUG": "0",
            "SECRET_KEY": self.site.secret_key,
            "ALLOWED_HOSTS": proxy.HOST,
            "PUBLIC_URL": self.url,
            "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.valkey.url,
            "VAR_DIR": str(self.folder / "var"),
            "METRICS_TOKEN": self.site.metrics_token,
            # The phones are on this machine.
            "MEDIA_ALLOWED_NETWORKS": ",".join(networks_of_this_host()),
            # The authority that signed the false Wati's certificate: it is checked.
            "SSL_CERT_FILE": str(self.certificate.path),
            **(self.site.wati() if self.has_account else {}),
        }

    def _product(self, name: str, *command: str, **own: str) -> Process:
        return Process(
            name,
            [PYTHON, *command],
            listed=self.listed,
            log=self.logs / f"{name}.log",
            cwd=self.image,
            environment=self.environment | own,
        )

    def _node(self, name: str, port: int) -> Process:
        command = ("manage.py", "serve", "--port", str(port))
        node = self._product(name, *command, NODE_NAME=name)
        node.ends_by = signal.SIGINT  # SIGTERM would wait for its calls
        return node

    def _simulator(self) -> Process:
        """Return the other end: no part of the product, hence with its own settings."""
        return Process(
            "simulator",
            [PYTHON, "manage.py", "simulator", "--port", str(self.simulator_port)],
            listed=self.listed,
            log=self.logs / "simulator.log",
            cwd=ROOT,
            environment={
                "PATH": os.environ["PATH"],
                "LANG": "C.UTF-8",
                "ENV_FILE": os.devnull,
                "DEBUG": "1",
                "VAR_DIR": str(self.folder / "simulator"),
                "PUBLIC_URL": self.wati_url,
                "SSL_CERT_FILE": str(self.certificate.path),
                **self.site.simulator(),
            },
        )

    # --- Start and stop ---------------------------------------------------------------

    def start(self) -> Self:
        """Start everything, and wait until it serves."""
        self._tell("Copying the image's files, starting PostgreSQL and Valkey ...")
        image.copy_files(self.image)
        with ThreadPoolExecutor() as beside:
            collected = beside.submit(image.collect_static, self.image)
            self.simulator.start()
            self.postgres.start()
            self.valkey.start()
            self._tell("Migrating the database, collecting static files ...")
            self.manage("migrate", "--verbosity", "0")
            collected.result()
        self._tell("Starting the nodes, the worker, beat and nginx ...")
        self._configure_proxy()
        self._write_manage()
        for process in self.processes.values():
            process.start()
        if not self.site.is_set_up:
            self._set_up()
        self.wait_until_ready()
        return self

    def _set_up(self) -> None:
        """Make the account and the first supervisor, as an operator does once."""
        self._tell(self.manage("setup_account").strip())
        self.first_supervisor = self.manage("create_supervisor", SUPERVISOR).strip()
        self._tell(self.first_supervisor)
        self.site.is_set_up = True
        self.site.save(self.folder)

    def _configure_proxy(self) -> None:
        certificate, key = self.certificate.path, self.certificate.key_path
        site = proxy.site_for(
            proxy.SITE.read_text(),
            self.node_ports,
            http=free_port(),
            https=self.site.port,
            certificate=certificate,
            key=key,
        )
        self.nginx.configure(
            site,
            port=self.site.wati_port,
            simulator=self.simulator_port,
            certificate=certificate,
            key=key,
        )

    def _write_manage(self) -> None:
        """Leave a script for people: manage.py with the product's environment."""
        words = [f"{name}={value}" for name, value in self.environment.items()]
        command = shlex.join(["env", "-i", *words, PYTHON, "manage.py"])
        script = self.folder / "manage"
        script.touch(mode=0o700)  # it holds the secrets
        script.write_text(f'#!/bin/sh\ncd {self.image} && exec {command} "$@"\n')

    def manage(self, *arguments: str) -> str:
        """Run manage.py as an operator does; return what it says."""
        done = subprocess.run(
            [PYTHON, "manage.py", *arguments],
            cwd=self.image,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"manage.py {' '.join(arguments)}:\n{done.stderr}")
        return done.stdout

    def wait_until_ready(self, seconds: float = 60.0) -> None:
        for name in self.processes:
            self.wait_for(name, seconds)

    def wait_for(self, name: str, seconds: float = 60.0) -> None:
        """Wait until a process does its work: a node, until it could take a call."""

        def is_ready() -> bool:
            if self[name].died:
                news = self[name].news()[-2000:]
                raise RuntimeError(f"{name} ended, with these words:\n{news}")
            return self._is_ready(name)

        wait_for(is_ready, name, seconds)

    def _is_ready(self, name: str) -> bool:
        if name in self.node_ports:
            return _answers(f"{self.node_url(name)}/readyz")
        if name == "nginx":
            with self.browser() as browser:
                return _answers("/healthz", browser)
        if name == "simulator":
            return _answers(f"{self.control_url}/simulator/")
        if name == "worker":
            return self._worker_waits()
        return True

    def _worker_waits(self) -> bool:
        with suppress(redis.RedisError), redis.Redis.from_url(self.valkey.url) as db:
            return any(each["cmd"] == WORKER_WAITS for each in db.client_list())
        return False

    def dead(self) -> list[Process]:
        """Return those that ended although nobody wanted them to."""
        return [process for process in self.processes.values() if process.died]

    def stop(self) -> None:
        """End everything: first who speaks to Wati, at last what they rest upon."""
        for together in self._ends_in_order():
            running = [process for process in together if process.runs]
            for process in running:
                process.ask_to_stop()
            for process in running:
                self._tell(f"Stopping {process.name} ...")
                with suppress(subprocess.TimeoutExpired):  # then it was killed
                    process.wait_for_end()
        self.listed.end_all()
        self.guard.dismiss()
        os.close(self._lock)

    def _ends_in_order(self) -> Iterator[list[Process]]:
        yield [self.beat, *self.nodes]
        yield [self.worker]
        yield [self.nginx, self.simulator]
        yield [self.valkey]
        yield [self.postgres]


def networks_of_this_host() -> list[str]:
    """Return the private addresses of this machine, each as a network of one."""
    found = [ip_address(each) for each in get_host_addresses(True, True)]
    mine = [str(each) for each in found if each.is_private and not each.is_link_local]
    return ["127.0.0.0/8", *mine]


def _locked(folder: Path) -> int:
    """Keep a second stack out of the folder while this process lives."""
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise SystemExit(f"A stack already runs in {folder}.") from None
    return lock


def _require_free(*ports: int) -> None:
    for port in ports:
        if not is_free(port):
            raise SystemExit(
                f"Port {port} is taken by another program. Choose another with PORT "
                "and, for a new stack, another folder with STACK_DIR."
            )


def _answers(url: str, client: httpx2.Client | None = None) -> bool:
    try:
        found = client.get(url) if client else httpx2.get(url, trust_env=False)
    except httpx2.HTTPError:
        return False
    return found.status_code == 200
