"""Values of columns, which each format writes in its own way."""

from datetime import datetime, tzinfo

from django.utils import timezone


class Phone(str):
    """A number of ours: a plus and digits, out of which nobody can make a formula."""

    __slots__ = ()


# Instants are aware; a format writes them in the current zone.
Cell = str | int | datetime | None


def phone(digits: str | None) -> Phone:
    return Phone(f"+{digits}" if digits and digits.isdigit() else "")


def local(instant: datetime, zone: tzinfo) -> datetime:
    """Return local time without an offset: spreadsheets cannot read one."""
    return instant.astimezone(zone).replace(tzinfo=None, microsecond=0)


def zone_name() -> str:
    return str(timezone.get_current_timezone())
