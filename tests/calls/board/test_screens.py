"""A page gets the newest, and never more than it takes."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from agents.websocket_auth import TRY_AGAIN
from calls.board import screens
from calls.board.screens import Screen


class Page:
    def __init__(self) -> None:
        self.told: list[str] = []
        self.closed: list[int] = []
        self.screen = Screen(self.send, self.close)

    async def send(self, text: str) -> None:
        self.told.append(text)

    async def close(self, code: int) -> None:
        self.closed.append(code)

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not holds():  # noqa: ASYNC110  # what is waited for has no event
                await asyncio.sleep(0.001)

    async def has(self, *texts: str) -> None:
        await self.until(lambda: self.told == list(texts))


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    page = Page()
    yield page
    page.screen.end()


async def test_what_is_shown_arrives(page: Page):
    page.screen.show("board", "one")
    await page.has("one")
    page.screen.took()
    page.screen.show("board", "two")
    await page.has("one", "two")


async def test_until_it_is_taken_the_newest_of_each_kind_waits(page: Page):
    page.screen.show("board", "one")
    await page.has("one")
    for number in range(100):
        page.screen.show("board", f"board {number}")
        page.screen.show("day", f"day {number}")
    await asyncio.sleep(0.01)
    assert page.told == ["one"]
    page.screen.took()
    await page.has("one", "board 99", "day 99")


async def test_both_have_to_be_taken(page: Page):
    page.screen.show("board", "one")
    page.screen.show("day", "day")
    await page.has("one", "day")
    page.screen.show("board", "two")
    page.screen.took()
    await asyncio.sleep(0.01)
    assert page.told == ["one", "day"]
    page.screen.took()
    await page.has("one", "day", "two")


async def test_a_page_that_says_so_too_often_gains_nothing(page: Page):
    for _ in range(5):
        page.screen.took()
    page.screen.show("board", "one")
    await page.has("one")
    page.screen.show("board", "two")
    await asyncio.sleep(0.01)
    assert page.told == ["one"]


async def test_a_page_that_takes_nothing_is_closed(
    page: Page, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(screens, "TAKEN_WITHIN", 0.01)
    page.screen.show("board", "one")
    await page.until(lambda: page.closed == [TRY_AGAIN])
