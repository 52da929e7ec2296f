"""Ask the routing rules: calls and agents from rows into the rules' own terms."""

from datetime import datetime

from django.utils import timezone

from agents.models import Agent, Queue
from agents.presence import members
from agents.routing import (
    Candidate,
    Question,
    Rules,
    Strategy,
    Tried,
    Waiting,
)
from calls.models import Call, Offer
from calls.queueing import ring_attempts
from calls.queueing.ring_attempts import Ringing

TRIED: dict[str, Tried] = {
    Offer.Outcome.DECLINED: "declined",
    Offer.Outcome.NO_ANSWER: "missed",
    Offer.Outcome.CONSOLE: "console",
}
Facts = tuple[list[Waiting], dict[int, Rules], dict[str, list[Candidate]]]


def facts(calls: list[Call], ringing: Ringing) -> Facts:
    """Everything that the rules want to know, in their words."""
    queues = {call.queue.pk: call.queue for call in calls if call.queue}
    staffed = members(queues)
    last = ring_attempts.latest_of(calls)
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
