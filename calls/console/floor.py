"""Callers and agents in the queues of the open consoles, read once for all of them.

A look is two statements, however many consoles, agents and callers there are. It is due
two seconds after a push told that a call or an agent has changed; on a quiet floor,
every ten seconds, as a push may be lost. Consoles whose agents serve the same queues
get the same text, written once, and only when it is another than the last one. Agents
in a call get none: their page shows the call.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from django.db.models import Count, Min
from django.db.models.functions import Coalesce
from django.utils import timezone

from agents.models import IN_A_CALL, READINESS_LASTS, AgentState, Membership
from callcenter.database import in_database
from callcenter.rounds import Rounds
from calls.console.pushes import Push, consoles
from calls.models import Call
from calls.snapshots import Snapshot, iso, message
from calls.states import FOR_ANYBODY

LOOK_EVERY = 2.0  # seconds, while anything changes
QUIET_LOOKS = 5  # every so many rounds without news, one look all the same
# A console can show so many; how many more there are is a number.
MOST_COLLEAGUES = 40
MOST_QUEUES = 50


class Watching(Protocol):
    """A console, as this sees it."""

    @property
    def agent_id(self) -> int:
        """Return whose it is."""

    def show(self, push: Push) -> None:
        """Take one push; never waits."""


class Member(NamedTuple):
    """One agent in one queue."""

    queue_id: int
    queue: str
    agent_id: int
    agent: str
    state: str
    ready_at: datetime | None


class Line(NamedTuple):
    """The callers who wait in a queue for any agent."""

    waiting: int
    since: datetime | None  # of the one who waits longest


NOBODY = Line(0, None)


@dataclass(frozen=True)
class FloorNow:
    """All queues with their agents and callers, at one instant."""

    members: tuple[Member, ...]
    lines: dict[int, Line]
    at: datetime


def read_floor() -> FloorNow:
    """Read it in two statements."""
    callers = Call.objects.filter(
        status__in=FOR_ANYBODY, announcement="", is_canary=False
    )
    since = Min(Coalesce("queued_at", "created_at"))
    counts = callers.order_by().values("queue").annotate(count=Count("pk"), since=since)
    rows = counts.values_list("queue", "count", "since")
    people = Membership.objects.filter(queue__is_canary=False).values_list(
        "queue_id",
        "queue__name",
        "agent_id",
        "agent__name",
        "agent__state",
        "agent__ready_at",
    )
    lines = {queue: Line(count, first) for queue, count, first in rows}
    return FloorNow(tuple(map(Member._make, people)), lines, timezone.now())


def shown(now: FloorNow, queue_ids: Iterable[int]) -> Snapshot:
    """Return what consoles show of these queues, as docs/console-websocket.md says."""
    queues = set(queue_ids)
    members = [one for one in now.members if one.queue_id in queues]
    return {"queues": _queues(now, members), **_colleagues(now, members)}


def _queues(now: FloorNow, members: list[Member]) -> list[Snapshot]:
    ready = Counter(one.queue_id for one in members if _is_free(one, now.at))
    names = {one.queue_id: one.queue for one in members}
    return [
        {
            "id": queue_id,
            "name": name,
            "waiting": now.lines.get(queue_id, NOBODY).waiting,
            "waiting_since": iso(now.lines.get(queue_id, NOBODY).since),
            "ready": ready[queue_id],
        }
        for queue_id, name in sorted(names.items(), key=lambda one: one[1])[
            :MOST_QUEUES
        ]
    ]


def _colleagues(now: FloorNow, members: list[Member]) -> Snapshot:
    """Return who is signed in, those first who can be consulted."""
    there = {one.agent_id: one for one in members if one.state != AgentState.OFFLINE}
    order = sorted(
        there.values(), key=lambda one: (not _is_free(one, now.at), one.agent)
    )
    agents = [
        {
            "id": one.agent_id,
            "name": one.agent,
            "state": one.state,
            "can_take": _is_free(one, now.at),
        }
        for one in order[:MOST_COLLEAGUES]
    ]
    return {"agents": agents, "signed_in": len(order)}


def _is_free(member: Member, now: datetime) -> bool:
    """Say whether the agent can take a call or a consult now, as a transfer asks."""
    proved = member.ready_at is not None and member.ready_at > now - READINESS_LASTS
    return member.state == AgentState.AVAILABLE and proved


class Floor:
    """The last look, and what each console has been shown of it."""

    def __init__(self) -> None:
        self._shown: dict[Watching, str] = {}
        self._rounds = Rounds("floor", LOOK_EVERY, self.look, self.__len__)
        self._has_news, self._quiet = True, 0
        self._ended: Counter[str] = Counter()  # by queue, calls that lists must show

    def __len__(self) -> int:
        return len(self._shown)

    def enter(self, console: Watching) -> None:
        """Show this console what its agent's queues do, from the next look on."""
        self._shown[console] = ""
        self._has_news = True
        self._rounds.start()

    def leave(self, console: Watching) -> None:
        self._shown.pop(console, None)

    def hear(self, about: Snapshot) -> None:
        """Take note of a push, whoever it is for: the next look is due."""
        call = about.get("call")
        self._has_news = self._has_news or bool(call) or "agent" in about
        if call and call.get("ended_at") and _settles_or_is_missed(call):
            self._ended[call.get("queue") or ""] += 1

    async def look(self) -> None:
        """Look if that is due, and tell each console what is new to it."""
        self._quiet += 1
        if not self._has_news and self._quiet < QUIET_LOOKS:
            return
        self._has_news, self._quiet = False, 0
        self.show(await in_database(read_floor))

    def show(self, now: FloorNow) -> None:
        states = {one.agent_id: one.state for one in now.members}
        of_agent: dict[int, set[int]] = defaultdict(set)
        for one in now.members:
            of_agent[one.agent_id].add(one.queue_id)
        texts: dict[frozenset[int], str] = {}
        for console in list(self._shown):
            queues = frozenset(of_agent[console.agent_id])
            if states.get(console.agent_id) in IN_A_CALL:
                continue
            if queues not in texts:
                texts[queues] = self._text(now, queues)
            self._tell(console, texts[queues])

    def _text(self, now: FloorNow, queues: frozenset[int]) -> str:
        content = shown(now, queues)
        ended = sum(self._ended[one["name"]] for one in content["queues"])
        return json.dumps({**content, "ended": ended})

    def _tell(self, console: Watching, text: str) -> None:
        if self._shown[console] != text:
            self._shown[console] = text
            # One `server_time` for each, so that equal floors are equal texts.
            content = json.loads(text)
            whole = json.dumps(message("floor", **content))
            console.show({"text": whole, "about": {"type": "floor"}})

    async def close(self) -> None:
        await self._rounds.close()


def _settles_or_is_missed(call: dict[str, Any]) -> bool:
    return not call.get("answered_at") or call.get("direction") == "outbound"


floor = Floor()
consoles.heard = floor.hear
