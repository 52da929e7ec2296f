"""Real PostgreSQL and Valkey for the tests, started and stopped by the tests."""

import shutil
import tempfile
from pathlib import Path

from deploy.stack import stores
from deploy.stack.ports import answers, free_port
from deploy.stack.process import Process
from deploy.stack.processes import Command
from deploy.stack.waiting import wait_for
from tests import processes
from tests.paths import ROOT

__all__ = ["Bucket", "Postgres", "Valkey", "wait_for"]


class Postgres(stores.Postgres):
    """A fresh cluster, which is gone after the end."""

    def __init__(self, *options: str, durable: bool = False) -> None:
        folder = Path(tempfile.mkdtemp("-postgres", dir=processes.RUN_DIR))
        super().__init__(folder, *options, listed=processes.RUN, durable=durable)

    def stop(self, how: int | None = None, seconds: float | None = None) -> None:
        super().stop(how, seconds)
        shutil.rmtree(self.folder, ignore_errors=True)


class Valkey(stores.Valkey):
    def __init__(self) -> None:
        super().__init__(processes.RUN_DIR, listed=processes.RUN)


class Bucket(Process):
    """An S3 server with one bucket, over real HTTP."""

    bucket = "callcenter"
    key_id = secret_key = "S3RVER"  # it has no others
    ends_within = 10.0

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        folder = Path(tempfile.mkdtemp("-bucket", dir=processes.RUN_DIR))
        command: Command = [
            *("node", ROOT / "node_modules" / "s3rver" / "bin" / "s3rver.js"),
            *("--address", "127.0.0.1", "--port", str(self.port), "--silent"),
            *("--directory", folder, "--configure-bucket", self.bucket),
        ]
        listed, log = processes.RUN, folder.with_suffix(".log")
        super().__init__("bucket", command, listed=listed, log=log, cwd=folder)

    def start(self) -> None:
        super().start()
        wait_for(lambda: answers(self.port), "the bucket")
