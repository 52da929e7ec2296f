"""Announcements to callers who wait, besides the music."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

from callcenter.database import in_database
from calls.media.session import Session
from calls.models import Announcement, Call
from calls.node import layout, prompts
from calls.queueing import entry, hold_queue
from calls.states import Event, Status

PAUSE_AFTER = 0.5  # seconds

Find = Callable[[UUID], Awaitable[Call | None]]


async def play_to_the_end(call: Call) -> Event:
    """Wait until the caller has heard why. Return how the call then ends."""
    said = await in_database(layout.announcement, call)
    await asyncio.sleep(said.seconds + PAUSE_AFTER)
    return hold_queue.ANNOUNCED_ENDINGS[Announcement(call.announcement)]


def announces_position(call: Call) -> bool:
    queue = call.queue
    return queue is not None and queue.position_every_seconds > 0


async def announce_position(session: Session, find: Find) -> None:
    """Announce the position from time to time, for as long as the caller waits."""
    while session.close_reason is None:
        call = await find(UUID(session.call_id))
        if call is None or call.status != Status.WAITING or call.queue is None:
            return
        await asyncio.sleep(call.queue.position_every_seconds or 1)
        place = await in_database(entry.place_of, call)
        if place is not None:
            session.announce(await in_database(prompts.position, call.queue, place))
