"""Sessions of a working day: until the hours are over, or nobody used one for long.

They are rows of Django's own table: what one is worth is judged in agents.sessions. A
row is named by a hash: who reads the database cannot make a cookie of what is there.
"""

import re
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from callcenter.database import in_database
from callcenter.models import SignIn

SIGNED_IN = "signed_in"  # when, where and with what; the key in a session's data
# A row is written again when it was used, but not at each use.
WRITE_AFTER = timedelta(minutes=10)
# Inside a call a session outlasts its time, at most for so long: a call lasts four
# hours, and its note is written after it.
OUTSTAYS_FOR = timedelta(hours=5)

# Versions before this one gave a row the key itself for a name. Those sessions last out
# their day; the name of a hashed row is longer than a key, and opens nothing.
A_KEY = re.compile("[a-z0-9]{32}")

Data = dict[str, Any]


def row_name(session_key: str) -> str:
    """Return what the row of a session is named: as long as Django's column is."""
    return blake2b(session_key.encode(), digest_size=20).hexdigest()


def rows_of(session_key: str) -> QuerySet[Session]:
    """Select the row of a session by what its cookie says."""
    is_key = A_KEY.fullmatch(session_key)
    names = {row_name(session_key), *([session_key] if is_key else [])}
    return Session.objects.filter(pk__in=names)


def ends_at(data: Data) -> datetime | None:
    """Return when a session ends, used or not; None before anybody signed in."""
    if SIGNED_IN not in data:
        return None
    begun = datetime.fromtimestamp(
        data[SIGNED_IN]["at"], timezone.get_default_timezone()
    )
    return begun + timedelta(hours=settings.SESSION_HOURS)


def lasts_until(data: Data, now: datetime) -> datetime:
    """Return until when a session is good that is used now."""
    unused = now + timedelta(hours=settings.SESSION_IDLE_HOURS)
    return min(unused, ends_at(data) or unused)


class SessionStore(db.SessionStore):
    """Django's own, with both limits, hashed names, and a row for each sign-in."""

    _plain = ""  # the key, if a version before this one named the row by it

    @property
    def row_name(self) -> str:
        key = str(self.session_key)
        return key if key == self._plain else row_name(key)

    def _get_session_from_db(self) -> Session | None:
        rows = rows_of(str(self.session_key))
        row = rows.filter(expire_date__gt=timezone.now()).first()
        if row is None:
            self._session_key = None
        elif row.pk == self.session_key:
            self._plain = row.pk
        return row

    def exists(self, session_key: str) -> bool:
        return rows_of(session_key).exists()

    def create_model_instance(self, data: Data) -> Session:
        row: Any = super().create_model_instance(data)
        row.session_key = self.row_name
        return row

    def delete(self, session_key: str | None = None) -> None:
        if key := session_key or self.session_key:
            rows_of(key).delete()

    # What Django asks for in coroutines.

    async def aload(self) -> Data:
        return await in_database(self.load)

    async def aexists(self, session_key: str) -> bool:
        return await in_database(self.exists, session_key)

    async def asave(self, must_create: bool = False) -> None:
        await in_database(self.save, must_create)

    async def adelete(self, session_key: str | None = None) -> None:
        await in_database(self.delete, session_key)

    def load(self) -> Data:
        row = self._get_session_from_db()
        if row is None:
            return {}
        data: Data = self.decode(row.session_data)
        if lasts_until(data, timezone.now()) - row.expire_date > WRITE_AFTER:
            self.modified = True
        return data

    def get_expiry_date(self, **_: Any) -> datetime:
        return lasts_until(dict(self.items()), timezone.now())

    def get_expiry_age(self, **_: Any) -> int:
        """Return how long the browser keeps the cookie: the row knows of the use."""
        end = ends_at(dict(self.items()))
        if end is None:
            return settings.SESSION_IDLE_HOURS * 3600
        return max(0, round((end - timezone.now()).total_seconds()))

    def save(self, must_create: bool = False) -> None:
        super().save(must_create)
        begun, user_id = self.get(SIGNED_IN), self.get(SESSION_KEY)
        if begun and user_id:
            SignIn.objects.update_or_create(
                session_id=self.row_name,
                defaults={
                    "user_id": user_id,
                    "at": datetime.fromtimestamp(
                        begun["at"], timezone.get_default_timezone()
                    ),
                    "address": begun["address"],
                    "browser": begun["browser"],
                },
            )

    @classmethod
    def clear_expired(cls) -> None:
        """Delete what is over; not what a call may still need."""
        over = timezone.now() - OUTSTAYS_FOR
        Session.objects.filter(expire_date__lt=over).delete()


@receiver(user_logged_in)
def _note_sign_in(request: HttpRequest, **_: Any) -> None:
    request.session[SIGNED_IN] = {
        "at": timezone.now().timestamp(),
        "address": str(request.META.get("REMOTE_ADDR", "")),
        "browser": browser_of(request.META.get("HTTP_USER_AGENT", "")),
    }


# As browsers name themselves; the first that fits, for each also names others.
BROWSERS = {"Edg/": "Edge", "OPR/": "Opera", "Firefox/": "Firefox"} | {
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
SYSTEMS = {"Android": "Android", "iPhone": "iPhone", "iPad": "iPad"} | {
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


def browser_of(user_agent: str) -> str:
    """Return what a person calls this browser, such as Firefox, Linux."""
    found = (
        next((name for word, name in table.items() if word in user_agent), "")
        for table in (BROWSERS, SYSTEMS)
    )
    return ", ".join(filter(None, found))


def prolong(names: set[str]) -> None:
    """Note that these sessions are used: an open console sends no requests."""
    now = timezone.now()
    due = now + timedelta(hours=settings.SESSION_IDLE_HOURS) - WRITE_AFTER
    for row in Session.objects.filter(
        session_key__in=names, expire_date__range=(now, due)
    ):
        until = lasts_until(row.get_decoded(), now)
        if until > row.expire_date:
            Session.objects.filter(pk=row.pk).update(expire_date=until)
