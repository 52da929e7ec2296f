"""The audio of a call follows its row, whoever changed it."""

from uuid import UUID

from callcenter.database import in_database
from calls.lifecycle import reconnect
from calls.media.mixing.layout import Layout
from calls.media.session import CALL_OVER, Session
from calls.models import Call, Direction
from calls.node import announcements, layout, outbound, supervision
from calls.node.held_calls import HeldCalls
from calls.states import TALKING, Status


async def follow(held: HeldCalls, session: Session) -> None:
    """Act on what happened to a call of this node elsewhere."""
    call = await held.find(UUID(session.call_id))
    if call is None:
        await held.drop(session)
        return
    arrange(held, session, call, await in_database(layout.layout_of, call))
    await _agree_on_console(held, session, call)
    await supervision.follow(held, session, call)
    if call.direction == Direction.OUTBOUND and call.answer_sdp:
        await outbound.take_answer(held, session, call)
    if call.status == Status.WAITING and session.is_up:
        _announce(held, session, call)


def arrange(held: HeldCalls, session: Session, call: Call, arrangement: Layout) -> None:
    """Arrange the audio, and dismiss listeners who have no part in the call any more.

    Reads of one call may overtake each other: the older one is dropped.
    """
    newest = held.versions.get(session.call_id, 0)
    if call.version < newest or session.close_reason is not None:
        return
    held.versions[session.call_id] = call.version
    session.arrange(arrangement)
    for participant in set(session.participants) - arrangement.names:
        session.dismiss(participant, CALL_OVER)


async def _agree_on_console(held: HeldCalls, session: Session, call: Call) -> None:
    """Tell the row of a console that went or came unnoticed: no wait lasts for ever.

    A console that goes before the talk begins is the usual case.
    """
    if call.status not in TALKING or call.agent_id is None or not session.is_up:
        return
    is_there = str(call.agent_id) in session.participants
    if is_there and call.console_lost_until is not None:
        await held.write(reconnect.console_joined, call.pk, call.agent_id)
    elif not is_there and call.console_lost_until is None:
        await held.write(reconnect.console_left, call.pk, call.agent_id)


def _announce(held: HeldCalls, session: Session, call: Call) -> None:
    """Tell a waiting caller why the call ends, or their position in the queue."""
    if call.announcement:
        end = _announce_end(held, session, call)
        held.tasks.start(end, f"end {session.call_id}", call=session.call_id)
    elif announcements.announces_position(call):
        telling = announcements.announce_position(session, held.find)
        held.tasks.start(telling, f"place {session.call_id}", call=session.call_id)


async def _announce_end(held: HeldCalls, session: Session, call: Call) -> None:
    await held.end(session, await announcements.play_to_the_end(call))
