"""Assign all agents who could answer to all who wait, at one instant. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from agents.routing import (
    Candidate,
    Decision,
    Question,
    Rules,
    Situation,
    Tried,
    Waiting,
    answer,
    situation,
)
from agents.skip_reasons import Skipped


@dataclass(frozen=True, slots=True)
class Try:
    """Tell how the last ring attempt of a call went with an agent."""

    how: Tried = ""
    at: datetime | None = None


def for_call(
    members: Sequence[Candidate],
    tries: Mapping[int, Try],
    ringing: Mapping[int, datetime],
) -> Sequence[Candidate]:
    """Return the members of a queue as one call sees them.

    `ringing`: since when it rings at them for this call, by agent.
    """
    if not tries and not ringing:
        return members
    return [
        _seen(member, tries.get(member.agent_id), ringing.get(member.agent_id))
        for member in members
    ]


def _seen(
    member: Candidate, tried: Try | None, rings_since: datetime | None
) -> Candidate:
    if tried is None and rings_since is None:
        return member  # the same one for every call, so that it is looked at once
    tried = tried or Try()
    return replace(
        member,
        tried=tried.how,
        tried_at=tried.at,
        since=rings_since or member.since,
        is_ringing_here=rings_since is not None,
    )


def queue_order(waiting: Waiting) -> tuple[int, int, datetime, str]:
    return -waiting.weight, -waiting.priority, waiting.since, waiting.call_id


def assign(
    waitings: Sequence[Waiting],
    rules_by_queue: Mapping[int, Rules],
    candidates_by_call: Mapping[str, Sequence[Candidate]],
    now: datetime,
) -> Iterator[tuple[Question, Decision]]:
    """Decide for all who wait at once, so that no agent is promised to two callers.

    Each decision comes with what it rested on.
    """
    line = sorted(waitings, key=queue_order)
    promises, situation_of = Promises(), _remembering()
    for waiting in line:
        if rules_by_queue[waiting.queue_id].is_one_at_a_time:
            agents = candidates_by_call[waiting.call_id]
            promises.give(waiting, [a.agent_id for a in agents if a.is_ringing_here])
    for waiting in line:
        rules = rules_by_queue[waiting.queue_id]
        question = Question(
            waiting,
            rules,
            tuple(candidates_by_call[waiting.call_id]),
            now,
            promises.to_others(waiting, rules),
        )
        decision = answer(question, situation_of)
        if rules.is_one_at_a_time:
            promises.give(waiting, decision.ring)
        else:
            promises.share(decision.ring)
        yield question, decision


def _remembering() -> Situation:
    """Look at each agent once: the same ones stand before every caller of a queue."""
    known: dict[int, Skipped | None] = {}

    def situation_of(agent: Candidate) -> Skipped | None:
        if id(agent) not in known:
            known[id(agent)] = situation(agent)
        return known[id(agent)]

    return situation_of


class Promises:
    """Agents that are promised to a call. Only calls that ring at all agents share."""

    def __init__(self) -> None:
        self._given: dict[int, str] = {}
        self._shared: set[int] = set()

    def give(self, waiting: Waiting, agents: Collection[int]) -> None:
        for agent_id in agents:
            self._given.setdefault(agent_id, waiting.call_id)

    def share(self, agents: Collection[int]) -> None:
        self._shared.update(agents)

    def to_others(self, waiting: Waiting, rules: Rules) -> frozenset[int]:
        given = (a for a, call_id in self._given.items() if call_id != waiting.call_id)
        return frozenset(given) | (self._shared if rules.is_one_at_a_time else set())
