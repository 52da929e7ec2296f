"""WhatsApp's own answer about one person: what we may do, and how often. Pure.

Protocol file, section 3.6: GET permissions hands on Meta's call_permissions object
{permission{status, expiration_time?}, actions[{action_name, can_perform_action,
limits[{time_period, max_allowed, current_usage, limit_expiration_time?}]}]}.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import TextChoices
from django.utils.dateparse import parse_duration

from callcenter.wati.fields import (
    find,
    inside,
    instant_of,
    integer_of,
    plain,
    text_of,
    truth_of,
)

ASK = "send_call_permission_request"
CALL = "start_call"
MOST_LIMITS = 8


class Grant(TextChoices):
    NONE = "none", "None"
    TEMPORARY = "temporary", "Temporary (7 days)"
    PERMANENT = "permanent", "Permanent"


GRANT_OF_WORD = {
    "nopermission": Grant.NONE,
    "none": Grant.NONE,
    "temporary": Grant.TEMPORARY,
    "permanent": Grant.PERMANENT,
}


@dataclass(frozen=True)
class Limit:
    """Uses within a period. `frees_at`: when the first use stops counting."""

    period: timedelta
    allowed: int
    used: int
    frees_at: datetime | None = None


@dataclass(frozen=True)
class Action:
    """`can` is None when WhatsApp did not say."""

    can: bool | None = None
    limits: tuple[Limit, ...] = ()

    def limit(self, period: timedelta) -> Limit | None:
        return next((limit for limit in self.limits if limit.period == period), None)


@dataclass(frozen=True)
class Reading:
    """`at`: when we asked. `grant` is None when the answer names none that we know."""

    at: datetime
    grant: Grant | None = None
    expires_at: datetime | None = None
    ask: Action = Action()
    call: Action = Action()


def parse(result: dict[str, Any], at: datetime) -> Reading:
    """Read the answer in every known spelling; what is missing stays unknown."""
    permission = inside(result, "permission", "callPermission")
    word = plain(text_of(find(permission, "status") or find(result, "status"), 40))
    actions = dict(_actions(result))
    return Reading(
        at=at,
        grant=GRANT_OF_WORD.get(word.replace(" ", "")),
        expires_at=instant_of(
            find(permission, "expirationTime", "expiration", "expirationTimestamp")
        ),
        ask=actions.get(plain(ASK), Action()),
        call=actions.get(plain(CALL), Action()),
    )


def as_json(reading: Reading) -> dict[str, Any]:
    """Write what parse() reads back, with nothing in it that a database rejects."""
    permission = {
        "status": reading.grant,
        "expiration_time": _text(reading.expires_at),
    }
    return {
        "permission": permission,
        "actions": [_action_json(ASK, reading.ask), _action_json(CALL, reading.call)],
    }


def _actions(result: dict[str, Any]) -> Iterator[tuple[str, Action]]:
    listed = find(result, "actions")
    for item in listed if isinstance(listed, list) else []:
        if isinstance(item, dict):
            name = plain(text_of(find(item, "actionName", "action", "name"), 60))
            can = truth_of(find(item, "canPerformAction", "allowed"))
            yield name, Action(can, tuple(_limits(item)))


def _limits(action: dict[str, Any]) -> Iterator[Limit]:
    listed = find(action, "limits")
    for item in listed[:MOST_LIMITS] if isinstance(listed, list) else []:
        if not isinstance(item, dict):
            continue
        period = _period(find(item, "timePeriod", "period"))
        allowed = integer_of(find(item, "maxAllowed", "max"))
        used = integer_of(find(item, "currentUsage", "usage"))
        if period is not None and allowed is not None and used is not None:
            frees_at = instant_of(
                find(item, "limitExpirationTime", "limitExpiration", "expirationTime")
            )
            yield Limit(period, allowed, used, frees_at)


def _period(value: Any) -> timedelta | None:
    try:
        period = parse_duration(text_of(value, 20))
    except (ValueError, OverflowError):
        return None
    return period if period and period > timedelta() else None


def _action_json(name: str, action: Action) -> dict[str, Any]:
    return {
        "action_name": name,
        "can_perform_action": action.can,
        "limits": [
            {
                "time_period": f"PT{int(limit.period.total_seconds())}S",
                "max_allowed": limit.allowed,
                "current_usage": limit.used,
                "limit_expiration_time": _text(limit.frees_at),
            }
            for limit in action.limits
        ],
    }


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
