"""Labels and sentences about the ledger, for supervisors."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from callcenter.admin_parts import badge
from permissions.basis import Basis
from permissions.facts import EventKind, PermissionStatus
from permissions.models import CallPermission, PermissionEvent
from permissions.reading import Grant
from permissions.rules import UNANSWERED_BEFORE_ADVICE, UNANSWERED_BEFORE_BLOCK

# What line_of() reads of each permission.
WITH_LINES = "account__lines"

WHAT_HAPPENED = {
    EventKind.REQUESTED: gettext_noop("Permission requested."),
    EventKind.REQUEST_REFUSED: gettext_noop("WhatsApp rejected the request."),
    EventKind.REQUEST_NOT_SENT: gettext_noop("The request was not sent."),
    EventKind.GRANTED: gettext_noop("The person allowed calls."),
    EventKind.DECLINED: gettext_noop("The person declined the request."),
    EventKind.REVOKED: gettext_noop("The permission was revoked."),
    EventKind.EXPIRED: gettext_noop("The permission expired."),
    EventKind.CHECKED: gettext_noop("Checked with WhatsApp."),
    EventKind.USED: gettext_noop("Call placed."),
    EventKind.CONNECTED: gettext_noop("The person answered."),
    EventKind.UNANSWERED: gettext_noop("The call was not answered."),
    EventKind.ANSWER_WITHDRAWN: gettext_noop("The call was not answered after all."),
    EventKind.CALL_REFUSED: gettext_noop("WhatsApp rejected the call."),
    EventKind.CALL_NOT_SENT: gettext_noop("The call was not sent."),
    EventKind.CALLED_US: gettext_noop(
        "The person called us and the call was connected."
    ),
    EventKind.OVERRIDDEN: gettext_noop("A supervisor allowed the next call."),
    EventKind.BLOCKED: gettext_noop("Added to the do-not-call list."),
    EventKind.UNBLOCKED: gettext_noop("Removed from the do-not-call list."),
}
CHECKED = {
    Grant.NONE: gettext_noop("Checked with WhatsApp: calls are not allowed."),
    Grant.TEMPORARY: gettext_noop("Checked with WhatsApp: calls are allowed."),
    Grant.PERMANENT: gettext_noop("Checked with WhatsApp: calls are allowed."),
}
GRANTED = {
    Grant.TEMPORARY: gettext_noop("The person allowed calls for 7 days."),
    Grant.PERMANENT: gettext_noop("The person allowed calls permanently."),
}


def happened(event: PermissionEvent) -> str:
    if event.kind == EventKind.GRANTED and event.grant in GRANTED:
        return _(GRANTED[Grant(event.grant)])
    if event.kind == EventKind.CHECKED and event.grant in CHECKED:
        return _(CHECKED[Grant(event.grant)])
    if event.kind == EventKind.EXPIRED and event.about.startswith(
        PermissionStatus.REQUESTED
    ):
        return _("The request was not answered in time.")
    return _(WHAT_HAPPENED[EventKind(event.kind)])


def counters(event: PermissionEvent) -> str:
    """Sum up the counters after an event, short enough for a column."""
    tally = event.tally
    if not tally:
        return ""
    return _(
        "{streak} unanswered in a row; {calls_used_24h} of {calls_max_24h} calls a "
        "day; requests left: {requests_left_24h} today, {requests_left_7d} this week"
    ).format(**tally)


def moment(at: datetime) -> str:
    return date_format(timezone.localtime(at), _("M d, H:i"))


def state_badge(permission: CallPermission, now: datetime) -> SafeString:
    """Show the state now, even if its end is not recorded yet."""
    status, until = permission.status, permission.expires_at
    if until and until <= now:
        return badge("ran-out", _("Expired"))
    if status == PermissionStatus.PERMANENT:
        return badge("allowed", _("Permanent"))
    if status == PermissionStatus.TEMPORARY:
        lasts = (
            _("Allowed until {instant}").format(instant=moment(until)) if until else ""
        )
        return badge("allowed", lasts or _("Allowed"))
    if status == PermissionStatus.REQUESTED and permission.requested_at:
        since = moment(permission.requested_at)
        return badge("requested", _("Requested on {instant}").format(instant=since))
    kind = "taken-back" if status == PermissionStatus.REVOKED else status
    return badge(kind, permission.get_status_display())


def basis(basis: Basis, now: datetime) -> str:
    if basis.at is None:
        return _(basis.sentence)
    is_new = now - basis.at < timedelta(minutes=1)
    when = _("just now") if is_new else moment(basis.at)
    return _(basis.sentence).format(when=when)


def streak_badge(streak: int) -> str | SafeString:
    if streak >= UNANSWERED_BEFORE_BLOCK:
        return badge("blocked", _("{streak}, next call blocked").format(streak=streak))
    if streak >= UNANSWERED_BEFORE_ADVICE:
        return badge("at-risk", _("{streak}, message first").format(streak=streak))
    return str(streak)


def line_of(permission: CallPermission | None) -> str:
    """Name the business number; empty for what holds for all of them."""
    if permission is None:
        return ""
    number = permission.business_number
    lines = permission.account.lines.all()  # prefetched: see WITH_LINES
    return next((line.name for line in lines if line.number == number), f"+{number}")
