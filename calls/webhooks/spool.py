"""Webhooks on disk while the database is away: none that got a 200 is lost."""

import logging
import os
from pathlib import Path

from django.conf import settings

from callcenter.wati.parsing import NotJson
from calls.signaling import deliveries
from calls.webhooks import processor

logger = logging.getLogger(__name__)

FILE = "webhooks.jsonl"
LARGEST = 256 * 1024 * 1024


class SpoolFull(OSError):
    """There is no room for another webhook: Wati must come again."""


def append(incoming: deliveries.Incoming) -> None:
    """Keep one webhook durably. Raises OSError when the disk will not have it."""
    directory = Path(settings.SPOOL_DIR)
    directory.mkdir(parents=True, exist_ok=True)
    file = os.open(directory / FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        before = os.fstat(file).st_size
        if before > LARGEST:
            raise SpoolFull("The spool is full.")
        line = deliveries.to_spool_line(incoming)
        if os.write(file, line) != len(line):
            raise SpoolFull("The disk is full.")
        os.fsync(file)
    finally:
        os.close(file)


def import_all() -> int:
    """Bring spooled webhooks into the database, in their order. Returns how many.

    The file is renamed first, so that new lines go into a new one; an import that
    fails half-way runs again, and what was imported already is a duplicate then.
    """
    directory = Path(settings.SPOOL_DIR)
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
    count = 0
    for line in path.read_bytes().splitlines(keepends=True):
        try:
            incoming = deliveries.from_spool_line(line)
        except (ValueError, KeyError):
            logger.error("spool: left out a torn line of %s bytes", len(line))
            continue
        try:
            delivery = deliveries.store(incoming)
        except NotJson:
            continue
        if delivery is not None:
            processor.process(delivery.pk)
        count += 1
    return count
