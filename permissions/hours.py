"""The hours in which a person may be called, on their own clock. Pure."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from callcenter.wall_clock import instant

DAY = timedelta(days=1)


@dataclass(frozen=True)
class CallingHours:
    """Every day from `opens` to `closes` on the wall clock; over midnight too.

    Equal times mean the whole day. `zone` is an IANA name such as Europe/Berlin.
    """

    zone: str
    opens: time
    closes: time

    def is_open(self, at: datetime) -> bool:
        clock = at.astimezone(ZoneInfo(self.zone)).time()
        if self.opens == self.closes:
            return True
        if self.opens < self.closes:
            return self.opens <= clock < self.closes
        return clock >= self.opens or clock < self.closes

    def closes_after(self, at: datetime) -> datetime | None:
        """Return when an open window closes; None when it never does."""
        return None if self.opens == self.closes else self._next(self.closes, at)

    def opens_from(self, at: datetime) -> datetime:
        """Return the first instant from `at` on when the contact may be called."""
        return at if self.is_open(at) else self._next(self.opens, at)

    def _next(self, clock: time, at: datetime) -> datetime:
        zone = ZoneInfo(self.zone)
        day = at.astimezone(zone).date()
        moments = (instant(day + DAY * offset, clock, zone) for offset in range(3))
        return next(moment for moment in moments if moment > at)
