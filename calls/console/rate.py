"""The rate at which one console may send. Pure; the caller reads the clock."""

import enum

from callcenter import limits
from callcenter.buckets import Buckets

WARN_EVERY = 5.0  # seconds


class Verdict(enum.Enum):
    FINE = "fine"
    DROP = "drop"
    WARN = "warn"  # drop it, and tell the page
    TOO_MUCH = "too_much"  # it does not stop: close


_messages = Buckets(limits.CONSOLE_MESSAGES)  # all consoles of an agent share one


class MessageRate:
    """Judges the messages of one console."""

    def __init__(self) -> None:
        self._refused = Buckets(limits.CONSOLE_REFUSED_MESSAGES)
        self._before_sign_in = Buckets(limits.CONSOLE_MESSAGES)
        self._warned_at = float("-inf")

    def judge(self, agent_id: int | None, characters: int, now: float) -> Verdict:
        """Judge one message; `now` in seconds of the loop."""
        cost = 1 + characters // limits.CONSOLE_MESSAGE_UNIT
        bucket = self._before_sign_in if agent_id is None else _messages
        if bucket.take(agent_id, cost):
            return Verdict.FINE
        if not self._refused.take(None):
            return Verdict.TOO_MUCH
        if now - self._warned_at < WARN_EVERY:
            return Verdict.DROP
        self._warned_at = now
        return Verdict.WARN
