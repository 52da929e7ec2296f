"""Record at whose consoles a call rings and how that went. Others decide."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone

from agents import presence
from calls.models import Call, Offer


def start(attempts: Iterable[Offer]) -> None:
    """Ring these; each console has to confirm it. Those that ring already stay."""
    now = timezone.now()
    confirm_by = now + timedelta(seconds=settings.RING_CONFIRM_SECONDS)
    new = list(attempts)
    for attempt in new:
        attempt.offered_at, attempt.confirm_by = now, confirm_by
    Offer.objects.bulk_create(new, ignore_conflicts=True)


def stop(attempts: Iterable[Offer], outcome: str) -> None:
    ids = [attempt.pk for attempt in attempts]
    ringing = Offer.objects.filter(pk__in=ids, outcome=Offer.Outcome.RINGING)
    ringing.update(outcome=outcome, ended_at=timezone.now())


def confirm(call_id: UUID, agent_id: int) -> None:
    """Note that the agent's console rings; the first time counts."""
    Offer.objects.filter(
        call_id=call_id,
        agent_id=agent_id,
        outcome=Offer.Outcome.RINGING,
        rang_at=None,
    ).update(rang_at=timezone.now())


@dataclass(frozen=True)
class Attempts:
    """What calls have tried since they entered their queues; consults do not count.

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
    for attempt in attempts.exclude(kind=Offer.Kind.CONSULT).order_by("pk"):
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
    ringing = Offer.objects.filter(outcome=Offer.Outcome.RINGING, agent__in=agent_ids)
    return set(ringing.values_list("agent_id", flat=True))
