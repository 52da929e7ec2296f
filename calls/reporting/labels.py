"""Labels and sentences about calls, for supervisors."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from calls.states import ENDINGS, Event, ending

WHAT_HAPPENED = {
    Event.OFFERED: gettext_noop("Inbound call received."),
    Event.CLAIMED: gettext_noop("An agent answered."),
    Event.RELEASED: gettext_noop(
        "The agent's console did not connect; the call rings again."
    ),
    Event.MEDIA_UP: gettext_noop("Connected."),
    Event.PARKED: gettext_noop("Auto-answered; caller queued with music."),
    Event.RETURNED: gettext_noop(
        "The agent's console did not connect; the caller is back in the queue."
    ),
    Event.PUT_ON_HOLD: gettext_noop("Put on hold."),
    Event.RESUMED: gettext_noop("Resumed."),
    Event.TRANSFERRED: gettext_noop("Transferred."),
    Event.HANDED_OVER: gettext_noop("Handed over to the consulted agent."),
    Event.TAKEN_OVER: gettext_noop("A supervisor took over the call."),
    Event.REQUEUED: gettext_noop(
        "Agent disconnected; caller returned to the front of the queue."
    ),
    Event.DIALED: gettext_noop("An agent placed the call."),
    Event.ANSWERED: gettext_noop("The person answered."),
}

# Rows of the timeline that are no move of the call.
WHAT_WAS_NOTED = {
    "candidate_dropped": gettext_noop("An address in WhatsApp's SDP was not used."),
    "answer_confirmed": gettext_noop("WhatsApp confirmed the answer."),
    "answer_withdrawn": gettext_noop("The call was not answered after all."),
    "stepped_in": gettext_noop("A supervisor stepped in."),
    "moved": gettext_noop("A supervisor moved the caller to another queue."),
    "moved_to_front": gettext_noop("A supervisor moved the caller to the front."),
    "stepped_out": gettext_noop("A supervisor left the call."),
    "contradicted": gettext_noop("WhatsApp contradicts its own report of an answer."),
    "media_declined": gettext_noop("Media other than audio was declined."),
    "consulted": gettext_noop("Consult requested."),
    "consult_cancelled": gettext_noop("Consult cancelled before it was answered."),
    "consult_declined": gettext_noop("Consult declined."),
    "consult_unanswered": gettext_noop("Consult not answered in time."),
    "consult_no_ring": gettext_noop("Consult could not ring at the console."),
    "joined": gettext_noop("Consulted agent joined."),
    "three_way": gettext_noop("Three-way call started."),
    "guest_left": gettext_noop("Consulted agent left."),
    "guest_removed": gettext_noop("Consulted agent was removed."),
    "guest_disconnected": gettext_noop("Consulted agent was disconnected."),
    "guest_no_audio": gettext_noop("Consulted agent's audio did not connect."),
    "agent_disconnected": gettext_noop("Agent disconnected."),
}

NAME_AT_WATI = {
    "inbound-call": "New Inbound Call",
    "terminate-call": "Terminate Call",
    "outbound-call": "New Outbound Call",
    "outbound-call-status": "New Outbound Call Status",
    "call-permission": "Call Permission",
    # No address is for these.
    "call-report": "call.status",
    "person-changed": "user_changed_user_id, user_changed_number",
}


def happened(event: str, old: str = "") -> str:
    """Put one event into a sentence; an unknown event shows its own name.

    `old` is the status before it: some ends read differently while dialing.
    """
    try:
        known = Event(event)
    except ValueError:
        return _(WHAT_WAS_NOTED.get(event, _plain(event)))
    if known in ENDINGS:
        return _(ending(old, known)[2])
    return _(WHAT_HAPPENED.get(known, _plain(event)))


def kind_name(kind: str) -> str:
    """Name a kind of webhook as Wati's own pages do."""
    return NAME_AT_WATI.get(kind, kind)


def duration(seconds: int | None) -> str:
    """Format minutes and seconds, with hours only when there are any."""
    if seconds is None:
        return ""
    minutes, rest = divmod(max(0, seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _plain(event: str) -> str:
    return event.replace("_", " ").capitalize() + "."
