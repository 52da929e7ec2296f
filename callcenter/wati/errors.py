"""The one error of the Wati client, and what WhatsApp's codes mean to people."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext_noop


class Outcome(StrEnum):
    REFUSED = "refused"  # Wati or WhatsApp said no; asking again changes nothing
    UNKNOWN = "unknown"  # it may have been done: reconcile, never blindly repeat
    UNAUTHORISED = "unauthorised"  # the token is wrong or lacks a right
    UNREACHABLE = "unreachable"  # not one byte was sent: safe to repeat


@dataclass(frozen=True)
class WatiError(Exception):
    """A request that did not succeed. `message` never holds the token or an SDP."""

    outcome: Outcome
    message: str
    status: int | None = None  # HTTP
    code: int | None = None  # WhatsApp's own, such as 138006
    retry_after: float | None = None  # seconds

    def __str__(self) -> str:
        return f"{self.outcome}: {self.message}"

    @property
    def sentence(self) -> str:
        """Say in a sentence for an agent why it was not done."""
        match self.outcome:
            case Outcome.UNAUTHORISED:
                return gettext_noop(
                    "Wati rejects our API token. A supervisor must renew it."
                )
            case Outcome.UNREACHABLE:
                return gettext_noop("Wati cannot be reached.")
        return self.message


# Protocol: error codes of WhatsApp's calling API, in a sentence for an agent.
SENTENCES: dict[int, str] = {
    100: gettext_noop("WhatsApp did not accept our SDP. Tell your administrator."),
    613: gettext_noop("Too many requests to WhatsApp. Try again in a minute."),
    131009: gettext_noop(
        "WhatsApp does not accept permission requests from the business number's "
        "country."
    ),
    131026: gettext_noop("This person's WhatsApp cannot receive a permission request."),
    131030: gettext_noop(
        "This number is not on the list of recipients of the test number."
    ),
    131044: gettext_noop("The business has no valid payment method at WhatsApp."),
    131055: gettext_noop(
        "The business number is in SIP mode; calls cannot be made from here."
    ),
    138000: gettext_noop("Calling is not turned on for the business number."),
    138001: gettext_noop("This person cannot be called on WhatsApp."),
    138002: gettext_noop(
        "The business number has too many calls at once. Try again soon."
    ),
    138003: gettext_noop("There is already a call with this person."),
    138004: gettext_noop("WhatsApp could not connect the call. Try again."),
    138005: gettext_noop(
        "The business number placed too many calls. Try again in a minute."
    ),
    138006: gettext_noop("This person has not allowed calls yet."),
    138007: gettext_noop("The call was not connected in time."),
    138009: gettext_noop(
        "WhatsApp allows no more permission requests to this person for now."
    ),
    138011: gettext_noop(
        "Message this person first: WhatsApp requires a chat before a permission "
        "request."
    ),
    138012: gettext_noop("The daily limit of calls with this person has been reached."),
    138013: gettext_noop(
        "Outbound calls are not available in the business number's country."
    ),
    138014: gettext_noop(
        "WhatsApp has paused calling for the business number because of low quality."
    ),
    138015: gettext_noop("The business number's messaging limit is too low for calls."),
    138017: gettext_noop(
        "This person allows calls permanently. Call without a request."
    ),
    138018: gettext_noop("The business number is not set up for calls."),
    138019: gettext_noop("The caller's phone could not set up the call."),
    138020: gettext_noop("The caller's phone could not reach WhatsApp's relay server."),
    138021: gettext_noop(
        "The caller's phone received no audio for too long and ended the call."
    ),
    138022: gettext_noop("The caller's phone could not send audio and ended the call."),
    138023: gettext_noop("The call was accepted, but audio never started."),
}

# An agent cannot fix these: an administrator must act at WhatsApp, Wati or here.
NEEDS_ADMIN = frozenset(
    {
        100,
        131009,
        131030,
        131044,
        131055,
        138000,
        138013,
        138014,
        138015,
        138018,
    }
)


def sentence(code: int | None) -> str:
    return SENTENCES.get(code or 0, "")
