"""What the ledger says, in words that a supervisor reads."""

from datetime import datetime

from django.utils import timezone
from django.utils.safestring import SafeString

from callcenter.admin_parts import badge
from permissions.facts import Kind, Status
from permissions.models import CallPermission, PermissionEvent
from permissions.reading import Grant
from permissions.rules import UNANSWERED_BEFORE_ADVICE, UNANSWERED_BEFORE_BLOCK

# What line_of() reads of each permission.
WITH_LINES = "account__lines"

WHAT_HAPPENED = {
    Kind.REQUESTED: "We asked for permission.",
    Kind.REQUEST_REFUSED: "WhatsApp refused the request.",
    Kind.REQUEST_NOT_SENT: "The request was not sent.",
    Kind.GRANTED: "The person allowed calls.",
    Kind.DECLINED: "The person did not allow calls.",
    Kind.REVOKED: "The permission was taken back.",
    Kind.EXPIRED: "The permission ran out.",
    Kind.USED: "We called.",
    Kind.CONNECTED: "The person answered.",
    Kind.UNANSWERED: "Our call was not answered.",
    Kind.CALL_REFUSED: "WhatsApp refused the call.",
    Kind.CALL_NOT_SENT: "The call was not sent.",
    Kind.CALLED_US: "The person called us, and we talked.",
    Kind.OVERRIDDEN: "A supervisor allowed the next call.",
    Kind.BLOCKED: "Put on the do-not-call list.",
    Kind.UNBLOCKED: "Taken off the do-not-call list.",
}
GRANTED = {
    Grant.TEMPORARY: "The person allowed calls for a week.",
    Grant.PERMANENT: "The person allowed calls for good.",
}


def happened(event: PermissionEvent) -> str:
    if event.kind == Kind.GRANTED and event.grant in GRANTED:
        return GRANTED[Grant(event.grant)]
    if event.kind == Kind.EXPIRED and event.about.startswith(Status.REQUESTED):
        return "The request was not answered in time."
    return WHAT_HAPPENED[Kind(event.kind)]


def counters(event: PermissionEvent) -> str:
    """How the counters stood after an event: short, for a column."""
    tally = event.tally
    if not tally:
        return ""
    return (
        f"{tally['streak']} unanswered in a row; "
        f"{tally['calls_used_24h']} of {tally['calls_max_24h']} calls a day; "
        f"requests left: {tally['requests_left_24h']} today, "
        f"{tally['requests_left_7d']} this week"
    )


def moment(at: datetime) -> str:
    return f"{timezone.localtime(at):%b %d, %H:%M}"


def state_badge(permission: CallPermission, now: datetime) -> SafeString:
    """Where it stands now, also when no sweep has noted yet that it ran out."""
    status, until = permission.status, permission.expires_at
    if until and until <= now:
        return badge("ran-out", "Run out")
    if status == Status.PERMANENT:
        return badge("allowed", "Allowed for good")
    if status == Status.TEMPORARY:
        return badge(
            "allowed", f"Allowed until {moment(until)}" if until else "Allowed"
        )
    if status == Status.REQUESTED and permission.requested_at:
        return badge("requested", f"Requested since {moment(permission.requested_at)}")
    kind = "taken-back" if status == Status.REVOKED else status
    return badge(kind, permission.get_status_display())


def streak_badge(streak: int) -> str | SafeString:
    if streak >= UNANSWERED_BEFORE_BLOCK:
        return badge("blocked", f"{streak}, next call blocked")
    if streak >= UNANSWERED_BEFORE_ADVICE:
        return badge("at-risk", f"{streak}, write first")
    return str(streak)


def line_of(permission: CallPermission | None) -> str:
    """The business number by its name; empty for what holds for all of them."""
    if permission is None:
        return ""
    number = permission.business_number
    lines = permission.account.lines.all()  # prefetched: see WITH_LINES
    return next((line.name for line in lines if line.number == number), f"+{number}")
