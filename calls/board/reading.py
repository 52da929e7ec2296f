"""Everything the live board shows of now, read by a fixed number of statements."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from agents.models import PRESENCE_LASTS, Agent, AgentState, Membership, Queue
from callcenter.exporting.period import day_of
from callcenter.shared_clock import shared_now
from calls.models import Call, CallChange, Leg, Offer
from calls.reporting.service_level import Services, services
from calls.states import LIVE, Event

HOUR = timedelta(hours=1)
# Changes of a call that are a part of its way; ring attempts and agents tell the rest.
ON_THE_WAY = (
    Event.PARKED,
    Event.RETURNED,
    Event.PUT_ON_HOLD,
    Event.RESUMED,
    Event.TRANSFERRED,
    Event.REQUEUED,
)


class AgentRow(NamedTuple):
    pk: int
    name: str
    state: str
    state_since: datetime
    reason: str
    until: datetime | None
    next_state: str
    hand_raised_at: datetime | None
    hand_reason: str
    seen_at: datetime | None


class Attempt(NamedTuple):
    call_id: UUID
    agent_id: int
    agent__name: str
    kind: str
    outcome: str
    offered_at: datetime


class Part(NamedTuple):
    call_id: UUID
    agent_id: int
    agent__name: str
    mode: str
    started_at: datetime
    joined_at: datetime | None
    ended_at: datetime | None


class Change(NamedTuple):
    call_id: UUID
    event: str
    at: datetime


@dataclass(frozen=True)
class Rows:
    """All rows that one look found."""

    now: datetime  # by the clock that all processes share
    queues: list[Queue]
    agents: list[AgentRow]
    queues_of: dict[int, list[int]]  # by agent
    calls: list[Call]
    attempts: dict[UUID, list[Attempt]]
    parts: dict[UUID, list[Part]]
    changes: dict[UUID, list[Change]]
    hour: Services
    today: Services
    since_midnight: datetime

    def is_there(self, agent: AgentRow) -> bool:
        """Say whether the agent's console was heard just now, as in the figures."""
        seen = agent.seen_at
        return seen is not None and seen > timezone.now() - PRESENCE_LASTS


def read() -> Rows:
    """Read what the board shows, as it was at one instant."""
    with one_instant():
        now = shared_now()
        midnight = day_of(now)[0]
        hour, today = services([now - HOUR, midnight], now)
        return Rows(
            now=now,
            queues=list(Queue.objects.of_people().order_by("name")),
            agents=_agents(),
            queues_of=_queues_of(),
            calls=_calls(),
            attempts=_by_call(Attempt, Offer.objects.order_by("offered_at", "pk")),
            parts=_by_call(Part, Leg.objects.order_by("pk")),
            changes=_by_call(Change, _changes()),
            hour=hour,
            today=today,
            since_midnight=midnight,
        )


@contextmanager
def one_instant() -> Iterator[None]:
    """Let all statements see the same rows, where the database can without locks."""
    if connection.vendor != "postgresql" or connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _agents() -> list[AgentRow]:
    gone = {"state": AgentState.OFFLINE, "user__is_active": False}
    agents = Agent.objects.people().exclude(**gone).order_by("name", "pk")
    return [AgentRow(*row) for row in agents.values_list(*AgentRow._fields)]


def _queues_of() -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    rows = Membership.objects.order_by("queue_id")
    for agent_id, queue_id in rows.values_list("agent_id", "queue_id"):
        found[agent_id].append(queue_id)
    return found


def _calls() -> list[Call]:
    calls = Call.objects.logged().filter(status__in=LIVE)
    with_names = calls.select_related("agent", "contact", "line", "from_agent")
    return list(
        with_names.only(
            "direction",
            "status",
            "version",
            "queue_id",
            "announcement",
            "created_at",
            "queued_at",
            "claimed_at",
            "answered_at",
            "held_since",
            "hold_seconds",
            "console_lost_until",
            "muted",
            "unheard",
            "unheard_since",
            "line__name",
            "agent__name",
            "from_agent__name",
            "contact__name",
            "contact__username",
            "contact__waid",
            "contact__bsuid",
        ).order_by("created_at", "pk")
    )


def _changes() -> Any:
    return CallChange.objects.filter(event__in=ON_THE_WAY).order_by("pk")


def _by_call(kind: Any, rows: Any) -> dict[UUID, list[Any]]:
    """Read rows of live calls, in their order."""
    found: dict[UUID, list[Any]] = defaultdict(list)
    live = rows.filter(call__status__in=LIVE)
    for row in live.values_list(*kind._fields):
        found[row[0]].append(kind(*row))
    return found
