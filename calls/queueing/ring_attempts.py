"""Record at whose consoles a call rings and how that went. Others decide."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone

from agents import presence
from agents.models import Agent
from callcenter.sets import insert_for_each
from calls.models import Call, Offer


def start(
    call: Call,
    agent_ids: Collection[int],
    *,
    kind: str = Offer.Kind.QUEUE,
    decision_id: int | None = None,
    ring_until: datetime | None = None,
) -> None:
    """Ring the call at these agents; each console has to confirm it.

    Where it rings already, it rings on. To be called after the push was asked for: the
    time to confirm begins when that has been sent.
    """
    now = timezone.now()
    insert_for_each(
        Offer,
        "agent_id",
        Agent,
        agent_ids,
        call_id=call.pk,
        kind=kind,
        decision_id=decision_id,
        offered_at=now,
        confirm_by=now + _window(),
        ring_until=ring_until,
    )
    transaction.on_commit(partial(_begin_window, call.pk, now), robust=True)


def _begin_window(call_id: UUID, offered_at: datetime) -> None:
    """Count the time to confirm from here, where the consoles have been told."""
    ringing = Offer.objects.filter(call=call_id, outcome=Offer.Outcome.RINGING)
    mine = ringing.filter(offered_at=offered_at, rang_at=None)
    mine.update(confirm_by=timezone.now() + _window())


def _window() -> timedelta:
    return timedelta(seconds=settings.RING_CONFIRM_SECONDS)


def stop(attempts: Iterable[Offer], outcome: str) -> None:
    ids = [attempt.pk for attempt in attempts]
    ringing = Offer.objects.filter(pk__among=ids, outcome=Offer.Outcome.RINGING)
    ringing.update(outcome=outcome, ended_at=timezone.now())


def confirm(call_id: UUID, agent_id: int) -> None:
    """Note that the agent's console rings; the first time counts."""
    Offer.objects.filter(
        call_id=call_id,
        agent_id=agent_id,
        outcome=Offer.Outcome.RINGING,
        rang_at=None,
    ).update(rang_at=timezone.now())


READ_OF_ATTEMPTS = (
    "call_id",
    "agent_id",
    "outcome",
    "offered_at",
    "ring_until",
    "ended_at",
)


@dataclass(frozen=True)
class Attempts:
    """The ring attempts of calls since they entered their queues, without consults.

    Both by call, and there by agent: where they ring, and the latest try that is over.
    """

    ringing: dict[UUID, dict[int, Offer]]
    latest: dict[UUID, dict[int, Offer]]


def attempts_of(calls: Iterable[Call]) -> Attempts:
    ids = [call.pk for call in calls]
    found = Attempts({pk: {} for pk in ids}, {pk: {} for pk in ids})
    is_ringing = Q(outcome=Offer.Outcome.RINGING)
    of_this_visit = Q(ended_at__gte=F("call__queued_at"))
    attempts = Offer.objects.filter(is_ringing | of_this_visit, call__in=ids)
    attempts = attempts.exclude(kind=Offer.Kind.CONSULT).order_by("pk")
    for attempt in attempts.only(*READ_OF_ATTEMPTS):
        rings = attempt.outcome == Offer.Outcome.RINGING
        kept = found.ringing if rings else found.latest
        kept[attempt.call_id][attempt.agent_id] = attempt
    return found


def somebody_else_may_answer(call: Call) -> bool:
    on_duty = set(presence.on_duty_for(call.queue_id)) if call.queue_id else set()
    declined = call.offers.filter(outcome=Offer.Outcome.DECLINED)
    return bool(on_duty - set(declined.values_list("agent_id", flat=True)))


class Rang(NamedTuple):
    """At whom a call has stopped ringing, and who of them rings for another one."""

    agents: list[int]
    ring_on: set[int]


def close(call: Call, winner: int | None, others: str) -> Rang:
    """Stop the ringing everywhere. Returns at whom else it rang, in order."""
    ringing = Offer.objects.filter(outcome=Offer.Outcome.RINGING)
    mine = ringing.filter(call=call)
    theirs = ringing.filter(agent__in=mine.values("agent"))
    rows = list(theirs.values_list("call_id", "agent_id"))
    rang = {agent_id for call_id, agent_id in rows if call_id == call.pk}
    if rang:
        here = When(agent=winner, then=Value(Offer.Outcome.ANSWERED))
        outcome = Case(here, default=Value(others)) if winner in rang else others
        mine.update(outcome=outcome, ended_at=timezone.now())
    ring_on = {agent_id for call_id, agent_id in rows if call_id != call.pk}
    return Rang(sorted(rang - {winner}), ring_on)


def still_ringing(agent_ids: Collection[int]) -> set[int]:
    ringing = Offer.objects.filter(
        outcome=Offer.Outcome.RINGING, agent_id__among=agent_ids
    )
    return set(ringing.values_list("agent_id", flat=True))
