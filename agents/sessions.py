"""One rule of who may use a websocket, by the rows, at every message.

Sign-out, a new password, a locked user and a removed agent end access at once. The
time of a session ends it, too, but never inside a call. Sessions are rows, as Django
has them by default; judges as django.contrib.auth's get_user() does.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.sessions.models import Session
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from agents.models import IN_A_CALL, Agent, AgentState
from callcenter.models import SignIn
from callcenter.web import second_factor
from callcenter.web.sessions import OUTSTAYS_FOR, SessionStore, rows_of

# In these an agent's session outlasts its time.
RIGHTS_OF = "django.contrib.auth.backends.ModelBackend"
OUTSTAYS_IN = (*IN_A_CALL, AgentState.WRAP_UP)


class Badge(NamedTuple):
    """The row of the session that a websocket was opened with, and whose it is."""

    session: str
    agent_id: int


class StaffBadge(NamedTuple):
    """The same of a user who needs a right there, and no agent."""

    session: str
    user_id: int
    right: str


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
    user__is_staff: bool
    state: str


class _Session(NamedTuple):
    session_key: str
    session_data: str
    expire_date: datetime


def standings(badges: Iterable[Badge]) -> dict[Badge, Standing]:
    """Judge these sessions now, by two statements, however many they are."""
    badges = set(badges)
    found = Session.objects.filter(session_key__in={one.session for one in badges})
    sessions = {row[0]: _Session(*row) for row in found.values_list(*_Session._fields)}
    active = Agent.objects.filter(
        pk__in={one.agent_id for one in badges}, user__is_active=True
    )
    people = {row[0]: _Person(*row) for row in active.values_list(*_Person._fields)}
    now = timezone.now()
    return {
        badge: _judge(sessions.get(badge.session), people.get(badge.agent_id), now)
        for badge in badges
    }


def staff_standings(badges: Iterable[StaffBadge]) -> dict[StaffBadge, Standing]:
    """Judge these sessions and rights now, by two statements for each right.

    Their time ends them: whoever is in a call here talks in no agent's place.
    """
    badges = set(badges)
    found = Session.objects.filter(session_key__in={one.session for one in badges})
    sessions = {row[0]: _Session(*row) for row in found.values_list(*_Session._fields)}
    users = {
        right: _with_right(right, [b.user_id for b in badges if b.right == right])
        for right in {badge.right for badge in badges}
    }
    now = timezone.now()
    return {
        badge: _judge_staff(
            sessions.get(badge.session), users[badge.right].get(badge.user_id), now
        )
        for badge in badges
    }


def _with_right(right: str, user_ids: list[int]) -> dict[int, "_Person"]:
    """Return who of these may use the admin and has the right, by their ID."""
    users = get_user_model().objects.with_perm(right, backend=RIGHTS_OF)
    rows = users.filter(pk__in=user_ids, is_staff=True).values_list(
        "pk", "pk", "password", "is_staff"
    )
    return {row[0]: _Person(*row, state="") for row in rows.distinct()}


def _judge_staff(
    session: "_Session | None", person: "_Person | None", now: datetime
) -> Standing:
    if session is None or person is None or not _is_of(session.session_data, person):
        return Standing.OVER
    return Standing.LASTS if session.expire_date > now else Standing.OVER


def end_after_call(found: Mapping[Badge, Standing]) -> None:
    """Let agents be offline after the call that their session outlasts its time for.

    Else the next call would ring at a console that is closed a moment later.
    """
    by = {
        state: {b.agent_id for b, is_now in found.items() if is_now is state}
        for state in Standing
    }
    if late := by[Standing.OUTSTAYS] - by[Standing.LASTS]:
        mine = Agent.objects.filter(pk__in=late, next_state="", state__in=OUTSTAYS_IN)
        mine.update(next_state=AgentState.OFFLINE, version=F("version") + 1)


def is_over(badge: Badge | StaffBadge) -> bool:
    if isinstance(badge, StaffBadge):
        return staff_standings([badge])[badge] is Standing.OVER
    return standings([badge])[badge] is Standing.OVER


def has_session(agent_id: int) -> bool:
    """Say whether this agent is signed in anywhere."""
    mine = SignIn.objects.filter(user__agent=agent_id)
    badges = [Badge(pk, agent_id) for pk in mine.values_list("pk", flat=True)]
    return any(found is not Standing.OVER for found in standings(badges).values())


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
    shown = _read(session_data)
    if not shown.second_factor and second_factor.is_required(
        is_staff=person.user__is_staff
    ):
        return False
    return shown.user_id == str(person.user_id) and any(
        constant_time_compare(shown.hash, known)
        for known in _hashes(person.user__password)
    )


class _Shown(NamedTuple):
    """The content of a session that proves whose it is."""

    user_id: str
    hash: str
    second_factor: bool


# Both of these cost more than the two statements, and seldom change.
@lru_cache(maxsize=4096)
def _read(session_data: str) -> _Shown:
    session = SessionStore().decode(session_data)
    return _Shown(
        str(session.get(SESSION_KEY, "")),
        str(session.get(HASH_SESSION_KEY, "")),
        bool(session.get(second_factor.GIVEN)),
    )


@lru_cache(maxsize=4096)
def _hashes(password: str) -> tuple[str, ...]:
    user = get_user_model()(password=password)
    return user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()


def named_by(session_key: str) -> tuple[str, int | None]:
    """Return the row of a session, and the user that it names, whatever it is worth."""
    row = rows_of(session_key).first()
    user_id = _read(row.session_data).user_id if row else ""
    return row.pk if row else "", int(user_id) if user_id.isdigit() else None
