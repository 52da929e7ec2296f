"""Sign-out, a new password or a locked user ends the websockets of that session.

One look at all of this process's websockets each time, whatever they say or do not say.
Sessions are rows, as Django has them by default.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from agents.models import Agent
from callcenter.database import in_database
from callcenter.rounds import Rounds

LOOK_EVERY = 1.5  # seconds


class Badge(NamedTuple):
    """The session that a websocket was opened with."""

    session_key: str
    agent_id: int


def signed_out(badges: set[Badge]) -> set[Badge]:
    """Return those whose session is over, or whose user is locked or no agent.

    Takes two statements, however many they are. Judges as django.contrib.auth's
    get_user() does.
    """
    keys, agents = {b.session_key for b in badges}, {b.agent_id for b in badges}
    lasting = Session.objects.filter(
        session_key__in=keys, expire_date__gt=timezone.now()
    )
    sessions = dict(lasting.values_list("session_key", "session_data"))
    people = Agent.objects.filter(pk__in=agents, user__is_active=True)
    users = {
        agent_id: (user_id, password)
        for agent_id, user_id, password in people.values_list(
            "pk", "user_id", "user__password"
        )
    }
    return {
        badge
        for badge in badges
        if badge.agent_id not in users
        or not _is_of(sessions.get(badge.session_key, ""), *users[badge.agent_id])
    }


def _is_of(session_data: str, user_id: int, password: str) -> bool:
    shown_id, shown_hash = _read(session_data)
    return shown_id == str(user_id) and any(
        constant_time_compare(shown_hash, known) for known in _hashes(password)
    )


# Both of these cost more than the two statements, and seldom change.
@lru_cache(maxsize=4096)
def _read(session_data: str) -> tuple[str, str]:
    session = SessionStore().decode(session_data) if session_data else {}
    return str(session.get(SESSION_KEY, "")), str(session.get(HASH_SESSION_KEY, ""))


@lru_cache(maxsize=4096)
def _hashes(password: str) -> tuple[str, ...]:
    user = get_user_model()(password=password)
    return user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()


class SessionWatch:
    """Tells each websocket when its session is over; looks only while there are any."""

    def __init__(self) -> None:
        self._open: dict[Callable[[], None], Badge] = {}
        self._rounds = Rounds("session watch", LOOK_EVERY, self.look, self.__len__)

    def __len__(self) -> int:
        return len(self._open)

    def enter(self, badge: Badge, over: Callable[[], None]) -> None:
        """Call `over` once, on this loop, when the session is over."""
        self._open[over] = badge
        self._rounds.start()

    def leave(self, over: Callable[[], None]) -> None:
        self._open.pop(over, None)

    async def close(self) -> None:
        """Look no more; the websockets are closed by others."""
        await self._rounds.close()

    async def look(self) -> None:
        """Look once at all of them. While the database is away, who is in stays in."""
        over = await in_database(signed_out, set(self._open.values()))
        ended = [tell for tell, badge in self._open.items() if badge in over]
        for tell in ended:
            self.leave(tell)
            tell()


session_watch = SessionWatch()
