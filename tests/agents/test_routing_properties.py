"""What holds for every queue, every caller and every agent."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agents.assignment import assign
from agents.decisions import Unreadable, as_json, from_json, replay
from agents.routing import (
    RINGABLE,
    SITUATIONS,
    Candidate,
    Question,
    Rules,
    Strategy,
    Waiting,
    answer,
)
from agents.skip_reasons import Skip, sentence
from tests.agents.candidates import LONGEST_IDLE, NOW, ago, ana, carla, decisions

pytestmark = pytest.mark.stackless

instants = st.integers(-60, 600).map(ago)
ids = st.integers(1, 8)
maybe_ids = st.none() | ids


@st.composite
def candidates(draw: st.DrawFn, agent_id: int) -> Candidate:
    tried = draw(st.sampled_from(["", "", "declined", "missed", "console"]))
    return Candidate(
        agent_id,
        f"Agent {agent_id}",
        draw(st.sampled_from([*RINGABLE, *RINGABLE, *SITUATIONS, "unheard of"])),
        draw(instants),
        reason=draw(st.sampled_from(["", "Lunch", "The microphone sends no audio."])),
        can_ring=draw(st.sampled_from([True, True, True, False])),
        level=draw(st.integers(1, 3)),
        last_offered_at=draw(st.none() | instants),
        tried=tried,
        tried_at=draw(instants) if tried else None,
        is_ringing_here=draw(st.booleans()),
    )


@st.composite
def people(draw: st.DrawFn) -> tuple[Candidate, ...]:
    chosen = draw(st.lists(ids, unique=True, max_size=8))
    return tuple(draw(candidates(agent_id)) for agent_id in chosen)


rules_ = st.builds(
    Rules,
    strategy=st.sampled_from(Strategy),
    level_seconds=st.sampled_from([0, 10, 60]),
    agent_seconds=st.sampled_from([5, 20]),
    retry_seconds=st.sampled_from([0, 30]),
)


def waiting_as(call_id: str) -> st.SearchStrategy[Waiting]:
    return st.builds(
        Waiting,
        call_id=st.just(call_id),
        queue_id=st.integers(1, 2),
        since=instants,
        weight=st.integers(0, 2),
        priority=st.integers(0, 2),
        sticky_agent=maybe_ids,
        sticky_until=st.none() | instants,
        only_agent=maybe_ids,
        only_until=st.none() | instants,
        from_agent=maybe_ids,
    )


questions = st.builds(
    Question,
    waiting=waiting_as("carla"),
    rules=rules_,
    candidates=people(),
    now=st.just(NOW),
    promised=st.frozensets(ids, max_size=3),
)


@given(questions)
def test_everybody_is_in_one_place_with_one_reason(question: Question):
    decision = answer(question)
    placed = [*decision.ring, *(one.agent_id for one in decision.skipped)]
    assert sorted(placed) == sorted(c.agent_id for c in question.candidates)
    assert all(sentence(one).endswith(".") for one in decision.skipped)


@given(questions)
def test_it_rings_at_nobody_who_cannot_or_shall_not(question: Question):
    """Said once more, without the rules."""
    waiting, rules = question.waiting, question.rules
    people_here = {agent.agent_id: agent for agent in question.candidates}
    retry = timedelta(seconds=rules.retry_seconds)
    for agent in map(people_here.get, answer(question).ring):
        assert agent is not None
        assert agent.can_ring
        assert agent.state in ("available", "ringing")
        assert agent.agent_id not in question.promised
        assert agent.tried != "declined"
        if agent.tried:
            assert rules.retry_seconds
            assert NOW - agent.tried_at >= retry
        if rules.strategy != Strategy.RING_ALL and agent.state == "ringing":
            assert agent.is_ringing_here
            assert NOW - agent.since < timedelta(seconds=rules.agent_seconds)
        by_name = agent.agent_id in (waiting.sticky_agent, waiting.only_agent)
        opened = (NOW - waiting.since).total_seconds() >= (
            agent.level - 1
        ) * rules.level_seconds
        before = [
            c
            for c in people_here.values()
            if c.level < agent.level
            and c.state != "offline"
            and not c.tried
            and c.agent_id != waiting.from_agent
            and not c.is_ringing_here
        ]
        assert by_name or agent.is_ringing_here or opened or not before


@given(questions)
def test_one_at_a_time_is_one_at_a_time(question: Question):
    if question.rules.strategy != Strategy.RING_ALL:
        assert len(answer(question).ring) <= 1


@given(questions)
def test_nobody_is_passed_over_for_a_turn_that_nobody_takes(question: Question):
    turns = {
        Skip.STICKY,
        Skip.COLLEAGUE_RINGS,
        Skip.NOT_ASKED_YET,
        Skip.EARLIER_LEVEL,
        Skip.IDLE_LONGER,
        Skip.ASKED_LONGER_AGO,
        Skip.EARLIER_IN_LIST,
    }
    decision = answer(question)
    if turns & {one.skip for one in decision.skipped}:
        assert decision.ring


@given(questions, st.randoms(use_true_random=False))
def test_the_order_in_which_people_are_listed_does_not_matter(question, random):
    shuffled = list(question.candidates)
    random.shuffle(shuffled)
    assert answer(replace(question, candidates=tuple(shuffled))) == answer(question)


@given(questions)
def test_asked_again_at_the_same_instant_nothing_changes(question: Question):
    """Those who were picked ring now; that is what shall be."""
    decision = answer(question)
    assume(not {a.agent_id for a in question.candidates if a.is_ringing_here})

    def rung(agent: Candidate) -> Candidate:
        if agent.agent_id not in decision.ring:
            return agent
        return replace(agent, state="ringing", since=NOW, is_ringing_here=True)

    after = replace(question, candidates=tuple(map(rung, question.candidates)))
    assert set(answer(after).ring) == set(decision.ring)


@given(questions)
def test_a_decision_that_was_kept_is_decided_the_same_again(question: Question):
    decision = answer(question)
    stored = json.loads(json.dumps(as_json(question, decision)))
    assert stored["rules"]["ring_seconds"] == question.rules.agent_seconds
    assert from_json(stored) == (question, decision)
    assert replay(stored) == decision


@pytest.mark.parametrize("broken", [{}, {"waiting": 3}, {"candidates": [1]}, []])
def test_a_record_that_is_none_is_refused_in_words(broken):
    question = Question(carla(), LONGEST_IDLE, (ana(),), NOW)
    stored = as_json(question, answer(question))
    damaged = {**stored, **broken} if broken else broken
    with pytest.raises(Unreadable, match="cannot be read"):
        replay(damaged)


@st.composite
def floors(draw: st.DrawFn):
    """Callers, queues and agents who know no more than one call each."""
    members = {1: draw(people()), 2: draw(people())}
    line = [draw(waiting_as(f"caller {n}")) for n in range(draw(st.integers(0, 5)))]
    unrung = {
        queue: [replace(a, is_ringing_here=False) for a in agents]
        for queue, agents in members.items()
    }
    by_call = {waiting.call_id: unrung[waiting.queue_id] for waiting in line}
    return line, {1: draw(rules_), 2: draw(rules_)}, by_call


@given(floors())
def test_nobody_is_promised_to_two_callers_unless_both_ring_at_everybody(floor):
    line, rules, by_call = floor
    rings: dict[int, list[Strategy]] = {}
    for decision in decisions(line, rules, by_call, NOW).values():
        for agent_id in decision.ring:
            rings.setdefault(agent_id, []).append(decision.strategy)
    for strategies in rings.values():
        assert len(strategies) == 1 or set(strategies) == {Strategy.RING_ALL}


@given(floors())
def test_each_decision_of_a_floor_can_be_replayed_alone(floor):
    line, rules, by_call = floor
    decided = decisions(line, rules, by_call, NOW)
    for question, decision in assign(line, rules, by_call, NOW):
        assert replay(as_json(question, decision)) == decision
        assert decided[question.waiting.call_id] == decision


@given(floors(), st.randoms(use_true_random=False))
def test_the_order_in_which_callers_are_listed_does_not_matter(floor, random):
    line, rules, by_call = floor
    shuffled = list(line)
    random.shuffle(shuffled)
    assert decisions(shuffled, rules, by_call, NOW) == decisions(
        line, rules, by_call, NOW
    )
