"""Ring waiting calls at the agents whom the rules name, then apply the queues' limits.

agents.routing decides from what is known; questions.py looks that up, and the decision
is carried out and recorded here; what becomes of a call that then rings at no console,
or for too long, limits.py knows. Everything that changes calls and agents together
takes the dispatch lock first, so that no two of them wait for each other's rows.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from agents import readiness
from agents import services as staff
from agents.assignment import assign
from agents.decisions import as_json, outcome_of, rings_of
from agents.models import IN_A_CALL, Agent, AgentState
from agents.routing import Decision, Question, Strategy
from agents.services import AgentNow, NewState
from callcenter.database import once_after_commit
from calls import notify
from calls.locking import before_release, dispatch_lock
from calls.models import Call, Offer, RoutingDecision
from calls.queueing import limits, ring_attempts
from calls.queueing.questions import facts
from calls.queueing.ring_attempts import Attempts, attempts_of
from calls.states import FOR_ANYBODY
from calls.transitions import bump_versions, record

# Something is going to follow it.
WITH_A_CALL = (AgentState.RINGING, *IN_A_CALL, AgentState.WRAP_UP)
RELATED = ("queue", "wanted_agent")
# Calls that one look considers; the others are looked at when these go.
MOST_CALLS = 200
# So many callers at the front have each change of the reasons recorded.
MOST_EXPLAINED = 10
RINGING = NewState(AgentState.RINGING)


def change_agent(
    agent_id: int,
    state: str,
    *,
    reason: str = "",
    until: datetime | None = None,
    only_from: tuple[str, ...] = (),
    **also: Any,
) -> bool:
    """Change an agent's state and tell their console. False when it was too late."""
    new = NewState(state, reason, until)
    return bool(change_agents([agent_id], lambda _: new, only_from=only_from, **also))


def change_agents(
    agent_ids: Iterable[int],
    choose: Callable[[AgentNow], NewState],
    *,
    only_from: tuple[str, ...] = (),
    **also: Any,
) -> list[int]:
    """Change agents' states, tell their consoles, and look who rings then."""
    with transaction.atomic(savepoint=False):
        changed = staff.set_states(agent_ids, choose, only_from=only_from, **also)
        if changed:
            notify.agents_changed(changed)
            run_soon()
    return changed


def free(
    agent_ids: Collection[int],
    *,
    only_from: tuple[str, ...],
    ring_on: Collection[int] | None = None,
) -> list[int]:
    """End agents' work with a call: next is what they chose, or a caller.

    `ring_on`: who of them rings for another caller, where that is known.
    """
    if not agent_ids:
        return []
    with transaction.atomic(savepoint=False):
        if ring_on is None:
            ring_on = ring_attempts.still_ringing(agent_ids)
        after_work = staff.after_work()
        return change_agents(
            agent_ids,
            lambda now: RINGING if now.pk in ring_on else after_work(now),
            only_from=only_from,
        )


def rings_no_more(agent_id: int, outcome: str) -> None:
    """Stop what rings at an agent; the calls ring on elsewhere."""
    ringing = Offer.objects.filter(agent=agent_id, outcome=Offer.Outcome.RINGING)
    attempts = list(ringing.select_related("call"))
    ring_attempts.stop(attempts, outcome)
    bump_versions(attempt.call for attempt in attempts)


def run_soon() -> None:
    """Look at the floor before the lock is given back, or after the commit without."""
    if not before_release(_look):
        once_after_commit(run)


def run() -> None:
    """Ring the calls that wait at the agents whom the rules name now, nowhere else."""
    if _waiting_calls().exists():
        with dispatch_lock():
            run_soon()


def _look() -> None:
    calls = _first_in_line()
    if not calls:
        return
    now = timezone.now()
    attempts = attempts_of(calls)
    rulings = _decided(calls, attempts, now)
    _carry_out(rulings, now)
    ringing = {ruling.call.pk for ruling in rulings if ruling.rings}
    if limits.apply_to_ringing(calls, ringing):
        run_soon()


