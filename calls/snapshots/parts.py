"""The parts that all snapshots are made of."""

from datetime import datetime
from typing import Any

from django.utils import timezone

Snapshot = dict[str, Any]

# The tenant of the account that training calls come through.
TRAINING = "training"


def message(kind: str, **fields: Any) -> Snapshot:
    return {"type": kind, "server_time": iso(timezone.now()), **fields}


KEPT = {
    "call": ("id", "version", "queue", "direction", "answered_at", "ended_at"),
    "agent": ("id", "version", "state", "reason"),
}


def about(content: Snapshot) -> Snapshot:
    """Return what tells whether a console is behind: the versions, and the state."""
    kind: str = content["type"]
    kept: Snapshot = {"type": kind}
    if kind in KEPT:
        kept[kind] = {name: content[kind].get(name) for name in KEPT[kind]}
    elif kind == "window":
        kept[kind] = content[kind]
    elif kind == "plans":
        plans = content["plans"]
        kept[kind] = [{"id": one["id"], "version": one["version"]} for one in plans]
    return kept


def iso(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
