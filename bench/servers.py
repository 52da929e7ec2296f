"""A PostgreSQL of the bench's own, as the tests start theirs."""

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
