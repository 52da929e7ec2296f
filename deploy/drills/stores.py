"""Drills on PostgreSQL and Valkey."""

import psycopg
import redis

from deploy.drills.scene import Scene, drill


@drill("PostgreSQL is shut down at once, and is back after 15 s")
def postgres_restarted(scene: Scene) -> None:
    scene.outage("postgres", 15)
    scene.rest(15)


@drill("PostgreSQL is frozen for 20 s, connections open")
def postgres_frozen(scene: Scene) -> None:
    scene.freeze("postgres", 20)
    scene.rest(15)


@drill("All connections to PostgreSQL are cut, five times")
def postgres_cut(scene: Scene) -> None:
    for _ in range(5):
        _sql(
            scene,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database()",
        )
        scene.rest(4)
    scene.heal()
    scene.rest(10)


@drill("PostgreSQL is read-only for 20 s")
def postgres_read_only(scene: Scene) -> None:
    _read_only(scene, "on")
    scene.rest(20)
    _read_only(scene, "off")
    scene.rest(15)


def _read_only(scene: Scene, word: str) -> None:
    _sql(scene, f"ALTER SYSTEM SET default_transaction_read_only = {word}")
    _sql(scene, "SELECT pg_reload_conf()")
    scene.heal()


def _sql(scene: Scene, statement: str) -> None:
    """Run a statement on a connection of our own, outside of any transaction."""
    url = scene.stack.postgres.url
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        connection.execute(statement)


@drill("Valkey is gone for 60 s")
def valkey_gone(scene: Scene) -> None:
    scene.outage("valkey", 60)
    scene.rest(10)


@drill("Valkey is emptied")
def valkey_emptied(scene: Scene) -> None:
    for _ in range(3):
        with redis.Redis.from_url(scene.stack.valkey.url) as valkey:
            valkey.flushall()
        scene.rest(5)
    scene.heal()
    scene.rest(10)


@drill("Valkey is frozen for 20 s")
def valkey_frozen(scene: Scene) -> None:
    scene.freeze("valkey", 20)
    scene.rest(15)
