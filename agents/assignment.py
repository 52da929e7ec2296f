"""Assign all agents who could answer to all who wait, at one instant. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from agents.routing import (
    Candidate,
    Decision,
    Left,
    Question,
    Rules,
    Strategy,
    Tried,
    Waiting,
    answer,
    free_of,
)


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
    promises = Promises()
    pools = Pools(promises)
    floor = {id(seen): seen for seen in candidates_by_call.values()}
    views = {key: View(seen) for key, seen in floor.items()}
    view_of = {call: views[id(seen)] for call, seen in candidates_by_call.items()}
    for waiting in line:
        if rules_by_queue[waiting.queue_id].is_one_at_a_time:
            promises.give(waiting, view_of[waiting.call_id].ringing_here)
    for waiting in line:
        rules, view = rules_by_queue[waiting.queue_id], view_of[waiting.call_id]
        promised = promises.to_others(waiting, rules)
        question = Question(waiting, rules, view.candidates, now, promised)
        decision = answer(question, pools.left(view, question))
        if rules.is_one_at_a_time:
            promises.give(waiting, decision.ring)
        else:
            promises.share(decision.ring)
        yield question, decision


class View:
    """The members of a queue as one call sees them, or all that see them alike."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self.candidates = tuple(candidates)
        self.ringing_here = [c.agent_id for c in self.candidates if c.is_ringing_here]
        self.is_untouched = not self.ringing_here and not any(
            c.tried for c in self.candidates
        )


class Pools:
    """The agents left for the next caller, where many callers see a queue alike.

    Whoever was promised to one of them needs not be looked at for all the others.
    """

    def __init__(self, promises: "Promises") -> None:
        self._promises = promises
        self._left: dict[tuple[int, Strategy], tuple[int, Left]] = {}

    def left(self, view: View, question: Question) -> Left:
        waiting, rules = question.waiting, question.rules
        is_named = waiting.from_agent is not None or waiting.only_agent is not None
        if is_named or not view.is_untouched:
            return free_of(question)
        key = id(view), rules.strategy
        seen, left = self._left.get(key) or (-1, free_of(question))
        if seen != len(self._promises):
            left = [agent for agent in left if self._is_left(agent, question)]
            self._left[key] = len(self._promises), left
        return left

    def _is_left(self, agent: Candidate, question: Question) -> bool:
        rings = agent.state == "ringing" and question.rules.is_one_at_a_time
        return not rings and agent.agent_id not in question.promised


class Promises:
    """Agents that are promised to a call. Only calls that ring at all agents share."""

    def __init__(self) -> None:
        self.given: dict[int, tuple[int, str]] = {}
        self.shared: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self.given) + len(self.shared)

    def give(self, waiting: Waiting, agents: Collection[int]) -> None:
        for agent_id in agents:
            self.given.setdefault(agent_id, (len(self.given), waiting.call_id))

    def share(self, agents: Collection[int]) -> None:
        for agent_id in agents:
            self.shared.setdefault(agent_id, len(self.shared))

    def to_others(self, waiting: Waiting, rules: Rules) -> "PromisedToOthers":
        shares = not rules.is_one_at_a_time
        shared = 0 if shares else len(self.shared)
        return PromisedToOthers(self, waiting.call_id, len(self.given), shared)


@dataclass(frozen=True, slots=True)
class PromisedToOthers(Set[int]):
    """The agents promised to other calls, as it was when this call's turn came."""

    promises: Promises
    call_id: str
    given: int
    shared: int

    def __contains__(self, agent_id: Any) -> bool:
        place, call_id = self.promises.given.get(agent_id, (self.given, ""))
        if place < self.given and call_id != self.call_id:
            return True
        return self.promises.shared.get(agent_id, self.shared) < self.shared

    def __iter__(self) -> Iterator[int]:
        known = {*self.promises.given, *self.promises.shared}
        return (agent_id for agent_id in known if agent_id in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)
