"""Real PostgreSQL and Valkey for the tests, started and stopped by the tests."""

import shutil
import tempfile
from pathlib import Path

from deploy.stack import stores
from deploy.stack.waiting import wait_for
from tests import processes

__all__ = ["Postgres", "Valkey", "wait_for"]


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
