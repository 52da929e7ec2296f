"""Everything about where a call is, and nothing else.

A status answers "where is it now"; an end reason answers "how did it finish".
Events are facts. An event that the table does not know for a status changes nothing,
so the order in which facts arrive does not matter: ENDED absorbs everything, and a
call of which only later facts are known waits in UNMATCHED until it is offered.
"""

from enum import StrEnum

from django.db.models import TextChoices
from django.utils.translation import gettext_noop


class Status(TextChoices):
    UNMATCHED = "unmatched", "Unmatched"
    RINGING = "ringing", "Ringing"
    DIALING = "dialing", "Dialing"
    CONNECTING = "connecting", "Connecting"
    ACTIVE = "active", "In call"
    HELD = "held", "On hold"
    WAITING = "waiting", "Waiting"
    ENDED = "ended", "Ended"


class Event(StrEnum):
    DIALED = "dialed"  # an agent places a call
    ANSWERED = "answered"  # and the contact answered
    REJECTED = "rejected"  # or pressed the red button
    NO_ANSWER = "no_answer"
    PLACE_REFUSED = "place_refused"  # WhatsApp did not place our call
    LOST_TRACK = "lost_track"  # the outcome of our call stays unknown
    CONSOLE_LOST = "console_lost"  # the agent's console never came, or stayed away
    OFFERED = "offered"  # Wati reported an inbound call that we can take
    CLAIMED = "claimed"  # an agent pressed Answer and was first
    RELEASED = "released"  # the winner's console did not open the audio
    PARKED = "parked"  # auto-answered, and queued with music
    RETURNED = "returned"  # as RELEASED, for a caller in the queue
    PUT_ON_HOLD = "put_on_hold"
    RESUMED = "resumed"
    TRANSFERRED = "transferred"  # to an agent or queue that has not answered yet
    HANDED_OVER = "handed_over"  # to the consulted agent
    TAKEN_OVER = "taken_over"  # a supervisor talks, and the agent has left
    REQUEUED = "requeued"  # the agent's console stayed away: others may answer
    MEDIA_UP = "media_up"  # audio can flow
    CUSTOMER_ENDED = "customer_ended"
    AGENT_ENDED = "agent_ended"
    SUPERVISOR_ENDED = "supervisor_ended"
    DECLINED = "declined"  # by every agent who could have answered
    RING_TIMEOUT = "ring_timeout"
    WAIT_TIMEOUT = "wait_timeout"
    CLOSED = "closed"  # outside business hours, with an announcement
    NOBODY_THERE = "nobody_there"  # the same with no agent signed in
    QUEUE_FULL = "queue_full"  # and with a full queue
    OFFERED_LATE = "offered_late"  # too old to ring
    OFFER_REFUSED = "offer_refused"  # an SDP that did not pass the gate
    ACCEPT_REFUSED = "accept_refused"
    CALLER_GONE = "caller_gone"  # Wati no longer knew the call when we accepted
    MEDIA_FAILED = "media_failed"  # accepted, but audio never came up
    MEDIA_LOST = "media_lost"
    NODE_LOST = "node_lost"
    TOO_LONG = "too_long"


U, R, D, C, A, H, W, E = Status

# WhatsApp's word of a call whose answer was only heard (calls/lifecycle/withdrawal.py).
NOT_ANSWERED: dict[Event, Status] = {Event.REJECTED: E, Event.NO_ANSWER: E}

# However a talk ends, on hold or not.
TALK_ENDS: dict[Event, Status] = {
    Event.CUSTOMER_ENDED: E,
    Event.AGENT_ENDED: E,
    Event.SUPERVISOR_ENDED: E,
    Event.MEDIA_FAILED: E,
    Event.MEDIA_LOST: E,
    Event.NODE_LOST: E,
    Event.CONSOLE_LOST: E,
    Event.TOO_LONG: E,
    **NOT_ANSWERED,
}

