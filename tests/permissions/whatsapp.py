"""What WhatsApp does with permissions, as strictly as one may read its rules.

Written from Meta's pages alone, apart from the product and from its simulator, so
that one mistake does not hide another.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

DAY, WEEK = timedelta(days=1), timedelta(days=7)
RINGS = timedelta(seconds=60)


@dataclass
class WhatsApp:
    """One person and one business number, at WhatsApp."""

    inbound_ends_streak: bool = False  # nobody says; both must be safe
    allowed_until: datetime | None = None
    is_permanent: bool = False
    unanswered: int = 0
    requests: list[datetime] = field(default_factory=list)
    answered: list[datetime] = field(default_factory=list)
    revoked_by_itself: int = 0
    # What its API still says, for a while after a change.
    lags: timedelta = timedelta()
    stale: dict[str, Any] | None = None
    changed_at: datetime | None = None

    def allows(self, now: datetime) -> bool:
        until = self.allowed_until
        return self.is_permanent or (until is not None and now < until)

    def grant(self, now: datetime, *, permanent: bool) -> None:
        self.is_permanent = permanent
        self.allowed_until = None if permanent else now + WEEK
        self.unanswered = 0

    def withdraw(self) -> None:
        self.is_permanent, self.allowed_until, self.unanswered = False, None, 0

    def request(self, now: datetime) -> int:
        """The error code, or 0 and the question appears in the chat."""
        if self.is_permanent:
            return 138017
        in_a_day = [at for at in self.requests if at > now - DAY]
        in_a_week = [at for at in self.requests if at > now - WEEK]
        if in_a_day or len(in_a_week) >= 2:
            return 138009
        self.requests.append(now)
        return 0

    def call(self, now: datetime) -> int:
        """The error code, or 0 and the phone rings."""
        if not self.allows(now):
            return 138006
        in_a_day = [at for at in self.answered if at > now - DAY]
        return 138012 if len(in_a_day) >= 100 else 0

    def call_ended(self, now: datetime, *, answered: bool) -> bool:
        """Whether WhatsApp took the permission back by itself."""
        if answered:
            self.answered.append(now)
            self.requests.clear()
            self.unanswered = 0
            return False
        self.unanswered += 1
        if self.unanswered < 4 or not self.allows(now):
            return False
        self.withdraw()
        self.revoked_by_itself += 1
        return True

    def called_business(self) -> None:
        self.requests.clear()
        if self.inbound_ends_streak:
            self.unanswered = 0

    def lag(self, now: datetime, lags: timedelta) -> None:
        """What follows is a change that the API hears of later."""
        self.stale, self.changed_at, self.lags = self._permission(now), now, lags

    def told(self, now: datetime) -> dict[str, Any]:
        """What GET call_permissions answers."""
        is_stale = self.changed_at is not None and now < self.changed_at + self.lags
        permission = self.stale if is_stale and self.stale else self._permission(now)
        return {
            "permission": permission,
            "actions": self._actions(now),
        }

    def _permission(self, now: datetime) -> dict[str, Any]:
        permission: dict[str, Any] = {"status": "no_permission"}
        if self.is_permanent:
            permission = {"status": "permanent"}
        elif self.allowed_until and now < self.allowed_until:
            until = int(self.allowed_until.timestamp())
            permission = {"status": "temporary", "expiration_time": until}
        return permission

    def _actions(self, now: datetime) -> list[dict[str, Any]]:
        return [
            self._action(
                "send_call_permission_request",
                not self.is_permanent and self._may_request(now),
                [("PT24H", DAY, 1), ("P7D", WEEK, 2)],
                self.requests,
                now,
            ),
            self._action(
                "start_call",
                not self.call(now),
                [("PT24H", DAY, 100)],
                self.answered,
                now,
            ),
        ]

    def _may_request(self, now: datetime) -> bool:
        in_a_day = [at for at in self.requests if at > now - DAY]
        return not in_a_day and len([a for a in self.requests if a > now - WEEK]) < 2

    def _action(
        self,
        name: str,
        can: bool,
        limits: list[tuple[str, timedelta, int]],
        times: list[datetime],
        now: datetime,
    ) -> dict[str, Any]:
        listed = []
        for word, period, most in limits:
            within = [at for at in times if at > now - period]
            limit = {
                "time_period": word,
                "max_allowed": most,
                "current_usage": len(within),
            }
            if within:
                frees_at = min(within) + period
                limit["limit_expiration_time"] = int(frees_at.timestamp())
            listed.append(limit)
        return {"action_name": name, "can_perform_action": can, "limits": listed}
