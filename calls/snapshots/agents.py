"""Agents, their breaks and their preferences, as consoles show them."""

from agents.models import Agent, BreakReason
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
