"""The floor: what agents do now, and which call rings at whom.

agents.routing decides from what is known; here it is looked up, carried out and
written down. Everything that changes calls and agents together takes the floor's lock
first, so that no two of them wait for each other's rows.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from agents import proof
from agents import services as staff
from agents.decisions import Json, as_json
from agents.floor import serving
from agents.models import IN_A_CALL, Agent, AgentState, Queue
from agents.presence import members
from agents.routing import (
    Candidate,
    Decision,
    Question,
    Rules,
    Strategy,
    Tried,
    Waiting,
)
from callcenter.database import once_after_commit
from calls import notify, offers
from calls.models import Call, Offer, RoutingDecision
from calls.moves import Refused, touch
from calls.offers import Ringing
from calls.states import FOR_ANYBODY

FLOOR_LOCK = 0xF100
# Something is going to follow it.
WITH_A_CALL = (AgentState.RINGING, *IN_A_CALL, AgentState.WRAP_UP)
# Calls that one look at the floor considers; the others are looked at when these go.
MOST_WAITING = 200
RELATED = ("queue", "wanted_agent")
TRIED: dict[str, Tried] = {
    Offer.Outcome.DECLINED: "declined",
    Offer.Outcome.NO_ANSWER: "missed",
    Offer.Outcome.CONSOLE: "console",
}

Facts = tuple[list[Waiting], dict[int, Rules], dict[str, list[Candidate]]]


@contextmanager
def locked() -> Iterator[None]:
    """One at a time, over all processes; SQLite's own write lock does the same."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [FLOOR_LOCK])
        yield


# --- Agents ------------------------------------------------------------------------


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
            look_after_commit()
    return changed


def free(agent_id: int, *, only_from: tuple[str, ...]) -> bool:
    """Done with a call: what the agent chose, or the next caller, comes now."""
    with transaction.atomic():
        if not Agent.objects.filter(pk=agent_id, state__in=only_from).exists():
            return False
        if Offer.objects.filter(agent=agent_id, outcome=Offer.Outcome.RINGING).exists():
            return change_agent(agent_id, AgentState.RINGING, only_from=only_from)
        state, reason, until = staff.following(agent_id)
        return change_agent(
            agent_id, state, reason=reason, until=until, only_from=only_from
        )


def go_available(agent_id: int) -> bool:
    """The agent wants calls; without proof that their console rings, none come yet."""
    agent = Agent.objects.get(pk=agent_id)
    idle = (AgentState.OFFLINE, AgentState.ON_BREAK)
    if agent.can_ring:
        return change_agent(agent_id, AgentState.AVAILABLE, only_from=idle)
    return change_agent(
        agent_id, AgentState.CANNOT_RING, reason=proof.UNSURE, only_from=idle
    )


def choose_next(agent_id: int, state: str, reason: str = "") -> None:
    """What follows this call or wrap-up. Raises Refused when there is neither."""
    with transaction.atomic():
        agent = Agent.objects.select_for_update(no_key=True).get(pk=agent_id)
        if state and agent.state not in WITH_A_CALL:
            raise Refused("You are not in a call.")
        staff.set_next(agent_id, state, reason)
        notify.agent_changed(agent_id)


def judge(agent_id: int, shown: Any) -> str:
    """A console shows what it can do. Returns why it cannot ring; empty: it can."""
    problem = proof.why_not(shown)
    staff.heard(agent_id, proved=not problem)
    if problem:
        waiting = (AgentState.AVAILABLE, AgentState.CANNOT_RING)
        change_agent(
            agent_id, AgentState.CANNOT_RING, reason=problem, only_from=waiting
        )
    else:
        change_agent(
            agent_id, AgentState.AVAILABLE, only_from=(AgentState.CANNOT_RING,)
        )
    return problem


# --- Ringing -----------------------------------------------------------------------


def look_after_commit() -> None:
    once_after_commit(look)


def look() -> None:
    """Ring the calls that wait at whom the rules name now, and nowhere else."""
    if not _waiting_calls().exists():
        return
    with locked():
        now = timezone.now()
        _expire(now)
        calls = list(_waiting_calls().select_related(*RELATED)[:MOST_WAITING])
        by_id = {str(call.pk): call for call in calls}
        ringing = offers.ringing_of(calls)
        for question, decision in serving(*_facts(calls, ringing), now):
            call = by_id[question.waiting.call_id]
            record = _record(call, question, decision, len(calls))
            _carry_out(call, decision.ring, ringing[call.pk], record)


def _waiting_calls() -> QuerySet[Call]:
    waiting = Call.objects.filter(status__in=FOR_ANYBODY, announcement="")
    return waiting.exclude(queue=None).order_by("place_since", "pk")


def _facts(calls: list[Call], ringing: Ringing) -> Facts:
    """Everything that the rules want to know, in their words."""
    queues = {call.queue.pk: call.queue for call in calls if call.queue}
    staffed = members(queues)
    last = offers.last_ones(calls)
    candidates = {
        str(call.pk): [
            _candidate(agent, level, last.get((call.pk, agent.pk)), ringing[call.pk])
            for agent, level in _asked_for(call, staffed, ringing[call.pk])
        ]
        for call in calls
    }
    rules = {pk: _rules(queue) for pk, queue in queues.items()}
    return [_waiting(call, queues) for call in calls], rules, candidates


