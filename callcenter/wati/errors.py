"""The one error of the Wati client, and what each code of a reply means.

Protocol file, sections 2.4, 3.8 and 10. A reply has up to three codes: the status of
HTTP, the code of Wati's own envelope (it speaks HTTP's numbers), and a code of Meta's
Graph API. The tables below are the only place that says what they mean.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from django.utils.translation import gettext_noop

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# Meta's codes below are short ones: HTTP has such numbers as well.
LONG_CODES = 1000
# HTTP's numbers for a call that Wati does not know, or no longer.
CALL_IS_OVER = (404, 410)
PERMISSIONS_ERROR = 200  # stands for the Graph API's 200 to 299


class Outcome(StrEnum):
    REFUSED = "refused"  # Wati or WhatsApp said no; asking again changes nothing
    WAIT = "wait"  # not done, and not before some time: a rate limit
    UNKNOWN = "unknown"  # it may have been done: reconcile, never blindly repeat
    UNAUTHORISED = "unauthorised"  # the token is not valid: nothing will work
    UNREACHABLE = "unreachable"  # not one byte was sent: safe to repeat


@dataclass(frozen=True)
class Meaning:
    """The meaning of a code: for the program, for the agent, and for how long.

    `wait` holds where the reply itself names no time. `for_admin`: an agent cannot fix
    it; an administrator must act at WhatsApp, at Wati or here.
    """

    outcome: Outcome
    sentence: str = ""
    wait: timedelta | None = None
    for_admin: bool = False


@dataclass(eq=False)  # not frozen: Python writes a traceback into it
class WatiError(Exception):
    """A request that did not succeed. No field holds a token, an SDP or a number.

    `message` is for agents, in our words; `words` are Wati's or WhatsApp's own, for
    supervisors.
    """

    outcome: Outcome
    message: str
    status: int | None = None  # HTTP
    code: int | None = None  # WhatsApp's own, such as 138006
    envelope: int | None = None  # Wati's own, one of HTTP's numbers
    words: str = ""
    wait: timedelta | None = None  # before it is worth asking again

    def __str__(self) -> str:
        return f"{self.outcome}: {self.message}"

    @property
    def sentence(self) -> str:
        """Say in a sentence for an agent why it was not done."""
        match self.outcome:
            case Outcome.UNAUTHORISED:
                return TOKEN_REFUSED
            case Outcome.UNREACHABLE:
                return gettext_noop("Wati cannot be reached.")
        return self.message

    @property
    def needs_admin(self) -> bool:
        """Say whether only an administrator can do something about it."""
        if self.outcome in (Outcome.UNAUTHORISED, Outcome.UNREACHABLE):
            return False  # told elsewhere, for the whole account
        return meaning_of(self.status, self.envelope, self.code).for_admin

    @property
    def proves_token(self) -> bool:
        """Say whether WhatsApp itself replied: then Wati took our token."""
        return self.code is not None and self.outcome != Outcome.UNAUTHORISED

    @property
    def call_is_over(self) -> bool:
        """Say whether Wati itself, not some other server, does not know the call."""
        return self.envelope in CALL_IS_OVER


def meaning_of(status: int | None, envelope: int | None, code: int | None) -> Meaning:
    """Sort a reply that is no yes: HTTP's status, Wati's code, the Graph API's code.

    WhatsApp's own code decides: it comes with 401, 403 and 500 as well, which then say
    nothing about the token, or about whether it was done.
    """
    if code is not None and PERMISSIONS_ERROR <= code < 300:
        return CODES[PERMISSIONS_ERROR]
    if code is not None and code in CODES:
        return CODES[code]
    statuses = [number for number in (status, envelope) if number is not None]
    if 401 in statuses and (code or 0) < LONG_CODES:
        return STATUSES[401]
    if status is not None and status >= 500:
        return MAYBE
    for number in statuses:
        if number in STATUSES and number != 401:
            return STATUSES[number]
    # A success that says nothing: it may well have been done.
    is_empty_yes = status is not None and 200 <= status < 300
    if is_empty_yes and envelope is None and code is None:
        return MAYBE
    return NO if code is None else WHATSAPPS_NO


TOKEN_REFUSED = gettext_noop("Wati rejects our API token. A supervisor must renew it.")
NO, MAYBE = Meaning(Outcome.REFUSED), Meaning(Outcome.UNKNOWN)
WHATSAPPS_NO = Meaning(Outcome.REFUSED, gettext_noop("WhatsApp rejected this."))
TOKEN = Meaning(Outcome.UNAUTHORISED, TOKEN_REFUSED)


def _no(
    sentence: str, wait: timedelta | None = None, *, for_admin: bool = False
) -> Meaning:
    return Meaning(Outcome.REFUSED, sentence, wait, for_admin)


def _wait(wait: timedelta, sentence: str, *, for_admin: bool = False) -> Meaning:
    return Meaning(Outcome.WAIT, sentence, wait, for_admin)


def _maybe(sentence: str) -> Meaning:
    return Meaning(Outcome.UNKNOWN, sentence)


# HTTP's numbers, as the status of the reply and as the code of Wati's envelope. What
# is not here is a no, and from 500 on, as a status, a maybe.
STATUSES: dict[int, Meaning] = {
    401: TOKEN,
    403: _no(
        gettext_noop(
            "Wati does not permit this for our account. Tell your administrator."
        ),
        for_admin=True,
    ),
    408: MAYBE,
    429: _wait(
        timedelta(seconds=5),
        gettext_noop("Too many requests to Wati. Try again in a minute."),
    ),
    502: MAYBE,
    503: MAYBE,
    504: MAYBE,
}

_RESTRICTED = gettext_noop(
    "WhatsApp has restricted the business for a policy violation. Tell your "
    "administrator."
)
_BUSY = gettext_noop("Too many requests to WhatsApp. Try again in a minute.")
_UNCLEAR = gettext_noop("WhatsApp had a problem and did not say whether it was done.")
_PAYMENT = gettext_noop("The business has no valid payment method at WhatsApp.")
_NO_RIGHT = gettext_noop(
    "WhatsApp does not permit this for our account. Tell your administrator."
)

# Codes of the Graph API, of WhatsApp's messages and of its calls.
CODES: dict[int, Meaning] = {
    0: TOKEN,
    1: _maybe(_UNCLEAR),
    2: _maybe(_UNCLEAR),
    3: TOKEN,
    4: _wait(5 * MINUTE, _BUSY),
    10: TOKEN,
    33: _no(
        gettext_noop("WhatsApp does not know our business number."), for_admin=True
    ),
    100: _no(
        gettext_noop("WhatsApp did not accept our SDP. Tell your administrator."),
        for_admin=True,
    ),
    190: TOKEN,
    200: _no(_NO_RIGHT, for_admin=True),
    368: _no(_RESTRICTED, for_admin=True),
    613: _wait(MINUTE, _BUSY),
    80007: _wait(5 * MINUTE, _BUSY),
    130429: _wait(MINUTE, _BUSY),
    130472: _no(
        gettext_noop("WhatsApp does not deliver requests to this person at present."),
        DAY,
    ),
    130497: _no(
        gettext_noop(
            "WhatsApp does not let the business reach people in this country."
        ),
        for_admin=True,
    ),
    131000: _maybe(_UNCLEAR),
    131005: _no(_NO_RIGHT, for_admin=True),
    131009: _no(
        gettext_noop(
            "WhatsApp does not accept permission requests from the "
            "business number's country."
        ),
        for_admin=True,
    ),
    131016: _maybe(_UNCLEAR),
    131021: _no(gettext_noop("This is our own business number.")),
    131026: _no(
        gettext_noop("This person's WhatsApp cannot receive a permission request."), DAY
    ),
    131030: _no(
        gettext_noop(
            "This number is not on the list of recipients of the test number."
        ),
        for_admin=True,
    ),
    131031: _no(_RESTRICTED, for_admin=True),
    131037: _no(
        gettext_noop("WhatsApp has not approved the business's display name yet."),
        for_admin=True,
    ),
    131042: _no(_PAYMENT, for_admin=True),
    131044: _no(_PAYMENT, for_admin=True),
    131045: _no(
        gettext_noop("The business number is not registered at WhatsApp correctly."),
        for_admin=True,
    ),
    131047: _no(
        gettext_noop(
            "This person has not written in the last 24 hours. Send them "
            "a template message first."
        ),
        HOUR,
    ),
    131048: _wait(
        DAY,
        gettext_noop(
            "WhatsApp limits the business number, because people "
            "reported or blocked it. Tell your administrator."
        ),
        for_admin=True,
    ),
    131049: _no(
        gettext_noop(
            "WhatsApp does not deliver another request to this person "
            "now. Try again tomorrow."
        ),
        DAY,
    ),
    131055: _no(
        gettext_noop(
            "The business number is in SIP mode; calls cannot be made from here."
        ),
        for_admin=True,
    ),
    131056: _wait(
        MINUTE, gettext_noop("Too many requests to this person. Try again in a minute.")
    ),
    131057: _maybe(_UNCLEAR),
    131062: _no(gettext_noop("WhatsApp needs this person's phone number for this.")),
    133004: _maybe(_UNCLEAR),
    133010: _no(
        gettext_noop("The business number is not registered at WhatsApp correctly."),
        for_admin=True,
    ),
    138000: _no(
        gettext_noop("Calling is not turned on for the business number."),
        for_admin=True,
    ),
    138001: _no(gettext_noop("This person cannot be called on WhatsApp."), DAY),
    138002: _wait(
        MINUTE,
        gettext_noop("The business number has too many calls at once. Try again soon."),
    ),
    138003: _no(gettext_noop("There is already a call with this person."), MINUTE),
    138004: _no(gettext_noop("WhatsApp could not connect the call. Try again.")),
    138005: _wait(
        MINUTE,
        gettext_noop(
            "The business number placed too many calls. Try again in a minute."
        ),
    ),
    138006: _no(gettext_noop("This person has not allowed calls yet.")),
    138007: _no(gettext_noop("The call was not connected in time.")),
    138009: _no(
        gettext_noop(
            "WhatsApp allows no more permission requests to this person for now."
        ),
        DAY,
    ),
    138011: _no(
        gettext_noop(
            "Message this person first: WhatsApp requires a chat before "
            "a permission request."
        ),
        HOUR,
    ),
    138012: _no(
        gettext_noop("The daily limit of calls with this person has been reached."), DAY
    ),
    138013: _no(
        gettext_noop(
            "Outbound calls are not available in the business number's country."
        ),
        DAY,
        for_admin=True,
    ),
    138014: _no(
        gettext_noop(
            "WhatsApp has paused calling for the business number because "
            "of low quality."
        ),
        for_admin=True,
    ),
    138015: _no(
        gettext_noop("The business number's messaging limit is too low for calls."),
        for_admin=True,
    ),
    138017: _no(
        gettext_noop("This person allows calls permanently. Call without a request.")
    ),
    138018: _no(
        gettext_noop("The business number is not set up for calls."), for_admin=True
    ),
    138019: _no(gettext_noop("The caller's phone could not set up the call.")),
    138020: _no(
        gettext_noop("The caller's phone could not reach WhatsApp's relay server.")
    ),
    138021: _no(
        gettext_noop(
            "The caller's phone received no audio for too long and ended the call."
        )
    ),
    138022: _no(
        gettext_noop("The caller's phone could not send audio and ended the call.")
    ),
    138023: _no(gettext_noop("The call was accepted, but audio never started.")),
}

SENTENCES = {code: means.sentence for code, means in CODES.items() if means.sentence}
NEEDS_ADMIN = frozenset(code for code, means in CODES.items() if means.for_admin)


def sentence(code: int | None) -> str:
    """Return what a code of WhatsApp means to an agent; empty if we do not know it."""
    return SENTENCES.get(code or -1, "")  # a webhook's 0 is no code
