"""A process with a name, which a person, a drill or a test starts, breaks and mends."""

import os
import signal
from pathlib import Path

from deploy.stack.families import signal_family
from deploy.stack.processes import Command, ProcessList, Started


class Process:
    """Its command and its environment; its output goes to a file."""

    ends_by: int = signal.SIGTERM
    ends_within = 40.0  # seconds; a node has 30, as deploy/systemd/ has it
    user: str | None = None

    def __init__(
        self,
        name: str,
        command: Command,
        *,
        listed: ProcessList,
        log: Path,
        cwd: Path,
        environment: dict[str, str] | None = None,
    ) -> None:
        self.name, self.command, self.log, self.cwd = name, command, log, cwd
        self.environment = dict(os.environ) if environment is None else environment
        self.listed = listed
        self.is_wanted = False
        self.process: Started | None = None
        self._told = 0

    # --- What it is -------------------------------------------------------------------

    @property
    def pid(self) -> int:
        assert self.process is not None, f"{self.name} was never started"
        return self.process.pid

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def died(self) -> bool:
        """Say whether it ended although nobody here wanted it to."""
        return self.is_wanted and not self.runs

    @property
    def returncode(self) -> int | None:
        return None if self.process is None else self.process.poll()

    def news(self) -> str:
        """Return what it wrote since this was last asked."""
        with self.log.open(errors="replace") as log:
            log.seek(self._told)
            text = log.read()
            self._told = log.tell()
        return text

    # --- What can be done with it -----------------------------------------------------

    def start(self) -> None:
        """Start it, unless it runs."""
        self.is_wanted = True
        if self.runs:
            return
        with self.log.open("ab") as output:
            self.process = self.listed.spawn(
                self.command,
                cwd=self.cwd,
                env=self.environment,
                user=self.user,
                stdout=output,
                stderr=output,
            )

    def stop(self, how: int | None = None, seconds: float | None = None) -> None:
        """Ask it to end, and wait; raises TimeoutExpired if it had to be killed."""
        if how == signal.SIGKILL:
            return self.kill()
        self.ask_to_stop(how)
        self.wait_for_end(seconds)
        return None

    def ask_to_stop(self, how: int | None = None) -> None:
        """Send the signal by which it ends, and do not wait."""
        self.is_wanted = False
        if self.process is not None and self.runs:
            self.process.send_signal(how or self.ends_by)
            self.thaw()  # one that is frozen would not hear it

    def wait_for_end(self, seconds: float | None = None) -> None:
        if self.process is not None:
            self.listed.wait(self.process, seconds or self.ends_within)

    def kill(self) -> None:
        """End it and its children without a word, as a crash does."""
        self.is_wanted = False
        if self.process is not None:
            self.listed.kill(self.process)

    def freeze(self) -> None:
        """Stop its time: connections stay open, and nothing answers."""
        signal_family(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        signal_family(self.pid, signal.SIGCONT)

    def restart(self) -> None:
        self.stop()
        self.start()
