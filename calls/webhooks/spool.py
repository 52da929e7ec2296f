"""Webhooks on disk while the database is away: none that got a 200 is lost."""

import fcntl
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path

from django.conf import settings
from django.db import DataError, IntegrityError

from callcenter.wati.parsing import NotJson
from calls.signaling import deliveries
from calls.webhooks import processor

logger = logging.getLogger(__name__)

FILE = "webhooks.jsonl"
LOCK = "import.lock"
LARGEST = 256 * 1024 * 1024
AT_ONCE = 100  # lines that are stored by one statement


class SpoolFull(OSError):
    """There is no room for another webhook: Wati must come again."""


def append(webhooks: Sequence[deliveries.Incoming]) -> None:
    """Keep webhooks durably, all or none. Raises OSError when the disk will not."""
    lines = b"".join(map(deliveries.to_spool_line, webhooks))
    directory = Path(settings.SPOOL_DIR)
    directory.mkdir(parents=True, exist_ok=True)
    with _open_for_append(directory / FILE) as file:
        before = os.fstat(file).st_size
        if before > LARGEST:
            raise SpoolFull("The spool is full.")
        try:
            if os.write(file, lines) != len(lines):
                raise SpoolFull("The disk is full.")
        except OSError:
            _take_back(file, before)
            raise
        os.fsync(file)


@contextmanager
def _open_for_append(path: Path) -> Iterator[int]:
    """Open and lock the file of this name, also if it is being taken for an import."""
    while True:
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
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


def _take_back(file: int, size: int) -> None:
    """Remove half a line, or the next one would be glued to it."""
    try:
        os.ftruncate(file, size)
    except OSError:  # a device
        logger.error("spool: half a line stays")


def import_all() -> int:
    """Bring spooled webhooks into the database, in their order. Returns how many.

    The file is renamed first, so that new lines go into a new one; an import that
    fails half-way runs again, and what was imported already is a duplicate then.
    """
    directory = Path(settings.SPOOL_DIR)
    if not directory.exists() or not any(directory.glob(f"{FILE}*")):
        return 0
    with (directory / LOCK).open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # another process does it now
            return 0
        return _import_all(directory)


def _import_all(directory: Path) -> int:
    spooled = directory / FILE
    if spooled.exists():
        os.rename(spooled, directory / f"{FILE}.{os.getpid()}.{os.urandom(4).hex()}")
    count = 0
    waiting = sorted(directory.glob(f"{FILE}.*"), key=lambda path: path.stat().st_mtime)
    for path in waiting:
        count += _import(path)
        path.unlink(missing_ok=True)
    return count


def _import(path: Path) -> int:
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # who was writing when it was renamed has done
        fcntl.flock(file, fcntl.LOCK_UN)
        count = 0
        while lines := list(islice(file, AT_ONCE)):
            count += _store(lines)
        return count


def _store(lines: list[bytes]) -> int:
    bodies = [said for line in lines if (said := _read(line))]
    try:
        stored = deliveries.store_bodies(bodies)
    except (IntegrityError, DataError) as error:
        if len(lines) > 1:  # one that cannot be stored must not hold up the others
            return sum(_store([line]) for line in lines)
        logger.error("spool: left out a webhook: %s", type(error).__name__)
        return 0
    for delivery in filter(None, chain.from_iterable(stored)):
        processor.process(delivery.pk)
    return len(bodies)


def _read(line: bytes) -> list[deliveries.Webhook] | None:
    try:
        return deliveries.read(deliveries.from_spool_line(line))
    except NotJson:
        return None
    except (ValueError, KeyError):
        logger.error("spool: left out a torn line of %s bytes", len(line))
        return None
