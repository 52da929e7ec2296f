"""The websockets for audio: bare ASGI applications, with no code run per frame."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from urllib.parse import parse_qs

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
from calls.models import Call
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
    """Serve the audio of a call to an agent on it."""
    agent_id = scope["agent"].pk
    may_hear = partial(layout.may_hear, agent_id=agent_id)
    await _serve(scope, receive, send, str(agent_id), may_hear)


async def supervision(scope: Scope, receive: Any, send: Any) -> None:
    """Serve the audio of a call to a supervisor who has stepped in."""
    user_id = scope["user"].pk
    may_hear = partial(layout.has_stepped_in, user_id=user_id)
    await _serve(scope, receive, send, layout.supervisor(user_id), may_hear)


async def _serve(
    scope: Scope,
    receive: Any,
    send: Any,
    participant: str,
    may_hear: Callable[[Call], bool],
) -> None:
    await receive()  # websocket.connect
    try:
        with _place(_transcoding, _codec(scope), _codec(scope) is Codec.PCM16):
            listener = await _listener(scope, participant, may_hear)
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


async def _listener(
    scope: Scope, participant: str, may_hear: Callable[[Call], bool]
) -> Listener:
    call = await bridge.held.find(scope["url_route"]["kwargs"]["call_id"])
    if call is None:
        raise Turned(NO_SUCH_CALL)
    if not await in_database(may_hear, call):
        raise Turned(NOT_YOURS)
    try:
        session = await bridge.session_for(call)
    except Full:
        raise Turned(TRY_AGAIN) from None
    takes_streams = _asked(scope, "streams") == "many"
    return Listener(session, participant, _codec(scope), takes_streams=takes_streams)


def _asked(scope: Scope, name: str) -> str:
    query = parse_qs(scope.get("query_string", b"").decode("ascii", "replace"))
    return query.get(name, [""])[0]


def _codec(scope: Scope) -> Codec:
    wanted = _asked(scope, "codec")
    return Codec.PCM16 if wanted == Codec.PCM16.value else Codec.OPUS