def question_for(call: Call, now: datetime) -> Question:
    """What the rules would be asked of a new call in its queue; nothing rings."""
    assert call.queue is not None
    staffed = members([call.queue.pk])[call.queue.pk]
    return Question(
        waiting=_waiting(call, {call.queue.pk: call.queue}),
        rules=_rules(call.queue),
        candidates=tuple(
            _candidate(agent, level, None, {}) for agent, level in staffed
        ),
        now=now,
    )


def _asked_for(
    call: Call, staffed: dict[int, list[tuple[Agent, int]]], ringing: dict[int, Offer]
) -> list[tuple[Agent, int]]:
    """A transfer may name somebody who does not serve the queue: for their chance."""
    serve = staffed[call.queue_id or 0]
    wanted = call.wanted_agent
    if wanted is None or any(agent.pk == wanted.pk for agent, _ in serve):
        return serve
    here, now = ringing.get(wanted.pk), timezone.now()
    until = here.ring_until if here else call.wanted_until
    return [*serve, (wanted, 1)] if until is None or until > now else serve


def _candidate(
    agent: Agent, level: int, last: Offer | None, ringing: dict[int, Offer]
) -> Candidate:
    here = ringing.get(agent.pk)
    return Candidate(
        agent_id=agent.pk,
        name=agent.name,
        state=agent.state,
        since=here.offered_at if here else agent.state_since,
        reason=agent.reason,
        can_ring=agent.can_ring,
        level=level,
        last_offered_at=agent.last_offered_at,
        tried=TRIED.get(last.outcome, "") if last else "",
        tried_at=last.ended_at if last else None,
        is_ringing_here=here is not None,
    )


def _rules(queue: Queue) -> Rules:
    return Rules(
        strategy=Strategy(queue.strategy),
        level_seconds=queue.level_seconds,
        ring_seconds=queue.agent_seconds,
        retry_seconds=queue.retry_seconds,
    )


def _waiting(call: Call, queues: dict[int, Queue]) -> Waiting:
    queue = queues[call.queue_id or 0]
    named = {f"{call.wanted_as}_agent": call.wanted_agent_id}
    until = {f"{call.wanted_as}_until": call.wanted_until}
    return Waiting(
        call_id=str(call.pk),
        queue_id=queue.pk,
        since=call.place_since or call.created_at,
        weight=queue.weight,
        priority=call.priority,
        sticky_agent=named.get("sticky_agent"),
        sticky_until=until.get("sticky_until"),
        only_agent=named.get("transfer_agent"),
        only_until=until.get("transfer_until"),
        from_agent=call.from_agent_id,
    )


def _record(
    call: Call, question: Question, decision: Decision, callers: int
) -> RoutingDecision:
    """Why it rings there and nowhere else; anew only when that has changed."""
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
    """Who rings, and the reason of everybody else; not the seconds in it."""
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
        touch(call)


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
        offers.start(
            call,
            agent_id,
            kind=call.wanted_as if wanted else Offer.Kind.QUEUE,
            decision=record,
            ring_until=now + longest if one_by_one or wanted else None,
        )
        change_agent(agent_id, AgentState.RINGING, only_from=(AgentState.AVAILABLE,))


def _stop(offer: Offer, outcome: str) -> None:
    offers.stop(offer, outcome)
    free(offer.agent_id, only_from=(AgentState.RINGING,))


def _expire(now: datetime) -> None:
    """What no console confirmed, and what a colleague who was asked left unanswered."""
    ringing = Offer.objects.filter(outcome=Offer.Outcome.RINGING).order_by("agent")
    for offer in ringing.filter(rang_at=None, confirm_by__lte=now):
        _not_confirmed(offer)
    consults = ringing.filter(kind=Offer.Kind.CONSULT, ring_until__lte=now)
    for offer in consults.select_related("call"):
        _stop(offer, Offer.Outcome.NO_ANSWER)
        touch(offer.call)


def _not_confirmed(offer: Offer) -> None:
    """The miss is the console's, not the person's."""
    staff.disprove(offer.agent_id)
    offers.stop(offer, Offer.Outcome.CONSOLE)
    change_agent(
        offer.agent_id,
        AgentState.CANNOT_RING,
        reason=proof.UNCONFIRMED,
        only_from=(AgentState.RINGING,),
    )
    touch(offer.call)


def expire_offers() -> None:
    """Nobody may be looking: consults ring at calls that wait for nobody."""
    now = timezone.now()
    ringing = Offer.objects.filter(outcome=Offer.Outcome.RINGING)
    late = Q(rang_at=None, confirm_by__lte=now) | Q(ring_until__lte=now)
    if ringing.filter(late).exists():
        with locked():
            _expire(now)
        look()