def would_ring(call: Call) -> tuple[Question, Decision]:
    """Decide for a call that has not come, beside those that wait. Changes nothing."""
    calls = [*_first_in_line(), call]
    decided = assign(*facts(calls, attempts_of(calls)), timezone.now())
    return next(one for one in decided if one[0].waiting.call_id == str(call.pk))


def _first_in_line() -> list[Any]:
    """Return the calls, each with its last_decision and the last_outcome recorded."""
    recorded = RoutingDecision.objects.filter(call=OuterRef("pk")).order_by("-pk")
    calls = (
        _waiting_calls()
        .select_related(*RELATED)
        .annotate(
            last_decision=Subquery(recorded.values("pk")[:1]),
            last_outcome=Subquery(recorded.values("outcome")[:1]),
        )
    )
    return list(calls[:MOST_CALLS])


def _waiting_calls() -> QuerySet[Call]:
    waiting = Call.objects.filter(status__in=FOR_ANYBODY, announcement="")
    return waiting.exclude(queue=None).order_by("place_since", "pk")


@dataclass(frozen=True)
class Ruling:
    """A decision for one call: the attempts that stop, and the agents it rings at anew.

    `record`: the decision, unless it is the same as the last one that was recorded.
    """

    call: Any  # a Call, as _first_in_line() returns it
    record: RoutingDecision | None
    rings: bool
    stop: list[Offer]
    start: list[int]

    @property
    def decision_id(self) -> int | None:
        return self.record.pk if self.record else self.call.last_decision


def _decided(calls: list[Any], attempts: Attempts, now: datetime) -> list[Ruling]:
    by_id = {str(call.pk): call for call in calls}
    decided = assign(*facts(calls, attempts), now)
    rulings = []
    for place, (question, decision) in enumerate(decided):
        call = by_id[question.waiting.call_id]
        here = attempts.ringing[call.pk]
        record = None
        if outcome := _news(call.last_outcome, decision, place):
            record = _record(question, decision, outcome, call, len(calls))
        ring = set(decision.ring)
        stop = [here[pk] for pk in sorted(here) if pk not in ring]
        start = [pk for pk in decision.ring if pk not in here]
        rulings.append(Ruling(call, record, bool(decision.ring), stop, start))
    return rulings


def _news(last: str | None, decision: Decision, place: int) -> str:
    """Return the outcome if it is to be recorded, else an empty text.

    It is when other agents ring, or, near the front, for other reasons.

    With hundreds who wait for hundreds of agents, each change of one agent would give
    every caller another reason for another agent.
    """
    if last is not None and place >= MOST_EXPLAINED:
        return "" if last.startswith(rings_of(decision)) else outcome_of(decision)
    outcome = outcome_of(decision)
    return "" if outcome == last else outcome


def _record(
    question: Question, decision: Decision, outcome: str, call: Call, callers: int
) -> RoutingDecision:
    return RoutingDecision(
        call=call,
        queue_id=call.queue_id,
        at=question.now,
        rule_version=decision.rule_version,
        callers_waiting=callers,
        facts=as_json(question, decision),
        outcome=outcome,
    )


def _carry_out(rulings: list[Ruling], now: datetime) -> None:
    """Do all that was decided, in sets: as many statements for one agent as for all."""
    news = [ruling.record for ruling in rulings if ruling.record]
    RoutingDecision.objects.bulk_create(news)
    changed = [ruling for ruling in rulings if ruling.stop or ruling.start]
    if changed:
        _start([ruling for ruling in changed if ruling.start], now)
        _stop_all(changed, now)
        bump_versions(ruling.call for ruling in changed)


def _start(rulings: list[Ruling], now: datetime) -> None:
    if not rulings:
        return
    agents = {agent_id for ruling in rulings for agent_id in ruling.start}
    rung = staff.set_states(
        agents,
        lambda _: RINGING,
        only_from=(AgentState.AVAILABLE,),
        last_offered_at=now,
    )
    notify.agents_changed(rung)
    if others := agents.difference(rung):  # it rings there for another caller as well
        Agent.objects.filter(pk__among=others).update(last_offered_at=now)
    for ruling in rulings:
        _ring(ruling, now)


