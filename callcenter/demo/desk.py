"""Breaks and dispositions, a second queue, and business hours for a demo."""

from datetime import date, time

from agents.models import (
    Agent,
    BreakReason,
    Holiday,
    Membership,
    OpenHours,
    Queue,
    Schedule,
)
from agents.routing import Strategy
from calls.models import CannedNote, Disposition

# Name, minutes, minutes a day, whether it is work.
BREAKS: list[tuple[str, int | None, int | None, bool]] = [
    ("Lunch", 30, 45, False),
    ("Short break", 10, 30, False),
    ("Training", None, None, True),
]
CANNED_NOTES = {
    "tx": "Transferred to Sales.",
    "late": "Parcel is late; the carrier was asked and answers by tomorrow.",
    "inv": "Sent the invoice by e-mail.",
}
DISPOSITIONS: dict[str, tuple[str, ...]] = {
    "Solved": (),
    "Order": ("New order", "Change"),
    "Complaint": ("Delivery", "Quality"),
    "Wrong number": (),
    "Silence": (),
}


def make_desk(queue: Queue, agents: list[Agent], year: int) -> None:
    """Make breaks, dispositions, the sales queue and office hours, unless there."""
    for position, (name, minutes, per_day, is_work) in enumerate(BREAKS):
        fields = {
            "minutes": minutes,
            "minutes_per_day": per_day,
            "is_work": is_work,
            "position": position,
        }
        BreakReason.objects.get_or_create(name=name, defaults=fields)
    for position, (name, subs) in enumerate(DISPOSITIONS.items()):
        _make_disposition(name, subs, position)
    if not queue.canned_notes.exists():
        CannedNote.objects.bulk_create(
            CannedNote(queue=queue, key=key, text=text)
            for key, text in CANNED_NOTES.items()
        )
    _make_sales(queue, agents)
    _make_hours(year)


def _make_disposition(name: str, subs: tuple[str, ...], position: int) -> None:
    parent, _ = Disposition.objects.get_or_create(
        name=name, parent=None, defaults={"position": position}
    )
    for place, sub_name in enumerate(subs):
        Disposition.objects.get_or_create(
            name=sub_name, parent=parent, defaults={"position": place}
        )


def _make_sales(support: Queue, agents: list[Agent]) -> None:
    """Make a queue in which Bruno comes first, and which overflows into `support`."""
    sales, made = Queue.objects.get_or_create(
        name="Sales",
        defaults={
            "strategy": Strategy.LONGEST_IDLE,
            "weight": 1,
            "level_seconds": 15,
            "sticky_hours": 24,
            "max_wait_seconds": 180,
            "overflow_to": support,
            "disposition_required": True,
        },
    )
    if made:
        for level, agent in enumerate(reversed(agents), 1):
            Membership.objects.create(queue=sales, agent=agent, level=level)


def _make_hours(year: int) -> None:
    """Make hours to look at. The demo's own number has none: it is always open."""
    office, made = Schedule.objects.get_or_create(
        name="Office hours", defaults={"time_zone": "Europe/Berlin"}
    )
    if not made:
        return
    for weekday in range(5):
        closes = time(15) if weekday == 4 else time(18)
        OpenHours.objects.create(
            schedule=office, weekday=weekday, opens=time(9), closes=closes
        )
    short = {"opens": time(9), "closes": time(12)}
    for day, name, hours in (
        (date(year, 12, 24), "Christmas Eve", short),
        (date(year, 12, 25), "Christmas Day", {}),
        (date(year + 1, 1, 1), "New Year", {}),
    ):
        Holiday.objects.create(schedule=office, date=day, name=name, **hours)