TABLE: dict[Status, dict[Event, Status]] = {
    U: {
        Event.OFFERED: R,
        Event.DIALED: D,
        Event.OFFERED_LATE: E,
        Event.OFFER_REFUSED: E,
        Event.CUSTOMER_ENDED: E,
    },
    R: {
        Event.CLAIMED: C,
        Event.PARKED: W,
        Event.CUSTOMER_ENDED: E,
        Event.SUPERVISOR_ENDED: E,
        Event.DECLINED: E,
        Event.RING_TIMEOUT: E,
    },
    D: {
        Event.ANSWERED: A,
        Event.REJECTED: E,
        Event.NO_ANSWER: E,
        Event.PLACE_REFUSED: E,
        Event.LOST_TRACK: E,
        Event.CONSOLE_LOST: E,
        Event.CUSTOMER_ENDED: E,
        Event.AGENT_ENDED: E,
        Event.SUPERVISOR_ENDED: E,
        Event.MEDIA_FAILED: E,
        Event.MEDIA_LOST: E,
        Event.NODE_LOST: E,
    },
    C: {
        Event.MEDIA_UP: A,
        Event.RELEASED: R,
        Event.RETURNED: W,
        Event.CUSTOMER_ENDED: E,
        Event.AGENT_ENDED: E,
        Event.SUPERVISOR_ENDED: E,
        Event.ACCEPT_REFUSED: E,
        Event.CALLER_GONE: E,
        Event.MEDIA_FAILED: E,
        Event.MEDIA_LOST: E,
        Event.NODE_LOST: E,
        Event.CONSOLE_LOST: E,
        **NOT_ANSWERED,
    },
    A: {
        Event.PUT_ON_HOLD: H,
        Event.TRANSFERRED: W,
        Event.HANDED_OVER: A,
        Event.TAKEN_OVER: A,
        Event.REQUEUED: W,
        **TALK_ENDS,
    },
    H: {
        Event.RESUMED: A,
        Event.TRANSFERRED: W,
        Event.HANDED_OVER: A,
        Event.TAKEN_OVER: A,
        Event.REQUEUED: W,
        **TALK_ENDS,
    },
    W: {
        Event.CLAIMED: C,
        Event.CUSTOMER_ENDED: E,
        Event.SUPERVISOR_ENDED: E,
        Event.ACCEPT_REFUSED: E,
        Event.CALLER_GONE: E,
        Event.MEDIA_FAILED: E,
        Event.MEDIA_LOST: E,
        Event.NODE_LOST: E,
        Event.WAIT_TIMEOUT: E,
        Event.CLOSED: E,
        Event.NOBODY_THERE: E,
        Event.QUEUE_FULL: E,
        Event.TOO_LONG: E,
        **NOT_ANSWERED,
    },
    E: {},
}

TALKING = (Status.ACTIVE, Status.HELD)
WITH_AGENT = (Status.DIALING, Status.CONNECTING, *TALKING)
# No agent yet, or no longer: any free agent may have the call.
FOR_ANYBODY = (Status.RINGING, Status.WAITING)
# A node has, or sets up, the audio.
ON_NODE = (*WITH_AGENT, Status.WAITING)
LIVE = (Status.RINGING, *ON_NODE)


class IllegalMove(Exception):
    """This event means nothing to a call in this status."""


def after(status: str, event: str) -> Status:
    """Return the status that follows. Raises IllegalMove."""
    try:
        return TABLE[Status(status)][Event(event)]
    except KeyError:
        raise IllegalMove(f"{event} means nothing to a call that is {status}") from None


class EndedBy(TextChoices):
    CUSTOMER = "customer", "Customer"
    AGENT = "agent", "Agent"
    SUPERVISOR = "supervisor", "Supervisor"
    SYSTEM = "system", "System"


class Result(TextChoices):
    """The result of a call. Every ended call has exactly one."""

    ANSWERED = "answered", "Answered"
    ABANDONED = "abandoned", "Abandoned"
    DECLINED = "declined", "Declined"
    TIMEOUT = "timeout", "Not answered in time"
    AFTER_HOURS = "after_hours", "After hours"
    TURNED_AWAY = "turned_away", "Rejected (queue full / no agents)"
    NO_ANSWER = "no_answer", "No answer"
    REJECTED = "rejected", "Rejected"
    CANCELLED = "cancelled", "Cancelled"
    FAILED = "failed", "Failed"


CUSTOMER, AGENT, SUPERVISOR, SYSTEM = EndedBy

