"""The agent activity as a file, one line per interval."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import NamedTuple

from django.db.models import QuerySet

from agents.models import AgentState, AgentStateSpan, BreakReason
from callcenter.exporting.cells import Cell, zone_name
from callcenter.exporting.files import File, page_after
from callcenter.exporting.views import Export

# What a state counts as; a break for work is productive.
KINDS = {
    AgentState.AVAILABLE: "idle",
    AgentState.CANNOT_RING: "idle",
    AgentState.RINGING: "ring",
    AgentState.IN_CALL: "talk",
    AgentState.RECONNECTING: "reconnecting",
    AgentState.WRAP_UP: "wrap_up",
    AgentState.ON_BREAK: "break",
}


class Span(NamedTuple):
    """The columns that are read of an interval."""

    pk: int
    agent__name: str
    agent_id: int
    state: str
    reason: str
    started_at: datetime
    ended_at: datetime | None


class TimeEntry(NamedTuple):
    """The data of one line. `work`: the names of breaks that are work."""

    span: Span
    work: frozenset[str]
    zone: str


Getter = Callable[[TimeEntry], Cell]


def kind_of(entry: TimeEntry) -> str:
    state, reason = entry.span.state, entry.span.reason
    if state == AgentState.ON_BREAK and reason in entry.work:
        return "productive"
    return KINDS[AgentState(state)] if state in KINDS else ""


def _seconds(entry: TimeEntry) -> int | None:
    """Return the duration between rounded instants, so that a day adds up; None if
    open."""
    start, end = entry.span.started_at, entry.span.ended_at
    return int(end.timestamp()) - int(start.timestamp()) if end else None


COLUMNS: list[tuple[str, Getter]] = [
    ("agent", attrgetter("span.agent__name")),
    ("agent_id", attrgetter("span.agent_id")),
    ("state", attrgetter("span.state")),
    ("reason", attrgetter("span.reason")),
    ("kind", kind_of),
    ("started_at", attrgetter("span.started_at")),
    ("ended_at", attrgetter("span.ended_at")),
    ("timezone", attrgetter("zone")),
    ("duration_s", _seconds),
]


def file_of(spans: QuerySet[AgentStateSpan]) -> File[Span, TimeEntry]:
    """Stream the file, oldest interval first."""
    return File(COLUMNS, partial(_after, spans), _entries)


def _entries(page: list[Span]) -> list[TimeEntry]:
    of_work = BreakReason.objects.filter(is_work=True).values_list("name", flat=True)
    work, zone = frozenset(of_work), zone_name()
    return [TimeEntry(span, work, zone) for span in page]


def _after(spans: QuerySet[AgentStateSpan], last: Span | None) -> list[Span]:
    rows = spans.order_by("started_at", "pk").values_list(*Span._fields)
    place = (last.started_at, last.pk) if last else None
    page = page_after(rows, place, at="started_at", ties="pk__gt")
    return [Span._make(row) for row in page]


EXPORT = Export(
    model=AgentStateSpan,
    address="agents/time",
    name="agent_time",
    what="agents' time",
    file_of=file_of,
)
