"""WhatsApp's rules about whom a business may call. Pure: the clock is an argument.

Numbers: Meta, "Obtain user call permissions" (2026).
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

DAY = 24 * 3600.0
WEEK = 7 * DAY
REQUESTS_PER_DAY = 1
REQUESTS_PER_WEEK = 2
CONNECTED_PER_DAY = 100
UNANSWERED_BEFORE_NUDGE = 2
UNANSWERED_BEFORE_REVOKE = 4
PAST_KEPT = 20


class PermissionKind(StrEnum):
    NONE = "no_permission"
    TEMPORARY = "temporary"
    PERMANENT = "permanent"


class Consequence(StrEnum):
    """WhatsApp's own steps after unanswered calls."""

    NOTHING = ""
    NUDGE = "nudge"
    REVOKE = "revoke"


@dataclass
class Permission:
    """The permission of one user for one business number. Times are unix seconds.

    ``past``: until when each earlier kind held, and its own end, the oldest first.
    """

    kind: PermissionKind = PermissionKind.NONE
    until: float = 0.0
    requests: list[float] = field(default_factory=list)
    asked_until: float = 0.0
    connected: list[float] = field(default_factory=list)
    unanswered: int = 0
    past: list[tuple[float, PermissionKind, float]] = field(default_factory=list)

    def kind_at(self, now: float) -> PermissionKind:
        if self.kind is PermissionKind.TEMPORARY and now >= self.until:
            return PermissionKind.NONE
        return self.kind

    def refuses_request(self, now: float) -> int:
        """Return the error code for a permission request now; 0 when allowed."""
        if self.kind_at(now) is PermissionKind.PERMANENT:
            return 138017
        day, week = recent(self.requests, now, DAY), recent(self.requests, now, WEEK)
        if len(day) >= REQUESTS_PER_DAY or len(week) >= REQUESTS_PER_WEEK:
            return 138009
        return 0

    def refuses_call(self, now: float) -> int:
        """Return the error code for a call placed now; 0 when allowed."""
        if self.kind_at(now) is PermissionKind.NONE:
            return 138006
        if len(recent(self.connected, now, DAY)) >= CONNECTED_PER_DAY:
            return 138012
        return 0

    def request(self, now: float) -> None:
        self.requests = [*recent(self.requests, now, WEEK), now]
        self.asked_until = now + WEEK

    def is_asked(self, now: float) -> bool:
        """Tell whether a request waits for an answer; it does so for seven days."""
        return now < self.asked_until

    def grant(self, now: float, *, permanent: bool) -> None:
        kind = PermissionKind.PERMANENT if permanent else PermissionKind.TEMPORARY
        self._change(now, kind, 0.0 if permanent else now + WEEK)

    def withdraw(self, now: float) -> None:
        self._change(now, PermissionKind.NONE, 0.0)

    def _change(self, now: float, kind: PermissionKind, until: float) -> None:
        past = [*self.past, (now, self.kind, self.until)]
        self.past = past[-PAST_KEPT:]
        self.kind, self.until, self.asked_until = kind, until, 0.0
        self.unanswered = 0

    def as_it_was(self, then: float) -> "Permission":
        """Return a copy with the kind that held at an earlier instant."""
        for ended, kind, until in self.past:
            if then < ended:
                return replace(self, kind=kind, until=until)
        return self

    def call_connected(self, now: float, *, outbound: bool) -> None:
        """Free the request limits, as a connected call in either direction does."""
        self.requests.clear()
        self.unanswered = 0
        if outbound:
            self.connected = [*recent(self.connected, now, DAY), now]

    def call_unanswered(self, now: float) -> Consequence:
        self.unanswered += 1
        if self.unanswered == UNANSWERED_BEFORE_NUDGE:
            return Consequence.NUDGE
        granted = self.kind_at(now) is not PermissionKind.NONE
        if self.unanswered >= UNANSWERED_BEFORE_REVOKE and granted:
            self.withdraw(now)
            return Consequence.REVOKE
        return Consequence.NOTHING

    def as_result(self, now: float) -> dict[str, Any]:
        """Return Meta's call_permissions object, as Wati hands it on."""
        kind = self.kind_at(now)
        shown: dict[str, Any] = {"status": kind.value}
        if kind is PermissionKind.TEMPORARY:
            shown["expiration_time"] = int(self.until)
        return {
            "messaging_product": "whatsapp",
            "permission": shown,
            "actions": [
                {
                    "action_name": "send_call_permission_request",
                    "can_perform_action": not self.refuses_request(now),
                    "limits": [
                        limit(self.requests, now, "PT24H", DAY, REQUESTS_PER_DAY),
                        limit(self.requests, now, "P7D", WEEK, REQUESTS_PER_WEEK),
                    ],
                },
                {
                    "action_name": "start_call",
                    "can_perform_action": not self.refuses_call(now),
                    "limits": [
                        limit(self.connected, now, "PT24H", DAY, CONNECTED_PER_DAY)
                    ],
                },
            ],
        }


def recent(times: list[float], now: float, period: float) -> list[float]:
    return [time for time in times if time > now - period]


def limit(
    times: list[float], now: float, name: str, period: float, allowed: int
) -> dict[str, Any]:
    used = recent(times, now, period)
    shown: dict[str, Any] = {
        "time_period": name,
        "max_allowed": allowed,
        "current_usage": len(used),
    }
    if used:
        shown["limit_expiration_time"] = int(min(used) + period)
    return shown
