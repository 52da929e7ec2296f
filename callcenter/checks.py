"""Checks of an installation: what may not be there outside of a demo, what is missing.

`manage.py check` says so, and the server and the worker refuse to start.
"""

import threading
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection

from callcenter.demo.logins import dangers

HINT = "Run `manage.py remove_demo`."


def found_dangers() -> list[str]:
    """Return them; none under DEBUG, nor while there is no database to ask."""
    if not settings.IS_REAL:
        return []
    try:
        return list(dangers())
    except (DatabaseError, ImproperlyConfigured):
        return []


def refuse_demo() -> None:
    """Raise ImproperlyConfigured if the demo is there; from any thread or loop."""
    found: list[str] = []

    def look() -> None:
        found.extend(found_dangers())
        connection.close()

    if not settings.IS_REAL:
        return
    thread = threading.Thread(target=look, name="demo check")
    thread.start()  # an event loop may run in ours, where Django refuses the ORM
    thread.join()
    if found:
        raise ImproperlyConfigured(" ".join([*found, HINT]))


@checks.register(checks.Tags.security)
def no_demo(**_: Any) -> list[checks.CheckMessage]:
    return [checks.Error(text, HINT, id="callcenter.E001") for text in found_dangers()]


@checks.register(checks.Tags.security, deploy=True)
def set_for_production(**_: Any) -> list[checks.CheckMessage]:
    return [
        checks.Warning(text, hint, id=f"callcenter.{number}")
        for number, text, hint in _missing()
    ]


def _missing() -> Iterator[tuple[str, str, str]]:
    if not settings.IS_REAL:
        return
    if not settings.SECURE:
        yield (
            "W001",
            f"PUBLIC_URL is {settings.PUBLIC_URL}, without https.",
            "Browsers give no microphone and send no session to such an address.",
        )
    if settings.SECOND_FACTOR not in ("staff", "everyone"):
        yield (
            "W003",
            f"SECOND_FACTOR is {settings.SECOND_FACTOR}: a supervisor's password alone "
            "opens the admin.",
            "Set it to staff or everyone.",
        )
    if settings.ENCRYPTION_KEYS == [settings.SECRET_KEY]:
        yield (
            "W002",
            "ENCRYPTION_KEYS is not set: SECRET_KEY encrypts Wati's secrets.",
            "Set it, or a new SECRET_KEY makes them unreadable.",
        )
