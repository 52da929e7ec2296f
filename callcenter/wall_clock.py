"""Times of day as a clock on the wall shows them, and the instants they are. Pure."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

SECOND = timedelta(seconds=1)


@cache
def known_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def validate_zone(name: str) -> None:
    if name not in known_zones():
        raise ValidationError(
            _("This is not a time zone. Enter it as Europe/Berlin."), code="zone"
        )


def instant(day: date, clock: time, zone: tzinfo, *, last: bool = False) -> datetime:
    """Return when the clock on the wall shows this, in UTC.

    Where clocks are put back it shows it twice: the first time, or the `last`. Where
    they are put forward it may never show it: then it is the instant of the jump.
    """
    local = datetime.combine(day, clock, zone)
    first, second = (local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    if second < first:
        return _jump(zone, second, first)
    return second if last else first


def _jump(zone: tzinfo, before: datetime, after: datetime) -> datetime:
    """Return the second at which the clock is put forward, between two instants."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > SECOND:
        middle = before + (after - before) // SECOND // 2 * SECOND
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after
