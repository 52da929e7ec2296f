"""Our SDP answer, sent until Wati has it, or might have it."""

import asyncio
from typing import NamedTuple

from callcenter.wati.errors import Outcome, WatiError
from calls.lifecycle import answer
from calls.media.session import Session
from calls.models import Call
from calls.node.held_calls import HeldCalls
from calls.signaling import outbox
from calls.states import Event

# An accept whose reply was lost has probably worked: audio shows it within this time.
LOST_REPLY_PAUSE = 3.0  # seconds
LONGEST_PAUSE = 10.0  # seconds
UNREACHABLE_PAUSES = (0.2, 0.4, 0.8, 1.6)


class Ending(NamedTuple):
    """The reason why a call cannot go on."""

    event: Event
    text: str = ""
    code: int | None = None


async def accept(held: HeldCalls, session: Session, call: Call) -> Ending | None:
    """Send our answer and let the audio start. Return why that cannot be."""
    try:
        error, was_unknown = await _send(held, session, call)
    except LookupError:  # the call ended before our answer went out
        return None
    if error is None or error.outcome == Outcome.UNKNOWN or was_unknown:
        session.release_ice()  # the media deadline judges from here on
        await held.write(answer.accepted, call.pk)
        return None
    if error.call_is_over:
        return Ending(Event.CALLER_GONE)
    return Ending(Event.ACCEPT_REFUSED, error.sentence, error.code)


async def _send(
    held: HeldCalls, session: Session, call: Call
) -> tuple[WatiError | None, bool]:
    """Return the final error, and whether Wati may have had our answer before.

    Then a refusal only says that it came twice. Raises LookupError when the call is
    over.
    """
    pauses, was_unknown = list(UNREACHABLE_PAUSES), False
    request_id = await held.write(outbox.prepare_accept, call.pk)
    while True:
        error = await outbox.send(request_id, held.http)
        pause = _pause_before_retry(error, pauses)
        if pause is None:
            return error, was_unknown
        was_unknown = error is not None and error.outcome == Outcome.UNKNOWN
        await asyncio.sleep(pause)  # audio may come up meanwhile
        if session.is_up:
            return None, was_unknown
        await held.write(outbox.retry_accept, call.pk)


def _pause_before_retry(error: WatiError | None, pauses: list[float]) -> float | None:
    """Return the seconds until the same answer is sent once more; None for never."""
    if error is None or not pauses:
        return None
    if error.outcome == Outcome.UNREACHABLE:
        return pauses.pop(0)
    wait = error.wait.total_seconds() if error.wait else LOST_REPLY_PAUSE
    if error.outcome == Outcome.UNKNOWN:
        pauses.clear()
        return min(wait, LONGEST_PAUSE)
    if error.outcome == Outcome.WAIT and wait <= LONGEST_PAUSE:
        pauses.clear()
        return wait
    return None  # the caller would not wait so long
