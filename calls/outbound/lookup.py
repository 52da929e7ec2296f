"""Lookup of a number: a contact, two verdicts, and what WhatsApp says."""

from dataclasses import replace
from typing import Any

from django.utils import timezone

from agents.models import Agent, AgentState
from callcenter.celery import wake
from calls.errors import Refused
from calls.lifecycle.permission_usage import pair_of
from calls.models import Call, Line, Plan
from calls.notify import people_changed
from calls.snapshots import iso
from calls.states import LIVE, Status
from permissions import numbers, people
from permissions.basis import Basis, basis_of
from permissions.ledger import facts_for, known
from permissions.models import Contact
from permissions.rules import may_ask, may_call
from permissions.verdicts import Verdict

# WhatsApp's reading of a contact is read again after this many seconds.
READING_LASTS = 60.0


def lines_of(agent: Agent) -> list[Line]:
    """Return the business numbers that this agent may call from."""
    lines = Line.objects.filter(queue__agents=agent, account__is_active=True)
    return list(lines.select_related("account").distinct().order_by("name"))


def line_of(agent: Agent, line_id: Any) -> Line:
    lines = lines_of(agent)
    if not lines:
        raise Refused("None of your queues has a business number.")
    found = [line for line in lines if line.pk == line_id]
    return found[0] if found else lines[0]


def look_up(agent: Agent, typed: str, line_id: Any) -> dict[str, Any]:
    """Find the contact of a typed number.

    Raises Refused if it is not a number, and numbers.Ambiguous if it may be several.
    """
    line = line_of(agent, line_id)
    return look_at(agent, people.dialed(number_in(typed, line)), line)


def look_at(
    agent: Agent, contact: Contact, line: Line, *, anew: bool = False
) -> dict[str, Any]:
    """Describe a contact, and have WhatsApp asked if its word is old, or `anew`."""
    checking = bool(contact.waid) and (anew or _is_stale(contact, line))
    if checking:
        wake("calls.tasks.read_permission", agent.pk, contact.pk, line.pk)
    return describe(contact, line, checking=checking)


def describe_readings(readings: tuple[str, ...]) -> list[dict[str, str]]:
    """Describe the numbers that a text may mean, as docs/console-websocket.md does."""
    known = people.known_numbers(readings)
    return [
        {
            "number": numbers.display(waid),
            "country": numbers.country_of(waid),
            "name": _name_of(known.get(numbers.key_of(waid))),
        }
        for waid in readings
    ]


def _name_of(contact: Contact | None) -> str:
    return contact.called if contact else ""


def number_in(typed: str, line: Line) -> str:
    """Return the digits of a typed number, read near a business number of ours.

    Raises Refused if it is not a number, and numbers.Ambiguous if it may be several.
    """
    try:
        return numbers.parse_typed(typed, near=line.number)
    except numbers.Ambiguous:
        raise
    except numbers.NotANumber as problem:
        # WhatsApp told of this person, so the number is real.
        waid = numbers.with_country(typed)
        if waid and people.known_numbers([waid]):
            return waid
        raise Refused(str(problem)) from None


def describe(
    contact: Contact,
    line: Line,
    *,
    checking: bool = False,
    besides: Call | None = None,
) -> dict[str, Any]:
    """Describe a contact as docs/console-websocket.md does.

    `besides`: a running call that says nothing about the next one.
    """
    running = Call.objects.filter(contact=contact, status__in=LIVE)
    others = running.exclude(pk=besides.pk) if besides else running
    pair = pair_of(contact, line)
    facts = facts_for(pair, call_running=others.exists())
    if besides and besides.status == Status.DIALING:
        facts = replace(facts, rings_since=None)  # the call that rings is this one
    permission = known(pair)
    is_pending = checking or bool(permission and permission.check_at)
    now = timezone.now()
    plan = Plan.objects.open().filter(contact=contact, line=line).first()
    return {
        "contact": contact.pk,
        "name": contact.called,
        "number": numbers.display(contact.waid or ""),
        "line": line.pk,
        "call": verdict_fields(may_call(facts, now)),
        "ask": verdict_fields(may_ask(facts, now)),
        "belief": _belief(basis_of(facts, is_pending=is_pending)),
        "checking": checking,
        "plan": str(plan.pk) if plan else None,
        "chat": line.account.chat_with(contact.waid),
    }


def tell(contact: Contact, line: Line, agent_id: int = 0) -> None:
    """Push what is known of a contact to whoever may have them on their screen.

    `agent_id`: one who has, in whatever state; 0 for nobody.
    """
    agents = Agent.objects.filter(queues=line.queue_id)
    there = agents.exclude(state=AgentState.OFFLINE).values_list("pk", flat=True)
    to = {*there, agent_id} - {0}
    if to:
        people_changed(to, describe(contact, line))


def contact_of(contact_id: Any) -> Contact:
    contact = people.contact_with(contact_id) if isinstance(contact_id, int) else None
    if contact is None:
        raise Refused("Unknown person.")
    return contact


def _is_stale(contact: Contact, line: Line) -> bool:
    if not contact.waid:  # there is nothing to ask WhatsApp by
        return False
    permission = known(pair_of(contact, line))
    if permission is None or permission.read_at is None:
        return True
    return (timezone.now() - permission.read_at).total_seconds() > READING_LASTS


def _belief(basis: Basis) -> dict[str, Any]:
    return {
        "sentence": basis.sentence,
        "at": iso(basis.at),
        "confirmed": basis.confirmed,
        "checked_at": iso(basis.checked_at),
    }


def verdict_fields(verdict: Verdict) -> dict[str, Any]:
    """Describe a verdict as docs/console-websocket.md does."""
    return {
        "allowed": verdict.allowed,
        "sentence": verdict.sentence,
        "advice": verdict.advice,
        "until": iso(verdict.until),
        "earliest": iso(verdict.earliest),
    }
