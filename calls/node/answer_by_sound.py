"""Listen for an answer that WhatsApp does not report."""

import asyncio
from collections import deque
from uuid import UUID

from callcenter.database import in_database
from calls.media.session import Session
from calls.media.sounds.loudness import SpeechMeter
from calls.node.held_calls import HeldCalls
from calls.outbound import answers

LOOK_EVERY = 1.0  # seconds
MOST_PACKETS = 100  # of one look; of a flood the newest are listened to
LOOKS = 5
# A second of it in five: whoever says hello waits for an answer, and says it again.
ENOUGH_FRAMES = 50


async def await_answer(held: HeldCalls, session: Session) -> None:
    """Take sound that lasts for an answer, once nothing was reported for a while.

    Until then nothing is decoded, and then in a thread: this process carries audio.
    """
    call_id, loud, meter = UUID(session.call_id), deque[int](maxlen=LOOKS), None
    while session.close_reason is None:
        wait = await in_database(answers.until_sound_counts, call_id)
        if wait is None:
            return
        if wait > 0:
            loud.clear()
            await asyncio.sleep(min(wait, LOOK_EVERY))
            continue
        meter = meter or SpeechMeter()
        loud.append(await _listen(session, meter))
        if sum(loud) >= ENOUGH_FRAMES:
            await held.write(answers.answered_by_sound, call_id)


async def _listen(session: Session, meter: SpeechMeter) -> int:
    """Return how many frames were loud within one look."""
    heard = deque[bytes](maxlen=MOST_PACKETS)
    session.overhear(heard.append)
    try:
        await asyncio.sleep(LOOK_EVERY)
    finally:
        session.overhear(None)
    return await asyncio.to_thread(meter.loud_frames, list(heard))
