"""Run this process as a node: its lease, its listener, its drain, its end."""

import asyncio
import logging
import time
from collections.abc import Awaitable
from contextlib import suppress
from functools import partial
from typing import Any

from django.conf import settings

from agents import prompt_audio
from callcenter import files, push
from callcenter.database import in_database
from callcenter.loop_watch import LoopWatch
from callcenter.rounds import Rounds
from callcenter.shared_clock import WORTH_A_WARNING
from callcenter.steady_clock import awake
from calls import notify, placement
from calls.lifecycle import nodes
from calls.media.standstill import standstill
from calls.node.bridge import bridge
from calls.node.checks import allowed_networks_warning
from calls.sweeping.stand_in import LOOK_EVERY, StandIn

logger = logging.getLogger(__name__)

RETRY_AFTER = 1.0  # seconds
LOOK_WHEN_DEAF = 0.5  # seconds
FOLLOW_EVERY = 3.0
LOOK_AT_CLOCK_EVERY = 60.0
# Its calls are its own for as long as a row says so: two looks, a moment apart.
DRAIN_LOOKS_EVERY = 0.5
BRING_EVERY = 15.0  # seconds


class NodeProcess:
    """Started with the first connection, whatever server runs the application."""

    def __init__(self) -> None:
        self.watch = LoopWatch(standstill.look)
        self._tasks: list[asyncio.Task[None]] = []
        self._is_leaving = False  # this process drains, and then ends
        self._renew_now = asyncio.Event()
        self._clock_due = 0.0
        self._hears = asyncio.Event()
        self.stand_in = StandIn()
        self._sweeps = Rounds("stand-in", LOOK_EVERY, self._look, lambda: True)

    def start(self) -> None:
        if not self._tasks:
            if warning := allowed_networks_warning():
                logger.warning(warning)
            loop = asyncio.get_running_loop()
            standstill.begin(awake, self._renew_now.set)
            self._tasks = [
                loop.create_task(self._live(), name="node lease"),
                loop.create_task(self._follow(), name="node calls"),
                loop.create_task(self._listen(), name="node listener"),
                loop.create_task(self.watch.run(), name="loop watch"),
            ]
            if not settings.EMBEDDED:  # there the worker is a part of this process
                self._sweeps.start()
            if files.is_used():
                bringing = loop.create_task(self._bring_files(), name="node files")
                self._tasks.append(bringing)

    @property
    def is_draining(self) -> bool:
        """Tell whether this node takes no new calls, by its own wish or by the row."""
        node = bridge.held.node
        return self._is_leaving or (node is not None and node.draining)

    def count_tasks(self) -> int:
        """Count the loop's tasks; safe from any thread."""
        return len(asyncio.all_tasks(self._tasks[0].get_loop())) if self._tasks else 0

    # --- The end ---

    async def drain(self, seconds: float) -> bool:
        """Take no new calls, and return when the last one has ended.

        False if `seconds` are over and there are still some.
        """
        self._is_leaving = True
        self._renew_now.set()
        logger.warning("node %s drains: it takes no new calls", settings.NODE_NAME)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while True:
                    if not await self._is_busy():
                        return True
                    await asyncio.sleep(DRAIN_LOOKS_EVERY)
        return False

    async def _is_busy(self) -> bool:
        """Tell whether there are calls, or may be: no look counts before the mark."""
        node = bridge.held.node
        try:
            if node is None or not node.draining or len(bridge.held.hub):
                return True
            return bool(await in_database(placement.calls_on, node.name))
        except Exception as error:
            logger.warning("node: %s while draining", type(error).__name__)
            return True

    async def stop(self) -> None:
        """Take no new calls, end the running ones, and return the lease."""
        self._is_leaving = True
        node = bridge.held.node
        if node is not None:
            await self._quietly(in_database(nodes.drain, node.name), 2)
        await self._quietly(bridge.held.close(), 5)
        if node is not None:
            await self._quietly(in_database(placement.retire, node), 2)
        await self._sweeps.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        standstill.end()

    async def _quietly(self, work: Awaitable[Any], seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await work
        except Exception as error:
            logger.error("node: %s while stopping", type(error).__name__)

    # --- The lease ---

    async def _live(self) -> None:
        """Renew the lease. Audio needs no database: an outage ends no call here."""
        renewed = time.monotonic()
        while True:
            try:
                await self._renew()
                renewed = time.monotonic()
                pause = placement.RENEW_EVERY
            except Exception as error:
                silent = time.monotonic() - renewed
                logger.error(
                    "node: no lease for %.0f s (%s)", silent, type(error).__name__
                )
                pause = RETRY_AFTER
            await self._pause(pause)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._renew_now.wait()
        self._renew_now.clear()

    async def _renew(self) -> None:
        held, was_shut = bridge.held, standstill.is_shut
        if held.node is None:
            held.node = await in_database(placement.register)
            self._look_at_offset(held.node.clock_offset)
        calls, has_room = len(held.hub), held.hub.has_room()
        if not has_room:
            logger.error("open files are short: this node takes no new call")
        renew = partial(placement.renew, held.node, calls=calls, has_room=has_room)
        if not await in_database(renew):
            await self._lose()
            return
        if self._is_leaving and not held.node.draining:
            held.node.draining = await in_database(nodes.drain, held.node.name)
        if was_shut:
            logger.critical("this process stood still for %.0f s", standstill.seconds)
            await bridge.follow_all()  # what was ended meanwhile is closed
            standstill.reopen()
        if time.monotonic() >= self._clock_due:
            self._look_at_offset(await in_database(placement.note_offset, held.node))

    async def _lose(self) -> None:
        """Close all calls: another process has our name, or we were taken for dead."""
        logger.critical("node %s has lost its lease; closing calls", settings.NODE_NAME)
        bridge.held.node = None
        await bridge.follow_all()
        standstill.reopen()
        self._renew_now.set()  # and take a new one

    def _look_at_offset(self, seconds: float) -> None:
        self._clock_due = time.monotonic() + LOOK_AT_CLOCK_EVERY
        if abs(seconds) > WORTH_A_WARNING:
            logger.error(
                "the clock of this machine is %.0f s ahead of the database's; "
                "set it by NTP",
                seconds,
            )

    # --- The calls ---

    async def _follow(self) -> None:
        """Read the rows of our calls now and then; a push may have been lost."""
        while True:
            # While nothing is heard, changes of our calls come by the rows alone.
            hears = self._hears.is_set()
            await asyncio.sleep(FOLLOW_EVERY if hears else LOOK_WHEN_DEAF)
            try:
                await bridge.follow_all()
            except Exception as error:
                logger.error("node: calls not read (%s)", type(error).__name__)

    async def _look(self) -> None:
        await in_database(self.stand_in.look)

    async def _bring_files(self) -> None:
        """Have a copy of every prompt before a caller needs it."""
        while True:
            try:
                names = await in_database(prompt_audio.in_bucket)
                # Not in a thread of the database: the bucket may take its time.
                await asyncio.to_thread(files.bring_all, names)
            except Exception as error:
                logger.error("node: no files (%s)", type(error).__name__)
            await asyncio.sleep(BRING_EVERY)

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
