"""Evidence about a permission: which of it counts, what must be asked again. Pure.

A webhook is a hint: it may be a replay or come late, and carries no identity. A reading
of WhatsApp's API decides, but may lag behind the webhook by seconds. So a reading that
contradicts a fresh hint does not count and is repeated; once the hint is no longer
fresh, the reading counts. A hint that a reading refutes is struck out, as if never
said. A yes that is read after another yes may be the one before it, so it counts and is
repeated.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

# A reading that contradicts a hint is repeated so long after the hint, and the last
# one counts.
REPEATED_AFTER = (
    timedelta(seconds=2),
    timedelta(seconds=10),
    timedelta(seconds=60),
)
HINT_IS_FRESH = REPEATED_AFTER[-1]
# Two instants for the end of one permission may differ by what a webhook takes.
SAME_END = timedelta(minutes=1)


@dataclass(frozen=True)
class Statement:
    """A yes or a no, of the person or of WhatsApp.

    `at`: when a hint reached us, or when a reading was asked for. `until`: when a yes
    ends by itself, if that is known; a later no does not contradict it.
    """

    at: datetime
    allows: bool
    is_hint: bool
    until: datetime | None = None
    is_permanent: bool = False


@dataclass(frozen=True)
class Judgement:
    """The worth of all statements together.

    `checked_at`: of the newest reading that counts. `reported_at`: of the newest hint,
    while no reading has settled it. `check_due`: when WhatsApp should be asked next.
    """

    ignored: frozenset[Statement] = frozenset()
    checked_at: datetime | None = None
    reported_at: datetime | None = None
    check_due: datetime | None = None


def judge(statements: Iterable[Statement], read_at: datetime | None) -> Judgement:
    """Weigh the statements, in whatever order they come.

    `read_at`: when WhatsApp was last asked, whether or not its answer said anything.
    """
    # A reading of the same instant comes after the hint.
    ordered = sorted(set(statements), key=lambda one: (one.at, not one.is_hint))
    early = _early(ordered)
    counted = [one.at for one in ordered if not one.is_hint and one not in early]
    checked_at = max(counted, default=None)
    reported_at = max((one.at for one in ordered if one.is_hint), default=None)
    if reported_at and checked_at and checked_at >= reported_at:
        reported_at = None
    return Judgement(
        ignored=frozenset(early | _refuted(ordered, early)),
        checked_at=checked_at,
        reported_at=reported_at,
        check_due=_check_due(ordered, early | _maybe_older(ordered), read_at),
    )


def _after_fresh_hints(
    ordered: Sequence[Statement],
) -> Iterator[tuple[Statement, Statement]]:
    """Yield each reading that may lag behind a hint, and the hint."""
    hint: Statement | None = None
    for one in ordered:
        if one.is_hint:
            hint = one
        elif hint and one.at < hint.at + HINT_IS_FRESH:
            yield one, hint


def _early(ordered: Sequence[Statement]) -> set[Statement]:
    """Return the readings that contradict a hint which was still fresh."""
    return {
        reading
        for reading, hint in _after_fresh_hints(ordered)
        if reading.allows != hint.allows
        or (hint.is_permanent and not reading.is_permanent)
    }


def _maybe_older(ordered: Sequence[Statement]) -> set[Statement]:
    """Return the readings of a yes that may have been given before the fresh one.

    Many a webhook does not say for how long it allows calls.
    """
    return {
        reading
        for reading, hint in _after_fresh_hints(ordered)
        if reading.allows and hint.allows and _ends_otherwise(reading, hint)
    }


def _ends_otherwise(reading: Statement, hint: Statement) -> bool:
    if reading.is_permanent or reading.until is None or hint.until is None:
        return reading.is_permanent and not hint.is_permanent
    return reading.until < hint.until - SAME_END


def _refuted(ordered: Sequence[Statement], early: set[Statement]) -> set[Statement]:
    """Return the hints which the first reading that counts contradicts.

    If another word of the person came in between, both may have been true.
    """
    refuted: set[Statement] = set()
    falls: dict[bool, datetime | None] = {}  # when a yes, or a no, is refuted
    for one in reversed(ordered):
        if one.is_hint:
            falls_at = falls.get(one.allows)
            if falls_at and (one.until is None or falls_at < one.until):
                refuted.add(one)
            falls[not one.allows] = None
        else:
            falls[one.allows] = None
            if one not in early:
                falls[not one.allows] = one.at
    return refuted


def _check_due(
    ordered: Sequence[Statement], doubtful: set[Statement], read_at: datetime | None
) -> datetime | None:
    """Return when to ask next, while the newest statement does not settle the matter.

    The webhook itself has WhatsApp asked at once: here begin the repetitions.
    """
    newest = ordered[-1] if ordered else None
    if newest is None or not (newest.is_hint or newest in doubtful):
        return None
    hint_at = max(one.at for one in ordered if one.is_hint)
    due = [hint_at + after for after in REPEATED_AFTER]
    return next((at for at in due if read_at is None or at > read_at), None)
