"""The door of every websocket: in comes who may, and out goes who may no longer."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

from django.contrib.auth.models import User

from agents.models import Agent
from agents.session_watch import AnyBadge, session_watch
from agents.sessions import Badge, StaffBadge, is_over, named_by
from callcenter import limits
from callcenter.buckets import Buckets
from callcenter.database import in_database

logger = logging.getLogger(__name__)

NOT_SIGNED_IN, NOT_YOURS, NO_SUCH_CALL, TRY_AGAIN = 4401, 4403, 4404, 4503
TOO_MUCH = 4429  # more sockets or messages than one person may have
# Not 1012, which websockets have for it: Daphne fails at the codes 1001 to 2999.
RESTART = 4012

# A websocket that is told to end may take so long; then it is closed under its hands.
ENDS_WITHIN = 0.5  # seconds
CLOSES_WITHIN = 1.0

Scope = dict[str, Any]
App = Callable[[Scope, Any, Any], Awaitable[None]]

_handshakes = Buckets(limits.HANDSHAKES)


def for_agents(app: App, rights: Mapping[str, str] | None = None) -> App:
    """Let agents in, as `scope["agent"]`, for as long as their session is good.

    `rights`: by patterns of paths, the right that is needed there instead; who has it
    comes in as `scope["user"]`, agent or not.

    Stands around the router, so that no websocket can be forgotten: none is served
    without an agent or a right, and each is ended when the session watch finds it over.
    What a message may do is judged by `is_over`, at that message.
    """
    needed = {re.compile(pattern): right for pattern, right in (rights or {}).items()}

    async def door(scope: Scope, receive: Any, send: Any) -> None:
        path = scope.get("path", "")
        right = next((r for one, r in needed.items() if one.fullmatch(path)), "")
        badge = await _badge(scope, right)
        if isinstance(badge, int):
            await receive()  # websocket.connect
            await turn_away(send, badge)
            return
        scope["badge"] = badge
        await _serve(app(scope, receive, send), badge, send)

    return door


async def _badge(scope: Scope, right: str) -> AnyBadge | int:
    """Return who wants to come in, and with what session; or why they may not."""
    key = scope["session"].session_key or ""
    if not _handshakes.take(key):
        return TOO_MUCH
    found = await in_database(_user_of if right else _agent_of, key, right)
    if isinstance(found, int):
        return found
    badge, who = found
    scope["user" if right else "agent"] = who
    return badge


def _agent_of(key: str, _: str) -> tuple[Badge, Agent] | int:
    """Return the agent of a good session; or why it opens nothing."""
    session, user_id = named_by(key)
    if user_id is None:
        return NOT_SIGNED_IN
    agent = Agent.objects.select_related("user").filter(user_id=user_id).first()
    if agent is None:
        return NOT_YOURS
    badge = Badge(session, agent.pk)
    return NOT_SIGNED_IN if is_over(badge) else (badge, agent)


def _user_of(key: str, right: str) -> tuple[StaffBadge, User] | int:
    """Return the user of a good session who has this right; or why it opens nothing."""
    session, user_id = named_by(key)
    user = User.objects.filter(pk=user_id).first() if user_id else None
    if user is None:
        return NOT_SIGNED_IN
    if not (user.is_active and user.is_staff and user.has_perm(right)):
        return NOT_YOURS
    badge = StaffBadge(session, user.pk, right)
    return NOT_SIGNED_IN if is_over(badge) else (badge, user)


async def turn_away(send: Any, code: int) -> None:
    """Close with a code, which a browser sees only of an accepted websocket."""
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": code})


async def _serve(serving: Any, badge: AnyBadge, send: Any) -> None:
    """Serve until one side ends it, or the session is over."""
    task: asyncio.Task[None] = asyncio.ensure_future(serving)
    over = asyncio.Event()
    is_over = asyncio.ensure_future(over.wait())
    session_watch.enter(badge, over.set)
    try:
        await asyncio.wait({task, is_over}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        session_watch.leave(over.set)
        is_over.cancel()
        was_running = not task.done()
        task.cancel()
        await asyncio.wait({task}, timeout=ENDS_WITHIN)
    if was_running:
        await _close(send)
    elif not task.cancelled():
        task.result()  # its error is the server's to report


async def _close(send: Any) -> None:
    with suppress(Exception):  # it may be closed already
        async with asyncio.timeout(CLOSES_WITHIN):
            await send({"type": "websocket.close", "code": NOT_SIGNED_IN})
