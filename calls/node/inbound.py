"""An inbound call: our SDP answer is made, and sent."""

from calls.lifecycle import answer
from calls.media.session import Session
from calls.media.transport.sdp import RefusedSdp
from calls.models import Call
from calls.node import accept
from calls.node.held_calls import HeldCalls
from calls.states import Event


async def connect(held: HeldCalls, session: Session, call: Call) -> None:
    """Answer the SDP offer; the audio comes up once Wati accepts."""
    try:
        answer_sdp = await session.answer(call.offer_sdp)
    except RefusedSdp as refusal:
        await held.end(session, Event.ACCEPT_REFUSED, str(refusal))
        return
    if not await held.write(answer.accept_sent, call.pk, answer_sdp):
        await held.drop(session)
        return
    if problem := await accept.accept(held, session, call):
        await held.end(session, *problem)
