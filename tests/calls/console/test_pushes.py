"""From a commit to the consoles of this process, each push to whom it is for."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from channels.layers import get_channel_layer

from agents.websocket_auth import TRY_AGAIN
from calls import notify
from calls.console.pushes import MOST_UNSENT, Consoles, Outlet

pytestmark = pytest.mark.stackless

ANA, BRUNO = 1, 2
A_CALL = {"type": "call", "call": {"id": "carla's", "version": 3}}
AN_AGENT = {"type": "agent", "agent": {"id": ANA, "version": 4, "state": "ringing"}}


class Page:
    """A console as the server has it: what it was sent, and whether it was closed."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.closed: list[int] = []
        self.takes = asyncio.Event()
        self.takes.set()
        self.outlet = Outlet(self.send, self.close)

    async def send(self, text: str, about: dict[str, Any]) -> None:
        await self.takes.wait()
        assert json.loads(text)["type"] == about["type"]
        self.told.append(about["type"])

    async def close(self, code: int) -> None:
        self.closed.append(code)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110  # what is waited for has no event
            await asyncio.sleep(0.001)


@pytest.fixture
async def consoles() -> AsyncIterator[Consoles]:
    opened = Consoles()
    yield opened
    assert not [task for task in asyncio.all_tasks() if "console" in task.get_name()]


async def sent(*pushes: dict[str, Any]) -> None:
    message = {"type": "pushes", "pushes": list(pushes)}
    await get_channel_layer().group_send(notify.CONSOLES, message)


async def test_a_push_reaches_every_page_of_whom_it_is_for_and_nobody_else(
    consoles: Consoles,
):
    pages = {"Ana's": (ANA, Page()), "hers too": (ANA, Page()), "his": (BRUNO, Page())}
    for agent, page in pages.values():
        await consoles.add(agent, page.outlet)
    await sent(notify.push([ANA], A_CALL), notify.push([99], {"type": "x"}))
    await sent(notify.push([ANA, BRUNO], AN_AGENT))
    await until(lambda: all("agent" in page.told for _, page in pages.values()))
    told = [page.told for _, page in pages.values()]
    assert told == [["call", "agent"], ["call", "agent"], ["agent"]]
    for agent, page in pages.values():
        consoles.discard(agent, page.outlet)


async def test_a_console_that_takes_nothing_is_closed_and_keeps_nobody_waiting(
    consoles: Consoles,
):
    slow, quick = Page(), Page()
    slow.takes.clear()
    for page in (slow, quick):
        await consoles.add(ANA, page.outlet)
    for _ in range(MOST_UNSENT + 10):
        await sent(notify.push([ANA], A_CALL))
        await until(lambda: quick.outlet.unsent == 0)
    assert quick.told == ["call"] * (MOST_UNSENT + 10)
    slow.takes.set()
    await until(lambda: slow.closed == [TRY_AGAIN])
    assert len(slow.told) <= 1
    for page in (slow, quick):
        consoles.discard(ANA, page.outlet)


async def test_who_has_left_is_told_nothing_and_who_comes_back_is(consoles: Consoles):
    before, after = Page(), Page()
    await consoles.add(ANA, before.outlet)
    consoles.discard(ANA, before.outlet)
    await asyncio.sleep(0)
    await consoles.add(ANA, after.outlet)
    await sent(notify.push([ANA], A_CALL))
    await until(lambda: after.told == ["call"])
    assert before.told == []
    consoles.discard(ANA, after.outlet)
    await asyncio.sleep(0)


async def test_a_message_that_cannot_be_read_costs_no_later_one(consoles: Consoles):
    page = Page()
    await consoles.add(ANA, page.outlet)
    await get_channel_layer().group_send(notify.CONSOLES, {"type": "pushes"})
    await sent(notify.push([ANA], A_CALL))
    await until(lambda: page.told == ["call"])
    consoles.discard(ANA, page.outlet)
