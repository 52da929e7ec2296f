"""A day of 50 people and 1,000 calls: the rules and a reckoning of their own agree.

With EVERY_ORDER=1 there are 100 and 2,000.
"""

from collections import Counter

import pytest

from agents.routing import Strategy
from tests.agents.day import PARTS, SALES, SUPPORT, Day, Record, a_day
from tests.agents.independent import Everybody, OneAtATime
from tests.agents.simulation import Simulation
from tests.orders import examples

pytestmark = pytest.mark.stackless

CALLERS = examples(1000, thorough=2000)
WORKERS = CALLERS // 20


def reckoned(day: Day, strategy: Strategy) -> Record:
    if strategy == Strategy.RING_ALL:
        return Everybody(day).reckon()
    return OneAtATime(day, by_rota=strategy == Strategy.ROUND_ROBIN).reckon()


@pytest.mark.parametrize("strategy", Strategy)
def test_the_rules_ring_as_reckoned(strategy: Strategy):
    day = a_day(2026, WORKERS, CALLERS)
    served, expected = Simulation(day, strategy).run(), reckoned(day, strategy)
    assert served.answered == expected.answered
    assert served.abandoned == expected.abandoned
    assert sorted(served.audio) == sorted(expected.audio)
    assert sorted(served.moved) == sorted(expected.moved)
    assert (served.full, served.ended) == (expected.full, expected.ended)
    assert sorted(served.rang) == sorted(expected.rang)
    every_call_is_accounted_for(day, served)
    the_day_was_worth_it(day, served)
    if strategy != Strategy.RING_ALL:  # there everybody rings for everybody
        assert weight_went_before_waiting(day, served)


def every_call_is_accounted_for(day: Day, record: Record) -> None:
    ends = [name for _, name, _ in record.answered]
    ends += [name for _, name in (*record.abandoned, *record.full, *record.ended)]
    assert sorted(ends) == [caller.name for caller in day.callers]


def the_day_was_worth_it(day: Day, record: Record) -> None:
    """Everything that the rules are about did happen."""
    queues = {caller.name: caller.queue for caller in day.callers}
    queues |= {name: queue for _, name, queue in sorted(record.moved)}
    workers = {worker.number: worker for worker in day.workers}
    levels = Counter(
        (queues[name], workers[number].levels[queues[name]])
        for _, name, number in record.answered
    )
    both = {(queue, n) for queue in (SUPPORT, SALES) for n in (1, 2)}
    assert set(levels) == both | {(PARTS, 1)}
    assert min(levels.values()) > 10
    assert 10 < len(record.abandoned) < len(day.callers) / 2
    again = Counter((name, number) for _, name, number in record.rang)
    assert max(again.values()) > 1
    limits = record.audio, record.moved, record.full, record.ended
    assert min(map(len, limits)) >= 10, [*map(len, limits)]


def weight_went_before_waiting(day: Day, record: Record) -> bool:
    """Who serves both rang for a younger caller of the heavier queue."""
    callers = {caller.name: caller for caller in day.callers}
    both = {w.number for w in day.workers if {SUPPORT, SALES} <= w.levels.keys()}
    first_rang = {name: at for at, name, _ in sorted(record.rang, reverse=True)}
    older = {
        caller.at: first_rang.get(caller.name, caller.leaves_at)
        for caller in day.callers
        if caller.queue == SUPPORT
    }
    return any(
        at < callers[name].at and when < rang_at
        for when, name, number in record.rang
        if number in both and callers[name].queue == SALES
        for at, rang_at in older.items()
    )
