"""Files in a bucket: a real S3 server, slow ones, wrong ones and none at all."""

import socket
import time
from hashlib import sha256
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from callcenter import files
from deploy.stack.ports import free_port

pytestmark = pytest.mark.stackless


def another_disk(settings: Settings, tmp_path: Path) -> None:
    """Go on as another node, whose disk is empty."""
    settings.VAR_DIR = tmp_path / "another"


def test_a_file_reaches_other_nodes_by_the_bucket(bucket: Settings, tmp_path: Path):
    name = files.keep(b"Hello")
    assert name == sha256(b"Hello").hexdigest()
    another_disk(bucket, tmp_path)
    assert files.here(name) is None
    assert files.bring(name) == b"Hello"
    assert files.here(name) == b"Hello"


def test_what_has_a_copy_needs_no_bucket(bucket: Settings):
    name = files.keep(b"Hello")
    bucket.FILES_ENDPOINT = f"http://127.0.0.1:{free_port()}"
    assert files.bring(name) == b"Hello"


def test_a_copy_that_was_torn_is_fetched_anew(bucket: Settings, tmp_path: Path):
    name = files.keep(b"Hello")
    (tmp_path / "files" / name).write_bytes(b"Hel")
    assert files.here(name) is None
    assert files.bring(name) == b"Hello"


def test_a_full_disk_costs_the_copy_alone(bucket: Settings, tmp_path: Path):
    (tmp_path / "files").write_text("no folder")
    name = files.keep(b"Hello")
    assert files.here(name) is None
    assert files.bring(name) == b"Hello"


def test_a_bucket_that_is_away_or_refuses_is_said_at_once(bucket: Settings, caplog):
    unknown = sha256(b"never stored").hexdigest()
    with pytest.raises(files.Away):
        files.bring(unknown)
    bucket.FILES_KEY_ID = "NOBODY"
    with pytest.raises(files.Away):
        files.keep(b"Hello")
    bucket.FILES_ENDPOINT = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(files.Away):
        files.keep(b"Hello")
    assert "NOBODY" not in caplog.text
    assert "Signature" not in caplog.text


def test_a_bucket_that_never_answers_is_waited_for_within_bounds(
    bucket: Settings, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(files, "LONGEST_WAIT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        bucket.FILES_ENDPOINT = f"http://127.0.0.1:{silent.getsockname()[1]}"
        started = time.monotonic()
        with pytest.raises(files.Away):
            files.bring(sha256(b"Hello").hexdigest())
    assert time.monotonic() - started < 20


def test_several_are_fetched_past_one_that_is_missing(bucket: Settings, tmp_path: Path):
    names = [files.keep(text) for text in (b"Hello", b"Bye")]
    another_disk(bucket, tmp_path)
    files.bring_all([sha256(b"?").hexdigest(), *names])
    assert all(files.here(name) for name in names)
