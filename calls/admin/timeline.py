"""Everything that happened around a call, for the tables on its page."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from calls.admin.wati_traffic import deliveries_of
from calls.models import Call, Leg
from calls.reporting.explain import explained, local_zone, outcome_of
from calls.reporting.labels import duration, happened


def story_of(call: Call) -> dict[str, Any]:
    changes = call.changes.select_related("user")
    attempts = call.offers.select_related("agent").order_by("offered_at", "pk")
    return {
        "changes": [
            {"row": row, "what": happened(row.event, row.old), "detail": _(row.detail)}
            for row in changes
        ],
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
        "lasted": duration(_seconds(leg.joined_at, leg.ended_at)),
        "wrap_up": duration(leg.wrap_up_seconds),
    }


def _seconds(start: datetime | None, end: datetime | None) -> int | None:
    return round((end - start).total_seconds()) if start and end else None
