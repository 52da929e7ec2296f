"""Processes of a test run: each is on a list until it has ended.

A worker of the run may itself be killed, for instance after Ctrl-C, before it could
end what it had started; then the run ends what is still on the list.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

# One folder for a run, whose workers inherit the variable.
RUN_DIR = Path(
    os.environ.setdefault("TEST_RUN_DIR", "")
    or tempfile.mkdtemp(prefix="callcenter-tests-")
)
RUN_DIR.chmod(0o711)  # PostgreSQL, as another user, keeps its files there, too
os.environ["TEST_RUN_DIR"] = str(RUN_DIR)
_listed = RUN_DIR / "processes"
_listed.mkdir(exist_ok=True)

Command = Sequence[str | Path]


def spawn(command: Command, **options: Any) -> subprocess.Popen[bytes]:
    """Start a process in a group of its own, out of reach of the terminal's Ctrl-C."""
    process = subprocess.Popen(command, start_new_session=True, **options)
    (_listed / str(process.pid)).touch()
    return process


def wait(process: subprocess.Popen[bytes], seconds: float) -> int:
    """Return how it ended; it is killed, and the test fails, if it does not."""
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        kill(process)
        raise
    finally:
        (_listed / str(process.pid)).unlink(missing_ok=True)


def kill(process: subprocess.Popen[bytes]) -> None:
    """Its children, too."""
    _signal(process.pid, signal.SIGKILL)
    process.wait()
    (_listed / str(process.pid)).unlink(missing_ok=True)


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


def end_run(patience: float = 5.0) -> None:
    """End what is left, and forget the run's files."""
    left = [int(path.name) for path in _listed.iterdir()]
    for group in left:
        _signal(group, signal.SIGTERM)
    until = time.monotonic() + patience
    while any(_signal(group, 0) for group in left) and time.monotonic() < until:
        time.sleep(0.05)
    for group in left:
        _signal(group, signal.SIGKILL)
    shutil.rmtree(RUN_DIR, ignore_errors=True)


def _signal(group: int, number: int) -> bool:
    """Whether there is such a group."""
    with suppress(ProcessLookupError):
        os.killpg(group, number)
        return True
    return False
