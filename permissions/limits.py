"""Counting within a sliding period: by WhatsApp's figures, else by our own. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from permissions.reading import Limit

# We note a use before it reaches WhatsApp, so its period ends a little after ours;
# and what we noted just before we asked may not be in its figures yet.
MARGIN = timedelta(minutes=2)


@dataclass(frozen=True)
class Uses:
    used: int
    allowed: int
    frees_at: datetime  # when there is room again; only meaningful when there is none

    @property
    def left(self) -> int:
        return max(0, self.allowed - self.used)


def own_uses(
    times: Sequence[datetime], period: timedelta, allowed: int, now: datetime
) -> Uses:
    """Count what we did ourselves; `times` in order."""
    counted = [at for at in times if at > now - period - MARGIN]
    frees_at = now
    if allowed == 0:
        frees_at = now + period
    elif len(counted) >= allowed:
        frees_at = counted[-allowed] + period + MARGIN
    return Uses(len(counted), allowed, frees_at)


def uses(
    limit: Limit | None,
    read_at: datetime | None,
    times: Sequence[datetime],
    standard: tuple[timedelta, int],
    now: datetime,
) -> Uses:
    """Return WhatsApp's figure plus what we did since; our count if that is too old."""
    period, allowed = standard
    if limit is None or read_at is None or now >= read_at + period + MARGIN:
        return own_uses(times, period, allowed, now)
    own = own_uses(
        [at for at in times if at > read_at - MARGIN], period, limit.allowed, now
    )
    is_freed = limit.frees_at is not None and now >= limit.frees_at + MARGIN
    # The others of its figure leave at instants that it does not tell.
    still = max(0, limit.used - 1) if is_freed else limit.used
    since = sum(at > read_at for at in times)
    frees_at = read_at + period + MARGIN
    if limit.frees_at and not is_freed:
        frees_at = limit.frees_at + MARGIN
    return Uses(
        max(still + since, own.used), limit.allowed, max(frees_at, own.frees_at)
    )
