"""An outbound call: our SDP offer, and the SDP answer to it."""

import asyncio

from django.utils.translation import gettext_noop

from calls.media.session import Session
from calls.media.transport.sdp import RefusedSdp
from calls.models import Call
from calls.node.held_calls import HeldCalls
from calls.outbound import dialing
from calls.states import TALKING, Event


async def dial(held: HeldCalls, session: Session, call: Call) -> None:
    """Store our SDP offer; a task places the call, in whatever process."""
    offer = await session.offer()
    if not await held.write(dialing.offer_made, call.pk, offer):
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
        coming = _audio_must_come(held, session)
        held.tasks.start(coming, f"audio {session.call_id}", call=session.call_id)


async def _audio_must_come(held: HeldCalls, session: Session) -> None:
    await asyncio.sleep(held.hub.settings.media_deadline)
    if not session.is_up and session.close_reason is None:
        text = gettext_noop("The audio connection to WhatsApp failed.")
        await held.end(session, Event.MEDIA_FAILED, text)