def _ring(ruling: Ruling, now: datetime) -> None:
    call = ruling.call
    wanted = [pk for pk in ruling.start if pk == call.wanted_agent_id]
    others = [pk for pk in ruling.start if pk != call.wanted_agent_id]
    ends = now + timedelta(seconds=call.queue.agent_seconds)
    decision_id = ruling.decision_id
    if wanted:
        kind = call.wanted_as
        ring_attempts.start(
            call, wanted, kind=kind, decision_id=decision_id, ring_until=ends
        )
    if others:
        one_by_one = call.queue.strategy != Strategy.RING_ALL
        until = ends if one_by_one else None
        ring_attempts.start(call, others, decision_id=decision_id, ring_until=until)


def _stop_all(rulings: list[Ruling], now: datetime) -> None:
    by_outcome: dict[str, list[Offer]] = {}
    for ruling in rulings:
        for attempt in ruling.stop:
            outcome = _why_it_stops(attempt, now)
            by_outcome.setdefault(outcome, []).append(attempt)
    for outcome, attempts in by_outcome.items():
        ring_attempts.stop(attempts, outcome)
    stopped = {one.agent_id for attempts in by_outcome.values() for one in attempts}
    free(stopped, only_from=(AgentState.RINGING,))


def _why_it_stops(attempt: Offer, now: datetime) -> str:
    rang_out = attempt.ring_until is not None and attempt.ring_until <= now
    return Offer.Outcome.NO_ANSWER if rang_out else Offer.Outcome.CANCELLED


def _expire(now: datetime) -> None:
    """Expire unconfirmed ring attempts, and consults that were not answered."""
    locked = _late(now).select_for_update(of=("self",), no_key=True)
    late = list(locked.select_related("call", "agent").order_by("agent"))
    unconfirmed = [one for one in late if _is_unconfirmed(one, now)]
    consults = [one for one in late if not _is_unconfirmed(one, now)]
    if unconfirmed:
        _not_confirmed(unconfirmed)
    if consults:
        ring_attempts.stop(consults, Offer.Outcome.NO_ANSWER)
        free([one.agent_id for one in consults], only_from=(AgentState.RINGING,))
    for one in late:
        if one.kind == Offer.Kind.CONSULT:
            unheard = one in unconfirmed
            event = "consult_no_ring" if unheard else "consult_unanswered"
            record(one.call, event, detail=one.agent.name)
    bump_versions(one.call for one in late)


def _late(now: datetime) -> QuerySet[Offer]:
    unconfirmed = Q(rang_at=None, confirm_by__lte=now)
    consults = Q(kind=Offer.Kind.CONSULT, ring_until__lte=now)
    ringing = Offer.objects.filter(outcome=Offer.Outcome.RINGING)
    return ringing.filter(unconfirmed | consults)


def _is_unconfirmed(attempt: Offer, now: datetime) -> bool:
    by = attempt.confirm_by
    return attempt.rang_at is None and by is not None and by <= now


def _not_confirmed(attempts: list[Offer]) -> None:
    """Book the miss to the console, not to the agent."""
    agents = [attempt.agent_id for attempt in attempts]
    staff.ring_not_confirmed(agents)
    ring_attempts.stop(attempts, Offer.Outcome.CONSOLE)
    unreachable = NewState(AgentState.CANNOT_RING, readiness.UNCONFIRMED)
    change_agents(agents, lambda _: unreachable, only_from=(AgentState.RINGING,))


def expire_attempts() -> None:
    """Expire ring attempts while no call waits too: consults ring at active calls."""
    now = timezone.now()
    rang_out = Q(outcome=Offer.Outcome.RINGING, ring_until__lte=now)
    if (_late(now) | Offer.objects.filter(rang_out)).exists():
        with dispatch_lock():
            _expire(now)
        run()
