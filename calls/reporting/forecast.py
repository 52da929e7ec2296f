"""Foresee how it goes on with a caller whom no agent answers. Pure.

The rules are asked again for each instant at which something changes by itself: it has
rung at all agents, the ringing or the wait is over. All else stays as it is meanwhile.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from agents.admission import (
    LATEST_AUTO_ANSWER,
    Limits,
    NextStep,
    QueuedCaller,
    Queues,
    Resolution,
    next_step,
    wait_ends_at,
)
from agents.routing import Candidate, Decision, Question, answer


@dataclass(frozen=True)
class Forecast:
    """Tell what ends the ringing, and what the wait with audio; times are seconds."""

    is_staffed: bool
    rings_for: int
    after_ringing: NextStep
    waits_for: int
    after_wait: NextStep


def forecast_of(
    question: Question,
    decision: Decision,
    queues: Queues,
    found: Resolution,
    *,
    has_room: bool,
) -> Forecast:
    queue, begun = queues[found.queue_id], question.now
    silent_from = _silent_from(question, decision, queue.limits)
    caller = QueuedCaller(found.queue_id, begun, begun, visited=found.visited)
    over_at, after_ringing = _after_ringing(caller, queues, silent_from, has_room)
    wait_ends = wait_ends_at(queue.limits, begun)
    return Forecast(
        is_staffed=queue.load.signed_in > 0,
        rings_for=round((over_at - begun).total_seconds()),
        after_ringing=after_ringing,
        waits_for=round((wait_ends - begun).total_seconds()),
        after_wait=next_step(replace(caller, rings_since=None), queues, wait_ends),
    )


def _after_ringing(
    caller: QueuedCaller, queues: Queues, silent_from: datetime, has_room: bool
) -> tuple[datetime, NextStep]:
    now = caller.queued_at
    while True:
        rings = now < silent_from
        ringing = replace(caller, rings_at_agent=rings)
        step = next_step(ringing, queues, now, has_room=has_room)
        if step.until is None:
            return now, step
        now = min(step.until, silent_from) if rings else step.until


def _silent_from(question: Question, decision: Decision, limits: Limits) -> datetime:
    """Return from when on it rings at no agent; later than it matters: it rings on."""
    longest = max(limits.ring_timeout, LATEST_AUTO_ANSWER)
    rings_out = question.now + timedelta(seconds=longest)
    while decision.ring and question.now < rings_out:
        question = _missed(question, decision)
        decision = answer(question)
    return question.now


def _missed(question: Question, decision: Decision) -> Question:
    """Let time pass until those at whom it rings have missed it; ring-all rings on."""
    seconds = max(1, question.rules.agent_seconds)
    now = question.now + timedelta(seconds=seconds)
    if not question.rules.is_one_at_a_time:
        return replace(question, now=now)

    def seen(agent: Candidate) -> Candidate:
        if agent.agent_id not in decision.ring:
            return agent
        return replace(agent, tried="missed", tried_at=now)

    return replace(question, now=now, candidates=tuple(map(seen, question.candidates)))
