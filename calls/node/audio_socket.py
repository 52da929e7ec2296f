"""The websockets for audio: bare ASGI applications, with no code run per frame."""

import asyncio
from typing import Any
from urllib.parse import parse_qs

from agents.websocket_auth import (
    NO_SUCH_CALL,
    NOT_SIGNED_IN,
    NOT_YOURS,
    TRY_AGAIN,
    Scope,
    agent_of,
)
from callcenter.database import in_database
from calls.media.socket.echo import Echo
from calls.media.socket.listener import Codec, Listener
from calls.node import layout
from calls.node.bridge import Full, bridge

CHECK_EVERY = 2.0  # seconds between two looks at whether the session still holds


async def audio(scope: Scope, receive: Any, send: Any) -> None:
    """Serve the audio of a call."""
    await receive()  # websocket.connect
    listener, refusal = await _admit(scope)
    await _serve(scope, receive, send, listener, refusal)


async def echo(scope: Scope, receive: Any, send: Any) -> None:
    """Serve the audio check: everything comes back as it was sent."""
    await receive()  # websocket.connect
    agent = await in_database(agent_of, scope)
    listener = Listener(Echo(), "", _codec(scope)) if agent else None
    await _serve(scope, receive, send, listener, NOT_SIGNED_IN)


async def _serve(
    scope: Scope, receive: Any, send: Any, listener: Listener | None, refusal: int
) -> None:
    if listener is None:  # a browser sees the code only of an accepted socket
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": refusal})
        return
    guard = asyncio.create_task(_guard(scope, listener))
    try:
        await listener.serve(receive, send)
    finally:
        guard.cancel()
        await asyncio.gather(guard, return_exceptions=True)


async def _admit(scope: Scope) -> tuple[Listener | None, int]:
    agent = await in_database(agent_of, scope)
    if agent is None:
        return None, NOT_SIGNED_IN
    call = await bridge.held.find(scope["url_route"]["kwargs"]["call_id"])
    if call is None:
        return None, NO_SUCH_CALL
    if not await in_database(layout.may_hear, call, agent.pk):
        return None, NOT_YOURS
    try:
        session = await bridge.session_for(call)
    except Full:
        return None, TRY_AGAIN
    return Listener(session, str(agent.pk), _codec(scope)), 0


def _codec(scope: Scope) -> Codec:
    query = parse_qs(scope.get("query_string", b"").decode("ascii", "replace"))
    wanted = query.get("codec", [""])[0]
    return Codec.PCM16 if wanted == Codec.PCM16.value else Codec.OPUS


async def _guard(scope: Scope, listener: Listener) -> None:
    """Close the socket of a user who signs out."""
    while True:
        await asyncio.sleep(CHECK_EVERY)
        try:
            agent = await in_database(agent_of, scope)
        except Exception:  # the database is away: the call goes on
            continue
        if agent is None:
            listener.close(NOT_SIGNED_IN)
            return
