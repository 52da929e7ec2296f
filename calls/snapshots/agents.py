"""Agents, their breaks and their preferences, as consoles show them."""

from collections.abc import Collection
from datetime import datetime

from agents import messaging
from agents.models import Agent, BreakReason, FloorMessage
from agents.preferences import preferences_of
from callcenter.models import WatiAccount
from calls.snapshots.parts import TRAINING, Snapshot, iso

SHOWN_OF_AGENT = (
    "version",
    "name",
    "state",
    "state_since",
    "reason",
    "until",
    "next_state",
    "next_reason",
    "hand_raised_at",
    "hand_reason",
)


def agent_snapshot(agent: Agent) -> Snapshot:
    following = {"state": agent.next_state, "reason": agent.next_reason}
    return {
        "id": agent.pk,
        "version": agent.version,
        "name": agent.name,
        "state": agent.state,
        "state_since": iso(agent.state_since),
        "reason": agent.reason,
        "until": iso(agent.until),
        "next_state": following if agent.next_state else None,
        "hand": hand_snapshot(agent.hand_raised_at, agent.hand_reason),
    }


def hand_snapshot(raised_at: datetime | None, reason: str) -> Snapshot | None:
    return {"since": iso(raised_at), "reason": reason} if raised_at else None


def messages_snapshots(agent_ids: Collection[int]) -> dict[int, list[Snapshot]]:
    """Return by agent what supervisors wrote and they have not read, oldest first."""
    unread = messaging.unread(agent_ids)
    return {pk: [_message(one) for one in found] for pk, found in unread.items()}


def _message(one: FloorMessage) -> Snapshot:
    return {
        "id": one.pk,
        "from": one.sender_name,
        "to": one.sent_to,
        "text": one.text,
        "sent_at": iso(one.sent_at),
    }


def training_account() -> WatiAccount | None:
    """Return the account of training calls while something places them."""
    return WatiAccount.objects.filter(tenant_id=TRAINING, is_active=True).first()


def preferences_snapshot(agent_id: int) -> Snapshot:
    chosen = preferences_of(agent_id)
    return {"keys": chosen.keys, "notifies": chosen.notifies}


def breaks_snapshot() -> list[Snapshot]:
    offered = BreakReason.objects.filter(is_active=True)
    return [{"id": one.pk, "name": one.name, "minutes": one.minutes} for one in offered]


def named(agent: Agent | None) -> Snapshot | None:
    return {"id": agent.pk, "name": agent.name} if agent else None
