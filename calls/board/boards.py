"""The open boards of this process, and the one look at the rows for all of them.

It looks while somebody watches: soon after each change, but never twice within SPACING,
and now and then without one, for what is not pushed and for pushes that are lost.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.utils.translation import override

from callcenter import push
from callcenter.database import in_database
from calls import notify
from calls.board import alerts, day, reading, snapshot
from calls.board.scope import Scope, scopes_of
from calls.snapshots import Snapshot, iso

logger = logging.getLogger(__name__)

SPACING = 0.8  # seconds from the beginning of one look to that of the next
LOOK_EVERY = 2.0  # seconds, without a change
SLOWLY = timedelta(seconds=10)  # charts, and alerts that take long to find out


class Viewer(Protocol):
    """A page with the board, as this sees it."""

    user_id: int
    language: str

    def show(self, kind: str, text: str) -> None:
        """Have this shown, in place of an older one of its kind."""

    def refuse(self) -> None:
        """Close it: this user may not see the board any more."""

    def restart(self) -> None:
        """Close it: the server goes away, and the page should connect again."""


@dataclass(frozen=True)
class Look:
    """The findings of one look, for all who watch."""

    now: datetime
    scopes: dict[int, Scope]
    board: Snapshot
    day: day.Charts
    # By language: they are sentences.
    alerts: dict[str, list[Snapshot]] = field(default_factory=dict)


class Reader:
    """Reads the rows for a look. Runs in a thread; one look at a time."""

    def __init__(self) -> None:
        self._day = day.Day()
        self._charts: day.Charts | None = None
        self._slow: dict[str, list[Snapshot]] = {}
        self._slow_at: datetime | None = None

    def look(self, user_ids: Collection[int], languages: Iterable[str]) -> Look:
        """Look once: a fixed number of statements, whoever watches and whatever is on.

        Now and then a few more: for the charts and the slow alerts.
        """
        rows = reading.read()
        found = alerts.facts(rows.now)
        self._look_slowly(rows.now, set(languages))
        worded = {}
        for language in languages:
            with override(language):
                quick = alerts.quick(found, rows.calls)
            worded[language] = [*quick, *self._slow[language]]
        board = snapshot.board_of(rows)
        assert self._charts is not None
        return Look(rows.now, scopes_of(user_ids), board, self._charts, worded)

    def _look_slowly(self, now: datetime, languages: set[str]) -> None:
        is_due = self._slow_at is None or not (
            timedelta() <= now - self._slow_at < SLOWLY
        )
        if is_due or not languages <= self._slow.keys():
            self._slow = {one: _in_language(one, now) for one in languages}
            self._slow_at = now
        if is_due or not self._day.is_whole(now):
            self._charts = self._day.read(now)


def _in_language(language: str, now: datetime) -> list[Snapshot]:
    with override(language):
        return alerts.slow(now)


class Texts:
    """The messages of one look: each is written once, for all who see the same."""

    def __init__(self, look: Look, version: int) -> None:
        self._look, self._version = look, version
        self._written: dict[Any, str] = {}

    def board(self, scope: Scope, language: str) -> str:
        def content() -> Snapshot:
            shown = alerts.seen(self._look.alerts[language], scope)
            return snapshot.within(self._look.board, scope) | {"alerts": shown}

        return self._text("board", (scope, language), content)

    def day(self, scope: Scope) -> str:
        return self._text("day", scope, lambda: self._look.day.shown(scope))

    def beat(self) -> str:
        return self._text("beat", None, dict)

    def _text(self, kind: str, whose: Any, content: Callable[[], Snapshot]) -> str:
        if (kind, whose) not in self._written:
            message = {"type": kind, "version": self._version}
            message |= {"server_time": iso(self._look.now), **content()}
            text = json.dumps(message, separators=(",", ":"))
            self._written[kind, whose] = text
        return self._written[kind, whose]


class Boards:
    """The boards that are open here."""

    def __init__(self) -> None:
        # Of each what it was shown last: the versions by kind, and the scope.
        self._viewers: dict[Viewer, dict[str, Any]] = {}
        self._reader = Reader()
        self._last: Look | None = None
        self._versions = {"board": 0, "day": 0}
        self._task: asyncio.Task[None] | None = None
        self._listener: asyncio.Task[None] | None = None
        self._subscribed, self._changed = asyncio.Event(), asyncio.Event()
        self._fails = False

    def __len__(self) -> int:
        return len(self._viewers)

    def enter(self, viewer: Viewer, scope: Scope) -> None:
        """Show the board to this page from now on; at once what the others see."""
        self._viewers[viewer] = {}
        if self._task is None or self._task.done():
            self._subscribed, self._changed = asyncio.Event(), asyncio.Event()
            self._task = asyncio.create_task(self._run(), name="live board")
            hearing = push.listen(notify.BOARDS, self._hear, self._subscribed)
            self._listener = asyncio.create_task(hearing, name="board listener")
        self._changed.set()
        if self._last is not None and viewer.language in self._last.alerts:
            self._show(viewer, scope, self._texts(self._last))

    def leave(self, viewer: Viewer) -> None:
        """Forget a page; with the last one the looks end."""
        self._viewers.pop(viewer, None)
        if not self._viewers:
            for task in (self._task, self._listener):
                if task is not None:
                    task.cancel()
            self._task = self._listener = self._last = None
            self._reader = Reader()

    async def close(self) -> None:
        """Send all pages away; may be called twice."""
        tasks = [one for one in (self._task, self._listener) if one is not None]
        for viewer in list(self._viewers):
            viewer.restart()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _hear(self, message: dict[str, Any]) -> None:
        self._changed.set()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._changed.clear()
            began = loop.time()
            await self._look_once()
            await asyncio.sleep(max(0.0, began + SPACING - loop.time()))
            pause = LOOK_EVERY if self._subscribed.is_set() else SPACING
            with suppress(TimeoutError):
                async with asyncio.timeout_at(began + pause):
                    await self._changed.wait()

    async def _look_once(self) -> None:
        viewers = list(self._viewers)
        users = {one.user_id for one in viewers}
        languages = {one.language for one in viewers}
        try:
            look = await in_database(self._reader.look, users, sorted(languages))
        except Exception as error:  # the database is away, say: the next look may go
            if not self._fails:
                logger.warning("live board: %s", type(error).__name__)
            self._fails = True
            self._tell_that_it_fails()
            return
        self._fails = False
        self._take(look, viewers)

    def _tell_that_it_fails(self) -> None:
        text = json.dumps({"type": "beat", "fails": True})
        for viewer in self._viewers:
            viewer.show("beat", text)

    def _take(self, look: Look, viewers: list[Viewer]) -> None:
        """Show what is new to each of them who has not seen it."""
        last, self._last = self._last, look
        instant = round(look.now.timestamp() * 1000)
        if last is None or (last.board, last.alerts) != (look.board, look.alerts):
            self._versions["board"] = max(instant, self._versions["board"] + 1)
        if last is None or last.day != look.day:
            self._versions["day"] = max(instant, self._versions["day"] + 1)
        texts = self._texts(look)
        for viewer in viewers:
            if viewer not in self._viewers:
                continue  # gone meanwhile
            if viewer.user_id not in look.scopes:
                viewer.refuse()
            else:
                self._show(viewer, look.scopes[viewer.user_id], texts)

    def _texts(self, look: Look) -> dict[str, Texts]:
        return {kind: Texts(look, one) for kind, one in self._versions.items()}

    def _show(self, viewer: Viewer, scope: Scope, texts: dict[str, Texts]) -> None:
        shown, now = self._viewers[viewer], {**self._versions, "scope": scope}
        is_same_scope = "scope" in shown and shown["scope"] == scope
        if is_same_scope and shown["board"] == now["board"]:
            viewer.show("beat", texts["board"].beat())
        else:
            viewer.show("board", texts["board"].board(scope, viewer.language))
        if not is_same_scope or shown["day"] != now["day"]:
            viewer.show("day", texts["day"].day(scope))
        self._viewers[viewer] = now


boards = Boards()
