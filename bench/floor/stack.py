"""The product in full mode as processes of one machine, and what each of them uses."""

import os
import secrets
import sys
import tempfile
from pathlib import Path
from subprocess import PIPE, Popen, TimeoutExpired
from typing import Self

import httpx2

from deploy.stack.families import all_processes, cpu_seconds
from deploy.stack.ports import free_port
from tests import processes
from tests.servers import Postgres, Valkey, wait_for

PYTHON = sys.executable
ROOT = Path(__file__).parents[2]
NODE_MAX_CALLS = "400"
STOPS_WITHIN = 30.0  # seconds


class FloorStack:
    """PostgreSQL, Valkey, nodes, a worker, beat, and the false Wati with its phones."""

    def __init__(self, nodes: int) -> None:
        self.folder = Path(tempfile.mkdtemp("-floor", dir=processes.RUN_DIR))
        self.postgres = Postgres("-c", "shared_preload_libraries=pg_stat_statements")
        self.valkey = Valkey()
        self.node_urls = [f"http://127.0.0.1:{free_port()}" for _ in range(nodes)]
        self.wati_url = f"http://127.0.0.1:{free_port()}"
        self.processes: dict[str, Popen[bytes]] = {}
        self.environment = {
            "ENV_FILE": os.devnull,
            "SECRET_KEY": secrets.token_urlsafe(50),
            # The phones are on this machine, which the product takes for an attack.
            "DEBUG": "1",
            "MEDIA_ALLOW_PRIVATE_CANDIDATES": "1",
            "MEDIA_BIND_ADDRESSES": "127.0.0.1",
            "VAR_DIR": str(self.folder),
            "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.valkey.url,
            "NODE_MAX_CALLS": NODE_MAX_CALLS,
            "PUBLIC_URL": self.node_urls[0],
            "LOG_LEVEL": "WARNING",
            "DJANGO_SETTINGS_MODULE": "callcenter.settings",
        }

    def start_stores(self) -> Self:
        """Start what rows and messages need; the environment is this process's, too."""
        self.postgres.start()
        self.valkey.start()
        os.environ.update(self.environment)
        return self

    def start(self) -> Self:
        """Start everything else, and wait until it serves."""
        for number, url in enumerate(self.node_urls, 1):
            own = {"PORT": url.rsplit(":", 1)[1], "NODE_NAME": f"node-{number}"}
            self._spawn(
                f"node-{number}", ["manage.py", "serve"], own | {"NODE_URL": url}
            )
        celery = ["-m", "celery", "-A", "callcenter"]
        self._spawn("worker", [*celery, "worker", "-c", "2", "--loglevel", "WARNING"])
        self._spawn("beat", [*celery, "beat", "--loglevel", "WARNING"])
        port = self.wati_url.rsplit(":", 1)[1]
        told = ["--port", port, "--webhooks", ",".join(self.node_urls)]
        self._spawn("phones", ["manage.py", "simulator", *told])
        for url in self.node_urls:
            wait_for(lambda url=url: _is_up(f"{url}/readyz"), url)
        wait_for(lambda: _is_up(f"{self.wati_url}/simulator/api/calls"), "the phones")
        return self

    def spawn_generator(self, name: str, module: str) -> Popen[bytes]:
        """Start a load generator that speaks over its standard input and output."""
        return self._spawn(name, ["-m", module], piped=True)

    def _spawn(
        self,
        name: str,
        command: list[str],
        own: dict[str, str] | None = None,
        *,
        piped: bool = False,
    ) -> Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = processes.spawn(
                [PYTHON, *command],
                cwd=ROOT,
                env=os.environ | self.environment | (own or {}),
                stdin=PIPE if piped else None,
                stdout=PIPE if piped else log,
                stderr=log,
            )
        return self.processes[name]

    def stop(self) -> None:
        """End all of it; what does not end by itself is killed."""
        for process in reversed(self.processes.values()):
            process.terminate()
        for name, process in self.processes.items():
            try:
                processes.wait(process, STOPS_WITHIN)
            except TimeoutExpired:
                print(f"{name} did not stop within {STOPS_WITHIN:.0f} s")
        self.valkey.stop()
        self.postgres.stop()

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def cpu(self) -> dict[str, float]:
        """Return user and system seconds so far, of each process with its children."""
        roots = {name: process.pid for name, process in self.processes.items()}
        roots["PostgreSQL"] = self.postgres.pid
        roots["Valkey"] = self.valkey.pid
        table = all_processes()
        return {name: cpu_seconds(pid, table) for name, pid in roots.items()}


def _is_up(url: str) -> bool:
    try:
        return httpx2.get(url, trust_env=False).status_code == 200
    except httpx2.HTTPError:
        return False
