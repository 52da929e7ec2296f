"""Ring waiting calls at the agents whom the rules name, then apply the queues' limits.

agents.routing decides from what is known; questions.py looks that up, and the decision
is carried out and recorded here; what becomes of a call that then rings at no console,
or for too long, limits.py knows. Everything that changes calls and agents together
takes the dispatch lock first, so that no two of them wait for each other's rows.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from agents import readiness
from agents import services as staff
from agents.assignment import assign
from agents.decisions import Json, as_json
from agents.models import IN_A_CALL, Agent, AgentState
from agents.routing import (
    Decision,
    Question,
    Strategy,
)
from callcenter.database import once_after_commit
from calls import notify
from calls.locking import dispatch_lock
from calls.models import Call, Offer, RoutingDecision
from calls.queueing import limits, ring_attempts
from calls.queueing.questions import facts
from calls.states import FOR_ANYBODY
from calls.transitions import bump_version

# Something is going to follow it.
WITH_A_CALL = (AgentState.RINGING, *IN_A_CALL, AgentState.WRAP_UP)
RELATED = ("queue", "wanted_agent")


def change_agent(
    agent_id: int,
    state: str,
    *,
    reason: str = "",
    until: datetime | None = None,
    only_from: tuple[str, ...] = (),
) -> bool:
    """Change an agent's state and tell their console. False when it was too late."""
    with transaction.atomic():
        changed = staff.set_state(
            agent_id, state, reason=reason, until=until, only_from=only_from
        )
        if changed:
            notify.agent_changed(agent_id)
            run_after_commit()
    return changed


def free(agent_id: int, *, only_from: tuple[str, ...]) -> bool:
    """End an agent's work with a call: next is what they chose, or a caller."""
    with transaction.atomic():
        if not Agent.objects.filter(pk=agent_id, state__in=only_from).exists():
            return False
        if Offer.objects.filter(agent=agent_id, outcome=Offer.Outcome.RINGING).exists():
            return change_agent(agent_id, AgentState.RINGING, only_from=only_from)
        state, reason, until = staff.following(agent_id)
        return change_agent(
            agent_id, state, reason=reason, until=until, only_from=only_from
        )


def run_after_commit() -> None:
    once_after_commit(run)


def run() -> None:
    """Ring the calls that wait at the agents whom the rules name now, nowhere else."""
    if not _waiting_calls().exists():
        return
    with dispatch_lock():
        now = timezone.now()
        _expire(now)
        calls = list(_first_in_line())
        by_id = {str(call.pk): call for call in calls}
        ringing = ring_attempts.ringing_of(calls)
        for question, decision in assign(*facts(calls, ringing), now):
            call = by_id[question.waiting.call_id]
            record = _record(call, question, decision, len(calls))
            _carry_out(call, decision.ring, ringing[call.pk], record)
        if limits.apply_to_ringing():
            run_after_commit()


def would_ring(call: Call) -> tuple[Question, Decision]:
    """Decide for a call that has not come, beside those that wait. Changes nothing."""
    calls = [*_first_in_line(), call]
    looked_up = facts(calls, ring_attempts.ringing_of(calls))
    decided = assign(*looked_up, timezone.now())
    return next(one for one in decided if one[0].waiting.call_id == str(call.pk))


def _first_in_line() -> QuerySet[Call]:
    return _waiting_calls().select_related(*RELATED)[: limits.MOST_CALLS]


def _waiting_calls() -> QuerySet[Call]:
    waiting = Call.objects.filter(status__in=FOR_ANYBODY, announcement="")
    return waiting.exclude(queue=None).order_by("place_since", "pk")


def _record(
    call: Call, question: Question, decision: Decision, callers: int
) -> RoutingDecision:
    """Record the routing decision, unless it is the same as the last one."""
    last = call.decisions.last()
    facts = as_json(question, decision)
    if last and _outcome(last.facts) == _outcome(facts):
        return last
    return RoutingDecision.objects.create(
        call=call,
        queue_id=call.queue_id,
        at=question.now,
        rule_version=decision.rule_version,
        callers_waiting=callers,
        facts=facts,
    )


def _outcome(facts: Json) -> tuple[list[int], list[tuple[int, str]]]:
    """Return who rings, and the skip reason of everyone else without its seconds."""
    decision = facts["decision"]
    return decision["ring"], [(o["agent_id"], o["skip"]) for o in decision["skipped"]]


def _carry_out(
    call: Call,
    ring: tuple[int, ...],
    ringing: dict[int, Offer],
    record: RoutingDecision,
) -> None:
    stop = [
        offer for agent_id, offer in sorted(ringing.items()) if agent_id not in ring
    ]
    start = [agent_id for agent_id in ring if agent_id not in ringing]
    for offer in stop:
        _stop(offer, _why_it_stops(offer, record.at))
    if start:
        _start(call, start, record)
    if stop or start:
        bump_version(call)


def _why_it_stops(offer: Offer, now: datetime) -> str:
    rang_out = offer.ring_until is not None and offer.ring_until <= now
    return Offer.Outcome.NO_ANSWER if rang_out else Offer.Outcome.CANCELLED


def _start(call: Call, agent_ids: list[int], record: RoutingDecision) -> None:
    assert call.queue is not None
    now = timezone.now()
    longest = timedelta(seconds=call.queue.agent_seconds)
    one_by_one = call.queue.strategy != Strategy.RING_ALL
    for agent_id in agent_ids:
        wanted = call.wanted_agent_id == agent_id
        ring_attempts.start(
            call,
            agent_id,
            kind=call.wanted_as if wanted else Offer.Kind.QUEUE,
            decision=record,
            ring_until=now + longest if one_by_one or wanted else None,
        )
        change_agent(agent_id, AgentState.RINGING, only_from=(AgentState.AVAILABLE,))


def _stop(offer: Offer, outcome: str) -> None:
    ring_attempts.stop(offer, outcome)
    free(offer.agent_id, only_from=(AgentState.RINGING,))


def _expire(now: datetime) -> None:
    """Expire unconfirmed ring attempts, and consults that were not answered."""
    ringing = Offer.objects.filter(outcome=Offer.Outcome.RINGING).order_by("agent")
    for offer in ringing.filter(rang_at=None, confirm_by__lte=now):
        _not_confirmed(offer)
    consults = ringing.filter(kind=Offer.Kind.CONSULT, ring_until__lte=now)
    for offer in consults.select_related("call"):
        _stop(offer, Offer.Outcome.NO_ANSWER)
        bump_version(offer.call)


def _not_confirmed(offer: Offer) -> None:
    """Book the miss to the console, not to the agent."""
    staff.forget_readiness(offer.agent_id)
    ring_attempts.stop(offer, Offer.Outcome.CONSOLE)
    change_agent(
        offer.agent_id,
        AgentState.CANNOT_RING,
        reason=readiness.UNCONFIRMED,
        only_from=(AgentState.RINGING,),
    )
    bump_version(offer.call)


def expire_attempts() -> None:
    """Expire ring attempts while no call waits too: consults ring at active calls."""
    now = timezone.now()
    ringing = Offer.objects.filter(outcome=Offer.Outcome.RINGING)
    late = Q(rang_at=None, confirm_by__lte=now) | Q(ring_until__lte=now)
    if ringing.filter(late).exists():
        with dispatch_lock():
            _expire(now)
        run()
