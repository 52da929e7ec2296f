"""The one rule of talk, hold and wait time, and of how many agents were on a call.

The console, the call log, its page and its files take their figures from here.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol


class Times(Protocol):
    """The columns of a call that its durations are made of."""

    @property
    def created_at(self) -> datetime: ...
    @property
    def answered_at(self) -> datetime | None: ...
    @property
    def ended_at(self) -> datetime | None: ...
    @property
    def hold_seconds(self) -> int: ...


class LiveTimes(Times, Protocol):
    @property
    def held_since(self) -> datetime | None: ...


class TalkClock(NamedTuple):
    """A talk time that a page can count on: the seconds, and since when more come."""

    seconds: int | None
    since: datetime | None = None


def seconds_between(start: datetime | None, end: datetime | None) -> int | None:
    return round((end - start).total_seconds()) if start and end else None


def wait_seconds_of(call: Times) -> int | None:
    """Return the wait time: from the start until connected, or ended without."""
    return seconds_between(call.created_at, call.answered_at or call.ended_at)


def talk_seconds_of(call: Times) -> int | None:
    """Return the talk time, without hold time."""
    return _talk(call, call.ended_at)


def talk_clock_of(call: LiveTimes) -> TalkClock:
    """Return the talk time of a call that may go on; on hold it stands still."""
    if call.answered_at is None:
        return TalkClock(None)
    if stopped_at := call.ended_at or call.held_since:
        return TalkClock(_talk(call, stopped_at))
    return TalkClock(0, call.answered_at + timedelta(seconds=call.hold_seconds))


def _talk(call: Times, until: datetime | None) -> int | None:
    seconds = seconds_between(call.answered_at, until)
    return None if seconds is None else max(0, seconds - call.hold_seconds)


def agents_on(parts: Iterable[tuple[int, datetime | None]]) -> int:
    """Count agents who had audio, by who they are and when each part had it first."""
    return len({who for who, joined_at in parts if joined_at is not None})
