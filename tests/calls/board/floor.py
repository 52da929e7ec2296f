"""A floor with agents and calls in every state, without consoles and phones."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from agents.models import Agent, AgentState, Queue
from calls.models import Call, CallChange, Leg, Offer
from calls.states import Status
from permissions.models import Contact
from tests.cast import Cast, hire


def seconds_ago(seconds: float) -> datetime:
    return timezone.now() - timedelta(seconds=seconds)


def agent(cast: Cast, name: str, state: str, queue: Queue | None = None) -> Agent:
    """An agent whose console was heard just now."""
    one = hire(name, queue or cast.queue)
    now = timezone.now()
    Agent.objects.filter(pk=one.pk).update(state=state, seen_at=now, ready_at=now)
    return Agent.objects.get(pk=one.pk)


def call(cast: Cast, status: str, **fields: Any) -> Call:
    known: dict[str, Any] = {
        "account": cast.account,
        "wati_call_id": f"wacid.{uuid4()}",
        "direction": "inbound",
        "line": cast.line,
        "queue": cast.queue,
        "status": status,
    }
    return Call.objects.create(**(known | fields))


def ended(cast: Cast, result: str, wait: float, *, ago: float = 600, **fields: Any):
    """A call that was offered so long ago, and answered or over after a wait."""
    at = seconds_ago(ago)
    until = at + timedelta(seconds=wait)
    answered = {"answered_at": until} if result == "answered" else {}
    times = {"created_at": at, "ended_at": until + timedelta(seconds=1), **answered}
    if result != "answered":
        times["ended_at"] = until
    return call(cast, Status.ENDED, result=result, **(times | fields))


def talk(cast: Cast, name: str, caller: str, **fields: Any) -> Call:
    """An agent of that name talks with a caller of that name."""
    who = agent(cast, name, AgentState.IN_CALL, fields.get("queue"))
    contact = Contact.objects.create(waid=f"49151{who.pk:08}", name=caller)
    known = {"answered_at": seconds_ago(30), "claimed_at": seconds_ago(32)}
    talk = call(
        cast,
        **({"status": Status.ACTIVE, "created_at": seconds_ago(40)} | known | fields),
        agent=who,
        contact=contact,
    )
    Offer.objects.create(call=talk, agent=who, outcome="answered")
    Leg.objects.create(call=talk, agent=who, joined_at=seconds_ago(30))
    return talk


def happened(call: Call, event: str, seconds: float = 0) -> None:
    CallChange.objects.create(
        call=call,
        event=event,
        old=call.status,
        new=call.status,
        at=seconds_ago(seconds),
    )
