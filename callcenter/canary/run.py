"""One call of the canary, step by step, each within its time."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext_noop

from callcenter.canary import rows
from callcenter.canary.console import Console, Headset, open_socket
from callcenter.canary.rows import Own
from callcenter.database import in_database
from callcenter.logs import about
from callcenter.simulator import sound
from callcenter.simulator.behaviour import Behaviour
from callcenter.simulator.calls import PhoneCall, Placed
from callcenter.simulator.phone import ScriptedPhone
from callcenter.simulator.world import Account, World

logger = logging.getLogger(__name__)

PHONES, AGENTS = 440, 1200  # hertz
AUDIBLE = 0.02
LOOK_EVERY = 0.2  # seconds
CLEAN_UP_TRIES = 10
# A node looks once more at a call whose audio ended, three seconds later.
SETTLES = 4.0  # seconds

# Each step with the seconds that it may take, and what it means when it does not come.
STEPS: dict[str, tuple[float, str]] = {
    "console": (
        20,
        gettext_noop("The canary's console could not get ready."),
    ),
    "ring": (10, gettext_noop("The canary's call did not ring at its console.")),
    "answer": (10, gettext_noop("The canary's call could not be answered.")),
    "connected": (15, gettext_noop("The canary's call was not connected.")),
    "agent_hears": (10, gettext_noop("The canary's agent did not hear the caller.")),
    "caller_hears": (10, gettext_noop("The canary's caller did not hear the agent.")),
    "ended": (
        10,
        gettext_noop("The canary's console did not learn of the end."),
    ),
    "record": (10, gettext_noop("The record of the canary's call is incomplete.")),
}


class Failed(Exception):
    """A step did not come; the text is its sentence."""


def world_of(own: Own) -> World:
    account = Account(
        tenant=rows.TENANT,
        token=own.token,
        number=rows.NUMBER,
        webhook_url=settings.PUBLIC_URL,
        webhook_key=own.webhook_key,
    )
    return World(account)


class CanaryCall:
    """A phone that calls, and the agent who answers it."""

    def __init__(self, own: Own, world: World) -> None:
        self.steps: dict[str, float] = {}
        self._own, self._world = own, world
        self._began = time.monotonic()
        self._call: PhoneCall | None = None

    async def make(self) -> None:
        """Go through all steps. Raises Failed; leaves nothing open."""
        cookie = await in_database(rows.session_of, self._own.user)
        try:
            async with self._console(cookie) as console:
                await self._talk(console, cookie)
        finally:
            if self._call is not None and not self._call.is_over:
                self._world.hang_up(self._call.call_id)
            await in_database(rows.end_session, cookie)

    @asynccontextmanager
    async def _console(self, cookie: str) -> AsyncIterator[Console]:
        """Be there, and ready to ring."""
        console: Console | None = None

        async def be_ready() -> None:
            nonlocal console
            console = await Console.open(cookie, self._own.agent)
            await console.until(lambda: console and console.state)
            await console.say("available")
            await console.until(lambda: console and console.state == "available")

        try:
            await self._step("console", be_ready)
            assert console is not None
            yield console
        finally:
            if console is not None:
                await console.close()

    async def _talk(self, console: Console, cookie: str) -> None:
        call = await self._world.place_call(
            Placed(waid=rows.PHONE, name="", says="tone", frequency=PHONES), Behaviour()
        )
        self._call = call
        call_id = await self._step("ring", lambda: console.until(console.ringing))
        with about(call=call_id):
            await console.say("answer", call=call_id)
            await self._step("answer", lambda: _is(console, call_id, "connecting"))
            socket = await open_socket(console.calls[call_id]["audio_url"], cookie)
            headset = Headset(socket, AGENTS)
            try:
                await self._step("connected", lambda: _is(console, call_id, "active"))
                await self._hear(call, headset)
                self._world.hang_up(call.call_id)
                await self._step("ended", lambda: _is(console, call_id, "ended"))
            finally:
                await headset.close()
            right = partial(rows.record_is_right, UUID(call_id), self._own)
            await self._step("record", lambda: _until(in_database, right))

    async def _hear(self, call: PhoneCall, headset: Headset) -> None:
        phone = call.phone
        assert isinstance(phone, ScriptedPhone)

        def caller_hears() -> bool:
            return sound.level(phone.ear.samples(0.5), AGENTS) > AUDIBLE

        def agent_hears() -> bool:
            return headset.level(PHONES) > AUDIBLE

        # Measuring a tone is work for a thread.
        in_thread = asyncio.to_thread
        await self._step("agent_hears", lambda: _until(in_thread, agent_hears))
        await self._step("caller_hears", lambda: _until(in_thread, caller_hears))

    async def _step(self, name: str, work: Callable[[], Awaitable[Any]]) -> Any:
        seconds, sentence = STEPS[name]
        try:
            async with asyncio.timeout(seconds):
                found = await work()
        except Exception as error:
            logger.warning("canary: %s (%s)", sentence, type(error).__name__)
            raise Failed(sentence) from error
        self.steps[name] = round(time.monotonic() - self._began, 3)
        return found


async def _is(console: Console, call_id: str, status: str) -> None:
    await console.until(lambda: console.status(call_id) == status)


async def _until(run: Callable[[Any], Awaitable[bool]], check: Any) -> None:
    while not await run(check):  # noqa: ASYNC110  # no event tells it
        await asyncio.sleep(LOOK_EVERY)


async def run_once(own: Own, world: World) -> str | None:
    """Make one call and write down how it went. Returns the problem; None: skipped."""
    run = await in_database(rows.begin)
    if run is None:
        logger.info("canary: another one is at work")
        return None
    call, problem = CanaryCall(own, world), gettext_noop("The canary broke.")
    try:
        await call.make()
        problem = ""
    except Failed as failed:
        problem = str(failed)
    except asyncio.CancelledError:  # the process ends: that is no word about the calls
        await _clean_up(own, world)
        await in_database(run.delete)
        raise
    except Exception:
        logger.exception("canary")
    await _clean_up(own, world)
    await in_database(rows.finish, run, problem, call.steps)
    logger.info("canary: %s %s", problem or "all is well", call.steps)
    return problem


async def _clean_up(own: Own, world: World) -> None:
    with suppress(Exception):
        await world.reset()
    await asyncio.sleep(SETTLES)
    for _ in range(CLEAN_UP_TRIES):
        if await in_database(rows.clean_up, own):
            return
        await asyncio.sleep(0.5)
    logger.error("canary: its rows could not be deleted; the next run tries again")
