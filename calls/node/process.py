"""Run this process as a node: its lease, its listener, its end."""

import asyncio
import logging
import time
from typing import Any

from django.conf import settings

from callcenter import push
from callcenter.database import in_database
from callcenter.loop_watch import LoopWatch
from callcenter.rounds import Rounds
from calls import notify, placement
from calls.node.bridge import bridge
from calls.node.checks import allowed_networks_warning
from calls.sweeping.stand_in import LOOK_EVERY, StandIn

logger = logging.getLogger(__name__)

RETRY_AFTER = 1.0  # seconds
LOOK_WHEN_DEAF = 0.5  # seconds


class NodeProcess:
    """Started with the first connection, whatever server runs the application."""

    def __init__(self) -> None:
        self.watch = LoopWatch()
        self._tasks: list[asyncio.Task[None]] = []
        self._draining = False
        self._hears = asyncio.Event()
        self.stand_in = StandIn()
        self._sweeps = Rounds("stand-in", LOOK_EVERY, self._look, lambda: True)

    def start(self) -> None:
        if not self._tasks:
            if warning := allowed_networks_warning():
                logger.warning(warning)
            loop = asyncio.get_running_loop()
            self._tasks = [
                loop.create_task(self._live(), name="node lease"),
                loop.create_task(self._listen(), name="node listener"),
                loop.create_task(self.watch.run(), name="loop watch"),
            ]
            if not settings.EMBEDDED:  # there the worker is a part of this process
                self._sweeps.start()

    def count_tasks(self) -> int:
        """Count the loop's tasks; safe from any thread."""
        return len(asyncio.all_tasks(self._tasks[0].get_loop())) if self._tasks else 0

    async def stop(self) -> None:
        """Take no new calls, end the running ones, and return the lease."""
        self._draining = True
        if bridge.held.node is not None:
            await self._quietly(in_database(placement.retire, bridge.held.node))
        await self._quietly(bridge.held.close())
        await self._sweeps.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def _quietly(self, work: Any) -> None:
        try:
            async with asyncio.timeout(10):
                await work
        except Exception as error:
            logger.error("node: %s while stopping", type(error).__name__)

    async def _live(self) -> None:
        """Renew the lease. Audio needs no database: an outage ends no call here."""
        renewed = time.monotonic()
        while True:
            try:
                await self._renew()
                await bridge.follow_all()
                renewed = time.monotonic()
                pause = placement.RENEW_EVERY
                if not self._hears.is_set():  # changes of our calls come by the rows
                    pause = LOOK_WHEN_DEAF
            except Exception as error:
                silent = time.monotonic() - renewed
                logger.error(
                    "node: no lease for %.0f s (%s)", silent, type(error).__name__
                )
                pause = RETRY_AFTER
            await asyncio.sleep(pause)

    async def _renew(self) -> None:
        if bridge.held.node is None:
            bridge.held.node = await in_database(placement.register)
        calls, draining = len(bridge.held.hub), self._draining
        renew = in_database(
            placement.renew, bridge.held.node, calls=calls, draining=draining
        )
        if not await renew:
            # Another process took our name; a sweep ends our calls.
            logger.critical("node %s runs twice; closing calls", settings.NODE_NAME)
            bridge.held.node = None
            await bridge.follow_all()

    async def _look(self) -> None:
        await in_database(self.stand_in.look)

    async def _listen(self) -> None:
        group = notify.node_group(settings.NODE_NAME)
        await push.listen(group, self._hear, self._hears)

    async def _hear(self, message: dict[str, Any]) -> None:
        """Act at once on changes of our calls, as a console does.

        Every three seconds the rows are read anyway.
        """
        for call_id in message["calls"]:
            try:
                await bridge.hear(call_id)
            except Exception as error:
                name = type(error).__name__
                logger.error("call %s: not followed (%s)", call_id, name)


node_process = NodeProcess()
