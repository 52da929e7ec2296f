"""What becomes of a caller who comes to a queue, or waits in one. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

# Who hung up and calls again so soon after has the place they had.
PLACE_IS_KEPT = timedelta(minutes=5)
# WhatsApp itself stops ringing after 30 to 60 s, and our answer takes some seconds.
RINGS_BEFORE_ANSWER = timedelta(seconds=20)
RINGS_AT_MOST = timedelta(seconds=25)


class WhenNobody(TextChoices):
    """What a caller meets when nobody of the queue is logged in."""

    RING = "ring", _("Keep ringing")
    WAIT = "wait", _("Queue with music")
    OVERFLOW = "overflow", _("Overflow")
    GOODBYE = "goodbye", _("Play a message and hang up")


# Somebody may come yet.
STAYS = (WhenNobody.RING, WhenNobody.WAIT)


class Outcome(StrEnum):
    JOIN = "join"
    OVERFLOW = "overflow"
    FULL = "full"
    NOBODY = "nobody"


class Patience(StrEnum):
    STAY = "stay"
    OVERFLOW = "overflow"
    GOODBYE = "goodbye"


@dataclass(frozen=True)
class Floor:
    """A queue at this instant. `longest_wait`: of those who wait, in seconds."""

    logged_in: int
    ready: int
    waiting: int
    longest_wait: float = 0

    @property
    def answers_at_once(self) -> bool:
        return self.ready > self.waiting


@dataclass(frozen=True)
class Limits:
    """How long one may wait, in seconds, and how many; None: without a limit."""

    max_wait: int | None = None
    max_length: int | None = None
    when_nobody: str = WhenNobody.WAIT
    overflow_to: int | None = None


@dataclass(frozen=True)
class Admission:
    """`could_wait`: only the long wait speaks against the queue itself."""

    outcome: Outcome
    reason: str
    overflow_to: int | None = None
    could_wait: bool = False


@dataclass(frozen=True)
class Overdue:
    outcome: Patience
    overflow_to: int | None = None


@dataclass(frozen=True)
class Settled:
    """Where a caller ends up; `visited`: every queue that was asked, in order."""

    queue_id: int
    admission: Admission
    visited: tuple[int, ...]


NOBODY = gettext_noop("No agent of this queue is signed in.")
FULL = gettext_noop("The queue is full.")
SLOW = gettext_noop("Callers in this queue already wait longer than the maximum wait.")
WELCOME = gettext_noop("The queue accepts the caller.")


def enter(limits: Limits, floor: Floor, visited: Collection[int] = ()) -> Admission:
    """`visited`: queues that this caller came through, this one among them."""
    onward = _onward(limits, visited)
    if not floor.logged_in and limits.when_nobody not in STAYS:
        onward = onward if limits.when_nobody == WhenNobody.OVERFLOW else None
        return _turn_away(Outcome.NOBODY, NOBODY, onward)
    if _is_full(limits, floor):
        return _turn_away(Outcome.FULL, FULL, onward)
    if onward is not None and _is_slow(limits, floor):
        return Admission(Outcome.OVERFLOW, SLOW, onward, could_wait=True)
    return Admission(Outcome.JOIN, WELCOME)


def overdue(
    limits: Limits, waited_seconds: float, visited: Collection[int] = ()
) -> Overdue:
    """Whether somebody who waits has waited for long enough, and what then."""
    if limits.max_wait is None or waited_seconds < limits.max_wait:
        return Overdue(Patience.STAY)
    onward = _onward(limits, visited)
    if onward is None:
        return Overdue(Patience.GOODBYE)
    return Overdue(Patience.OVERFLOW, onward)


def settle(
    queue_id: int,
    limits: Mapping[int, Limits],
    floors: Mapping[int, Floor],
    visited: Collection[int] = (),
) -> Settled:
    """Follow the overflows to their end. Each queue is asked once at most.

    If they lead nowhere, the first queue that was only slow keeps the caller.
    """
    been, slow = [*visited], None
    while True:
        been.append(queue_id)
        admission = enter(limits[queue_id], floors[queue_id], been)
        if admission.could_wait and slow is None:
            slow = Settled(queue_id, Admission(Outcome.JOIN, SLOW), tuple(been))
        if admission.overflow_to is None:
            break
        queue_id = admission.overflow_to
    if slow and admission.outcome != Outcome.JOIN:
        return slow
    return Settled(queue_id, admission, tuple(been))


def keeps_place(
    abandoned_at: datetime, queued_since: datetime, now: datetime
) -> datetime | None:
    """The place in line, as an instant, that a caller who hung up still has."""
    if queued_since <= abandoned_at <= now <= abandoned_at + PLACE_IS_KEPT:
        return queued_since
    return None


def answer_at(
    rang_since: datetime,
    *,
    rings_somewhere: bool,
    after: timedelta = RINGS_BEFORE_ANSWER,
) -> datetime:
    """When the system answers in place of a person; the caller then waits with us.

    WhatsApp's own ringing ends after 30 to 60 s and takes the call with it. While a
    console rings, ringing on is free and honest; where none does, nobody could answer
    in that time, and music is better than a bell. `rang_since` is WhatsApp's instant,
    not that of our webhook.
    """
    return rang_since + min(after, RINGS_AT_MOST) if rings_somewhere else rang_since


def _onward(limits: Limits, visited: Collection[int]) -> int | None:
    """Never back to where the caller has been: overflows cannot go round in circles."""
    return None if limits.overflow_to in visited else limits.overflow_to


def _turn_away(outcome: Outcome, reason: str, onward: int | None) -> Admission:
    if onward is None:
        return Admission(outcome, reason)
    return Admission(Outcome.OVERFLOW, reason, onward)


def _is_full(limits: Limits, floor: Floor) -> bool:
    if limits.max_length is None or floor.answers_at_once:
        return False
    return floor.waiting >= limits.max_length


def _is_slow(limits: Limits, floor: Floor) -> bool:
    if limits.max_wait is None or floor.answers_at_once:
        return False
    return floor.longest_wait >= limits.max_wait
