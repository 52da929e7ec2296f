"""Connections to PostgreSQL: one that hangs is given up, with all of its kind."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC

import psycopg
import pytest
from django.db import DataError, connection
from django.test import Client
from psycopg.types.datetime import TimestamptzLoader
from psycopg_pool import ConnectionPool

from callcenter import postgresql
from callcenter.postgresql import AnsweringConnection
from tests.cast import Cast
from tests.fault_proxy import FaultProxy
from tests.servers import wait_for
from tests.stack import port_of

Pool = ConnectionPool[AnsweringConnection]
pytestmark = pytest.mark.full


@pytest.fixture
def proxy() -> Iterator[FaultProxy]:
    with FaultProxy(port_of(os.environ["DATABASE_URL"])) as proxy:
        yield proxy


@contextmanager
def pool_to(proxy: FaultProxy, *, timeout: float) -> Iterator[Pool]:
    """Eight connections; who asks for one may wait for so many seconds."""
    options = postgresql.options(connect=2, statement=1, lock=0.5, network=30, pool=8)
    address = {"host": proxy.host, "port": proxy.port, "user": "callcenter"}
    more = {**options.pop("pool"), "timeout": timeout, "min_size": 8}
    kwargs = {**options, **address, "dbname": "postgres", "autocommit": True}
    with ConnectionPool(kwargs=kwargs, check=Pool.check_connection, **more) as pool:
        pool.wait()
        yield pool


@pytest.fixture
def pool(
    proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch, django_db_setup: None
) -> Iterator[Pool]:
    monkeypatch.setattr(postgresql, "GRACE", 1.0)
    # A silence here is none of the connections that other tests have left idle.
    monkeypatch.setattr(AnsweringConnection, "_silent_at", -1.0)
    before = AnsweringConnection.longest
    with pool_to(proxy, timeout=10) as pool:
        yield pool
        proxy.heal()
    AnsweringConnection.longest = before


def ask(pool: Pool) -> float:
    """Return the seconds that a connection and an answer took."""
    began = time.monotonic()
    with pool.connection() as mine:
        assert mine.execute("SELECT 1").fetchone() == (1,)
    return time.monotonic() - began


def test_a_server_that_is_frozen_is_given_up(pool: Pool, proxy: FaultProxy):
    with pool.connection() as mine:
        proxy.freeze()
        with pytest.raises(psycopg.OperationalError, match="does not answer"):
            mine.execute("SELECT 1")
        assert mine.closed


def test_after_a_silence_all_idle_connections_are_replaced_at_once(
    pool: Pool, proxy: FaultProxy
):
    """A firewall has forgotten all eight: one of them is waited for, not each."""
    proxy.forget()
    assert ask(pool) < 8
    assert max(ask(pool) for _ in range(30)) < 2


def test_who_has_noticed_no_silence_still_replaces_all_at_once(
    pool: Pool, proxy: FaultProxy
):
    """Each is doubted alike, and the pool alone tries one a second, then two later."""
    with pool_to(proxy, timeout=5) as other, pool.connection() as mine:
        proxy.freeze()
        with pytest.raises(psycopg.OperationalError, match="does not answer"):
            mine.execute("SELECT 1")
        proxy.heal()
        for _ in range(10):
            ask(other)


@pytest.mark.parametrize("cut", [FaultProxy.reset, FaultProxy.cut])
def test_after_a_restart_every_connection_is_a_good_one(
    pool: Pool, proxy: FaultProxy, cut
):
    cut(proxy)
    assert max(ask(pool) for _ in range(30)) < 3


def test_the_server_ends_what_takes_too_long_there(pool: Pool):
    with pool.connection() as mine:
        with pytest.raises(psycopg.errors.QueryCanceled):
            mine.execute("SELECT pg_sleep(10)")
        assert mine.execute("SELECT 1").fetchone() == (1,)


def test_nobody_waits_long_for_a_lock_and_a_frozen_node_loses_its_own(pool: Pool):
    lock = "SELECT pg_advisory_xact_lock(8)"
    frozen, other = pool.getconn(), pool.getconn()
    frozen.execute("BEGIN")
    frozen.execute(lock)
    with pytest.raises(psycopg.errors.LockNotAvailable):
        other.execute(lock)
    wait_for(lambda: gets(other, lock), "the lock", 10)
    with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout):
        frozen.execute("SELECT 1")
    for one in (frozen, other):
        pool.putconn(one)


def gets(connection: AnsweringConnection, lock: str) -> bool:
    try:
        connection.execute(lock)
    except psycopg.errors.LockNotAvailable:
        return False
    return True


# --- Instants -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-20 12:00:00+00",
        "2026-11-20 23:59:59.5+05:30",
        "2026-11-20 12:00:00.12345-11",
        "1970-01-01 00:00:00.000001+00",
        "0001-01-01 00:00:00+00",
        "9999-12-31 23:59:59.999999+00",
    ],
)
def test_an_instant_is_read_as_djangos_own_loader_reads_it(
    transactional_db: None, text: str
):
    read = "SELECT %s::timestamptz, (%s::timestamptz)::text"
    with connection.cursor() as cursor:
        cursor.execute(read, [text, text])
        found, shown = cursor.fetchone()
    loader = TimestamptzLoader(0)
    assert found == loader.load(shown.encode()).replace(tzinfo=UTC)
    assert found.tzinfo is UTC


@pytest.mark.parametrize("text", ["infinity", "0044-03-15 12:00:00+00 BC"])
def test_what_python_has_no_instant_for_is_refused(transactional_db: None, text: str):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [text])
        with pytest.raises(DataError):
            cursor.fetchone()


# --- Pages ----------------------------------------------------------------------------


def test_a_page_says_that_the_database_takes_nothing(cast: Cast, monkeypatch):

    page = Client(raise_request_exception=False)
    page.force_login(cast.sofia)
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only TO on")
    try:
        answer = page.post("/sign-out/", HTTP_ACCEPT_LANGUAGE="es")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only TO off")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert "No se puede acceder a la base de datos" in answer.content.decode()


def test_a_statement_is_not_compiled_before_it_runs(cast: Cast):
    with connection.cursor() as cursor:
        settings = {}
        for name in postgresql.SETTINGS:
            cursor.execute(f"SHOW {name}")
            settings[name] = cursor.fetchone()[0]
    assert settings == postgresql.SETTINGS
