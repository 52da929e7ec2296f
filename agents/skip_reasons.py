"""The reasons why it does not ring at an agent, one each, in sentences. Pure."""

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import NamedTuple

from django.utils.translation import gettext_noop


class Skip(StrEnum):
    # How the person is.
    OFFLINE = "offline"
    ON_BREAK = "on_break"
    CANNOT_RING = "cannot_ring"
    IN_CALL = "in_call"
    WRAP_UP = "wrap_up"
    RECONNECTING = "reconnecting"
    # What was between the person and this call.
    DECLINED = "declined"
    MISSED = "missed"
    CONSOLE = "console"
    PASSED_ON = "passed_on"
    # What the call, other calls and the queue require.
    TRANSFERRED = "transferred"
    RINGS_ELSEWHERE = "rings_elsewhere"
    STICKY = "sticky"
    LEVEL = "level"
    # Whose turn it is.
    COLLEAGUE_RINGS = "colleague_rings"
    NOT_ASKED_YET = "not_asked_yet"
    EARLIER_LEVEL = "earlier_level"
    IDLE_LONGER = "idle_longer"
    ASKED_LONGER_AGO = "asked_longer_ago"
    EARLIER_IN_LIST = "earlier_in_list"


class Skipped(NamedTuple):
    """One person passed over, with what the sentence needs.

    A tuple: a busy call center makes thousands of them several times a second.
    """

    agent_id: int
    skip: Skip
    detail: str = ""  # the break's name, why not reachable, or an agent's name
    since: datetime | None = None
    level: int = 0
    seconds: int = 0


# Whole sentences, for a catalogue. Reports and screens may show any of them.
TEXTS = {
    Skip.OFFLINE: gettext_noop("Offline."),
    Skip.ON_BREAK: gettext_noop("On a break: {detail}."),
    Skip.CANNOT_RING: gettext_noop("Not reachable: {detail}."),
    Skip.IN_CALL: gettext_noop("On another call since {since}."),
    Skip.WRAP_UP: gettext_noop("In wrap-up."),
    Skip.RECONNECTING: gettext_noop("Reconnecting."),
    Skip.DECLINED: gettext_noop("Declined this call."),
    Skip.MISSED: gettext_noop("Did not answer this call; the retry delay is not over."),
    Skip.CONSOLE: gettext_noop("The console did not confirm that it was ringing."),
    Skip.PASSED_ON: gettext_noop("Transferred this call."),
    Skip.TRANSFERRED: gettext_noop("The call was transferred to {detail} only."),
    Skip.RINGS_ELSEWHERE: gettext_noop("Another call is ringing at this agent."),
    Skip.STICKY: gettext_noop("The call rings first at the sticky agent, {detail}."),
    Skip.LEVEL: gettext_noop("Level {level} rings in {seconds} s."),
    Skip.COLLEAGUE_RINGS: gettext_noop("The call is ringing at {detail}."),
    Skip.NOT_ASKED_YET: gettext_noop(
        "Another agent is next: this call has not rung at them yet."
    ),
    Skip.EARLIER_LEVEL: gettext_noop("Another agent is next: on a lower level."),
    Skip.IDLE_LONGER: gettext_noop("Another agent is next: idle for longer."),
    Skip.ASKED_LONGER_AGO: gettext_noop(
        "Another agent is next: their last ring attempt was longer ago."
    ),
    Skip.EARLIER_IN_LIST: gettext_noop(
        "Another agent is next: tied, but earlier in the list."
    ),
}
# The same where the detail is not known.
TEXTS_WITHOUT_DETAIL = {
    Skip.ON_BREAK: gettext_noop("On a break."),
    Skip.CANNOT_RING: gettext_noop("Not reachable."),
    Skip.TRANSFERRED: gettext_noop("The call was transferred to one agent only."),
    Skip.STICKY: gettext_noop("The call rings first at the sticky agent."),
    Skip.COLLEAGUE_RINGS: gettext_noop("The call is ringing at another agent."),
}


def sentence(
    skipped: Skipped, zone: tzinfo = UTC, translate: Callable[[str], str] = str
) -> str:
    """Put the reason into words. `zone`: the reader's; `translate`: their catalogue."""
    text = TEXTS[skipped.skip]
    if not skipped.detail:
        text = TEXTS_WITHOUT_DETAIL.get(skipped.skip, text)
    detail = skipped.detail
    if skipped.skip == Skip.CANNOT_RING:
        detail = _inside(translate(detail)) if detail else ""
    since = f"{skipped.since.astimezone(zone):%H:%M}" if skipped.since else ""
    return translate(text).format(
        detail=detail, since=since, level=skipped.level, seconds=skipped.seconds
    )


def _inside(text: str) -> str:
    """Return a sentence as it stands after a colon."""
    return text[:1].lower() + text[1:].removesuffix(".")
