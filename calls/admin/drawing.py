"""A call as bars along its time: where the caller was, who rang, who talked. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

WIDTH = 1000.0  # units of the drawing
LEAST = 3.0  # of a bar: shorter ones would not be seen
# The length of a step between two marks: the first that leaves at most so many.
STEPS = [timedelta(seconds=seconds) for seconds in (5, 10, 30, 60, 300, 900, 3600)]
MOST_MARKS = 9


@dataclass(frozen=True)
class Interval:
    """A state that somebody was in, from when until when."""

    state: str
    label: str
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Bar:
    state: str
    title: str
    x: float
    width: float


@dataclass(frozen=True)
class Lane:
    """One row of the drawing: the caller, or an agent."""

    name: str
    bars: Sequence[Bar]


@dataclass(frozen=True)
class Mark:
    """A time below the bars, at so many percent of the width."""

    percent: float
    text: str


@dataclass(frozen=True)
class Drawing:
    lanes: Sequence[Lane]
    marks: Sequence[Mark]
    legend: Sequence[tuple[str, str]]  # state and label, each once


def states_between(
    moves: Iterable[tuple[datetime, str, str]], end: datetime
) -> list[Interval]:
    """Return the states of the moves `(at, state, label)`, the last until `end`."""
    joined: list[Interval] = []
    for (at, state, label), (until, _, _) in pairwise([*moves, (end, "", "")]):
        if joined and joined[-1].state == state:
            at = joined.pop().start
        joined.append(Interval(state, label, at, until))
    return [one for one in joined if one.end > one.start]


def draw(
    start: datetime, end: datetime, lanes: Iterable[tuple[str, Sequence[Interval]]]
) -> Drawing:
    """Put the intervals of each lane between `start` and `end` to scale."""
    lasts = max(end - start, timedelta(seconds=1))
    rows = [(name, list(intervals)) for name, intervals in lanes]
    seen = {one.state: one.label for _, intervals in rows for one in intervals}
    return Drawing(
        [Lane(name, [_bar(one, start, lasts) for one in row]) for name, row in rows],
        list(_marks(lasts)),
        list(seen.items()),
    )


def _bar(one: Interval, start: datetime, lasts: timedelta) -> Bar:
    left, right = (
        min(max((at - start) / lasts, 0.0), 1.0) * WIDTH for at in (one.start, one.end)
    )
    width = max(right - left, LEAST)
    title = f"{one.label} {_clock(one.end - one.start)}"
    return Bar(one.state, title, round(min(left, WIDTH - width), 1), round(width, 1))


def _marks(lasts: timedelta) -> Iterable[Mark]:
    step = next((one for one in STEPS if lasts / one <= MOST_MARKS), lasts / MOST_MARKS)
    at = timedelta()
    while at <= lasts:
        yield Mark(round(at / lasts * 100, 2), _clock(at))
        at += step


def _clock(lasts: timedelta) -> str:
    minutes, seconds = divmod(round(lasts.total_seconds()), 60)
    return f"{minutes}:{seconds:02}"
