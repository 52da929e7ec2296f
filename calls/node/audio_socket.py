"""The websockets for audio: bare ASGI applications, with no code run per frame."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs

from agents.models import Agent
from agents.websocket_auth import (
    NO_SUCH_CALL,
    NOT_YOURS,
    TOO_MUCH,
    TRY_AGAIN,
    Scope,
    turn_away,
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
        with _place(_transcoding, _codec(scope), _codec(scope) is Codec.PCM16):
            listener = await _listener(scope, scope["agent"])
            await listener.serve(receive, send)
    except Turned as turned:
        await turn_away(send, turned.code)


async def echo(scope: Scope, receive: Any, send: Any) -> None:
    """Serve the audio check: everything comes back as it was sent."""
    await receive()  # websocket.connect
    try:
        with _place(_echoes, scope["agent"].pk):
            listener = Listener(Echo(), "", _codec(scope), transcodes=False)
            await listener.serve(receive, send)
    except Turned as turned:
        await turn_away(send, turned.code)


@contextmanager
def _place(places: Places, key: Any, needed: bool = True) -> Iterator[None]:
    if needed and not places.take(key):
        raise Turned(TOO_MUCH)
    try:
        yield
    finally:
        if needed:
            places.leave(key)


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
