"""Processes that are on a list until they have ended, and a guard that outlives us.

Each has a group of its own, out of reach of the terminal's Ctrl-C: who started them
also ends them, in order. If their parent dies before that, of whatever, the guard ends
what is still on the list: it waits for the end of a pipe that only the parent holds.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from deploy.stack.families import signal_family

ROOT = Path(__file__).parents[2]
PATIENCE = 10.0  # seconds between the request to end and the kill

Command = Sequence[str | Path]
Started = subprocess.Popen[bytes]


class ProcessList:
    """A folder with a file for each process that runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def spawn(self, command: Command, **options: Any) -> Started:
        process = subprocess.Popen(command, start_new_session=True, **options)
        (self.folder / str(process.pid)).touch()
        return process

    def wait(self, process: Started, seconds: float) -> int:
        """Return how it ended; if it does not, kill it and raise TimeoutExpired."""
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill(process)
            raise
        finally:
            (self.folder / str(process.pid)).unlink(missing_ok=True)

    def kill(self, process: Started) -> None:
        """Kill it and its children."""
        if process.poll() is None:
            signal_family(process.pid, signal.SIGKILL)
        _signal_group(process.pid, signal.SIGKILL)
        process.wait()
        (self.folder / str(process.pid)).unlink(missing_ok=True)

    def end_all(self, patience: float = PATIENCE) -> None:
        """End what is left, and forget the list."""
        left = [int(path.name) for path in self.folder.iterdir()]
        for group in left:
            _signal_group(group, signal.SIGTERM)
            _signal_group(group, signal.SIGCONT)
        until = time.monotonic() + patience
        while any(_signal_group(g, 0) for g in left) and time.monotonic() < until:
            time.sleep(0.05)
        for group in left:
            signal_family(group, signal.SIGKILL)
            _signal_group(group, signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)


def _signal_group(group: int, number: int) -> bool:
    """Say whether there is such a group."""
    with suppress(ProcessLookupError):
        os.killpg(group, number)
        return True
    return False


class Guard:
    """A process that ends all on the list once this one has died."""

    def __init__(self, listed: ProcessList) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "deploy.stack.processes", listed.folder],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    def dismiss(self) -> None:
        """Let it end: nothing is left to guard."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE * 2)


if __name__ == "__main__":
    sys.stdin.read()
    ProcessList(Path(sys.argv[1])).end_all()
