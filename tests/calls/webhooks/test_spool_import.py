"""From the disk into the database: each line once, whatever stands before it."""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from django.db import OperationalError, connections
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callcenter.models import WatiAccount
from callcenter.wati.events import Kind
from calls.models import SetAsideLine, SpoolFile, WebhookDelivery
from calls.signaling import deliveries
from calls.webhooks import processor, spool, spool_import
from tests.cast import Cast

TAKEN = f"{spool.FILE}.1.0123abcd"


@pytest.fixture
def folder(settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(processor, "_effect", lambda *_: None)
    settings.SPOOL_DIR = tmp_path
    return tmp_path


def webhook(account: int, name: str) -> deliveries.Incoming:
    """A hang-up, or for the other half of names something that nobody understands."""
    known = int(name, 36) % 2
    body = {"callId": f"wacid.{name}"} if known else {"what": f"wacid.{name}"}
    kind = Kind.TERMINATE_CALL
    content = json.dumps(body).encode()
    return deliveries.Incoming(account, kind, content, None, timezone.now())


def line(account: int, name: str) -> bytes:
    return deliveries.to_spool_line(webhook(account, name))


def stored() -> list[str]:
    """Return the names of what is in the database, in the order of its arrival."""
    rows = WebhookDelivery.objects.order_by("received_at", "pk")
    bodies = rows.values_list("body", flat=True)
    found = [json.loads(bytes(body)) for body in bodies]
    return [next(iter(body.values())).removeprefix("wacid.") for body in found]


def problems() -> list[str]:
    rows = SetAsideLine.objects.order_by("pk")
    return list(rows.values_list("problem", flat=True))


# --- Lines that are no webhooks -------------------------------------------------------


def spoiled(good: bytes, other: bytes, gone: int) -> dict[str, bytes]:
    fields = json.loads(good)
    del fields["sum"]

    def but(**changes: object) -> bytes:
        return json.dumps({**fields, **changes}).encode() + b"\n"

    half = len(good) // 2
    return {
        "cut off": good[:half] + b"\n",
        "cut in the middle": good[:half] + good[half + 8 :],
        "two halves": good[:half] + other[half:],
        "zeros": b"\0" * 512 + b"\n",
        "not UTF-8": b"\xff\xfe{}\xc3\n",
        "an empty line": b"\n",
        "a number": b"7\n",
        "a list": b"[]\n",
        "deep": b"[" * 20_000 + b"\n",
        "of another program": b'{"level": "info", "message": "hello"}\n',
        "another account": but(account_id=gone),
        "no account": but(account_id="the shop"),
        "a huge account": but(account_id=2**70),
        "an unknown kind": but(kind="smoke signal"),
        "no body": but(body=None),
        "no JSON": but(body=b"<html>".hex()),
        "no time": but(received_at="yesterday"),
        "the year one": but(received_at="0001-01-01T00:00:00+14:00"),
        "very long": b"x" * (3 * spool_import.LONGEST_LINE) + b"\n",
    }


def test_a_spoiled_line_is_set_aside_and_everything_behind_it_arrives(
    cast: Cast, folder: Path
):
    account, gone = cast.account.pk, cast.account.pk + 1
    bad = spoiled(line(account, "z0"), line(account, "z1"), gone)
    names = [f"a{number}" for number in range(len(bad) + 1)]
    good = [line(account, name) for name in names]
    mixed = [part for pair in zip(good, bad.values(), strict=False) for part in pair]
    (folder / spool.FILE).write_bytes(b"".join([*mixed, good[-1]]))
    spool_import.import_all()
    assert stored() == names
    pieces = 3  # of the very long one, and its end
    assert len(problems()) == len(bad) + pieces
    assert spool_import.NO_ACCOUNT in problems()
    assert [path.name for path in folder.iterdir()] == [spool_import.LOCK]


def test_a_line_of_an_account_that_is_back_can_be_imported_again(
    cast: Cast, folder: Path
):
    gone = WatiAccount.objects.create(name="Old shop")
    spool.append([webhook(gone.pk, "a1")])
    pk = gone.pk
    gone.delete()
    spool_import.import_all()
    aside = SetAsideLine.objects.get()
    assert not spool_import.import_again(aside)
    WatiAccount.objects.create(pk=pk, name="Old shop")
    assert spool_import.import_again(aside)
    assert stored() == ["a1"]
    assert not SetAsideLine.objects.exists()


def test_sofia_sees_what_was_set_aside(cast: Cast, folder: Path, client: Client):
    (folder / spool.FILE).write_bytes(b"torn\n" + line(cast.account.pk, "a1"))
    spool_import.import_all()
    client.force_login(cast.sofia)
    home = client.get("/admin/").content.decode()
    assert "1 webhook from the disk could not be stored" in home
    page = client.get("/admin/calls/setasideline/").content.decode()
    assert "The line is torn" in page
    pk = SetAsideLine.objects.get().pk
    page = client.get(f"/admin/calls/setasideline/{pk}/change/").content.decode()
    assert "torn" in page
    chosen = {"action": "import_again", "_selected_action": [pk]}
    page = client.post(
        "/admin/calls/setasideline/", chosen, follow=True
    ).content.decode()
    assert "still cannot be stored" in page


def test_what_only_this_line_troubles_holds_nothing_up(
    cast: Cast, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    """The database takes all others, and for this one says that it is in trouble."""
    store = deliveries.store_bodies

    def picky(bodies: Any) -> Any:
        if any(b"wacid.b1" in said[0].incoming.body for said in bodies):
            raise OperationalError("index row size exceeds maximum")
        return store(bodies)

    spool.append([webhook(cast.account.pk, name) for name in ("a1", "b1", "c1")])
    monkeypatch.setattr(deliveries, "store_bodies", picky)
    for _ in range(spool_import.MOST_ATTEMPTS - 1):
        with pytest.raises(OperationalError):
            spool_import.import_all()
        assert stored() == []
    spool_import.import_all()
    assert stored() == ["a1", "c1"]
    assert problems() == [spool_import.NOT_STORED]


def test_effects_follow_in_the_order_of_arrival(
    cast: Cast, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    effects: list[str] = []
    monkeypatch.setattr(
        processor, "_effect", lambda _, event: effects.append(event.call_id)
    )
    sent = [f"a{number}" for number in range(1, 40, 2)]
    long_ago = timezone.now() - timedelta(minutes=1)
    for number, name in enumerate(sent):
        at = long_ago + timedelta(milliseconds=number)
        spool.append([replace(webhook(cast.account.pk, name), received_at=at)])
        with (folder / spool.FILE).open("ab") as file:
            file.write(b"torn\n")
    spool_import.import_all()
    assert effects == [f"wacid.{name}" for name in sent]


# --- Files ----------------------------------------------------------------------------


def test_foreign_files_are_left_alone(cast: Cast, folder: Path):
    foreign = {
        f"{spool.FILE}.bak": b"a copy of mine\n",
        f"{spool.FILE}.1.0123abcd.gz": b"\x1f\x8b",
        "notes.txt": b"hello",
    }
    for name, content in foreign.items():
        (folder / name).write_bytes(content)
    (folder / f"{spool.FILE}.2.0123abcd").mkdir()
    (folder / TAKEN).write_bytes(line(cast.account.pk, "a1"))
    spool.append([webhook(cast.account.pk, "b1")])
    spool_import.import_all()
    assert stored() == ["a1", "b1"]
    assert problems() == []
    assert {n: (folder / n).read_bytes() for n in foreign} == foreign


def test_a_file_that_cannot_be_read_holds_up_no_other(
    cast: Cast, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    (folder / TAKEN).write_bytes(line(cast.account.pk, "a1"))
    spool.append([webhook(cast.account.pk, "b1")])
    read = Path.open

    def forbidden(path: Path, *args: Any, **more: Any) -> Any:
        if path.name == TAKEN:
            raise PermissionError(13, "Permission denied")
        return read(path, *args, **more)

    monkeypatch.setattr(Path, "open", forbidden)
    with pytest.raises(PermissionError):
        spool_import.import_all()
    assert stored() == ["b1"]
    monkeypatch.setattr(Path, "open", read)
    spool_import.import_all()
    assert sorted(stored()) == ["a1", "b1"]


def test_an_import_goes_on_where_the_last_one_was_killed(cast: Cast, folder: Path):
    lines = [line(cast.account.pk, name) for name in ("a0", "b0", "c0")]
    (folder / TAKEN).write_bytes(b"".join(lines))
    SpoolFile.objects.create(name=TAKEN, place=len(lines[0]))
    spool_import.import_all()
    assert stored() == ["b0", "c0"]
    assert not SpoolFile.objects.exists()


# --- Killed anywhere ------------------------------------------------------------------


def dies_after(calls: int) -> Callable[[FrameType, str, Any], None]:
    """Make a profiler that kills this process at so many calls into our modules."""
    left = calls

    def count(frame: FrameType, event: str, _: Any) -> None:
        nonlocal left
        ours = ("spool", "deliveries", "backends", "transaction", "posixpath", "json")
        if event in ("call", "c_call") and any(
            word in frame.f_code.co_filename for word in ours
        ):
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return count


def in_a_process(work: Callable[[], None], kill_after: int | None) -> bool:
    """Run it in a fork, killed half-way perhaps. True: it came to its end."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            if kill_after is not None:
                sys.setprofile(dies_after(kill_after))
            work()
            status = 0
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    return status == 0


Step = tuple[str, int, int | None]
kills = st.none() | st.integers(0, 1500)
steps = st.tuples(
    st.sampled_from(["append", "append", "import"]), st.integers(1, 3), kills
)
tears = st.tuples(st.just("tear"), st.integers(1, 200), st.none())


@pytest.mark.stackless  # the forks would share PostgreSQL's connections
@settings(max_examples=12, suppress_health_check=list(HealthCheck))
@given(st.lists(steps | tears, min_size=2, max_size=6))
def test_whoever_is_killed_wherever_what_was_acknowledged_arrives_once(
    cast: Cast, folder: Path, told: list[Step]
):
    clean(folder)
    sent, acknowledged = names(), list[str]()
    for what, size, kill_after in told:
        if what == "import":
            in_a_process(spool_import.import_all, kill_after)
        elif what == "tear":
            with (folder / spool.FILE).open("ab") as file:
                file.write(line(cast.account.pk, next(sent))[:size])
        else:
            mine = [next(sent) for _ in range(size)]
            webhooks = [webhook(cast.account.pk, name) for name in mine]
            if in_a_process(lambda: spool.append(webhooks), kill_after):  # noqa: B023
                acknowledged += mine
    spool_import.import_all()
    found = stored()
    assert set(found) >= set(acknowledged)
    assert len(found) == len(set(found))
    assert not WebhookDelivery.objects.exclude(copies=0).exists()
    assert {path.name for path in folder.iterdir()} <= {spool_import.LOCK}


def names() -> Iterator[str]:
    return (f"n{number}" for number in range(1000))


def clean(folder: Path) -> None:
    """Hypothesis tries many examples in one test."""
    for model in (WebhookDelivery, SetAsideLine, SpoolFile):
        model.objects.all().delete()
    for path in folder.iterdir():
        path.unlink()
