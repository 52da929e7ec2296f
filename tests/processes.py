"""Processes of a test run: each is on a list until it has ended.

A worker of the run may itself be killed, for instance after Ctrl-C, before it could
end what it had started; then the run ends what is still on the list.
"""

import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.stack.processes import ProcessList

# One folder for a run, whose workers inherit the variable.
RUN_DIR = Path(
    os.environ.setdefault("TEST_RUN_DIR", "")
    or tempfile.mkdtemp(prefix="callcenter-tests-")
)
RUN_DIR.chmod(0o711)  # PostgreSQL, as another user, keeps its files there, too
os.environ["TEST_RUN_DIR"] = str(RUN_DIR)
RUN = ProcessList(RUN_DIR / "processes")
spawn, wait, kill = RUN.spawn, RUN.wait, RUN.kill


@contextmanager
def most_threads(pid: int) -> Iterator[list[int]]:
    """Collect how many threads a process has meanwhile."""
    counts, over = [], threading.Event()

    def look() -> None:
        while not over.wait(0.02):
            counts.append(len(os.listdir(f"/proc/{pid}/task")))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield counts
    finally:
        over.set()
        watcher.join()


def end_run() -> None:
    """End what is left, and forget the run's files."""
    RUN.end_all(patience=5.0)
    shutil.rmtree(RUN_DIR, ignore_errors=True)
