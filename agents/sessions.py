"""One rule of who may use a websocket, by the rows, at every message.

Sign-out, a new password, a locked user and a removed agent end access at once. The
time of a session ends it, too, but never inside a call. Sessions are rows, as Django
has them by default; judges as django.contrib.auth's get_user() does.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from agents.models import IN_A_CALL, Agent, AgentState

# A session outlasts its time for these; and at most for so long, whatever happens: a
# call lasts four hours, and its note is written after it.
OUTSTAYS_IN = (*IN_A_CALL, AgentState.WRAP_UP)
OUTSTAYS_FOR = timedelta(hours=5)


class Badge(NamedTuple):
    """The session that a websocket was opened with, and the agent it is of."""

    session_key: str
    agent_id: int


class Standing(Enum):
    """The worth of a session now."""

    LASTS = "lasts"
    OUTSTAYS = "its time is over, and its agent still in a call or its wrap-up"
    OVER = "over"


class _Person(NamedTuple):
    """An agent whose user is not locked."""

    pk: int
    user_id: int
    user__password: str
    state: str


class _Session(NamedTuple):
    session_key: str
    session_data: str
    expire_date: datetime


def standings(badges: Iterable[Badge]) -> dict[Badge, Standing]:
    """Judge these sessions now, by two statements, however many they are."""
    badges = set(badges)
    found = Session.objects.filter(session_key__in={one.session_key for one in badges})
    sessions = {row[0]: _Session(*row) for row in found.values_list(*_Session._fields)}
    active = Agent.objects.filter(
        pk__in={one.agent_id for one in badges}, user__is_active=True
    )
    people = {row[0]: _Person(*row) for row in active.values_list(*_Person._fields)}
    now = timezone.now()
    return {
        badge: _judge(sessions.get(badge.session_key), people.get(badge.agent_id), now)
        for badge in badges
    }


def is_over(badge: Badge) -> bool:
    return standings([badge])[badge] is Standing.OVER


def _judge(session: _Session | None, person: _Person | None, now: datetime) -> Standing:
    if session is None or person is None or not _is_of(session.session_data, person):
        return Standing.OVER
    if session.expire_date > now:
        return Standing.LASTS
    is_late = session.expire_date <= now - OUTSTAYS_FOR
    if is_late or person.state not in OUTSTAYS_IN:
        return Standing.OVER
    return Standing.OUTSTAYS


def _is_of(session_data: str, person: _Person) -> bool:
    shown_id, shown_hash = _read(session_data)
    return shown_id == str(person.user_id) and any(
        constant_time_compare(shown_hash, known)
        for known in _hashes(person.user__password)
    )


# Both of these cost more than the two statements, and seldom change.
@lru_cache(maxsize=4096)
def _read(session_data: str) -> tuple[str, str]:
    session = SessionStore().decode(session_data)
    return str(session.get(SESSION_KEY, "")), str(session.get(HASH_SESSION_KEY, ""))


@lru_cache(maxsize=4096)
def _hashes(password: str) -> tuple[str, ...]:
    user = get_user_model()(password=password)
    return user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()


def user_of(session_key: str) -> int | None:
    """Return the user that a session names, whatever it is worth."""
    row = Session.objects.filter(session_key=session_key).first()
    shown_id, _ = _read(row.session_data) if row else ("", "")
    return int(shown_id) if shown_id.isdigit() else None
