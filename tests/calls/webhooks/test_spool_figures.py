"""What the metrics tell of the webhooks on disk."""

import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from callcenter.wati.events import Kind
from calls.signaling.deliveries import Incoming
from calls.webhooks import spool, spool_figures


@pytest.fixture
def folder(settings, tmp_path: Path) -> Path:
    settings.SPOOL_DIR = str(tmp_path)
    return tmp_path


def webhook(seconds_ago: int) -> Incoming:
    came = timezone.now() - timedelta(seconds=seconds_ago)
    return Incoming(1, Kind.INBOUND_CALL, b"{}", "192.0.2.1", came)


def test_without_a_folder_there_is_nothing(settings, tmp_path: Path):
    settings.SPOOL_DIR = str(tmp_path / "none")
    assert spool_figures.look() == spool_figures.Kept()


def test_lines_are_counted_with_the_age_of_the_oldest(folder: Path):
    spool.append([webhook(90)])
    taken = f"{spool.FILE}.{time.time_ns()}.0123abcd"
    (folder / spool.FILE).rename(folder / taken)
    spool.append([webhook(5), webhook(4)])
    kept = spool_figures.look()
    assert kept.lines == 3
    assert kept.bytes == sum(path.stat().st_size for path in folder.iterdir())
    assert 90 <= kept.oldest_seconds < 120


def test_files_of_other_programs_do_not_count_nor_does_what_they_wrote(folder: Path):
    (folder / "import.lock").write_bytes(b"lock")
    (folder / f"{spool.FILE}.swp").write_bytes(b"x\n")
    (folder / "folder").mkdir()
    assert spool_figures.look() == spool_figures.Kept()
    (folder / spool.FILE).write_bytes(b"\x00\xff no webhook\n")
    kept = spool_figures.look()
    assert kept.lines == 1
    assert kept.oldest_seconds < 60
