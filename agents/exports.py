"""The agent activity as a file, one line per interval."""

from collections.abc import Callable
from functools import partial
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


class TimeEntry(NamedTuple):
    """The data of one line. `work`: the names of breaks that are work."""

    span: AgentStateSpan
    work: frozenset[str]


Getter = Callable[[TimeEntry], Cell]


def kind_of(entry: TimeEntry) -> str:
    state, reason = entry.span.state, entry.span.reason
    if state == AgentState.ON_BREAK and reason in entry.work:
        return "productive"
    return KINDS[AgentState(state)] if state in KINDS else ""


COLUMNS: list[tuple[str, Getter]] = [
    ("agent", lambda entry: entry.span.agent.name),
    ("agent_id", lambda entry: entry.span.agent_id),
    ("state", lambda entry: entry.span.state),
    ("reason", lambda entry: entry.span.reason),
    ("kind", kind_of),
    ("started_at", lambda entry: entry.span.started_at),
    ("ended_at", lambda entry: entry.span.ended_at),
    ("timezone", lambda entry: zone_name()),
    ("duration_s", lambda entry: _seconds(entry.span)),
]


def _seconds(span: AgentStateSpan) -> int | None:
    """Return the duration between rounded instants, so that a day adds up; None if
    open."""
    if span.ended_at is None:
        return None
    return int(span.ended_at.timestamp()) - int(span.started_at.timestamp())


def file_of(spans: QuerySet[AgentStateSpan]) -> File[AgentStateSpan, TimeEntry]:
    """Stream the file, oldest interval first."""
    return File(COLUMNS, partial(_after, spans), _entries)


def _entries(page: list[AgentStateSpan]) -> list[TimeEntry]:
    of_work = BreakReason.objects.filter(is_work=True).values_list("name", flat=True)
    work = frozenset(of_work)
    return [TimeEntry(span, work) for span in page]


def _after(
    spans: QuerySet[AgentStateSpan], last: AgentStateSpan | None
) -> list[AgentStateSpan]:
    spans = spans.order_by("started_at", "pk").select_related(None)
    spans = spans.prefetch_related("agent")
    return page_after(spans, last, at="started_at", ties="pk__gt")


EXPORT = Export(
    model=AgentStateSpan,
    address="agents/time",
    name="agent_time",
    what="agents' time",
    file_of=file_of,
)
