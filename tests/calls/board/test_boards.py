"""One look at the rows for all who watch at a process, and only while they do."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.models import Agent, Membership, Queue
from callcenter.database import in_database
from calls import notify
from calls.board import boards as module
from calls.board.boards import Boards, Look, Reader
from calls.board.scope import Scope
from calls.models import Call
from calls.states import Status
from calls.transitions import bump_version
from tests.calls.board.floor import call, ended, talk
from tests.cast import Cast

pytestmark = pytest.mark.stackless


class Page:
    """A page with the board, as the server has it."""

    def __init__(self, user_id: int, language: str = "en") -> None:
        self.user_id, self.language = user_id, language
        self.told: list[dict[str, Any]] = []
        self.texts: list[str] = []
        self.is_refused = self.is_restarted = False

    def show(self, kind: str, text: str) -> None:
        self.texts.append(text)
        self.told.append(json.loads(text))
        assert self.told[-1]["type"] == kind

    def refuse(self) -> None:
        self.is_refused = True

    def restart(self) -> None:
        self.is_restarted = True

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [one for one in self.told if one["type"] == kind]


class CountingReader(Reader):
    """Reads as ever; the test counts, and may say what comes instead."""

    def __init__(self) -> None:
        super().__init__()
        self.looks: list[set[int]] = []
        self.fails = False

    def look(self, user_ids: Collection[int], languages: Iterable[str]) -> Look:
        self.looks.append(set(user_ids))
        if self.fails:
            raise ConnectionError
        return super().look(user_ids, languages)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110  # what is waited for has no event
            await asyncio.sleep(0.002)


@pytest.fixture
async def boards(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Boards]:
    monkeypatch.setattr(module, "SPACING", 0.02)
    monkeypatch.setattr(module, "LOOK_EVERY", 3600.0)
    monkeypatch.setattr(module, "Reader", CountingReader)
    opened = Boards()
    yield opened
    for viewer in list(opened._viewers):
        opened.leave(viewer)
    await asyncio.sleep(0)


def looks(boards: Boards) -> list[set[int]]:
    reader = boards._reader
    assert isinstance(reader, CountingReader)
    return reader.looks


async def entered(boards: Boards, *pages: Page) -> None:
    for page in pages:
        boards.enter(page, None)
    await until(lambda: all(page.of("board") for page in pages))
    # From here on nothing is missed, and nothing is looked at without a change.
    await until(boards._subscribed.is_set)
    before = len(looks(boards))
    boards._changed.set()
    await until(lambda: len(looks(boards)) > before)


def change(cast: Cast) -> None:
    """Something happens on the floor, and is committed."""
    bump_version(call(cast, Status.WAITING))


async def test_a_page_gets_the_board_and_the_day_at_once(boards: Boards, cast: Cast):
    page = Page(cast.sofia.pk)
    await entered(boards, page)
    [board], [day] = page.of("board"), page.of("day")
    assert [one["name"] for one in board["agents"]] == ["Ana", "Bruno"]
    assert day["quarters"] >= 92
    assert board["version"] > 0


async def test_a_change_is_shown_with_a_newer_version(boards: Boards, cast: Cast):
    page = Page(cast.sofia.pk)
    await entered(boards, page)
    await in_database(change, cast)
    await until(lambda: len(page.of("board")) == 2)
    before, after = page.of("board")
    assert after["version"] > before["version"]
    assert [len(one["calls"]) for one in (before, after)] == [0, 1]


async def test_ten_pages_cost_one_look_and_one_text(boards: Boards, cast: Cast):
    pages = [Page(cast.sofia.pk) for _ in range(10)]
    await entered(boards, *pages)
    before = len(looks(boards))
    await in_database(change, cast)
    await until(lambda: all(page.of("board")[-1]["calls"] for page in pages))
    # One that had begun may have found the change already.
    assert len(looks(boards)) - before <= 1
    assert len({id(page.texts[-1]) for page in pages}) == 1


async def test_many_changes_at_once_are_one_look(boards: Boards, cast: Cast):
    page = Page(cast.sofia.pk)
    await entered(boards, page)
    before = len(looks(boards))
    for _ in range(50):
        await boards._hear({})
    await until(lambda: len(looks(boards)) > before)
    await asyncio.sleep(0.1)
    assert len(looks(boards)) == before + 1


async def test_what_did_not_change_is_not_sent_again(boards: Boards, cast: Cast):
    page = Page(cast.sofia.pk)
    await entered(boards, page)
    for _ in range(3):
        seen = len(page.told)
        boards._changed.set()
        await until(lambda seen=seen: len(page.told) > seen)
    await until(lambda: len(page.of("beat")) >= 3)
    assert len(page.of("board")) == 1
    beat = page.of("beat")[-1]
    assert beat["version"] == page.of("board")[0]["version"]
    assert beat["server_time"] > page.of("board")[0]["server_time"]


async def test_nobody_watches_and_nothing_is_read(boards: Boards, cast: Cast):
    page = Page(cast.sofia.pk)
    await entered(boards, page)
    reader = boards._reader
    boards.leave(page)
    await in_database(change, cast)
    await asyncio.sleep(0.1)
    assert isinstance(reader, CountingReader)
    seen = len(reader.looks)
    boards._changed.set()
    await asyncio.sleep(0.1)
    assert len(reader.looks) == seen
    names = [task.get_name() for task in asyncio.all_tasks()]
    assert not {"live board", "board listener"} & set(names)


async def test_who_comes_back_sees_what_happened_meanwhile(boards: Boards, cast: Cast):
    page = Page(cast.sofia.pk)
    await entered(boards, page)
    version = page.of("board")[-1]["version"]
    boards.leave(page)
    await in_database(change, cast)
    again = Page(cast.sofia.pk)
    await entered(boards, again)
    assert len(again.of("board")[-1]["calls"]) == 1
    assert again.of("board")[-1]["version"] > version


async def test_a_second_page_is_served_at_once(boards: Boards, cast: Cast):
    await entered(boards, Page(cast.sofia.pk))
    page = Page(cast.sofia.pk)
    boards.enter(page, None)
    assert [one["type"] for one in page.told] == ["board", "day"]


async def test_without_pushes_the_rows_are_read_all_the_same(
    boards: Boards, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    async def away(*_: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(module.push, "listen", away)
    page = Page(cast.sofia.pk)
    boards.enter(page, None)
    await until(lambda: bool(page.of("board")))
    await in_database(call, cast, Status.WAITING)
    await until(lambda: bool(page.of("board")[-1]["calls"]))


async def test_what_is_not_pushed_is_found_by_the_next_look(
    boards: Boards, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "LOOK_EVERY", 0.05)
    page = Page(cast.sofia.pk)
    await entered(boards, page)
    await in_database(call, cast, Status.WAITING)  # nobody is told
    await until(lambda: bool(page.of("board")[-1]["calls"]))


async def test_while_the_rows_cannot_be_read_the_page_is_told(
    boards: Boards, cast: Cast
):
    page = Page(cast.sofia.pk)
    await entered(boards, page)
    reader = boards._reader
    assert isinstance(reader, CountingReader)
    reader.fails = True
    boards._changed.set()
    await until(lambda: page.told[-1].get("fails") is True)
    reader.fails = False
    boards._changed.set()
    await until(lambda: "fails" not in page.told[-1])


# --- Who may see what ---


async def test_a_right_that_is_taken_away_ends_it(boards: Boards, cast: Cast):
    page = Page(cast.sofia.pk)
    await entered(boards, page)
    users = User.objects.filter(pk=cast.sofia.pk)
    await in_database(lambda: users.update(is_superuser=False))
    boards._changed.set()
    await until(lambda: page.is_refused)


async def test_one_who_comes_during_a_look_is_not_refused_by_it(
    boards: Boards, cast: Cast
):
    rui = await in_database(
        User.objects.create, username="rui", is_staff=True, is_superuser=True
    )
    boards.enter(Page(cast.sofia.pk), None)
    await asyncio.sleep(0)  # the look has begun
    late = Page(rui.pk)
    boards.enter(late, None)
    await until(lambda: bool(late.of("board")))
    assert not late.is_refused


async def test_another_scope_is_another_board(
    boards: Boards, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    page = Page(cast.sofia.pk)
    await entered(boards, page)
    seen: dict[int, Scope] = {cast.sofia.pk: frozenset()}
    monkeypatch.setattr(module, "scopes_of", lambda _: seen)
    boards._changed.set()
    await until(lambda: len(page.of("board")) == 2)
    assert page.of("board")[-1]["agents"] == []


async def test_each_reads_the_alerts_in_their_language(boards: Boards, cast: Cast):
    await in_database(cast.account.token_refused)
    english, spanish = Page(cast.sofia.pk), Page(cast.sofia.pk, "es")
    await entered(boards, english, spanish)
    texts = [page.of("board")[-1]["alerts"][0]["text"] for page in (english, spanish)]
    assert texts[0].startswith("Wati rejects")
    assert texts[1].startswith("Wati rechaza")


async def test_closing_sends_the_pages_away_to_come_back(boards: Boards, cast: Cast):
    page = Page(cast.sofia.pk)
    await entered(boards, page)
    await boards.close()
    await boards.close()
    assert page.is_restarted


# --- What changes the board ---


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    groups: list[str] = []
    monkeypatch.setattr(notify, "send_group", lambda group, _: groups.append(group))
    return groups


def test_a_change_of_a_call_or_an_agent_is_told_once_a_transaction(
    cast: Cast, told: list[str]
):
    waiting = call(cast, Status.WAITING)
    notify.agent_changed(cast.ana.pk)
    assert told.count(notify.BOARDS) == 1
    bump_version(waiting)
    assert told.count(notify.BOARDS) == 2
    notify.plans_changed(cast.ana.pk)
    assert told.count(notify.BOARDS) == 2


# --- What a look costs ---


def test_a_look_is_as_many_statements_however_much_is_on(cast: Cast):
    def statements() -> int:
        reader._slow_at = timezone.now()  # the slow ones are not due
        with CaptureQueriesContext(connection) as queries:
            reader.look([cast.sofia.pk], ["en"])
        return len(queries)

    reader = Reader()
    reader.look([cast.sofia.pk], ["en"])
    while not reader._day.is_whole(timezone.now()):
        statements()
    few = statements()
    for number in range(12):
        talk(cast, f"agent{number}", f"Caller {number}", unheard="customer")
        queue = Queue.objects.create(name=f"Queue {number}")
        Membership.objects.create(queue=queue, agent=cast.ana)
        ended(cast, "answered", 3, queue=queue)
    assert statements() == few
    assert Agent.objects.count() > Call.objects.filter(status="active").count() == 12
