"""Webhooks on disk while the database is away: none that got a 200 is lost.

A webhook is acknowledged once its whole line is on the disk. The import is
calls.webhooks.spool_import.
"""

import fcntl
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from calls.signaling import deliveries

logger = logging.getLogger(__name__)

FILE = "webhooks.jsonl"
LARGEST = 256 * 1024 * 1024


class SpoolFull(OSError):
    """There is no room for another webhook: Wati must come again."""


def append(webhooks: Sequence[deliveries.Incoming]) -> None:
    """Keep webhooks durably, all or none. Raises OSError when the disk will not."""
    lines = b"".join(map(deliveries.to_spool_line, webhooks))
    directory = Path(settings.SPOOL_DIR)
    directory.mkdir(parents=True, exist_ok=True)
    with locked(directory / FILE) as file:
        before = os.fstat(file).st_size
        if before > LARGEST:
            raise SpoolFull("The spool is full.")
        try:
            _write(file, _close_torn_line(file, before) + lines)
            os.fsync(file)
            if not before:
                _sync_folder(directory)
        except OSError:
            _take_back(file, before)
            raise


def _close_torn_line(file: int, size: int) -> bytes:
    """Return what keeps a torn last line apart from ours: the next one would be lost.

    A process that is killed, or a machine without power, leaves half a line.
    """
    return b"\n" if size and os.pread(file, 1, size - 1) != b"\n" else b""


def _write(file: int, lines: bytes) -> None:
    if os.write(file, lines) != len(lines):
        raise SpoolFull("The disk is full.")


def _sync_folder(directory: Path) -> None:
    """Make a new file's name as durable as what is in it."""
    folder = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _take_back(file: int, size: int) -> None:
    """Remove half a line: nobody was told that it is kept."""
    try:
        os.ftruncate(file, size)
    except OSError:  # a device
        logger.error("spool: half a line stays")


@contextmanager
def locked(path: Path) -> Iterator[int]:
    """Open and lock the file of this name, also if it is being taken for an import."""
    while True:
        file = os.open(
            path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK, 0o600
        )
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            if _is_named(file, path):
                yield file
                return
        finally:
            os.close(file)


def _is_named(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), os.stat(path))
    except FileNotFoundError:
        return False
