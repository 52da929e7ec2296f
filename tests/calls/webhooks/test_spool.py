"""The file that stands in for the database: whole lines, none lost, none twice."""

import json
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from callcenter.wati.events import Kind
from calls.models import WebhookDelivery
from calls.signaling import deliveries
from calls.webhooks import processor, spool
from tests.cast import Cast


@pytest.fixture
def folder(settings, tmp_path: Path) -> Path:
    settings.SPOOL_DIR = tmp_path
    return tmp_path


def webhook(number: int, account: int = 1) -> deliveries.Incoming:
    body = json.dumps({"callId": f"wacid.{number}"}).encode()
    return deliveries.Incoming(account, Kind.TERMINATE_CALL, body, None, timezone.now())


def lines(folder: Path) -> list[deliveries.Incoming]:
    text = (folder / spool.FILE).read_bytes()
    return [deliveries.from_spool_line(line) for line in text.splitlines()]


@contextmanager
def disk_with_room_for(size: int) -> Iterator[None]:
    """No file of this process may grow beyond."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_half_a_line_is_taken_back(folder: Path):
    first, second, third = (webhook(number) for number in range(3))
    spool.append([first])
    room = (folder / spool.FILE).stat().st_size + 20
    with disk_with_room_for(room), pytest.raises(OSError, match="full"):
        spool.append([second])
    spool.append([third])
    assert lines(folder) == [first, third]


def test_what_is_written_together_is_in_order(folder: Path):
    webhooks = [webhook(number) for number in range(50)]
    spool.append(webhooks[:30])
    spool.append(webhooks[30:])
    assert lines(folder) == webhooks


def test_nothing_is_lost_between_writing_and_importing(
    cast: Cast, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    """Two processes write, and two import what they find."""
    monkeypatch.setattr(processor, "_effect", lambda *_: None)
    account, done = cast.account.pk, threading.Event()

    def write(first: int) -> None:
        for number in range(first, first + 100):
            spool.append([webhook(number, account)])

    def bring_in() -> None:
        while not done.is_set():
            spool.import_all()
        connection.close()

    writers = [threading.Thread(target=write, args=(n * 100,)) for n in range(2)]
    importer = threading.Thread(target=bring_in)
    for thread in (*writers, importer):
        thread.start()
    for writer in writers:
        while writer.is_alive():
            spool.import_all()
    done.set()
    importer.join(60)
    spool.import_all()
    kept = WebhookDelivery.objects.values_list("wati_call_id", "copies")
    assert sorted(kept) == sorted((f"wacid.{number}", 0) for number in range(200))
    assert not list(folder.glob(f"{spool.FILE}*"))
