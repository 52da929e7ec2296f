"""Choose the agents to ring, with a reason for every other one. Pure.

First comes how an agent is: situation(). Then come the RULES, in their order. Each
takes some agents out and gives each of them its one reason. It rings at those who are
left, or at the one of them whose turn it is. Change a rule: raise RULE_VERSION.
"""

from collections.abc import Callable, Collection, Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from math import ceil
from operator import attrgetter
from sys import maxsize
from typing import Literal, overload

from django.db.models import TextChoices

from agents.skip_reasons import Skip, Skipped

RULE_VERSION = 1
# Seconds for which a call rings at one agent, before the next one is asked.
AGENT_RING_TIME = 20
NEVER = datetime.min.replace(tzinfo=UTC)

Tried = Literal["", "declined", "missed", "console"]


class Strategy(TextChoices):
    RING_ALL = "ring_all", "Ring all"
    LONGEST_IDLE = "longest_idle", "Longest idle"
    ROUND_ROBIN = "round_robin", "Round robin"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A member of the queue, as one call sees them.

    `since`: of the state; while ringing, when it began. `reason`: the break's name, or
    why it cannot ring. `tried`: how the last offer of this call went.
    """

    agent_id: int
    name: str
    state: str
    since: datetime
    reason: str = ""
    can_ring: bool = True
    level: int = 1
    last_offered_at: datetime | None = None
    tried: Tried = ""
    tried_at: datetime | None = None
    is_ringing_here: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings by which a queue rings.

    `agent_seconds`: for one agent, before the next is asked; ring_all rings on.
    `retry_seconds`: after this, who missed the call may be asked again; 0: never.
    """

    strategy: Strategy
    level_seconds: int = 0
    agent_seconds: int = AGENT_RING_TIME
    retry_seconds: int = 0

    @property
    def is_one_at_a_time(self) -> bool:
        return self.strategy != Strategy.RING_ALL


