"""A PostgreSQL of the bench's own, as the tests start theirs."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import psycopg

from tests.servers import Postgres

_numbers = count(1)


@contextmanager
def postgres() -> Iterator[Postgres]:
    server = Postgres()
    server.start()
    try:
        yield server
    finally:
        server.stop()


def database_of_its_own(server: Postgres) -> str:
    """Create an empty database; return its URL."""
    name = f"bench_{next(_numbers)}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.url.removesuffix("/postgres") + f"/{name}"


def environment_of(server: Postgres) -> dict[str, str]:
    """Return what a process without a stack needs to fill and use a new database."""
    return os.environ | {
        "DATABASE_URL": database_of_its_own(server),
        "DEBUG": "0",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ALLOWED_HOSTS": "localhost",
        "REDIS_URL": "",
        "DATABASE_STATEMENT_SECONDS": "600",  # to fill it
        "LOG_LEVEL": "ERROR",
        "SECOND_FACTOR": "optional",
        "DJANGO_SETTINGS_MODULE": "callcenter.settings",
    }