# Ending event -> who ended it, how it counts if not connected, and a sentence.
ENDINGS: dict[Event, tuple[EndedBy, Result, str]] = {
    Event.CUSTOMER_ENDED: (
        CUSTOMER,
        Result.ABANDONED,
        gettext_noop("The customer hung up."),
    ),
    Event.AGENT_ENDED: (AGENT, Result.ABANDONED, gettext_noop("The agent hung up.")),
    Event.SUPERVISOR_ENDED: (
        SUPERVISOR,
        Result.FAILED,
        gettext_noop("A supervisor ended the call."),
    ),
    Event.DECLINED: (AGENT, Result.DECLINED, gettext_noop("The call was declined.")),
    Event.RING_TIMEOUT: (
        SYSTEM,
        Result.TIMEOUT,
        gettext_noop("No agent answered in time."),
    ),
    Event.WAIT_TIMEOUT: (
        SYSTEM,
        Result.TIMEOUT,
        gettext_noop("The caller reached the maximum wait."),
    ),
    Event.CLOSED: (
        SYSTEM,
        Result.AFTER_HOURS,
        gettext_noop("The call came in outside business hours."),
    ),
    Event.NOBODY_THERE: (
        SYSTEM,
        Result.TURNED_AWAY,
        gettext_noop("No agent was signed in."),
    ),
    Event.QUEUE_FULL: (
        SYSTEM,
        Result.TURNED_AWAY,
        gettext_noop("The queue was full."),
    ),
    Event.REJECTED: (
        CUSTOMER,
        Result.REJECTED,
        gettext_noop("The person rejected the call."),
    ),
    Event.NO_ANSWER: (
        SYSTEM,
        Result.NO_ANSWER,
        gettext_noop("The call was not answered."),
    ),
    Event.PLACE_REFUSED: (
        SYSTEM,
        Result.FAILED,
        gettext_noop("WhatsApp did not place the call."),
    ),
    Event.LOST_TRACK: (
        SYSTEM,
        Result.FAILED,
        gettext_noop(
            "Wati did not confirm whether the call was placed. Wait a moment "
            "before you try again."
        ),
    ),
    Event.CONSOLE_LOST: (
        SYSTEM,
        Result.FAILED,
        gettext_noop("The agent's console was disconnected for too long."),
    ),
    Event.OFFERED_LATE: (
        SYSTEM,
        Result.TIMEOUT,
        gettext_noop("The webhook of the call arrived too late."),
    ),
    Event.OFFER_REFUSED: (
        SYSTEM,
        Result.FAILED,
        gettext_noop("WhatsApp's SDP could not be used."),
    ),
    Event.ACCEPT_REFUSED: (
        SYSTEM,
        Result.FAILED,
        gettext_noop("WhatsApp rejected our SDP answer."),
    ),
    Event.CALLER_GONE: (
        CUSTOMER,
        Result.ABANDONED,
        gettext_noop("The caller had already hung up."),
    ),
    Event.MEDIA_FAILED: (
        SYSTEM,
        Result.FAILED,
        gettext_noop("The audio connection to WhatsApp failed."),
    ),
    Event.MEDIA_LOST: (
        SYSTEM,
        Result.FAILED,
        gettext_noop("The connection to the customer was lost."),
    ),
    Event.NODE_LOST: (
        SYSTEM,
        Result.FAILED,
        gettext_noop("The server that handled the call stopped."),
    ),
    Event.TOO_LONG: (
        SYSTEM,
        Result.FAILED,
        gettext_noop("The call reached the maximum duration."),
    ),
}

# The same, where it reads differently for an outbound call that was not answered.
DIALING_ENDINGS: dict[Event, tuple[EndedBy, Result, str]] = {
    Event.CUSTOMER_ENDED: (
        CUSTOMER,
        Result.NO_ANSWER,
        gettext_noop("The call was not answered."),
    ),
    Event.AGENT_ENDED: (
        AGENT,
        Result.CANCELLED,
        gettext_noop("Cancelled before the person answered."),
    ),
}


def ending(status: str, event: Event) -> tuple[EndedBy, Result, str]:
    """Return who ended it, the result if it was not connected, and a sentence."""
    if status == Status.DIALING and event in DIALING_ENDINGS:
        return DIALING_ENDINGS[event]
    return ENDINGS[event]
