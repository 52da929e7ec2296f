"""Explain where a call rang and where it did not, from the records of then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from agents.decisions import Unreadable, from_json, replay
from agents.models import Agent
from agents.routing import Decision, Question, Strategy
from agents.skip_reasons import sentence
from calls.models import Call, Offer, RoutingDecision

# How many calls of an agent's queues that did not ring at them are shown.
LAST_CALLS = 20


class Passed(NamedTuple):
    """An agent at whom it did not ring, and the reason."""

    name: str
    reason: str


@dataclass(frozen=True)
class Why:
    """One decision in words. `problem`: why it cannot be read any more."""

    at: datetime
    queue: str
    callers_waiting: int
    strategy: str = ""
    rang: tuple[str, ...] = ()
    skipped: tuple[Passed, ...] = ()
    offers: tuple[Offer, ...] = ()
    problem: str = ""
    today: str = ""  # what the rules of today would decide; empty: not asked


def explained(call: Call, zone: tzinfo, *, replayed: bool = False) -> list[Why]:
    """Return every decision of a call, oldest first; `replayed`: decided anew too."""
    offers = call.offers.select_related("agent").order_by("offered_at", "pk")
    by_decision: dict[int | None, list[Offer]] = {}
    for offer in offers:
        by_decision.setdefault(offer.decision_id, []).append(offer)
    return [
        _why(row, by_decision.get(row.pk, []), zone, replayed)
        for row in call.decisions.select_related("queue")
    ]


def _why(
    row: RoutingDecision, offers: Sequence[Offer], zone: tzinfo, replayed: bool
) -> Why:
    queue = row.queue.name if row.queue else _("a deleted queue")
    shared: dict[str, Any] = {
        "at": row.at,
        "queue": queue,
        "callers_waiting": row.callers_waiting,
        "offers": tuple(offers),
    }
    try:
        question, decision = from_json(row.facts)
    except Unreadable as problem:
        return Why(**shared, problem=_(str(problem)))
    names = _names(question)
    return Why(
        **shared,
        strategy=str(Strategy(decision.strategy).label),
        rang=tuple(_named(names, pk) for pk in decision.ring),
        skipped=tuple(_passed(names, decision, zone)),
        today=_today(row.facts, decision, names) if replayed else "",
    )


def _names(question: Question) -> dict[int, str]:
    return {one.agent_id: one.name for one in question.candidates}


def _named(names: dict[int, str], agent_id: int) -> str:
    return names.get(agent_id) or _("agent {number}").format(number=agent_id)


def _passed(names: dict[int, str], decision: Decision, zone: tzinfo) -> list[Passed]:
    return [
        Passed(_named(names, one.agent_id), sentence(one, zone, _))
        for one in decision.skipped
    ]


def _today(facts: Any, then: Decision, names: dict[int, str]) -> str:
    """Say what today's rules give for the facts known then."""
    now = replay(facts)
    if now.ring != then.ring:
        rings = ", ".join(_named(names, pk) for pk in now.ring) or _("none")
        text = _("With today's rules it would ring at: {names}.")
        return text.format(names=rings)
    if _reasons(now) != _reasons(then):
        return _(
            "With today's rules it would ring at the same agents, for other reasons."
        )
    return _("Today's rules give the same result.")


def _reasons(decision: Decision) -> list[tuple[int, str]]:
    return [(one.agent_id, one.skip) for one in decision.skipped]


# --- One offer ---------------------------------------------------------------------


def outcome_of(offer: Offer) -> str:
    """Say how a ring attempt ended; a console failure does not count as missed."""
    if offer.outcome == Offer.Outcome.CONSOLE:
        text = _("The console could not ring; not counted as missed by {name}.")
        return text.format(name=offer.agent.name)
    return str(offer.get_outcome_display())


# --- Why not me --------------------------------------------------------------------


@dataclass(frozen=True)
class NotMe:
    """A call of an agent's queues that did not ring at them."""

    call: Call
    at: datetime
    queue: str
    reason: str


def why_not(agent: Agent, zone: tzinfo) -> list[NotMe]:
    """Return the newest calls of the agent's queues that did not ring there."""
    calls = list(_not_rung(agent)[:LAST_CALLS])
    rows: dict[UUID, list[RoutingDecision]] = {}
    of_these = RoutingDecision.objects.filter(call__in=calls).select_related("queue")
    for row in of_these.order_by("-pk"):
        rows.setdefault(row.call_id, []).append(row)
    return [_not_offered(call, rows[call.pk], agent, zone) for call in calls]


def _not_rung(agent: Agent) -> QuerySet[Call]:
    mine = Offer.objects.filter(call=OuterRef("pk"), agent=agent)
    routed = RoutingDecision.objects.filter(
        call=OuterRef("pk"), queue__in=agent.queues.all()
    )
    calls = Call.objects.logged().filter(Exists(routed), ~Q(Exists(mine)))
    return calls.select_related("contact").order_by("-created_at", "pk")


def _not_offered(
    call: Call, rows: Sequence[RoutingDecision], agent: Agent, zone: tzinfo
) -> NotMe:
    """Pick the newest decision that names the agent."""
    for row in rows:
        queue = row.queue.name if row.queue else ""
        if reason := _reason_for(row, agent.pk, zone):
            return NotMe(call, row.at, queue, reason)
    newest = rows[0]
    queue = newest.queue.name if newest.queue else ""
    return NotMe(
        call, newest.at, queue, _("Was not a member of this queue at that time.")
    )


def _reason_for(row: RoutingDecision, agent_id: int, zone: tzinfo) -> str:
    try:
        _question, decision = from_json(row.facts)
    except Unreadable as problem:
        return _(str(problem))
    skipped = [one for one in decision.skipped if one.agent_id == agent_id]
    return sentence(skipped[0], zone, _) if skipped else ""


# --- Found by whatever is known ----------------------------------------------------


def call_named(text: str) -> Call | None:
    """Find a call by our ID or by Wati's."""
    calls = Call.objects.logged().select_related("contact", "queue", "agent")
    try:
        return calls.filter(pk=UUID(text)).first()
    except ValueError:
        known = text and "\0" not in text  # which PostgreSQL cannot hold
        return calls.filter(wati_call_id=text).first() if known else None


def local_zone() -> tzinfo:
    return timezone.get_current_timezone()
