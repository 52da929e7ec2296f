"""Everything that happened around a call, for the tables on its page."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from agents.models import Agent
from calls.admin.drawing import Drawing, Interval, draw, states_between
from calls.admin.wati_traffic import deliveries_of
from calls.models import Call, Leg, Supervision
from calls.reporting.explain import explained, local_zone, outcome_of
from calls.reporting.labels import duration, happened
from calls.states import Status


def story_of(call: Call) -> dict[str, Any]:
    changes = call.changes.select_related("user")
    attempts = call.offers.select_related("agent").order_by("offered_at", "pk")
    return {
        "changes": [
            {"row": row, "what": happened(row.event, row.old), "detail": _(row.detail)}
            for row in changes
        ],
        "drawing": _drawing(call),
        "supervisions": [_supervision(span) for span in _supervisions(call)],
        "participants": [_participant(leg) for leg in _legs(call)],
        "decisions": explained(call, local_zone()),
        "ring_attempts": [{"row": row, "what": outcome_of(row)} for row in attempts],
        "requests": call.requests.order_by("created_at"),
        "deliveries": deliveries_of(call),
    }


def _legs(call: Call) -> Any:
    return call.legs.select_related("agent", "disposition__parent").order_by("pk")


def _participant(leg: Leg) -> dict[str, Any]:
    """Describe one participant: from when to when, and what they wrote."""
    return {
        "row": leg,
        "lasted": duration(leg.seconds),
        "wrap_up": duration(leg.wrap_up_seconds),
    }


def _supervisions(call: Call) -> Any:
    return call.supervisions.select_related("agent").order_by("pk")


def _supervision(span: Supervision) -> dict[str, Any]:
    """Describe who was in the call as a supervisor, how, and for how long."""
    return {
        "row": span,
        "lasted": duration(_seconds(span.started_at, span.ended_at)),
    }


def _seconds(start: datetime | None, end: datetime | None) -> int | None:
    return round((end - start).total_seconds()) if start and end else None


# --- The drawing ----------------------------------------------------------------------


def _drawing(call: Call) -> Drawing:
    """Draw the caller's way, and below it each agent at whom it rang or who was in."""
    end = call.ended_at or timezone.now()
    moves = [
        (row.at, row.new, row.get_new_display())
        for row in call.changes.order_by("at", "pk")
        if row.at <= end
    ]
    lanes = {0: (_("Caller"), states_between(moves, end))}
    for agent, interval in _agents_intervals(call, end):
        lanes.setdefault(agent.pk, (agent.name, []))[1].append(interval)
    for _name, intervals in lanes.values():
        intervals.sort(key=lambda one: one.start)
    return draw(call.created_at, end, lanes.values())


def _agents_intervals(call: Call, end: datetime) -> Iterator[tuple[Agent, Interval]]:
    ringing, talking = str(Status.RINGING.label), str(Status.ACTIVE.label)
    for attempt in call.offers.select_related("agent"):
        until = min(attempt.ended_at or end, end)
        yield attempt.agent, Interval("ringing", ringing, attempt.offered_at, until)
    for leg in _legs(call):
        if leg.joined_at:
            until = min(leg.ended_at or end, end)
            yield leg.agent, Interval("active", talking, leg.joined_at, until)
