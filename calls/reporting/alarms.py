"""The alarms that a supervisor should see: what nobody else may be watching."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from callcenter.models import CanaryRun
from calls.reporting import recent

# Every sweep runs again within 2 s; a minute of standing still is no hiccup.
STANDS_STILL = timedelta(minutes=1)
# A canary that was given up long ago is no news.
CANARY_KEPT = timedelta(days=2)
CANARY_MISSES = 4  # calls


def alarms(now: datetime) -> list[str]:
    """Return a sentence for each, the worst first."""
    return [*_standing_still(now), *_canary(now)]


def _standing_still(now: datetime) -> Iterator[str]:
    if max(recent.overdue(now).values()) > STANDS_STILL.total_seconds():
        yield _(
            "Due work has not been done for more than a minute; tell your operator."
        )


def _canary(now: datetime) -> Iterator[str]:
    done = CanaryRun.objects.exclude(finished_at=None).order_by("-pk").first()
    if done is None or done.started_at < now - CANARY_KEPT:
        return
    age = now - done.started_at
    if age > CANARY_MISSES * timedelta(minutes=settings.CANARY_MINUTES):
        text = _("The canary, which tries a call every {every} minutes, has stopped.")
        yield text.format(every=settings.CANARY_MINUTES)
    elif done.problem:
        text = _("The last try of a call failed: {problem}")
        yield text.format(problem=_(done.problem))
