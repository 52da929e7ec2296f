"""An outbound call: our SDP offer, and the answer to it, by SDP and by audio."""

import asyncio
from uuid import UUID

from django.utils.translation import gettext_noop

from callcenter.database import in_database
from calls.media.session import Session
from calls.media.transport.sdp import RefusedSdp
from calls.models import Call
from calls.node.held_calls import HeldCalls
from calls.outbound import dialing
from calls.states import TALKING, Event

# Half a second of audio in a row: a phone that only rings never sends it.
SPEECH_PACKETS = 25


async def dial(held: HeldCalls, session: Session, call: Call) -> None:
    """Store our SDP offer; a task places the call, in whatever process."""
    offer = await session.offer()
    if not await in_database(dialing.offer_made, call.pk, offer):
        await held.drop(session)


async def take_answer(held: HeldCalls, session: Session, call: Call) -> None:
    """Apply the SDP answer once; when the call was answered, audio must come."""
    if session.call_id not in held.answered:
        held.answered.add(session.call_id)
        try:
            await session.apply_answer(call.answer_sdp)
        except RefusedSdp as refusal:
            await held.end(session, Event.MEDIA_FAILED, str(refusal))
            return
    if call.status in TALKING and not session.is_up:
        held.tasks.start(_audio_must_come(held, session), f"audio {session.call_id}")


async def _audio_must_come(held: HeldCalls, session: Session) -> None:
    await asyncio.sleep(held.hub.settings.media_deadline)
    if not session.is_up and session.close_reason is None:
        text = gettext_noop("The audio connection to WhatsApp failed.")
        await held.end(session, Event.MEDIA_FAILED, text)


async def await_speech(session: Session) -> None:
    """Take real audio from the other end for an answer, should Wati not report it."""
    while session.close_reason is None:
        if session.counters.packets_in >= SPEECH_PACKETS:
            await in_database(dialing.answered, UUID(session.call_id))
            return
        await asyncio.sleep(0.2)
