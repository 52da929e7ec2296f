"""Agents' work on calls and their notes, for the call export."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from calls.models import CallChange, Leg
from calls.models.durations import agents_on, seconds_between
from calls.states import Event

# How the caller came to another agent.
TRANSFERS = {Event.TRANSFERRED: "blind", Event.HANDED_OVER: "consult"}


class Part(NamedTuple):
    """One leg."""

    agent: str
    user_id: int
    mode: str
    started_at: datetime
    joined_at: datetime | None
    ended_at: datetime | None
    wrap_up_since: datetime | None
    wrapped_up_at: datetime | None
    disposition: str | None
    parent: str | None
    notes: str

    @property
    def wrap_up(self) -> int | None:
        return seconds_between(self.wrap_up_since, self.wrapped_up_at)


class Transfer(NamedTuple):
    at: datetime
    event: str
    user_id: int | None


class Work(NamedTuple):
    """All parts of one call together. `transferred_...`: of the last transfer."""

    first_agent: str = ""
    last_agent: str = ""
    agents_on_call: int = 0
    wrapped_up_at: datetime | None = None
    wrap_up_seconds: int | None = None
    transferred_from: str = ""
    transferred_to: str = ""
    transfer_kind: str = ""
    disposition: str = ""
    sub_disposition: str = ""
    note: str = ""


LEG = (
    "agent__name",
    "agent__user_id",
    "mode",
    "started_at",
    "joined_at",
    "ended_at",
    "wrap_up_since",
    "wrapped_up_at",
    "disposition__name",
    "disposition__parent__name",
    "notes",
)


def work_on(ids: list[UUID]) -> dict[UUID, Work]:
    """Collect the work on calls, by call id, with two queries for all of them."""
    parts: dict[UUID, list[Part]] = defaultdict(list)
    legs = Leg.objects.filter(call__among=ids).order_by("pk")
    for call_id, *leg in legs.values_list("call_id", *LEG):
        parts[call_id].append(Part._make(leg))
    moved: dict[UUID, Transfer] = {}
    changes = CallChange.objects.filter(call__among=ids, event__in=list(TRANSFERS))
    for call_id, *change in changes.order_by("pk").values_list(
        "call_id", "at", "event", "user_id"
    ):
        moved[call_id] = Transfer._make(change)
    nothing = Work()
    return {
        pk: _work(parts[pk], moved.get(pk)) if pk in parts else nothing for pk in ids
    }


def _work(parts: Sequence[Part], transfer: Transfer | None) -> Work:
    talked = [part for part in parts if part.mode == Leg.Mode.TALK and part.joined_at]
    chosen = [part for part in parts if part.disposition]
    coarse, fine = _dispositions(chosen[-1]) if chosen else ("", "")
    wrap_ups = [part.wrap_up for part in parts if part.wrap_up is not None]
    return Work(
        first_agent=talked[0].agent if talked else "",
        last_agent=talked[-1].agent if talked else "",
        agents_on_call=agents_on((part.user_id, part.joined_at) for part in parts),
        wrapped_up_at=max(filter(None, (p.wrapped_up_at for p in parts)), default=None),
        wrap_up_seconds=sum(wrap_ups) if wrap_ups else None,
        transferred_from=_giver(parts, transfer),
        transferred_to=_taker(talked, transfer),
        transfer_kind=TRANSFERS[Event(transfer.event)] if transfer else "",
        disposition=coarse,
        sub_disposition=fine,
        note="\n".join(part.notes for part in parts if part.notes),
    )


def _dispositions(part: Part) -> tuple[str, str]:
    """Return the disposition, and the sub-disposition if one was chosen."""
    name = part.disposition or ""
    return (part.parent, name) if part.parent else (name, "")


def _giver(parts: Sequence[Part], transfer: Transfer | None) -> str:
    if transfer is None:
        return ""
    return next((p.agent for p in parts if p.user_id == transfer.user_id), "")


def _taker(talked: Sequence[Part], transfer: Transfer | None) -> str:
    """Return the agent who talked after the transfer; empty if none yet."""
    if transfer is None:
        return ""
    later = (p for p in talked if p.ended_at is None or p.ended_at > transfer.at)
    others = (p.agent for p in later if p.user_id != transfer.user_id)
    return next(others, "")
