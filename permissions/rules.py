"""May I call this person? May I ask them? Pure: facts in, verdict out.

The numbers are WhatsApp's (protocol file, section 3.7). They hold only where its own
answer gives none: WhatsApp has changed them before.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from django.utils.translation import gettext_noop

from callcenter.wati.errors import CODES, sentence
from permissions.facts import (
    NO_PERMISSION,
    OUTBOUND_MAY_RING,
    Facts,
    PermissionStatus,
    WhatsAppRefusal,
)
from permissions.limits import Uses, uses
from permissions.reading import ASK, CALL, Action, Grant, Reading
from permissions.verdicts import Obstacle, Reason, Verdict

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
REQUESTS_PER_DAY = 1
REQUESTS_PER_WEEK = 2
CONNECTED_PER_DAY = 100
UNANSWERED_BEFORE_ADVICE = 2  # WhatsApp hints at the person to withdraw
UNANSWERED_BEFORE_BLOCK = 3  # the next one would make WhatsApp withdraw by itself
WAIT_AFTER_DECLINE = DAY
READING_IS_FRESH = timedelta(minutes=15)

# After 138006 WhatsApp may not have heard yet that the call is allowed.
NO_PERMISSION_WAIT = timedelta(seconds=10)
NUMBER_WAIT = DAY  # 138013: the business number's country


Check = Callable[[Facts, datetime], Obstacle | None]


def may_call(facts: Facts, now: datetime) -> Verdict:
    """Judge a call now. services.place_call() uses this and reserves the call."""
    found = list(_obstacles(CALL_CHECKS, facts, now))
    if found:
        return _no(found, facts)
    is_override = facts.streak >= UNANSWERED_BEFORE_BLOCK
    return Verdict(
        allowed=True,
        reason=Reason.OVERRIDDEN if is_override else Reason.ALLOWED,
        sentence=gettext_noop("A supervisor allows one more call.")
        if is_override
        else gettext_noop("You can call."),
        until=_call_until(facts, now),
        advice=_streak_advice(facts),
    )


def may_ask(facts: Facts, now: datetime) -> Verdict:
    """Judge a request now. services.ask() uses this and reserves the request."""
    found = list(_obstacles(ASK_CHECKS, facts, now))
    if found:
        return _no(found, None)
    advice = ""
    if facts.status == PermissionStatus.TEMPORARY:
        advice = gettext_noop(
            "They already allow calls. Request permission only to call after that time."
        )
    elif facts.status == PermissionStatus.REQUESTED:
        advice = gettext_noop(
            "The last request has no answer yet. A new request replaces it."
        )
    return Verdict(
        True, Reason.ALLOWED, gettext_noop("You can request permission."), advice=advice
    )


def tally(facts: Facts, now: datetime) -> dict[str, int]:
    """Return the counters as they stand, by the names of the permissions export."""
    calls, (day, week) = _call_uses(facts, now), _request_uses(facts, now)
    return {
        "calls_used_24h": calls.used,
        "calls_max_24h": calls.allowed,
        "requests_left_24h": day.left,
        "requests_left_7d": week.left,
        "streak": facts.streak,
    }


def _call_uses(facts: Facts, now: datetime) -> Uses:
    read_at, action = _said(facts.reading, CALL)
    limit = action.limit(DAY)
    return uses(limit, read_at, facts.connected, (DAY, CONNECTED_PER_DAY), now)


def _request_uses(facts: Facts, now: datetime) -> tuple[Uses, Uses]:
    """Count by day and by week. A call that connected since resets the figures."""
    read_at, action = _said(facts.reading, ASK)
    freed_at = facts.requests_free_since
    if read_at and freed_at and freed_at >= read_at:
        read_at = None
    return (
        uses(action.limit(DAY), read_at, facts.requests, (DAY, REQUESTS_PER_DAY), now),
        uses(
            action.limit(WEEK), read_at, facts.requests, (WEEK, REQUESTS_PER_WEEK), now
        ),
    )


def _said(reading: Reading | None, name: str) -> tuple[datetime | None, Action]:
    if reading is None:
        return None, Action()
    return reading.at, reading.ask if name == ASK else reading.call


def _obstacles(
    checks: tuple[Check, ...], facts: Facts, now: datetime
) -> Iterator[Obstacle]:
    """Return what prevents it now; an obstacle whose time has come does not count."""
    for check in checks:
        found = check(facts, now)
        if found and not (found.earliest and found.earliest <= now):
            yield found


def _no(found: list[Obstacle], facts: Facts | None) -> Verdict:
    """Give the first obstacle as the reason; at `earliest` all of them are over."""
    known = [obstacle.earliest for obstacle in found if obstacle.earliest]
    earliest = max(known) if len(known) == len(found) else None
    if earliest and facts and facts.hours:
        earliest = facts.hours.opens_from(earliest)
    first = found[0]
    return Verdict(
        False, first.reason, first.sentence, earliest=earliest, advice=first.advice
    )


def _call_until(facts: Facts, now: datetime) -> datetime | None:
    expiry = facts.expires_at if facts.status == PermissionStatus.TEMPORARY else None
    closing = facts.hours.closes_after(now) if facts.hours else None
    return min(filter(None, (expiry, closing)), default=None)


def _streak_advice(facts: Facts) -> str:
    if facts.streak < UNANSWERED_BEFORE_ADVICE:
        return ""
    if facts.streak == UNANSWERED_BEFORE_ADVICE:
        return gettext_noop(
            "The last two calls were not answered. Message them first: after four,"
            " WhatsApp revokes the permission."
        )
    return gettext_noop(
        "Three or more calls in a row were not answered. Message them first: after"
        " four, WhatsApp revokes the permission."
    )


# --- What stands in the way of both ------------------------------------------------


def _do_not_call(facts: Facts, now: datetime) -> Obstacle | None:
    if not facts.do_not_call:
        return None
    return Obstacle(
        Reason.DO_NOT_CALL,
        gettext_noop("This person is on the do-not-call list."),
        advice=gettext_noop("A supervisor can remove them from the list."),
    )


def _no_number(facts: Facts, now: datetime) -> Obstacle | None:
    if facts.has_number:
        return None
    return Obstacle(
        Reason.NO_NUMBER, gettext_noop("This person's WhatsApp number is unknown.")
    )


def _number_cannot_call(facts: Facts, now: datetime) -> Obstacle | None:
    refused_at, reading = facts.number_refused_at, facts.reading
    if refused_at is None:
        return None
    if reading and reading.call.can and reading.at > refused_at:
        return None
    return Obstacle(
        Reason.NUMBER_CANNOT_CALL,
        gettext_noop(
            "Outbound calls are not available in the business number's country."
        ),
        earliest=refused_at + NUMBER_WAIT,
        advice=gettext_noop("Use another business number or tell your administrator."),
    )


def _refused(
    refusal: WhatsAppRefusal | None, facts: Facts, name: str
) -> Obstacle | None:
    """Say whether WhatsApp rejected the last one, and has not allowed it since."""
    if refusal is None:
        return None
    earliest = refusal.until or _usual_wait(refusal, name)
    read_at, action = _said(facts.reading, name)
    if earliest is None or (action.can and read_at and read_at > refusal.at):
        return None
    usual = (
        gettext_noop("WhatsApp rejected the last request.")
        if name == ASK
        else gettext_noop("WhatsApp rejected the last call.")
    )
    return Obstacle(Reason.REFUSED, sentence(refusal.code) or usual, earliest)


def _usual_wait(refusal: WhatsAppRefusal, name: str) -> datetime | None:
    """Return when the next one is worth it, where WhatsApp has not said so itself."""
    code = refusal.code or 0
    wait = CODES[code].wait if code in CODES else None
    if code == NO_PERMISSION and name == CALL:
        wait = NO_PERMISSION_WAIT
    return refusal.at + wait if wait else None


def _says_no(facts: Facts, name: str, now: datetime) -> Obstacle | None:
    """Say whether WhatsApp itself refused a moment ago, whatever the reason."""
    read_at, action = _said(facts.reading, name)
    if read_at is None or action.can is not False:
        return None
    freed_at = facts.requests_free_since
    if freed_at and freed_at > read_at:
        return None
    if name == CALL and facts.reading and facts.reading.grant == Grant.NONE:
        return None  # it refused for lack of a grant, which is checked above
    text = gettext_noop("WhatsApp does not allow this right now.")
    return Obstacle(Reason.WHATSAPP_SAYS_NO, text, read_at + READING_IS_FRESH)


# --- Calling -----------------------------------------------------------------------


def _call_running(facts: Facts, now: datetime) -> Obstacle | None:
    if facts.call_running:
        text = gettext_noop("There is already a call with this person.")
        return Obstacle(Reason.CALL_RUNNING, text)
    if facts.rings_since is None:
        return None
    text = gettext_noop("The last call to this person may still be ringing.")
    return Obstacle(Reason.CALL_RUNNING, text, facts.rings_since + OUTBOUND_MAY_RING)


NO_GRANT = {
    PermissionStatus.NONE: (
        Reason.NO_PERMISSION,
        gettext_noop("This person has not allowed calls yet."),
    ),
    PermissionStatus.REQUESTED: (
        Reason.REQUESTED,
        gettext_noop("The request is pending."),
    ),
    PermissionStatus.DECLINED: (
        Reason.DECLINED,
        gettext_noop("This person declined the permission request."),
    ),
    PermissionStatus.REVOKED: (
        Reason.REVOKED,
        gettext_noop("The call permission was revoked."),
    ),
    PermissionStatus.EXPIRED: (
        Reason.EXPIRED,
        gettext_noop("The call permission has expired."),
    ),
}


def _no_grant(facts: Facts, now: datetime) -> Obstacle | None:
    if facts.is_allowed:
        return None
    reason, text = NO_GRANT[facts.status]
    advice = gettext_noop(
        "They can also allow calls in your business's WhatsApp profile."
    )
    if facts.status != PermissionStatus.REQUESTED and may_ask(facts, now).allowed:
        advice = gettext_noop("Request permission.")
    return Obstacle(reason, text, advice=advice)


def _streak(facts: Facts, now: datetime) -> Obstacle | None:
    if facts.streak < UNANSWERED_BEFORE_BLOCK or facts.overridden_at:
        return None
    return Obstacle(
        Reason.STREAK,
        gettext_noop(
            "Three or more calls in a row were not answered. After one more, "
            "WhatsApp revokes the permission."
        ),
        advice=gettext_noop(
            "Message them first. A supervisor can allow one more call."
        ),
    )


def _call_limit(facts: Facts, now: datetime) -> Obstacle | None:
    counted = _call_uses(facts, now)
    if counted.left:
        return None
    text = gettext_noop("The daily limit of calls with this person has been reached.")
    return Obstacle(Reason.CALL_LIMIT, text, counted.frees_at)


def _call_was_refused(facts: Facts, now: datetime) -> Obstacle | None:
    return _refused(facts.call_refused, facts, CALL)


def _call_says_no(facts: Facts, now: datetime) -> Obstacle | None:
    return _says_no(facts, CALL, now)


def _outside_hours(facts: Facts, now: datetime) -> Obstacle | None:
    if facts.hours is None or facts.hours.is_open(now):
        return None
    return Obstacle(
        Reason.OUTSIDE_HOURS,
        gettext_noop("It is outside this person's calling hours."),
        facts.hours.opens_from(now),
    )


# --- Asking ------------------------------------------------------------------------


def _is_permanent(facts: Facts, now: datetime) -> Obstacle | None:
    if facts.status != PermissionStatus.PERMANENT:
        return None
    text = gettext_noop("This person allows calls permanently. Call without a request.")
    return Obstacle(Reason.ALREADY_PERMANENT, text)


def _declined_lately(facts: Facts, now: datetime) -> Obstacle | None:
    if facts.declined_at is None:
        return None
    return Obstacle(
        Reason.DECLINED,
        gettext_noop("This person declined. Wait 24 hours."),
        facts.declined_at + WAIT_AFTER_DECLINE,
    )


def _request_limit(facts: Facts, now: datetime) -> Obstacle | None:
    full = [counted for counted in _request_uses(facts, now) if not counted.left]
    if not full:
        return None
    return Obstacle(
        Reason.REQUEST_LIMIT,
        gettext_noop(
            "WhatsApp allows no more permission requests to this person for now."
        ),
        max(counted.frees_at for counted in full),
        advice=gettext_noop(
            "After a connected call with them you can request permission again."
        ),
    )


def _request_was_refused(facts: Facts, now: datetime) -> Obstacle | None:
    refusal, freed_at = facts.request_refused, facts.requests_free_since
    if refusal and freed_at and freed_at > refusal.at:
        return None
    return _refused(refusal, facts, ASK)


def _ask_says_no(facts: Facts, now: datetime) -> Obstacle | None:
    return _says_no(facts, ASK, now)


CALL_CHECKS: tuple[Check, ...] = (
    _do_not_call,
    _no_number,
    _call_running,
    _number_cannot_call,
    _no_grant,
    _streak,
    _call_limit,
    _call_was_refused,
    _call_says_no,
    _outside_hours,
)
ASK_CHECKS: tuple[Check, ...] = (
    _do_not_call,
    _no_number,
    _number_cannot_call,
    _is_permanent,
    _declined_lately,
    _request_limit,
    _request_was_refused,
    _ask_says_no,
)
