"""Processes with all their descendants, and what they use, as Linux tells it."""

import os
import signal
from contextlib import suppress
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
Table = dict[int, tuple[int, float]]


def all_processes() -> Table:
    """Return parent and CPU seconds of every process, its dead children included."""
    table = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:  # it ended meanwhile
                continue
            used = sum(int(word) for word in fields[11:15]) / TICKS_PER_SECOND
            table[int(folder.name)] = (int(fields[1]), used)
    return table


def family(root: int, table: Table | None = None) -> set[int]:
    """Return the process and all its descendants that run."""
    table = all_processes() if table is None else table
    found, grows = {root}, True
    while grows:
        children = {pid for pid, (parent, _) in table.items() if parent in found}
        grows = not children <= found
        found |= children
    return {pid for pid in found if pid in table}


def cpu_seconds(root: int, table: Table) -> float:
    """Return what a process and its descendants have used."""
    return sum(table[pid][1] for pid in family(root, table))


def signal_family(root: int, number: int) -> None:
    """Send a signal to all of them; PostgreSQL's have each a group of their own."""
    for pid in family(root):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.Signals(number))
