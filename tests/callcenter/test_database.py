"""Work that waits for the commit, and connections that are kept."""

import asyncio
import logging
import sqlite3
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress

import pytest
from celery import shared_task
from celery.app.trace import build_tracer
from celery.fixups.django import DjangoWorkerFixup
from django.db import OperationalError, connection, transaction
from django.db.backends.signals import connection_created
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from agents.models import Queue
from callcenter.celery import app
from callcenter.database import THREADS, in_database, lock_wait, once_after_commit
from callcenter.postgresql import AnsweringConnection
from callcenter.worker import KeepingThreads
from tests.servers import wait_for

done: Counter[str] = Counter()


def note(what: str) -> None:
    done[what] += 1


def test_what_is_asked_for_often_is_done_once_after_the_commit(transactional_db: None):
    done.clear()
    with transaction.atomic():
        for _ in range(3):
            with transaction.atomic():
                once_after_commit(note, "Ana")
        once_after_commit(note, "Bruno")
        assert not done
    assert done == {"Ana": 1, "Bruno": 1}
    once_after_commit(note, "Ana")  # outside of any transaction: at once
    assert done["Ana"] == 2


def test_what_was_rolled_back_may_be_asked_for_again(transactional_db: None):
    done.clear()
    with transaction.atomic():
        with transaction.atomic():
            once_after_commit(note, "Ana")
            transaction.set_rollback(True)
        once_after_commit(note, "Ana")
    assert done == {"Ana": 1}


# --- Connections ----------------------------------------------------------------------


@pytest.fixture
def opened() -> Iterator[list[object]]:
    """The connections that any thread opens meanwhile."""
    opened: list[object] = []

    def note(connection: object, **_: object) -> None:
        opened.append(connection)

    connection_created.connect(note)
    yield opened
    connection_created.disconnect(note)


async def test_the_threads_for_the_event_loop_keep_their_connections(
    transactional_db: None, opened
):
    for _ in range(5 * THREADS):
        assert await in_database(Queue.objects.count) == 0
    assert len(opened) <= THREADS


async def test_the_language_of_who_asks_is_that_of_the_thread(transactional_db: None):
    with translation.override("es"):
        assert await in_database(translation.get_language) == "es"
    with translation.override("en"):
        assert await in_database(translation.get_language) == "en"


async def test_what_has_begun_goes_on_when_its_caller_is_cancelled(
    transactional_db: None,
):
    begun, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        may_end.wait(30)
        ended.set()

    caller = asyncio.create_task(in_database(work))
    assert await asyncio.to_thread(begun.wait, 30)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    may_end.set()
    assert await asyncio.to_thread(ended.wait, 30)


def statement_that_fails() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nonsense")


async def test_a_statement_that_fails_does_not_cost_the_connection(
    transactional_db: None, opened
):
    for _ in range(5 * THREADS):
        with pytest.raises(Exception, match="nonsense"):
            await in_database(statement_that_fails)
        assert await in_database(Queue.objects.count) == 0
    assert len(opened) <= THREADS


def kill_the_others() -> None:
    """Close all connections but this one, as a server does that is restarted."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def others_left() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return cursor.fetchone()[0]


@pytest.mark.full
async def test_nobody_notices_that_the_server_was_restarted(transactional_db: None):
    for _ in range(2 * THREADS):
        await in_database(Queue.objects.count)
    assert others_left()
    kill_the_others()
    wait_for(lambda: not others_left(), "the connections to close")
    for _ in range(2 * THREADS):
        assert await in_database(Queue.objects.count) == 0


@pytest.mark.full
async def test_a_thread_that_keeps_its_connection_doubts_it_after_a_silence(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
):
    """One of them waited in vain. The others have been idle since before that."""
    for _ in range(2 * THREADS):
        await in_database(Queue.objects.count)
    monkeypatch.setattr(AnsweringConnection, "_silent_at", time.monotonic())
    for _ in range(2 * THREADS):
        assert await in_database(Queue.objects.count) == 0


def test_a_thread_of_a_request_keeps_nothing(transactional_db: None):
    def look() -> bool:
        Queue.objects.count()
        connection.close_if_unusable_or_obsolete()
        return connection.connection is None

    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(look).result(30)


@shared_task
def count_queues() -> int:
    return Queue.objects.count()


def test_the_worker_keeps_the_connections_of_its_threads(
    transactional_db: None, opened
):
    """Celery's part in it is the real one: what surrounds each task of a worker."""
    fixup = DjangoWorkerFixup(app).install()
    run = build_tracer(count_queues.name, app.tasks[count_queues.name], app=app)
    threads = KeepingThreads(2, app=app)
    ends: list[object] = []
    for number in range(10):
        task = threads.on_apply(run, (f"{number}", [], {}, {}), callback=ends.append)
        task.get(30)
    threads.on_stop()
    assert fixup.db_reuse_max == sys.maxsize
    assert [end[:2] for end in ends] == [(0, None)] * 10
    assert len(opened) <= 2


async def test_statements_are_not_kept_in_memory_under_debug(
    transactional_db: None, settings
):
    settings.DEBUG = True

    def log() -> list[object]:
        Queue.objects.count()
        return list(connection.queries_log)

    assert await in_database(log) == []


def test_who_counts_statements_still_can(transactional_db: None, settings):
    settings.DEBUG = True
    with CaptureQueriesContext(connection) as statements:
        Queue.objects.count()
    assert len(statements) == 1


def test_the_log_shows_statements_to_who_asks_for_them(
    transactional_db: None, settings, caplog
):
    settings.DEBUG = True
    caplog.set_level(logging.DEBUG, logger="django.db.backends")
    Queue.objects.count()
    assert "SELECT COUNT" in caplog.text


# --- SQLite's lock --------------------------------------------------------------------


def patience() -> int:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        return cursor.fetchone()[0]


@pytest.mark.stackless
def test_who_must_not_wait_for_the_lock_says_for_how_long(transactional_db: None):
    assert patience() == 20_000
    with suppress(LookupError), lock_wait(1.5):
        assert patience() == 1500
        raise LookupError
    assert patience() == 20_000


@pytest.mark.stackless
def test_a_lock_that_another_program_holds_is_given_up(transactional_db: None):
    with closing(sqlite3.connect(connection.settings_dict["NAME"])) as program:
        program.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError, match="locked"), lock_wait(0.05):
            Queue.objects.create(name="Support")
    assert Queue.objects.create(name="Support").pk
