"""The windows of an agent's console: who came, who is gone, and which of them rings.

agents.window_rule decides. Pushing what changed is the caller's business.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import models, transaction
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from agents.heartbeats import ConsolePage
from agents.models import Agent, ConsoleWindow
from agents.window_rule import SILENT_AFTER, Window, rings_in
from callcenter.shared_clock import SharedNow

SILENCE = timedelta(seconds=SILENT_AFTER)
FORGOTTEN_AFTER = timedelta(days=1)
A_MOMENT = timedelta(microseconds=1)


class Opened(NamedTuple):
    """A window that says hello over a new connection.

    `since`: what it was told before, if anything; `take`: its person asks for it.
    """

    page: str
    connection: str
    session: str
    browser: str = ""
    since: datetime | None = None
    take: bool = False


class Turn(NamedTuple):
    """Another window rings from now on. `why`: what became of the one before."""

    agent_id: int
    why: str


NEWER, CLOSED, SILENT = "newer", "closed", "silent"


def open_window(agent_id: int, opened: Opened) -> datetime:
    """Note that this window is there. Returns since when it counts as the newest.

    One that only reconnects keeps its place. Which one rings then, elect() says.
    """
    with transaction.atomic():
        Agent.objects.select_for_update(no_key=True).get(pk=agent_id)
        now = _shared_now(agent_id)
        mine = ConsoleWindow.objects.filter(agent=agent_id, page=opened.page)
        known = mine.first()
        chosen_at = _chosen_at(agent_id, opened, known, now)
        fields = {
            "connection": opened.connection,
            "session": opened.session,
            "browser": opened.browser,
            "chosen_at": chosen_at,
            "seen_at": now,
            "steady_since": _steady_since(known, now),
            "closed_at": None,
        }
        begun = {"opened_at": min(opened.since or now, now)}
        ConsoleWindow.objects.update_or_create(
            agent_id=agent_id,
            page=opened.page,
            defaults=fields,
            create_defaults=fields | begun,
        )
    old = ConsoleWindow.objects.filter(agent=agent_id)
    old.filter(seen_at__lt=now - FORGOTTEN_AFTER).delete()
    return chosen_at


def _chosen_at(
    agent_id: int, opened: Opened, known: ConsoleWindow | None, now: datetime
) -> datetime:
    if opened.take or (known is None and opened.since is None):
        newest = ConsoleWindow.objects.filter(agent=agent_id).aggregate(
            at=models.Max("chosen_at")
        )["at"]
        return max(now, newest + A_MOMENT) if newest else now
    return known.chosen_at if known else min(opened.since or now, now)


def _steady_since(known: ConsoleWindow | None, now: datetime) -> datetime:
    is_steady = known is not None and known.seen_at > now - SILENCE
    return known.steady_since if known and is_steady else now


def _shared_now(agent_id: int) -> datetime:
    now: datetime = (
        Agent.objects.annotate(now=SharedNow()).values_list("now").get(pk=agent_id)[0]
    )
    return now


def heard(pages: Iterable[ConsolePage]) -> None:
    """Note that these windows have just beaten; in one statement, for all of them."""
    pages = list(pages)
    if not pages:
        return
    agent_id = Cast("agent_id", models.CharField())
    key: Any = Concat(
        agent_id, models.Value(" "), "page", output_field=models.CharField()
    )
    mine = ConsoleWindow.objects.annotate(key=key).filter(
        agent__in={one.agent_id for one in pages},
        key__in=[f"{one.agent_id} {one.console}" for one in pages],
    )
    was_silent = models.When(seen_at__lte=SharedNow(-SILENCE), then=SharedNow())
    steady_since = models.Case(was_silent, default=models.F("steady_since"))
    mine.update(seen_at=SharedNow(), steady_since=steady_since)


def left(connections: Collection[str]) -> None:
    """Note that these connections are closed; their pages may have newer ones."""
    open_ones = ConsoleWindow.objects.filter(closed_at=None)
    open_ones.filter(connection__in=connections).update(closed_at=SharedNow())


def drop_session(agent_id: int, session: str) -> None:
    """Take the windows of a session that is over for gone, at once."""
    mine = ConsoleWindow.objects.filter(agent=agent_id, session=session)
    mine.update(closed_at=SharedNow(-FORGOTTEN_AFTER))


def sessions_of_living(agent_id: int) -> set[str]:
    """Return the sessions of the windows of this agent that are there."""
    rows = ConsoleWindow.objects.filter(agent=agent_id)
    pages = {one.page for _, one in _read(rows) if one.lives}
    return set(rows.filter(page__in=pages).values_list("session", flat=True))


READ_OF_A_WINDOW = (
    *("page", "chosen_at", "seen_at", "steady_since", "closed_at"),
    "agent__console",
)


def _read(
    rows: models.QuerySet[ConsoleWindow],
) -> Iterator[tuple[tuple[int, str], Window]]:
    """Yield each window, with its agent and the page that rings there until now."""
    found = rows.annotate(now=SharedNow()).select_related("agent")
    for row in found.only(*READ_OF_A_WINDOW):
        closed_at = row.closed_at
        window = Window(
            page=row.page,
            chosen_at=row.chosen_at,
            silent=(row.now - row.seen_at).total_seconds(),
            steady=(row.now - row.steady_since).total_seconds(),
            closed=(row.now - closed_at).total_seconds() if closed_at else None,
        )
        yield (row.agent_id, row.agent.console), window


def to_elect(agent_ids: Collection[int]) -> list[int]:
    """Return those at whom another window should ring than does; one statement."""
    by_agent: dict[tuple[int, str], list[Window]] = {}
    for of, window in _read(ConsoleWindow.objects.filter(agent__in=agent_ids)):
        by_agent.setdefault(of, []).append(window)
    return [
        agent_id
        for (agent_id, current), windows in by_agent.items()
        if rings_in(windows, current) != current
    ]


def elect(agent_id: int) -> Turn | None:
    """Let the window ring that the rule names; None if it does so already.

    The agent's row is the only one that says so: under its lock, so that there is
    never more than one. Of the windows' rows one is written, never two: beats of many
    agents are written together, and could lock each other up with it.
    """
    with transaction.atomic():
        locked = Agent.objects.select_for_update(no_key=True)
        agent = locked.filter(pk=agent_id).first()
        if agent is None:
            return None
        rows = ConsoleWindow.objects.filter(agent=agent_id)
        windows = {one.page: one for _, one in _read(rows)}
        page = rings_in(windows.values(), agent.console)
        chosen = windows.get(page)
        if chosen is None or (page, chosen.chosen_at) == (
            agent.console,
            agent.console_since,
        ):
            return None
        since = _since(agent, chosen)
        if since != chosen.chosen_at:
            rows.filter(page=page).update(chosen_at=since)
        before = windows.get(agent.console)
        _ring_in(agent, page, since)
    return Turn(agent_id, _why(before)) if page != agent.console else None


def _since(agent: Agent, chosen: Window) -> datetime:
    """Return from when on it counts as the newest: later than any before it."""
    last = agent.console_since
    if last is None or chosen.chosen_at > last or chosen.page == agent.console:
        return chosen.chosen_at
    return max(_shared_now(agent.pk), last + A_MOMENT)


def _ring_in(agent: Agent, page: str, since: datetime) -> None:
    fields: dict[str, Any] = {"console": page, "console_since": since}
    if page != agent.console:
        now = timezone.now()
        # What another page has proved says nothing of this one.
        fields |= {"ready_at": None, "ring_test_at": now, "seen_at": now}
    Agent.objects.filter(pk=agent.pk).update(**fields)


def _why(before: Window | None) -> str:
    if before is None or before.is_closed:
        return CLOSED
    return NEWER if before.lives else SILENT


def is_primary(agent_id: int, page: str) -> bool:
    """Say whether this window is the one that rings; it must have said hello."""
    return bool(page) and Agent.objects.filter(pk=agent_id, console=page).exists()
