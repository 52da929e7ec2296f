"""Bring webhooks from the disk into the database, in order and each once.

What cannot be stored is set aside as a row, with its reason: it holds up nothing.
"""

import fcntl
import logging
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db import (
    DataError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    transaction,
)
from django.utils.translation import gettext_noop

from callcenter import limits
from callcenter.wati.parsing import NotJson
from calls.models import SetAsideLine, SpoolFile
from calls.signaling import deliveries
from calls.webhooks import processor
from calls.webhooks.spool import FILE

logger = logging.getLogger(__name__)

LOCK = "import.lock"
# A file that was taken for an import. Whatever else is in the folder is not ours.
TAKEN = re.compile(rf"{re.escape(FILE)}\.(\d+)\.[0-9a-f]{{8}}")
AT_ONCE = 100  # lines that are stored by one statement
# Twice the longest body in hexadecimal, and its other fields.
LONGEST_LINE = 2 * limits.WEBHOOK_BODY + 4096
# So often lines may fail for a reason that lies in the database, while it takes others.
MOST_ATTEMPTS = 5

TORN = gettext_noop("The line is torn: it is no webhook as this server writes them.")
NOT_A_WEBHOOK = gettext_noop("Its body is no webhook.")
NO_ACCOUNT = gettext_noop("Its Wati account has been deleted.")
NOT_STORED = gettext_noop("The database does not accept it.")

# The database is away, or in trouble that may pass: no fault of a line.
AWAY = (OperationalError, InterfaceError, InternalError)
Errors = type[Exception] | tuple[type[Exception], ...]


def import_all() -> int:
    """Import what nodes of this machine have kept on the disk. Return how many.

    The file is renamed first, so that new lines go into a new one.
    """
    directory = Path(settings.SPOOL_DIR)
    if not directory.exists() or not (_taken(directory) or _spooled(directory)):
        return 0
    with (directory / LOCK).open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # another process does it now
            return 0
        return _import_all(directory)


def _spooled(directory: Path) -> bool:
    return (directory / FILE).is_file()


def _taken(directory: Path) -> list[Path]:
    """Return the files that are to be imported, oldest first."""
    found = [
        (int(name[1]), path)
        for path in directory.iterdir()
        if (name := TAKEN.fullmatch(path.name)) and path.is_file()
    ]
    return [path for _, path in sorted(found)]


def _import_all(directory: Path) -> int:
    """Import every file, oldest first; one that cannot be read costs no other."""
    count, errors = 0, list[OSError]()
    with _kept(errors, directory):
        _take(directory)
    for path in _taken(directory):
        with _kept(errors, path):
            count += _import(path)
    if errors:
        raise errors[0]
    return count


@contextmanager
def _kept(errors: list[OSError], path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        logger.error("spool: %s: %s", path.name, error.strerror)
        errors.append(error)


def _take(directory: Path) -> None:
    """Rename what is written now: new lines go into a new file."""
    if _spooled(directory):
        name = f"{FILE}.{time.time_ns()}.{os.urandom(4).hex()}"
        os.rename(directory / FILE, directory / name)


def _import(path: Path) -> int:
    count = 0
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # who was writing when it was renamed has done
        fcntl.flock(file, fcntl.LOCK_UN)
        while lines := _next_lines(path.name, file):
            count += _keep(path.name, file.tell(), lines)
            processor.act_on_new()
    path.unlink(missing_ok=True)
    SpoolFile.objects.filter(name=path.name).delete()
    return count


def _next_lines(name: str, file: BinaryIO) -> list[bytes]:
    """Return the lines from where the import has come to."""
    SpoolFile.objects.get_or_create(name=name)
    file.seek(SpoolFile.objects.values_list("place", flat=True).get(name=name))
    return list(islice(_lines(file), AT_ONCE))


def _lines(file: BinaryIO) -> Iterator[bytes]:
    while line := file.readline(LONGEST_LINE):
        yield line


def _keep(name: str, end: int, lines: list[bytes]) -> int:
    """Store lines up to this place of the file; one by one if not all can be."""
    try:
        _store(name, end, [_read(line) for line in lines])
        return len(lines)
    except Poisoned:
        return _keep_one_by_one(name, end, lines, Poisoned)
    except AWAY:
        if not _failed_too_often(name):
            raise
        return _keep_one_by_one(name, end, lines, (Poisoned, *AWAY))


def _keep_one_by_one(name: str, end: int, lines: list[bytes], bad: Errors) -> int:
    """Store each; one that fails by an error of these kinds is set aside."""
    count, place = 0, end - sum(map(len, lines))
    for line in lines:
        place += len(line)
        try:
            _store(name, place, [_read(line)])
            count += 1
        except bad as error:
            problem = str(error) if isinstance(error, Poisoned) else NOT_STORED
            _set_aside(name, place, line, problem)
    return count


class Poisoned(Exception):
    """A line is no webhook that can be stored, now or ever."""


def _read(line: bytes) -> list[deliveries.Webhook]:
    try:
        return deliveries.read(deliveries.from_spool_line(line))
    except NotJson:
        raise Poisoned(NOT_A_WEBHOOK) from None
    except Exception:  # whatever a program that is not ours has written
        raise Poisoned(TORN) from None


def _store(name: str, end: int, bodies: list[list[deliveries.Webhook]]) -> None:
    """Store them, and how far the import has come, by one commit."""
    with _poisoned_or_away(), transaction.atomic():
        deliveries.store_bodies(bodies)
        SpoolFile.objects.filter(name=name).update(place=end, attempts=0)


@contextmanager
def _poisoned_or_away() -> Iterator[None]:
    """Tell what a line is to blame for from the trouble of the database."""
    try:
        yield
    except AWAY:
        raise
    except IntegrityError:
        raise Poisoned(NO_ACCOUNT) from None
    except (DataError, ValueError, TypeError, OverflowError):
        raise Poisoned(NOT_STORED) from None


def _set_aside(name: str, end: int, line: bytes, problem: str) -> None:
    with transaction.atomic():
        SetAsideLine.objects.create(file=name, line=line, problem=problem)
        SpoolFile.objects.filter(name=name).update(place=end, attempts=0)
    logger.error("spool: set aside a line of %s bytes", len(line))


def _failed_too_often(name: str) -> bool:
    """Count one more failure at this place, while the database takes the count."""
    with transaction.atomic():
        file = SpoolFile.objects.select_for_update().get(name=name)
        SpoolFile.objects.filter(pk=file.pk).update(attempts=file.attempts + 1)
    return file.attempts + 1 >= MOST_ATTEMPTS


def import_again(line: SetAsideLine) -> bool:
    """Try a line once more, as after an account was made anew. False: it stays."""
    mine = SetAsideLine.objects.filter(pk=line.pk)
    try:
        with _poisoned_or_away(), transaction.atomic():
            deliveries.store_bodies([_read(bytes(line.line))])
            mine.delete()
    except Poisoned as poisoned:
        mine.update(problem=str(poisoned))
        return False
    processor.act_on_new()
    return True
