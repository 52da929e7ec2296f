"""The websockets for audio: bare ASGI applications, with no code run per frame."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs

from agents.models import Agent
from agents.session_watch import session_watch
from agents.websocket_auth import (
    NO_SUCH_CALL,
    NOT_SIGNED_IN,
    NOT_YOURS,
    TOO_MUCH,
    TRY_AGAIN,
    Scope,
    agent_of,
    badge_of,
    may_connect,
)
from callcenter import limits
from callcenter.buckets import Places
from callcenter.database import in_database
from calls.media.socket.echo import Echo
from calls.media.socket.listener import Codec, Listener
from calls.node import layout
from calls.node.bridge import Full, bridge

_echoes = Places(limits.ECHOES)
_transcoding = Places(limits.PCM_LISTENERS, limits.PCM_LISTENERS)


class Turned(Exception):
    """This websocket is closed at once, with a code that says why."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


async def audio(scope: Scope, receive: Any, send: Any) -> None:
    """Serve the audio of a call."""
    await receive()  # websocket.connect
    try:
        agent = await _agent(scope)
        with _place(_transcoding, _codec(scope), _codec(scope) is Codec.PCM16):
            listener = await _listener(scope, agent)
            await _serve(scope, receive, send, agent, listener)
    except Turned as turned:
        await _turn_away(send, turned.code)


async def echo(scope: Scope, receive: Any, send: Any) -> None:
    """Serve the audio check: everything comes back as it was sent."""
    await receive()  # websocket.connect
    try:
        agent = await _agent(scope)
        with _place(_echoes, agent.pk):
            listener = Listener(Echo(), "", _codec(scope), transcodes=False)
            await _serve(scope, receive, send, agent, listener)
    except Turned as turned:
        await _turn_away(send, turned.code)


async def _agent(scope: Scope) -> Agent:
    if not may_connect(scope):
        raise Turned(TOO_MUCH)
    agent = await in_database(agent_of, scope)
    if agent is None:
        raise Turned(NOT_SIGNED_IN)
    return agent


@contextmanager
def _place(places: Places, key: Any, needed: bool = True) -> Iterator[None]:
    if needed and not places.take(key):
        raise Turned(TOO_MUCH)
    try:
        yield
    finally:
        if needed:
            places.leave(key)


async def _turn_away(send: Any, code: int) -> None:
    # A browser sees the code only of an accepted socket.
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": code})


async def _serve(
    scope: Scope, receive: Any, send: Any, agent: Agent, listener: Listener
) -> None:
    """Carry sound until one side ends it, or the session is over."""

    def signed_out() -> None:
        listener.close(NOT_SIGNED_IN)

    session_watch.enter(badge_of(scope, agent), signed_out)
    try:
        await listener.serve(receive, send)
    finally:
        session_watch.leave(signed_out)


async def _listener(scope: Scope, agent: Agent) -> Listener:
    call = await bridge.held.find(scope["url_route"]["kwargs"]["call_id"])
    if call is None:
        raise Turned(NO_SUCH_CALL)
    if not await in_database(layout.may_hear, call, agent.pk):
        raise Turned(NOT_YOURS)
    try:
        session = await bridge.session_for(call)
    except Full:
        raise Turned(TRY_AGAIN) from None
    return Listener(session, str(agent.pk), _codec(scope))


def _codec(scope: Scope) -> Codec:
    query = parse_qs(scope.get("query_string", b"").decode("ascii", "replace"))
    wanted = query.get("codec", [""])[0]
    return Codec.PCM16 if wanted == Codec.PCM16.value else Codec.OPUS
