"""Decide what becomes of a caller: on entry, while it rings, at the maximum wait. Pure.

The product, the preview and the simulated day ask the same functions.

A caller comes to a queue, from a business number or by overflow (`resolve_overflow`):

    agents     queue      when nobody  then
    -          full                    overflows, or hears that it is full
    signed in  has room                joins
    none       has room   ring         joins if it still rings, else as "overflow"
    none       has room   wait         joins
    none       -          overflow     overflows, or hears that no agent is there
    none       -          goodbye      hears that no agent is there

A queue is not full for a caller whom an agent can answer at once. An overflow leads on
until a queue takes the caller, and never to one that was asked before.

A caller stands in a queue (`next_step`):

    wait     caller    rings at    agents     setting         then
    is over                                                   overflows, or it ends
    goes on  answered                                         waits
    goes on  rings     an agent               auto-answer     audio after `answer_after`
    goes on  rings     an agent               no auto-answer  ends at `ring_timeout`
    goes on  rings     no agent    signed in  auto-answer     audio at once
    goes on  rings     no agent    signed in  no auto-answer  ends at `ring_timeout`
    goes on  rings     no agent    none       ring            ends at `ring_timeout`
    goes on  rings     no agent    none       wait            audio at once
    goes on  rings     no agent    none       overflow        overflows after the same
    goes on  rings     no agent    none       goodbye         hears it after the same

Where no server has room to answer, it rings until `ring_timeout`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

# A caller who hung up and calls again within this time keeps the place.
PLACE_IS_KEPT = timedelta(minutes=5)
# Seconds. WhatsApp itself stops ringing after 30 to 60 s and takes the call with it,
# and our answer takes some: no queue may auto-answer later than this.
LATEST_AUTO_ANSWER = 25
# Seconds until a call that the system does not answer counts as missed.
RING_TIMEOUT = 45
# Seconds. No caller waits for ever, whatever the queue says.
LONGEST_WAIT = 2 * 60 * 60


class WhenNobody(TextChoices):
    """Set what a caller meets when no agent of the queue is signed in."""

    RING = "ring", _("Keep ringing")
    WAIT = "wait", _("Queue with music")
    OVERFLOW = "overflow", _("Overflow")
    GOODBYE = "goodbye", _("Play a message and hang up")


@dataclass(frozen=True)
class Limits:
    """Hold what a queue is set to; times are seconds, None is no limit of its own."""

    max_wait: int | None = None
    max_length: int | None = None
    when_nobody: str = WhenNobody.RING
    overflow_to: int | None = None
    auto_answer: bool = True
    answer_after: int = LATEST_AUTO_ANSWER
    ring_timeout: int = RING_TIMEOUT


class Load(Protocol):
    """Count who serves a queue at this instant and who waits in it.

    `signed_in`: agents who may take a call now or before long, busy or not. It may be
    looked up only when it is asked for.
    """

    @property
    def signed_in(self) -> int: ...
    @property
    def ready(self) -> int: ...
    @property
    def waiting(self) -> int: ...


@dataclass(frozen=True)
class QueueLoad:
    """A load that is known."""

    signed_in: int
    ready: int
    waiting: int


@dataclass(frozen=True)
class QueueNow:
    limits: Limits
    load: Load

    @property
    def is_full(self) -> bool:
        length, load = self.limits.max_length, self.load
        if length is None or load.ready > load.waiting:
            return False
        return load.waiting >= length


# A queue and all that its overflows lead to.
Queues = Mapping[int, QueueNow]


class EntryOutcome(StrEnum):
    JOIN = "join"
    FULL = "full"
    NO_AGENTS = "no_agents"


@dataclass(frozen=True)
class Resolution:
    """Tell where a caller ends up; `visited`: every queue that was asked, in order."""

    queue_id: int
    outcome: EntryOutcome
    visited: tuple[int, ...]


@dataclass(frozen=True)
class QueuedCaller:
    """Describe a caller who waits in a queue.

    `rings_since`: since when WhatsApp rings; None: the call is answered.
    `rings_at_agent`: it rings at a console now.
    """

    queue_id: int
    queued_at: datetime
    rings_since: datetime | None = None
    rings_at_agent: bool = False
    visited: tuple[int, ...] = ()


class Action(StrEnum):
    STAY = "stay"
    AUTO_ANSWER = "auto_answer"
    OVERFLOW = "overflow"
    SAY_NO_AGENTS = "say_no_agents"
    TIME_OUT = "time_out"


@dataclass(frozen=True)
class NextStep:
    """Say what to do now. `until`: look again then; `resolution`: of the overflow."""

    action: Action
    until: datetime | None = None
    resolution: Resolution | None = None


NEEDS_AUDIO = (Action.AUTO_ANSWER, Action.SAY_NO_AGENTS)
TIME_OUT = NextStep(Action.TIME_OUT)


# --- A caller comes ------------------------------------------------------------------


def resolve_overflow(
    first: int,
    queues: Queues,
    visited: Sequence[int] = (),
    *,
    answered: bool = False,
) -> Resolution:
    """Follow the overflows from `first` to where a queue takes the caller, or nowhere.

    `visited`: queues that the caller has come through. `answered`: nothing rings any
    more at the caller's end.
    """
    asked, queue_id = [*visited], first
    while True:
        asked.append(queue_id)
        outcome = _admit(queues[queue_id], answered)
        onward = _onward(queues[queue_id], asked)
        if outcome == EntryOutcome.JOIN or onward is None:
            return Resolution(queue_id, outcome, tuple(asked))
        queue_id = onward


def _admit(queue: QueueNow, answered: bool) -> EntryOutcome:
    stays = [WhenNobody.WAIT] if answered else [WhenNobody.WAIT, WhenNobody.RING]
    if not queue.load.signed_in and queue.limits.when_nobody not in stays:
        return EntryOutcome.NO_AGENTS
    return EntryOutcome.FULL if queue.is_full else EntryOutcome.JOIN


def _onward(queue: QueueNow, asked: Collection[int]) -> int | None:
    """Return where this queue sends whom it does not take; overflows make no circle."""
    limits = queue.limits
    ends = not queue.load.signed_in and limits.when_nobody == WhenNobody.GOODBYE
    return None if ends or limits.overflow_to in asked else limits.overflow_to


# --- A caller waits ------------------------------------------------------------------


def next_step(
    caller: QueuedCaller, queues: Queues, now: datetime, *, has_room: bool = True
) -> NextStep:
    """Decide what happens to a caller now. `has_room`: a server can make the audio."""
    limits = queues[caller.queue_id].limits
    wait_ends = wait_ends_at(limits, caller.queued_at)
    if now >= wait_ends:
        return _overflow(caller, queues) or TIME_OUT
    if caller.rings_since is None:
        return NextStep(Action.STAY, until=wait_ends)
    return _while_ringing(caller, queues, now, wait_ends, has_room)


def wait_ends_at(limits: Limits, queued_at: datetime) -> datetime:
    """Return when a caller has waited for long enough, answered or not."""
    return queued_at + timedelta(
        seconds=min(limits.max_wait or LONGEST_WAIT, LONGEST_WAIT)
    )


def _while_ringing(
    caller: QueuedCaller,
    queues: Queues,
    now: datetime,
    wait_ends: datetime,
    has_room: bool,
) -> NextStep:
    queue = queues[caller.queue_id]
    action, seconds = _after_ringing(queue, caller.rings_at_agent)
    overflow = _overflow(caller, queues) if action == Action.OVERFLOW else None
    if action == Action.OVERFLOW and overflow is None:
        action = Action.SAY_NO_AGENTS
    if action in NEEDS_AUDIO and not has_room:
        action, seconds = Action.TIME_OUT, queue.limits.ring_timeout
    assert caller.rings_since is not None
    ends = caller.rings_since + timedelta(seconds=seconds)
    if now < ends:
        return NextStep(Action.STAY, until=min(ends, wait_ends))
    return overflow or NextStep(action)


def _after_ringing(queue: QueueNow, rings_at_agent: bool) -> tuple[Action, int]:
    """Return what ends the ringing, and after how many seconds of it."""
    limits = queue.limits
    answer_after = min(limits.answer_after, LATEST_AUTO_ANSWER)
    if rings_at_agent or queue.load.signed_in:
        if not limits.auto_answer:
            return Action.TIME_OUT, limits.ring_timeout
        return Action.AUTO_ANSWER, answer_after if rings_at_agent else 0
    return {
        WhenNobody.RING: (Action.TIME_OUT, limits.ring_timeout),
        WhenNobody.WAIT: (Action.AUTO_ANSWER, 0),
        WhenNobody.OVERFLOW: (Action.OVERFLOW, answer_after),
        WhenNobody.GOODBYE: (Action.SAY_NO_AGENTS, answer_after),
    }[WhenNobody(limits.when_nobody)]


def _overflow(caller: QueuedCaller, queues: Queues) -> NextStep | None:
    """Send the caller on, if any queue along the overflows takes them."""
    visited = caller.visited
    if caller.queue_id not in visited:
        visited = (*visited, caller.queue_id)
    first = queues[caller.queue_id].limits.overflow_to
    if first is None or first in visited:
        return None
    answered = caller.rings_since is None
    found = resolve_overflow(first, queues, visited, answered=answered)
    joins = found.outcome == EntryOutcome.JOIN
    return NextStep(Action.OVERFLOW, resolution=found) if joins else None


# --- A caller calls again ------------------------------------------------------------


def keeps_place(
    abandoned_at: datetime, queued_since: datetime, now: datetime
) -> datetime | None:
    """Return the place in line, as an instant, that a caller who hung up still has."""
    if queued_since <= abandoned_at <= now <= abandoned_at + PLACE_IS_KEPT:
        return queued_since
    return None
