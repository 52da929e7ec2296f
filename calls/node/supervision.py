"""Supervisors' pages as the node sees them, and the agents whom they follow."""

from typing import NamedTuple
from uuid import UUID

from callcenter.database import in_database
from calls.lifecycle import stepping_in
from calls.media.session import Session
from calls.models import Call, Supervision
from calls.node import layout
from calls.node.held_calls import HeldCalls


class Span(NamedTuple):
    """A span that goes on, as its row has it."""

    user_id: int
    agent_id: int | None
    mode: str
    is_there: bool


async def follow(held: HeldCalls, session: Session, call: Call) -> None:
    """Tell the rows what went unnoticed: another agent, a page that came or went."""
    if all(layout.user_of(name) is None for name in session.layout.names):
        return
    for span in await in_database(_spans, call):
        has_other_agent = span.agent_id != call.agent_id
        if has_other_agent and span.mode != Supervision.Mode.TAKE_OVER:
            await held.write(stepping_in.follow_agent, call.pk)
        is_there = layout.supervisor(span.user_id) in session.participants
        if is_there and not span.is_there:
            await joined(held, session, span.user_id)
        elif span.is_there and not is_there:
            await left(held, session, span.user_id)


def _spans(call: Call) -> list[Span]:
    spans = call.supervisions.open().exclude(user=None)
    rows = spans.values_list("user_id", "agent_id", "mode", "away_since")
    return [Span(user, agent, mode, away is None) for user, agent, mode, away in rows]


async def joined(held: HeldCalls, session: Session, user_id: int) -> None:
    await held.write(stepping_in.audio_came, UUID(session.call_id), user_id)


async def left(held: HeldCalls, session: Session, user_id: int) -> None:
    if layout.supervisor(user_id) not in session.participants:
        await held.write(stepping_in.audio_left, UUID(session.call_id), user_id)
