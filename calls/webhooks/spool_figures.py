"""The size and age of what waits in the spool, for operators."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from calls.signaling import deliveries
from calls.webhooks.spool import FILE
from calls.webhooks.spool_import import LONGEST_LINE, TAKEN

LONGEST_LOOK = 8 * 1024 * 1024  # bytes; beyond, lines are counted by their usual length


@dataclass
class Kept:
    """The webhooks in the files on disk, also those that an import has just done."""

    lines: int = 0
    bytes: int = 0
    oldest_seconds: float = 0.0


def look() -> Kept:
    """Look at the folder; files may come and go meanwhile."""
    kept = Kept()
    directory = Path(settings.SPOOL_DIR)
    for path in directory.iterdir() if directory.is_dir() else []:
        try:
            if _is_ours(path):
                _add(kept, path)
        except OSError:  # an import has finished with it
            continue
    return kept


def _is_ours(path: Path) -> bool:
    return bool(path.name == FILE or TAKEN.fullmatch(path.name)) and path.is_file()


def _add(kept: Kept, path: Path) -> None:
    size = path.stat().st_size
    kept.bytes += size
    kept.lines += _count_lines(path, size)
    if size:
        age = (timezone.now() - _first_came(path)).total_seconds()
        kept.oldest_seconds = max(kept.oldest_seconds, age)


def _count_lines(path: Path, size: int) -> int:
    with path.open("rb") as file:
        start = file.read(LONGEST_LOOK)
    lines = start.count(b"\n")
    return lines if size <= len(start) else round(lines * size / len(start))


def _first_came(path: Path) -> datetime:
    with path.open("rb") as file:
        line = file.readline(LONGEST_LINE)
    try:
        return deliveries.from_spool_line(line).received_at
    except Exception:  # whatever a program that is not ours has written
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
