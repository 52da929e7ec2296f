"""An agent's own day so far: calls, talk time, average handle time, breaks left.

A call belongs to the day on which it was offered, or placed, as in every report. It
counts for each agent who talked to the contact in it. Talk time is that of the call,
without holds; of a call that several agents had, each has the part in which they were.
Handle time is talk time, hold time and wrap-up together.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from agents.models import Agent, AgentState, AgentStateSpan, BreakReason
from callcenter.exporting.period import day_of
from calls.models import Call, CallChange, Leg
from calls.states import Status

Stretch = tuple[datetime, datetime]


@dataclass(frozen=True)
class BreakLeft:
    """A break with a daily allowance; `used` without the break that lasts."""

    name: str
    allowed: int  # seconds
    used: int


@dataclass(frozen=True)
class OwnDay:
    """Sums in seconds, of calls in which the agent's part is over."""

    calls: int
    talk: int
    average_handle: int | None
    breaks: tuple[BreakLeft, ...]


def own_day(agent: Agent) -> OwnDay:
    start, _ = day_of(timezone.now())
    legs = _handled(agent, start)
    holds = _holds({leg.call_id for leg in legs if leg.call_id in _shared(legs)})
    talks = [_talk(leg, holds.get(leg.call_id)) for leg in legs]
    handled = sum(_connected(leg) + (leg.wrap_up_seconds or 0) for leg in legs)
    calls = len({leg.call_id for leg in legs})
    average = round(handled / calls) if calls else None
    return OwnDay(calls, sum(talks), average, _breaks_left(agent, start))


def _handled(agent: Agent, start: datetime) -> list[Leg]:
    """Return this agent's parts that are over, of calls that were connected."""
    legs = Leg.objects.filter(agent=agent, mode=Leg.Mode.TALK, started_at__gte=start)
    over = legs.filter(
        Q(call__created_at__gte=start),
        joined_at__isnull=False,
        ended_at__isnull=False,
        call__answered_at__isnull=False,
    )
    related = over.select_related("call").defer("call__offer_sdp", "call__answer_sdp")
    return list(related.order_by("pk"))


def _shared(legs: Iterable[Leg]) -> set[UUID]:
    """Return the calls that more than one agent had, or that go on with another."""
    calls = {leg.call_id for leg in legs}
    parts: dict[UUID, int] = defaultdict(int)
    talk = Leg.objects.filter(call__in=calls, mode=Leg.Mode.TALK)
    for call_id in talk.values_list("call", flat=True):
        parts[call_id] += 1
    return {call_id for call_id, count in parts.items() if count > 1}


def _connected(leg: Leg) -> int:
    start, end = _stretch(leg)
    return max(0, round((end - start).total_seconds()))


def _stretch(leg: Leg) -> Stretch:
    """Return from when until when this agent and the contact were both there."""
    assert leg.joined_at is not None
    assert leg.ended_at is not None
    assert leg.call.answered_at is not None
    ends = [leg.ended_at, leg.call.ended_at]
    return max(leg.joined_at, leg.call.answered_at), min(filter(None, ends))


def _talk(leg: Leg, holds: list[Stretch] | None) -> int:
    call: Call = leg.call
    if holds is None:  # nobody else's: the call's own talk time
        return call.talk_seconds or 0
    start, end = _stretch(leg)
    held = sum(
        max(0.0, (min(until, end) - max(since, start)).total_seconds())
        for since, until in holds
    )
    return max(0, round((end - start).total_seconds() - held))


def _holds(calls: set[UUID]) -> dict[UUID, list[Stretch]]:
    """Return when each of these calls was on hold."""
    found: dict[UUID, list[Stretch]] = {call_id: [] for call_id in calls}
    since: dict[UUID, datetime] = {}
    changes = CallChange.objects.filter(call__in=calls).order_by("pk")
    for call_id, at, new in changes.values_list("call", "at", "new"):
        if new == Status.HELD:
            since.setdefault(call_id, at)
        elif begun := since.pop(call_id, None):
            found[call_id].append((begun, at))
    for call_id, begun in since.items():
        found[call_id].append((begun, timezone.now()))
    return found


def _breaks_left(agent: Agent, start: datetime) -> tuple[BreakLeft, ...]:
    reasons = BreakReason.objects.filter(is_active=True, minutes_per_day__isnull=False)
    allowed = {one.name: 60 * (one.minutes_per_day or 0) for one in reasons}
    used: dict[str, float] = defaultdict(float)
    spans = AgentStateSpan.objects.filter(
        agent=agent, state=AgentState.ON_BREAK, reason__in=allowed, ended_at__gt=start
    )
    for reason, since, until in spans.values_list("reason", "started_at", "ended_at"):
        if until is not None:
            used[reason] += (until - max(since, start)).total_seconds()
    return tuple(
        BreakLeft(name, seconds, round(used[name])) for name, seconds in allowed.items()
    )
