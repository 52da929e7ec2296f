"""Keep webhooks durably: many by one commit, or one after the other on disk.

A database that is slow or locked holds no webhook: what it has not stored within a
second goes to the disk, and so does all that comes while it does not answer. Should it
be stored there after all, it counts once.
"""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import monotonic, sleep

from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    OperationalError,
    close_old_connections,
    connection,
)

from callcenter.database import close_broken_connections, lock_wait
from calls.signaling import deliveries
from calls.signaling.deliveries import Incoming, Stored, Webhook
from calls.webhooks import spool
from calls.webhooks.batches import Batches
from calls.webhooks.processor import processor

logger = logging.getLogger(__name__)

# All that one body says, which is stored by one statement or not at all.
Said = list[Webhook]
Result = list[Stored | None] | BaseException

# So many may be without an answer, which takes a fraction of a second; with the others
# Wati must come again.
ROOM = 200
MOST_AT_ONCE = 64
PAUSE = 0.01  # seconds
# The patience of one that waits, and how often it asks whether anything is stored.
STORE_WITHIN = 5.0  # seconds
LOOK_EVERY = 0.2  # seconds
# Whoever holds SQLite's lock for longer than this makes webhooks go to the spool.
LOCK_WAIT = 0.8  # seconds
LOOK_FOR_LOCK = 0.004  # seconds
SPOOL_WITHIN = 5.0  # seconds
TELL_EVERY = 10.0  # seconds


class Tally:
    """Counts, and logs the count: at once, and then every ten seconds."""

    def __init__(self, sentence: str) -> None:
        self.total = 0
        self._sentence = sentence
        self._told, self._told_at = 0, -TELL_EVERY

    def add(self, reason: str) -> None:
        self.total += 1
        if monotonic() - self._told_at >= TELL_EVERY:
            logger.error("%s: %s", self._sentence % (self.total - self._told), reason)
            self._told, self._told_at = self.total, monotonic()


class Intake:
    """The intake of all webhooks of this process."""

    def __init__(self) -> None:
        self.stored = 0
        self._inside = 0
        self.spooled = Tally("%s webhooks went to the spool")
        self.refused = Tally("%s webhooks were refused")
        self.unauthorised = Tally("%s webhooks were not let in")
        self._database: Batches[Said, list[Stored | None]] = Batches(
            "webhooks",
            _store,
            room=ROOM,
            most=MOST_AT_ONCE,
            pause=PAUSE,
            idle=give_connection_back,
        )
        self._disk: Batches[Incoming, None] = Batches(
            "spool", _spool, room=ROOM, most=MOST_AT_ONCE
        )

    def refuse(self, reason: str = "too many at once") -> None:
        """Note that one was sent away: /metrics and the log tell it."""
        self.refused.add(reason)

    @property
    def is_full(self) -> bool:
        return self._inside >= ROOM

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Count one that has come in and has no answer yet."""
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1

    async def keep(self, said: Said) -> None:
        """Return once it is stored. Raises Full, or OSError when nothing takes it.

        Raises IntegrityError when its account is none any more.
        """
        problem = "the database does not answer"
        try:
            if await self._in_database(said):
                self.stored += 1
                return
        except IntegrityError:
            raise
        except DatabaseError as error:
            problem = type(error).__name__
        async with asyncio.timeout(SPOOL_WITHIN):
            await asyncio.wrap_future(self._disk.submit(said[0].incoming))
        self.spooled.add(problem)

    async def _in_database(self, said: Said) -> bool:
        """Wait for its turn while others are stored; False: it goes to the disk."""
        if self._database.is_stuck:
            return False
        stored = asyncio.wrap_future(self._database.submit(said))
        until = monotonic() + STORE_WITHIN
        try:
            while not stored.done():
                if self._database.is_stuck or monotonic() > until:
                    return False
                await asyncio.wait({stored}, timeout=LOOK_EVERY)
            stored.result()
            return True
        finally:
            stored.cancel()  # what has not begun never does


def _store(bodies: list[Said]) -> list[Result]:
    close_broken_connections()
    began = monotonic()
    stored: list[Result]
    try:
        stored = [*_store_all(bodies)]
    except DatabaseError:
        if monotonic() - began > LOCK_WAIT / 2:
            raise
        # One that cannot be stored, a connection that was cut, or a deadlock.
        stored = _one_by_one(bodies)
    for rows in stored:
        if isinstance(rows, list):
            for delivery in filter(None, rows):
                processor.soon(delivery)
    return stored


def _one_by_one(bodies: list[Said]) -> list[Result]:
    close_old_connections()
    stored: list[Result] = []
    for said in bodies:
        try:
            stored += _store_all([said])
        except (IntegrityError, DataError) as error:
            stored.append(error)
        except DatabaseError as error:
            return [*stored, *[error] * (len(bodies) - len(stored))]
    return stored


def _store_all(bodies: list[Said]) -> list[list[Stored | None]]:
    """Store a batch; on SQLite against the effects, which write all the time.

    SQLite looks for its lock at intervals that grow to 0.1 s, and would never find it
    free then.
    """
    if connection.vendor != "sqlite":
        return deliveries.store_bodies(bodies)
    until = monotonic() + LOCK_WAIT
    with lock_wait(LOOK_FOR_LOCK):
        while True:
            try:
                return deliveries.store_bodies(bodies)
            except OperationalError:
                if monotonic() > until:
                    raise
            sleep(LOOK_FOR_LOCK)


def _spool(webhooks: Sequence[Incoming]) -> list[None]:
    spool.append(webhooks)
    return [None] * len(webhooks)


def give_connection_back() -> None:
    """Return it to the pool, where there is one; it is kept while there is work."""
    connection.close()


intake = Intake()
