"""The charts of the day: calls by quarter of an hour, and agents by state.

What quarters hold can change while their calls go on, so they are counted anew each
time. Who was in which state at the beginning of a quarter does not change any more: it
is read once, a few quarters with each look.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Count, Q
from django.db.models.functions import ExtractMinute, Floor, TruncHour
from django.utils import timezone

from agents.models import AgentState, AgentStateSpan, Membership, canaries
from callcenter.exporting.period import day_of
from calls.board.scope import Scope
from calls.models import Call, Direction
from calls.reporting.figures import INBOUND
from calls.snapshots import Snapshot, iso

QUARTER = timedelta(minutes=15)
MOST_AT_ONCE = 16  # quarters of agents' states that one look reads
SHOWN = ("answered", "abandoned")
# In this order the counts of an instant stand.
STATES = [state for state in AgentState.values if state != AgentState.OFFLINE]
ALL = 0  # stands for all queues, where agents of several count once

States = dict[int, str]  # by agent


@dataclass(frozen=True)
class Charts:
    """The day so far: calls by quarter and queue, and who was in which state when."""

    start: datetime
    quarters: int
    calls: list[list[int]]
    states: dict[int, States]  # by the quarter that began then
    queues_of: dict[int, frozenset[int]]  # by agent

    def shown(self, scope: Scope) -> Snapshot:
        """Return what somebody sees of it who may see these queues."""
        end = self.start + self.quarters * QUARTER
        return {
            "start": iso(self.start),
            "quarters": self.quarters,
            "zone": str(timezone.get_current_timezone()),
            "marks": list(_marks(self.start, end)),
            "states": STATES,
            "calls": [row for row in self.calls if scope is None or row[1] in scope],
            "agents": [
                [quarter, queue, *(counts[state] for state in STATES)]
                for quarter, states in sorted(self.states.items())
                for queue, counts in sorted(self._counted(states, scope).items())
            ],
        }

    def _counted(self, states: States, scope: Scope) -> dict[int, Counter[str]]:
        """Count by queue; whoever is in several of them counts in ALL once."""
        found: dict[int, Counter[str]] = defaultdict(Counter)
        for agent, state in states.items():
            queues = self.queues_of.get(agent, frozenset())
            seen = queues if scope is None else queues & scope
            if seen or scope is None:
                for queue in (ALL, *seen):
                    found[queue][state] += 1
        return found


class Day:
    """Reads the day so far, and keeps what does not change any more."""

    def __init__(self) -> None:
        self._start: datetime | None = None
        self._states: dict[int, States] = {}

    def read(self, now: datetime) -> Charts:
        """Return the charts; two statements, or three while states are missing."""
        start, end = (at.astimezone(UTC) for at in day_of(now))
        if start != self._start:
            self._start, self._states = start, {}
        if missing := self._missing(now):
            self._states |= _states_at(start, missing)
        quarters = round((end - start) / QUARTER)
        calls = _calls(start, now)
        return Charts(start, quarters, calls, dict(self._states), _queues_of())

    def is_whole(self, now: datetime) -> bool:
        return self._start is not None and not self._missing(now)

    def _missing(self, now: datetime) -> list[int]:
        """Return the quarters that have begun and were not read, the newest first."""
        assert self._start is not None
        begun = range((now - self._start) // QUARTER, -1, -1)
        return [one for one in begun if one not in self._states][:MOST_AT_ONCE]


def _queues_of() -> dict[int, frozenset[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for agent, queue in Membership.objects.values_list("agent_id", "queue_id"):
        found[agent].add(queue)
    return {agent: frozenset(queues) for agent, queues in found.items()}


def _calls(start: datetime, now: datetime) -> list[list[int]]:
    """Return quarter, queue, offered, answered and abandoned of each that has calls."""
    calls = Call.objects.logged().filter(
        direction=Direction.INBOUND, created_at__gte=start, created_at__lte=now
    )
    quarters = calls.order_by().values(
        "queue",
        hour=TruncHour("created_at", tzinfo=UTC),
        quarter=Floor(ExtractMinute("created_at", tzinfo=UTC) / 15),
    )
    counts = {name: Count("pk", filter=INBOUND[name]) for name in SHOWN}
    rows: Any = quarters.annotate(offered=Count("pk"), **counts)
    return sorted(
        [
            (row["hour"] - start) // QUARTER + int(row["quarter"]),
            row["queue"] or ALL,
            row["offered"],
            *(row[name] for name in SHOWN),
        ]
        for row in rows
    )


def _states_at(start: datetime, quarters: list[int]) -> dict[int, States]:
    """Return who was in which state when these quarters began."""
    first, last = (start + QUARTER * one for one in (min(quarters), max(quarters)))
    lasted = Q(ended_at=None) | Q(ended_at__gt=first)
    spans = AgentStateSpan.objects.filter(lasted, started_at__lte=last)
    rows = spans.exclude(agent__in=canaries()).values_list(
        "agent_id", "state", "started_at", "ended_at"
    )
    found: dict[int, States] = {one: {} for one in quarters}
    for agent, state, began, ended in rows.iterator():
        for quarter in _covered(start, began, ended or last + QUARTER):
            if quarter in found:
                found[quarter][agent] = state
    return found


def _covered(start: datetime, began: datetime, ended: datetime) -> range:
    """Return the quarters whose beginning lies in between, the end not included."""
    first = -((start - began) // QUARTER)
    return range(max(0, first), -((start - ended) // QUARTER))


def _marks(start: datetime, end: datetime) -> Iterator[dict[str, Any]]:
    """Yield every third hour of the local clock, by the quarter that it begins."""
    at = start
    while at <= end:
        hour = timezone.localtime(at).hour
        if hour % 3 == 0 and timezone.localtime(at).minute == 0:
            yield {"quarter": (at - start) // QUARTER, "text": f"{hour:02}"}
        at += QUARTER
