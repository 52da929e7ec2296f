"""Backup and restore, by the commands that operators read, of a system at work."""

import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from agents.models import Queue
from calls.models import Call
from deploy.stack.ports import free_port
from tests.cast import Cast
from tests.paths import ROOT
from tests.servers import Valkey, wait_for
from tests.stack import NodeServer, Process, Stack, database_url
from tests.talking import Talk

CHAPTER = (ROOT / "docs/operations.md").read_text().split("\n## Backup\n")[1]
COMMANDS = re.findall(
    r"^ {4,}((?:pg_|python ).*)$", CHAPTER.split("\n## ")[0], re.MULTILINE
)


def documented(program: str) -> list[str]:
    return [command for command in COMMANDS if program in command]


def run(command: str, folder: Path, **environment: str) -> str:
    """Run a command of the documents in a folder, as a person does in theirs."""
    command = command.replace("python manage.py", f"{sys.executable} {ROOT}/manage.py")
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_chapter_has_its_commands():
    programs = [re.sub(r"python manage.py ", "", line).split()[0] for line in COMMANDS]
    assert programs == [
        *("pg_dump", "pg_restore", "migrate", "rewrite_secrets", "copy_database")
    ]


# --- Full mode ------------------------------------------------------------------------


@pytest.fixture
def empty_database(stack: Stack) -> Iterator[str]:
    """The address of a second database of the same server."""
    root = os.environ["DATABASE_URL"]
    with psycopg.connect(root, autocommit=True) as server:
        server.execute("CREATE DATABASE restored")
        yield root.rsplit("/", 1)[0] + "/restored"
        server.execute("DROP DATABASE restored WITH (FORCE)")


@pytest.fixture
def valkey() -> Iterator[Valkey]:
    server = Valkey()
    server.start()
    yield server
    server.stop()


@pytest.mark.full
def test_a_restored_system_ends_the_calls_of_then_and_knows_its_secrets(
    stack: Stack,
    crew: Cast,
    talk: Talk,
    empty_database: str,
    valkey: Valkey,
    tmp_path: Path,
):
    wati_id, call_id, headset = talk
    Queue.objects.update(wrap_up_seconds=0)  # nobody waits for its end
    live = {"DATABASE_URL": stack.environment["DATABASE_URL"]}
    [dump] = documented("pg_dump")
    run(dump, tmp_path, **live)
    assert Call.objects.get(pk=call_id).status == "active"  # nobody noticed

    restored = stack.environment | {
        "DATABASE_URL": empty_database,
        "REDIS_URL": valkey.url,
    }
    told = ""
    for program in ("pg_restore", "migrate", "rewrite_secrets"):
        [command] = documented(program)
        told = run(command, tmp_path, **restored)
    assert told == "Secrets can be read: 2.\n"

    port = free_port()
    node = NodeServer("node-1", port, **restored)
    worker = Process(
        "restored-worker",
        *("-m", "celery", "-A", "callcenter", "worker", "-B", "-c", "1"),
        *("--schedule", str(tmp_path / "beat")),
        **restored,
    )
    try:
        wait_for(node.is_ready, "the restored node")
        with psycopg.connect(empty_database, autocommit=True) as rows:
            about = "SELECT status, end_reason FROM calls_call WHERE id = %s"
            wait_for(
                lambda: (
                    rows.execute(about, [call_id]).fetchone() == ("ended", "node_lost")
                ),
                "the end of the call",
            )
            # Not reachable, and offline half a minute later.
            rung = "SELECT 1 FROM agents_agent"
            rung += " WHERE state NOT IN ('offline', 'cannot_ring')"
            wait_for(
                lambda: rows.execute(rung).fetchone() is None,
                "agents to be out of reach",
            )
        wait_for(
            lambda: bool(stack.simulator.requests(verb="terminate", call_id=wati_id)),
            "the terminate at Wati",
        )
    finally:
        node.stop()
        worker.stop()


# --- Embedded -------------------------------------------------------------------------


@pytest.mark.stackless
def test_a_copy_of_the_open_file_has_every_committed_row(cast: Cast, tmp_path: Path):
    [copy] = documented("copy_database")
    run(copy, tmp_path, DATABASE_URL=database_url(""))
    with closing(sqlite3.connect(tmp_path / "copy.sqlite3")) as rows:
        names = rows.execute("SELECT name FROM agents_agent ORDER BY name").fetchall()
        assert ("Ana",) in names
        assert rows.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert [path.name for path in tmp_path.iterdir()] == ["copy.sqlite3"]
