"""The targets of a queue, and the thresholds at which its figures need attention.

Each figure has two thresholds: the first one warns, the second one is an alarm. 0 turns
a threshold off. The live board colours by them; a service level counts by the seconds.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext as _

SERVICE_SECONDS, SHORT_SECONDS = 20, 5
PERCENT = [MaxValueValidator(100)]


class Threshold(NamedTuple):
    """Two fields of a queue; `falls`: the figure is worse the lower it is."""

    warn: str
    alarm: str
    falls: bool = False


THRESHOLDS = {
    "service": Threshold("service_warn", "service_alarm", falls=True),
    "waiting": Threshold("waiting_warn", "waiting_alarm"),
    "wait": Threshold("wait_warn", "wait_alarm"),
    "abandoned": Threshold("abandoned_warn", "abandoned_alarm"),
    "available": Threshold("available_warn", "available_alarm", falls=True),
    "talk": Threshold("talk_warn", "talk_alarm"),
    "hold": Threshold("hold_warn", "hold_alarm"),
    "wrap_up": Threshold("wrap_up_warn", "wrap_up_alarm"),
}


def _number(name: str, default: int, text: str = "", checks: Any = ()) -> Any:
    return models.PositiveSmallIntegerField(
        name, default=default, db_default=default, help_text=text, validators=checks
    )


class Targets(models.Model):
    """The part of a queue's row that holds them."""

    service_seconds = _number(
        "service level: answer within (seconds)",
        SERVICE_SECONDS,
        "The service level is the share of callers who are answered within this time.",
        [MinValueValidator(1)],
    )
    short_seconds = _number(
        "short calls (seconds)",
        SHORT_SECONDS,
        "Callers who hang up within this time do not count against the service level.",
    )
    service_warn = _number("service level: warn below (%)", 80, "", PERCENT)
    service_alarm = _number("service level: alarm below (%)", 60, "", PERCENT)
    waiting_warn = _number("callers waiting: warn from", 3)
    waiting_alarm = _number("callers waiting: alarm from", 6)
    wait_warn = _number("longest wait: warn from (seconds)", 30)
    wait_alarm = _number("longest wait: alarm from (seconds)", 60)
    abandoned_warn = _number("abandoned: warn from (%)", 5, "", PERCENT)
    abandoned_alarm = _number("abandoned: alarm from (%)", 10, "", PERCENT)
    available_warn = _number("agents available: warn below", 2)
    available_alarm = _number("agents available: alarm below", 1)
    talk_warn = _number("talk time: warn from (seconds)", 600)
    talk_alarm = _number("talk time: alarm from (seconds)", 1200)
    hold_warn = _number("hold time: warn from (seconds)", 60)
    hold_alarm = _number("hold time: alarm from (seconds)", 180)
    wrap_up_warn = _number("wrap-up: warn from (seconds)", 60)
    wrap_up_alarm = _number("wrap-up: alarm from (seconds)", 180)

    class Meta:
        abstract = True


def crossed(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each field whose alarm would come before its warning, with a sentence."""
    for threshold in THRESHOLDS.values():
        warn, alarm = values.get(threshold.warn), values.get(threshold.alarm)
        if not warn or not alarm:
            continue
        if threshold.falls and alarm > warn:
            yield threshold.alarm, _("Enter no more than for the warning.")
        if not threshold.falls and alarm < warn:
            yield threshold.alarm, _("Enter no less than for the warning.")


def levels_of(queue: Targets) -> dict[str, list[int]]:
    """Return by figure where the warning and the alarm begin."""
    return {
        figure: [getattr(queue, threshold.warn), getattr(queue, threshold.alarm)]
        for figure, threshold in THRESHOLDS.items()
    }