@dataclass(frozen=True, slots=True)
class Waiting:
    """A call that waits for an agent.

    `since`: its place in the queue. `weight` is the queue's, `priority` the call's.
    `sticky_agent` rings first; `only_agent` was named in a transfer. A missing end
    means: no end. `from_agent` transferred the call.
    """

    call_id: str
    queue_id: int
    since: datetime
    weight: int = 0
    priority: int = 0
    sticky_agent: int | None = None
    sticky_until: datetime | None = None
    only_agent: int | None = None
    only_until: datetime | None = None
    from_agent: int | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The agents to ring now, best first, and the reason for each other agent."""

    ring: tuple[int, ...]
    skipped: Sequence[Skipped]
    strategy: Strategy
    rule_version: int = RULE_VERSION


@dataclass(frozen=True, slots=True)
class Question:
    """All that a decision rests on. `promised`: agents who ring for other calls."""

    waiting: Waiting
    rules: Rules
    candidates: tuple[Candidate, ...]
    now: datetime
    promised: Set[int] = frozenset()


Left = Sequence[Candidate]
SITUATIONS = {
    "offline": Skip.OFFLINE,
    "on_break": Skip.ON_BREAK,
    "cannot_ring": Skip.CANNOT_RING,
    "in_call": Skip.IN_CALL,
    "wrap_up": Skip.WRAP_UP,
    "reconnecting": Skip.RECONNECTING,
}
RINGABLE = ("available", "ringing")
TRIES = {
    "declined": Skip.DECLINED,
    "missed": Skip.MISSED,
    "console": Skip.CONSOLE,
}


def decide(
    waiting: Waiting,
    rules: Rules,
    candidates: Sequence[Candidate],
    now: datetime,
    promised: Collection[int] = (),
) -> Decision:
    """Return the agents who should ring for this call now, ringing ones included."""
    asked = Question(waiting, rules, tuple(candidates), now, frozenset(promised))
    return answer(asked)


def situation(agent: Candidate) -> Skipped | None:
    """Return why the agent is not free, or why the console is not reachable."""
    if agent.state in RINGABLE and agent.can_ring:
        return None
    # A state of tomorrow must not ring either.
    skip = SITUATIONS.get(agent.state, Skip.CANNOT_RING)
    return Skipped(agent.agent_id, skip, detail=agent.reason, since=agent.since)


def free_of(question: Question) -> Left:
    """Return the agents who are free, whose turn is first in front."""
    free = [one for one in question.candidates if not situation(one)]
    return sorted(free, key=_turn(question.rules.strategy))


def answer(question: Question, left: Left | None = None) -> Decision:
    """Decide. `left`: what is left of free_of(), where other calls asked the same.

    Whoever is missing there is promised to another caller.
    """
    first = left = free_of(question) if left is None else left
    passed_over: list[Skipped] = []
    for rule in RULES:
        if found := list(rule(question, left)) if left else []:
            passed_over += found
            left = _without(left, found)
    ring = _whose_turn(question, left)
    return Decision(
        ring=tuple(agent.agent_id for agent in ring),
        skipped=Reasons(question, first, passed_over, left),
        strategy=question.rules.strategy,
    )


class Reasons(Sequence[Skipped]):
    """The reasons of a decision, put together only where somebody asks.

    A busy floor decides many times a second, and seldom says why.
    """

    def __init__(
        self,
        question: Question,
        first: Left,
        passed_over: Sequence[Skipped],
        left: Left,
    ) -> None:
        self._parts = question, first, passed_over, left

    @cached_property
    def _all(self) -> tuple[Skipped, ...]:
        question, first, passed_over, left = self._parts
        considered = {agent.agent_id for agent in first}
        found = [*passed_over, *_turns(question, left)]
        for agent in question.candidates:
            if why := situation(agent):
                found.append(why)
            elif agent.agent_id not in considered:
                found.append(Skipped(agent.agent_id, Skip.RINGS_ELSEWHERE))
        return tuple(sorted(found, key=attrgetter("agent_id")))

    @overload
    def __getitem__(self, at: int) -> Skipped: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Skipped, ...]: ...
    def __getitem__(self, at: int | slice) -> Skipped | tuple[Skipped, ...]:
        return self._all[at]

    def __len__(self) -> int:
        return len(self._all)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._all == tuple(other)

    def __hash__(self) -> int:
        return hash(self._all)

    def __repr__(self) -> str:
        return repr(self._all)


def _without(left: Left, skipped: Sequence[Skipped]) -> Left:
    out = {one.agent_id for one in skipped}
    return [agent for agent in left if agent.agent_id not in out]


# --- The rules, in their order -------------------------------------------------------

Rule = Callable[[Question, Left], Iterator[Skipped]]


def _tried(question: Question, left: Left) -> Iterator[Skipped]:
    """Skip agents who declined, and who missed it until the retry delay is over."""
    touched = (agent for agent in left if agent.tried or agent.is_ringing_here)
    for agent in touched:
        how = _how_it_went(question, agent)
        if how and not _may_be_asked_again(question, agent):
            yield Skipped(agent.agent_id, TRIES[how], since=agent.tried_at)


def _passed_on(question: Question, left: Left) -> Iterator[Skipped]:
    """Skip agents who transferred the call, unless no other agent can take it."""
    giver = question.waiting.from_agent
    others = (c for c in question.candidates if c.agent_id != giver)
    if giver is not None and any(_could_take(question, agent) for agent in others):
        yield from (Skipped(giver, Skip.PASSED_ON) for c in left if c.agent_id == giver)


def _transferred(question: Question, left: Left) -> Iterator[Skipped]:
    """Keep a transferred call for its one agent, until their chance is over."""
    if _is_for_one(question):
        chosen = question.waiting.only_agent
        yield from _all_but(question, left, chosen, Skip.TRANSFERRED)


def _rings_elsewhere(question: Question, left: Left) -> Iterator[Skipped]:
    """Ring at one agent for one caller. Only calls that ring at all agents share."""
    alone, promised = question.rules.is_one_at_a_time, question.promised
    for agent in left:
        elsewhere = agent.state == "ringing" and not agent.is_ringing_here
        if agent.agent_id in promised or (elsewhere and alone):
            yield Skipped(agent.agent_id, Skip.RINGS_ELSEWHERE)


def _sticky(question: Question, left: Left) -> Iterator[Skipped]:
    """Put the sticky agent first if they can take the call; do not wait for them."""
    known = question.waiting.sticky_agent
    others_ring = any(c.is_ringing_here and c.agent_id != known for c in left)
    is_there = any(c.agent_id == known for c in left)
    if _asks_sticky_first(question) and is_there and not others_ring:
        yield from _all_but(question, left, known, Skip.STICKY)


def _levels(question: Question, left: Left) -> Iterator[Skipped]:
    """Open a level after its delay, or when the levels before it are empty."""
    opens_in = {level: _opens_in(question, level) for level in {c.level for c in left}}
    if not any(seconds > 0 for seconds in opens_in.values()):
        return
    exempt, first_level = _asked_by_name(question), _first_level(question)
    for agent in left:
        level, seconds = agent.level, opens_in[agent.level]
        is_closed = seconds > 0 and level > first_level
        if is_closed and not agent.is_ringing_here and agent.agent_id not in exempt:
            yield Skipped(agent.agent_id, Skip.LEVEL, level=level, seconds=seconds)


RULES: tuple[Rule, ...] = (
    _tried,
    _passed_on,
    _transferred,
    _rings_elsewhere,
    _sticky,
    _levels,
)


def _whose_turn(question: Question, left: Left) -> Left:
    """Ring at one agent at a time; a ringing call is not moved to a better agent."""
    if not question.rules.is_one_at_a_time:
        return left
    return [agent for agent in left if agent.is_ringing_here][:1] or left[:1]


def _turns(question: Question, left: Left) -> Iterator[Skipped]:
    """Skip those whose turn comes later."""
    turn = _turn(question.rules.strategy)
    for first in _whose_turn(question, left) if question.rules.is_one_at_a_time else ():
        why_later = _why_later(question.rules.strategy, turn(first))
        for agent in left:
            if agent is not first and first.is_ringing_here:
                name = first.name
                yield Skipped(agent.agent_id, Skip.COLLEAGUE_RINGS, detail=name)
            elif agent is not first:
                yield Skipped(agent.agent_id, why_later(turn(agent)))


# --- What the rules ask ---------------------------------------------------------------

Turn = tuple[bool, int, datetime, int]


def _turn(strategy: Strategy) -> Callable[[Candidate], Turn]:
    """Order the agents; _why_later() says what each place in it means."""

    def by_idleness(agent: Candidate) -> Turn:
        return bool(agent.tried), agent.level, agent.since, agent.agent_id

    def by_rota(agent: Candidate) -> Turn:
        asked = agent.last_offered_at or NEVER
        return bool(agent.tried), agent.level, asked, agent.agent_id

    return by_rota if strategy == Strategy.ROUND_ROBIN else by_idleness


def _why_later(strategy: Strategy, first: Turn) -> Callable[[Turn], Skip]:
    by_rota = strategy == Strategy.ROUND_ROBIN
    time = Skip.ASKED_LONGER_AGO if by_rota else Skip.IDLE_LONGER

    def why(turn: Turn) -> Skip:
        if turn[0] != first[0]:
            return Skip.NOT_ASKED_YET
        if turn[1] != first[1]:
            return Skip.EARLIER_LEVEL
        return time if turn[2] != first[2] else Skip.EARLIER_IN_LIST

    return why


def _how_it_went(question: Question, agent: Candidate) -> Tried:
    return "missed" if _rang_out(question, agent) else agent.tried


def _rang_out(question: Question, agent: Candidate) -> bool:
    """Say whether it has rung there for the ring time per agent."""
    if agent.state != "ringing" or not agent.is_ringing_here:
        return False
    ends = agent.since + timedelta(seconds=question.rules.agent_seconds)
    return question.rules.is_one_at_a_time and ends <= question.now


def _may_be_asked_again(question: Question, agent: Candidate) -> bool:
    if _rang_out(question, agent) or not _is_ever_asked_again(question, agent.tried):
        return False
    retry = timedelta(seconds=question.rules.retry_seconds)
    return agent.tried_at is not None and agent.tried_at + retry <= question.now


def _is_ever_asked_again(question: Question, how: Tried) -> bool:
    return how != "declined" and question.rules.retry_seconds > 0


def _could_take(question: Question, agent: Candidate) -> bool:
    """Say whether they can take the call now or later: signed in, and not ruled out."""
    how = _how_it_went(question, agent)
    if agent.state == "offline":
        return False
    return not how or _is_ever_asked_again(question, how)


def _is_for_one(question: Question) -> bool:
    waiting = question.waiting
    if waiting.only_agent is None or _is_past(waiting.only_until, question.now):
        return False
    chosen = (c for c in question.candidates if c.agent_id == waiting.only_agent)
    return not any(_how_it_went(question, agent) for agent in chosen)


def _asks_sticky_first(question: Question) -> bool:
    waiting = question.waiting
    past = _is_past(waiting.sticky_until, question.now)
    return waiting.sticky_agent is not None and not past


def _asked_by_name(question: Question) -> set[int | None]:
    """Say whether the agent was named, so that levels do not count."""
    waiting = question.waiting
    names = {waiting.only_agent} if _is_for_one(question) else set()
    return names | ({waiting.sticky_agent} if _asks_sticky_first(question) else set())


def _is_past(until: datetime | None, now: datetime) -> bool:
    return until is not None and until <= now


def _first_level(question: Question) -> int:
    """Return the first level with an agent who could take the call now or soon."""
    giver = question.waiting.from_agent
    return min(
        (
            agent.level
            for agent in question.candidates
            if agent.agent_id != giver and _could_take(question, agent)
        ),
        default=maxsize,
    )


def _opens_in(question: Question, level: int) -> int:
    opens = question.waiting.since + timedelta(
        seconds=(level - 1) * question.rules.level_seconds
    )
    return ceil((opens - question.now).total_seconds())


def _all_but(
    question: Question, left: Left, chosen: int | None, skip: Skip
) -> Iterator[Skipped]:
    names = [c.name for c in question.candidates if c.agent_id == chosen]
    for agent in left:
        if agent.agent_id != chosen:
            yield Skipped(agent.agent_id, skip, detail="".join(names[:1]))
