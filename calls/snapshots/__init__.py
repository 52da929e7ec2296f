"""Whole snapshots for browsers, as docs/console-websocket.md describes them."""

from calls.snapshots.agents import (
    SHOWN_OF_AGENT,
    agent_snapshot,
    hand_snapshot,
    messages_snapshots,
    preferences_snapshot,
    training_account,
)
from calls.snapshots.calls import SHOWN_WITH_CALL, call_snapshot, calls_now
from calls.snapshots.console import (
    Standing,
    console_snapshot,
    standings,
    window_snapshot,
)
from calls.snapshots.parts import TRAINING, Snapshot, about, iso, message
from calls.snapshots.plans import plans_snapshot
from calls.snapshots.work import choices_of, leg_at_work, work_snapshot, works_now

__all__ = [
    "SHOWN_OF_AGENT",
    "SHOWN_WITH_CALL",
    "Snapshot",
    "Standing",
    "TRAINING",
    "about",
    "agent_snapshot",
    "call_snapshot",
    "calls_now",
    "choices_of",
    "console_snapshot",
    "hand_snapshot",
    "iso",
    "leg_at_work",
    "message",
    "messages_snapshots",
    "plans_snapshot",
    "preferences_snapshot",
    "standings",
    "training_account",
    "window_snapshot",
    "work_snapshot",
    "works_now",
]
