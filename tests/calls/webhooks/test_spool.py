"""The file that stands in for the database: whole lines, none lost, none twice."""

import json
import os
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
from calls.webhooks import processor, spool, spool_import
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


def test_a_line_that_a_crash_tore_spoils_no_other(folder: Path):
    first, second, third = (webhook(number) for number in range(3))
    spool.append([first])
    with (folder / spool.FILE).open("ab") as file:
        file.write(deliveries.to_spool_line(second)[:40])  # the power is gone
    spool.append([third])
    before, torn, after = (folder / spool.FILE).read_bytes().splitlines()
    assert deliveries.from_spool_line(before) == first
    assert len(torn) == 40
    assert deliveries.from_spool_line(after) == third


def test_a_disk_that_does_not_take_it_for_good_keeps_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    def broken(_: int) -> None:
        raise OSError("Input/output error")

    spool.append([webhook(1)])
    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="Input"):
        spool.append([webhook(2)])
    assert len(lines(folder)) == 1


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
            spool_import.import_all()
        connection.close()

    writers = [threading.Thread(target=write, args=(n * 100,)) for n in range(2)]
    importer = threading.Thread(target=bring_in)
    for thread in (*writers, importer):
        thread.start()
    for writer in writers:
        while writer.is_alive():
            spool_import.import_all()
    done.set()
    importer.join(60)
    spool_import.import_all()
    kept = WebhookDelivery.objects.values_list("wati_call_id", "copies")
    assert sorted(kept) == sorted((f"wacid.{number}", 0) for number in range(200))
    assert not list(folder.glob(f"{spool.FILE}*"))
