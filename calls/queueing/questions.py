"""Ask the routing rules: calls and agents from rows into the rules' own terms."""

from collections.abc import Sequence

from django.utils import timezone

from agents.assignment import Try, for_call
from agents.models import Agent, Queue
from agents.presence import members
from agents.routing import (
    Candidate,
    Rules,
    Strategy,
    Tried,
    Waiting,
)
from calls.models import Call, Offer
from calls.queueing.ring_attempts import Attempts

TRIED: dict[str, Tried] = {
    Offer.Outcome.DECLINED: "declined",
    Offer.Outcome.NO_ANSWER: "missed",
    Offer.Outcome.CONSOLE: "console",
}
Facts = tuple[list[Waiting], dict[int, Rules], dict[str, Sequence[Candidate]]]


def facts(calls: list[Call], attempts: Attempts) -> Facts:
    """Return all that the rules want to know, in their words."""
    queues = {call.queue.pk: call.queue for call in calls if call.queue}
    serving = members(queues)
    candidates = {
        str(call.pk): for_call(
            _asked_for(call, serving[call.queue_id or 0], attempts.ringing[call.pk]),
            _tries(attempts.latest[call.pk]),
            {pk: one.offered_at for pk, one in attempts.ringing[call.pk].items()},
        )
        for call in calls
    }
    rules = {pk: _rules(queue) for pk, queue in queues.items()}
    return [_waiting(call, queues) for call in calls], rules, candidates


def _tries(latest: dict[int, Offer]) -> dict[int, Try]:
    return {
        agent_id: Try(TRIED.get(attempt.outcome, ""), attempt.ended_at)
        for agent_id, attempt in latest.items()
    }


def _asked_for(
    call: Call, serving: Sequence[Candidate], ringing: dict[int, Offer]
) -> Sequence[Candidate]:
    """Add whom a transfer names, though not of the queue, while it may ring there."""
    wanted = call.wanted_agent
    if wanted is None or any(one.agent_id == wanted.pk for one in serving):
        return serving
    here, now = ringing.get(wanted.pk), timezone.now()
    until = here.ring_until if here else call.wanted_until
    is_asked = until is None or until > now
    return [*serving, _not_of_the_queue(wanted)] if is_asked else serving


def _not_of_the_queue(agent: Agent) -> Candidate:
    return Candidate(
        agent_id=agent.pk,
        name=agent.name,
        state=agent.state,
        since=agent.state_since,
        reason=agent.reason,
        can_ring=agent.can_ring,
        last_offered_at=agent.last_offered_at,
    )


def _rules(queue: Queue) -> Rules:
    return Rules(
        strategy=Strategy(queue.strategy),
        level_seconds=queue.level_seconds,
        agent_seconds=queue.agent_seconds,
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
