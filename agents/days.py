"""An agent's day: its intervals in order, and what they add up to. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from agents.models import AgentState, AgentStateSpan

NOTHING = timedelta()


@dataclass(frozen=True)
class Interval:
    """A part of a span that lies within the day."""

    state: str
    reason: str
    start: datetime
    end: datetime
    goes_on: bool = False

    @property
    def lasts(self) -> timedelta:
        return self.end - self.start


@dataclass(frozen=True)
class Login:
    """From signing in to going offline."""

    start: datetime
    end: datetime
    goes_on: bool = False


@dataclass(frozen=True)
class Day:
    """From midnight to midnight on the clock there: 23, 24 or 25 hours."""

    start: datetime
    end: datetime
    intervals: tuple[Interval, ...]
    logins: tuple[Login, ...]

    @property
    def lasts(self) -> timedelta:
        return self.end - self.start

    @property
    def in_all(self) -> timedelta:
        """Return the sum of the intervals."""
        return sum((one.lasts for one in self.intervals), NOTHING)

    @property
    def logged_in(self) -> timedelta:
        """Add up each login; if the sums differ, an interval is missing."""
        return sum((one.end - one.start for one in self.logins), NOTHING)

    @property
    def by_state(self) -> dict[str, timedelta]:
        found = dict.fromkeys(AgentState.values, NOTHING)
        for one in self.intervals:
            found[one.state] = found.get(one.state, NOTHING) + one.lasts
        return {state: lasts for state, lasts in found.items() if lasts}


def day_from(
    spans: Iterable[AgentStateSpan], start: datetime, end: datetime, now: datetime
) -> Day:
    """Cut `spans`, in the order of their start, to the day."""
    intervals = tuple(
        one for span in spans if (one := _within(span, start, end, now)) is not None
    )
    return Day(start, end, intervals, tuple(_logins(intervals)))


def _within(
    span: AgentStateSpan, start: datetime, end: datetime, now: datetime
) -> Interval | None:
    until = span.ended_at or max(now, span.started_at)
    first, last = max(span.started_at, start), min(until, end)
    if last < first or (last == first and span.ended_at is not None):
        return None
    goes_on = span.ended_at is None and until <= end
    return Interval(span.state, span.reason, first, last, goes_on)


def _logins(intervals: Iterable[Interval]) -> list[Login]:
    """Join intervals that follow each other without a gap into one login."""
    found: list[Login] = []
    for one in intervals:
        if found and one.start <= found[-1].end:
            last = found.pop()
            end = max(last.end, one.end)
            found.append(Login(last.start, end, last.goes_on or one.goes_on))
        else:
            found.append(Login(one.start, one.end, one.goes_on))
    return found
