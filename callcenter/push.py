"""Messages between processes, and from any thread to the event loop's groups."""

import asyncio
import logging
import os
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from channels.layers import InMemoryChannelLayer, get_channel_layer
from django.conf import settings

logger = logging.getLogger(__name__)

MOST_PENDING = 1000
RETRY_AFTER = 0.5  # seconds
# Each listener sends itself a message; without one for so long, it is deaf.
ECHO = "echo"
ECHO_EVERY = 0.7  # seconds
SILENT_AFTER = 2.0  # seconds


class EmbeddedChannelLayer(InMemoryChannelLayer):
    """The in-memory layer, safe to use from threads.

    Its queues belong to the loop that made the first channel. The stock layer pokes
    them from whatever loop calls, which wakes nobody and loses messages.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"capacity": 1000, **options})
        self.home: asyncio.AbstractEventLoop | None = None

    async def at_home(self, work: Coroutine[Any, Any, Any]) -> Any:
        home = self.home
        if home is None or home is asyncio.get_running_loop() or home.is_closed():
            return await work
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, home))

    async def new_channel(self, prefix: str = "specific.") -> str:
        if self.home is None or self.home.is_closed():
            self.home = asyncio.get_running_loop()
        return await super().new_channel(prefix)

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        await self.at_home(super().send(channel, message))

    async def group_add(self, group: str, channel: str) -> None:
        await self.at_home(super().group_add(group, channel))

    async def group_discard(self, group: str, channel: str) -> None:
        await self.at_home(super().group_discard(group, channel))

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        await self.at_home(super().group_send(group, message))


class Sender:
    """One loop in one thread per process, so that Redis sees few connections.

    A message is a hint: a console that gets it late re-reads the rows. So sending waits
    for nothing, and beyond MOST_PENDING messages new ones are dropped.
    """

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.process = os.getpid()
        self.tasks: set[asyncio.Task[None]] = set()
        threading.Thread(target=self.loop.run_forever, daemon=True, name="push").start()

    def send(self, group: str, message: dict[str, Any]) -> None:
        if len(self.tasks) >= MOST_PENDING:
            logger.error("push: dropped a message to %s, too many are waiting", group)
            return
        self.loop.call_soon_threadsafe(self._start, group, message)

    def _start(self, group: str, message: dict[str, Any]) -> None:
        task = self.loop.create_task(self._deliver(group, message))
        self.tasks.add(task)
        task.add_done_callback(self._done)

    async def _deliver(self, group: str, message: dict[str, Any]) -> None:
        async with asyncio.timeout(5):
            await get_channel_layer().group_send(group, message)

    def _done(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        if error := task.exception():
            logger.warning("push: %s", type(error).__name__)


_sender: Sender | None = None
_lock = threading.Lock()


def send_group(group: str, message: dict[str, Any]) -> None:
    """Send from any thread or process; returns at once, never raises."""
    global _sender
    with _lock:
        if _sender is None or _sender.process != os.getpid():
            _sender = Sender()
    _sender.send(group, message)


# Of each listener of this process: whether it hears.
_listening: set[asyncio.Event] = set()


def is_silent() -> bool:
    """Say whether this process listens and hears nothing: the layer is away."""
    return not all(hears.is_set() for hears in tuple(_listening))


async def listen(
    group: str,
    handle: Callable[[dict[str, Any]], Awaitable[None]],
    subscribed: asyncio.Event,
) -> None:
    """Hand over all that is sent to this group, until cancelled.

    `subscribed` is set while nothing is missed. What comes while the layer is away is
    lost: whoever needs it reads the rows again.
    """
    _listening.add(subscribed)
    try:
        await _listen_always(group, handle, subscribed)
    finally:
        _listening.discard(subscribed)


async def _listen_always(
    group: str,
    handle: Callable[[dict[str, Any]], Awaitable[None]],
    subscribed: asyncio.Event,
) -> None:
    is_told = False
    while True:
        try:
            await _listen(group, handle, subscribed)
        except Exception as error:
            if subscribed.is_set() or not is_told:
                name = type(error).__name__
                logger.warning("nothing is heard of %s (%s)", group, name)
            is_told = True
        finally:
            subscribed.clear()
        await asyncio.sleep(RETRY_AFTER)


async def _listen(
    group: str,
    handle: Callable[[dict[str, Any]], Awaitable[None]],
    subscribed: asyncio.Event,
) -> None:
    layer, began = get_channel_layer(), time.monotonic()
    try:
        async with asyncio.timeout(SILENT_AFTER):
            channel = await layer.new_channel()
            await layer.group_add(group, channel)
        echoes = asyncio.create_task(_echo(layer, channel), name=f"echo {group}")
        try:
            await _receive(group, handle, channel, subscribed)
        finally:
            echoes.cancel()
            await layer.group_discard(group, channel)
    except TimeoutError:
        await _begin_anew(layer, began)
        raise


async def _receive(
    group: str,
    handle: Callable[[dict[str, Any]], Awaitable[None]],
    channel: str,
    subscribed: asyncio.Event,
) -> None:
    """Receive until nothing comes any more, not even our own echo.

    A layer whose connection was cut, or swallowed by a firewall, says nothing at all.
    """
    layer = get_channel_layer()
    while True:
        async with asyncio.timeout(SILENT_AFTER):
            message = await layer.receive(channel)
        subscribed.set()
        if message["type"] != ECHO:
            await _handled(group, handle, message)


async def _echo(layer: Any, channel: str) -> None:
    """Send ourselves a message now and then, by the same way as all others."""
    while True:
        try:
            async with asyncio.timeout(SILENT_AFTER):
                await layer.send(channel, {"type": ECHO})
        except Exception as error:
            logger.debug("push: no echo (%s)", type(error).__name__)
        await asyncio.sleep(ECHO_EVERY)


_begun_anew = -SILENT_AFTER  # when the layer's connections were last closed


async def _begin_anew(layer: Any, began: float) -> None:
    """Close the layer's connections, unless that was done since we began to listen.

    All listeners of a loop share them: each must not close what another has opened.
    """
    global _begun_anew
    if not settings.EMBEDDED and began > _begun_anew:
        _begun_anew = time.monotonic()
        async with asyncio.timeout(SILENT_AFTER):
            await layer.flush()


async def _handled(
    group: str,
    handle: Callable[[dict[str, Any]], Awaitable[None]],
    message: dict[str, Any],
) -> None:
    """Handle one message; its failure must not make this process deaf for others."""
    try:
        await handle(message)
    except Exception:
        logger.exception("a message to %s", group)
