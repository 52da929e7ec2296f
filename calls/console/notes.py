"""Agents' notes, dispositions and callbacks."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from agents.models import Agent
from calls import notify
from calls.errors import Refused
from calls.models import Call, Leg, Plan
from calls.outbound import planned_calls
from calls.snapshots import choices_of, leg_at_work
from calls.transitions import bump_version
from permissions.models import Contact

LONGEST_NOTE = 5000
LATEST_CALLBACK = timedelta(days=366)


def _mine(call_id: UUID, agent: Agent) -> Leg:
    """Return this agent's part in the call; its notes can be edited later, too."""
    legs = Leg.objects.filter(call=call_id, agent=agent)
    leg = legs.select_related("call__queue", "call__contact", "call__line").last()
    if leg is None:
        raise Refused("You are not on this call.")
    return leg


def write_note(call_id: UUID, agent: Agent, text: str) -> None:
    _mine(call_id, agent).write(_storable(text)[:LONGEST_NOTE])


def _storable(text: str) -> str:
    """Drop half characters and nulls: no database keeps them."""
    return text.encode(errors="replace").decode().replace("\0", "")


def set_disposition(call_id: UUID, agent: Agent, disposition_id: Any) -> None:
    leg = _mine(call_id, agent)
    if disposition_id is not None and not _is_offered(leg.call, disposition_id):
        raise Refused("This disposition is no longer available.")
    Leg.objects.filter(pk=leg.pk).update(disposition=disposition_id)
    notify.work_changed(agent.pk)


def _is_offered(call: Call, disposition_id: Any) -> bool:
    choices = choices_of(call.queue_id)
    finer = [one for choice in choices for one in choice["children"]]
    return type(disposition_id) is int and any(
        one["id"] == disposition_id for one in [*choices, *finer]
    )


def name_person(call_id: UUID, agent: Agent, name: str) -> None:
    """Name a contact by WhatsApp's ID; a caller without one gets a new row."""
    leg = _mine(call_id, agent)
    name = " ".join(_storable(name).split())[:200]
    if not name:
        raise Refused("Enter a name first.")
    call = leg.call
    if call.contact is None:
        call.contact = Contact.objects.create(name=name)
        call.save(update_fields=["contact"])
    else:
        call.contact.name = name
        call.contact.save(update_fields=["name"])
    bump_version(call)


def plan_callback(
    call_id: UUID, agent: Agent, *, at: Any, mine: bool, text: str
) -> Plan:
    """Schedule a call to this contact. Raises Refused when that cannot be."""
    leg = _mine(call_id, agent)
    call = leg.call
    if call.contact is None or call.line is None or not call.contact.waid:
        raise Refused(
            "WhatsApp did not send this caller's number, so they cannot be called back."
        )
    return planned_calls.call_back(
        call.contact,
        call.line,
        at=_instant(at),
        agent=agent if mine else None,
        by=agent,
        why=_storable(text).strip()[:300],
    )


def _instant(text: Any) -> datetime:
    try:
        at = datetime.fromisoformat(str(text))
        at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused("Choose a date and time.") from None
    if at < timezone.now():
        raise Refused("This time is in the past.")
    if at > timezone.now() + LATEST_CALLBACK:
        raise Refused("Choose a date within the next year.")
    return at


def agent_by_id(agent_id: Any) -> Agent:
    known = isinstance(agent_id, int)
    agent = Agent.objects.filter(pk=agent_id).first() if known else None
    if agent is None:
        raise Refused("Unknown agent.")
    return agent


def call_in_hand(agent: Agent) -> UUID | None:
    leg = leg_at_work(agent.pk)
    return leg.call_id if leg else None
