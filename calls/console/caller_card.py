"""The caller card: who the contact is, and the calls that came before."""

from typing import Any
from uuid import UUID

from django.db.models import Q

from agents.models import Agent
from calls.errors import Refused
from calls.models import Call, Leg, Plan
from calls.outbound.lookup import describe
from calls.snapshots import iso
from permissions.models import Contact

EARLIER_CALLS = 8


def card(call_id: UUID, agent: Agent) -> dict[str, Any]:
    """Return what is known of the contact, for agents on the call. Raises Refused."""
    calls = Call.objects.select_related("contact", "line__account")
    concerned = Q(agent=agent) | Q(offers__agent=agent) | Q(legs__agent=agent)
    call = calls.filter(concerned, pk=call_id).first()
    if call is None:
        raise Refused("You are not on this call.")
    contact = call.contact
    known = describe(contact, call.line, besides=call) if contact and call.line else {}
    return {
        "contact": contact.pk if contact else None,
        "name": contact.called if contact else "",
        "number": known.get("number", ""),
        "first_seen": iso(contact.created_at) if contact else None,
        "permission": known.get("call"),
        "chat": known.get("chat", ""),
        **_history(contact, call),
    }


def _history(contact: Contact | None, call: Call) -> dict[str, Any]:
    """Return earlier calls with this contact, and other agents' parts in this one."""
    theirs = Q(contact=contact) & ~Q(contact=None) & ~Q(pk=call.pk)
    begun = Q(pk=call.pk, legs__ended_at__isnull=False)
    calls = Call.objects.logged().filter(theirs | begun).distinct()
    earlier = calls.select_related("agent")
    planned = Plan.objects.open().filter(contact=contact).exclude(contact=None)
    newest = earlier.prefetch_related("legs__disposition__parent")
    return {
        "calls": [
            _earlier(one) for one in newest.order_by("-created_at")[:EARLIER_CALLS]
        ],
        "notes_count": Leg.objects.filter(call__in=earlier).exclude(notes="").count(),
        "callbacks": [
            {
                "id": str(plan.pk),
                "due_at": iso(plan.due_at),
                "agent": plan.agent.name if plan.agent else "",
                "sentence": plan.sentence,
            }
            for plan in planned.select_related("agent").order_by("due_at")
        ],
    }


def _earlier(call: Call) -> dict[str, Any]:
    legs = list(call.legs.all())
    chosen = [leg.disposition for leg in legs if leg.disposition]
    return {
        "id": str(call.pk),
        "at": iso(call.created_at),
        "direction": call.direction,
        "agent": call.agent.name if call.agent else "",
        "result": call.get_result_display(),
        "seconds": call.talk_seconds,
        "disposition": str(chosen[-1]) if chosen else "",
        "notes": "\n".join(leg.notes for leg in legs if leg.notes),
    }
