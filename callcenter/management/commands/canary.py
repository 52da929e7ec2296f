"""Call the product every few minutes, and say whether the call went well."""

import asyncio
import logging
import signal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from callcenter.canary import rows
from callcenter.canary.run import run_once, world_of
from callcenter.canary.wati import server
from callcenter.database import in_database

logger = logging.getLogger(__name__)

LISTENS_WITHIN = 10.0  # seconds


class Command(BaseCommand):
    help = (
        "Call the call center by its public address every CANARY_MINUTES, as customer "
        "and as agent, and check ring, audio both ways, end and record. Runs until "
        "it is stopped; exactly one."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="Make one call only.")

    def handle(self, *args: Any, **options: Any) -> None:
        problem = asyncio.run(canary(once=options["once"]))
        if problem:
            raise CommandError(problem)


async def canary(*, once: bool) -> str | None:
    """Call once, or again and again; returns the problem of the last call."""
    own = await in_database(rows.prepare)
    world = world_of(own)
    wati = server(world)
    listening = asyncio.create_task(wati.serve(), name="canary wati")
    calling = asyncio.create_task(_call(own, world, wati, once), name="canary calls")
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, calling.cancel)
    try:
        await asyncio.wait({listening, calling}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        calling.cancel()
        await asyncio.gather(calling, return_exceptions=True)
        wati.should_exit = True
        await asyncio.gather(listening, return_exceptions=True)
        await in_database(rows.retire, own)
    return None if calling.cancelled() else calling.result()


async def _call(own: rows.Own, world: Any, wati: Any, once: bool) -> str | None:
    async with asyncio.timeout(LISTENS_WITHIN):
        while not wati.started:  # noqa: ASYNC110  # uvicorn has no event for it
            await asyncio.sleep(0.05)
    await in_database(rows.clean_up, own)  # of one that was killed
    while True:
        try:
            problem = await run_once(own, world)
        except Exception:  # the database is away: the next one tells
            logger.exception("canary")
            problem = "The canary could not write down how its call went."
        if once:
            return problem
        await asyncio.sleep(settings.CANARY_MINUTES * 60)
