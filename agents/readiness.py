"""Judge by what its page measures whether a console can ring and talk. Pure."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_noop as _

# Of AgentState, whose module needs Django; a test compares them.
AVAILABLE, CANNOT_RING = "available", "cannot_ring"

SLOWEST_ROUND_TRIP = 2000.0  # milliseconds
SLOWEST_PAGE = 3000.0  # milliseconds since the page's own timer last ran

SILENT = _("The console does not respond.")
UNSURE = _("The console did not report whether it can ring.")
UNTOUCHED = _("The browser blocks audio on this page until you press a button on it.")
NO_SOUND = _("The browser does not play audio.")
SLOW = _("The connection to the server is too slow.")
STUCK = _("The page does not respond.")
UNCONFIRMED = _("The console did not confirm that it was ringing.")

MICROPHONES = {
    "none": _("There is no microphone, or the browser is not allowed to use it."),
    "ended": _("The microphone was unplugged."),
    "muted": _("The microphone is turned off in the system settings."),
    "flat": _("The microphone sends no audio."),
}


def why_not(proof: Any) -> str:
    """Return the sentence why this console cannot ring; empty when it can.

    `proof` is described in docs/console-websocket.md; it may be whatever a page sends.
    """
    if not isinstance(proof, Mapping):
        return UNSURE
    if proof.get("gesture") is not True:
        return UNTOUCHED
    if proof.get("audio") != "running":
        return NO_SOUND
    if proof.get("microphone") != "live":
        return MICROPHONES.get(str(proof.get("microphone")), MICROPHONES["none"])
    if _over(proof.get("page_ms"), SLOWEST_PAGE):
        return STUCK
    if _over(proof.get("rtt_ms"), SLOWEST_ROUND_TRIP):
        return SLOW
    return ""


def _over(value: Any, limit: float) -> bool:
    """Compare a measurement; one that is not there yet is not too much."""
    return isinstance(value, int | float) and not value <= limit


def agrees(state: str, reason: str, problem: str | None) -> bool:
    """Tell whether an agent's state is what this verdict on their console makes of it.

    `problem` as why_not() returns it; None while nothing is known.
    """
    if state == AVAILABLE:
        return problem == ""
    return state != CANNOT_RING or (problem != "" and problem == reason)
