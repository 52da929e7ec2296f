"""The audit log: who signed in, changed settings, took a file or opened a call.

`record()` is the one way in. It knows the request that is being answered, and with it
the user and the address. Entries never hold what callers are called or their numbers:
of calls and contacts they keep the key, so that a contact can be erased.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser, Group, User
from django.contrib.auth.signals import (
    user_logged_in,
    user_logged_out,
    user_login_failed,
)
from django.db.models import Model, QuerySet
from django.db.models.signals import m2m_changed, post_save, pre_save
from django.http import HttpRequest
from django.utils.translation import override

from callcenter.models import AuditEntry

__all__ = ["Action", "record", "visit"]

Action = AuditEntry.Action

# Apps whose rows are about callers: what they are called stays out of the log.
ABOUT_CALLERS = {"calls", "permissions"}
RIGHTS = ("is_active", "is_staff", "is_superuser")
A_CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
LONGEST_DETAILS = 2000
LONGEST_VALUE = 300
MOST_CHANGES = 500  # fields of one entry


class Visit:
    """The request that is being answered, and from where it came.

    A message over a websocket has no request; whoever sent it is told to `record()`.
    """

    def __init__(self, request: HttpRequest | None, address: str) -> None:
        self.request, self.address = request, address
        self.entries = 0  # that were written meanwhile


_visit: ContextVar[Visit | None] = ContextVar("visit", default=None)


@contextmanager
def visit(request: HttpRequest, address: str) -> Iterator[None]:
    """Have what is recorded inside be this visitor's."""
    token = _visit.set(Visit(request, address))
    try:
        yield
    finally:
        _visit.reset(token)


@contextmanager
def from_address(address: str) -> Iterator[None]:
    """Have what is recorded inside be asked for from this address."""
    token = _visit.set(Visit(None, address))
    try:
        yield
    finally:
        _visit.reset(token)


def record(
    action: Action,
    about: Model | None = None,
    details: str = "",
    *,
    user: AbstractBaseUser | None = None,
    username: str = "",
    changes: Iterable[Mapping[str, str]] = (),
) -> None:
    """Write an entry: what the present visitor, or `user`, did to `about`.

    Outside a request, as in a command, an entry has neither user nor address unless
    told. `details` and `changes` hold no secret, and no number or name of a caller.
    """
    now = _visit.get()
    who = user or _visitor(now)
    AuditEntry.objects.create(
        action=action,
        user_pk=str(who.pk) if who else "",
        username=one_line(who.get_username() if who else username, 150),
        address=one_line(now.address if now else "", 64),
        object_type=about._meta.label_lower if about is not None else "",
        object_pk=one_line(str(about.pk), 64) if about is not None else "",
        object_name=name_of(about),
        details=one_line(details, LONGEST_DETAILS),
        changes=[_bounded(one) for one in changes][:MOST_CHANGES] or None,
    )
    if now:
        now.entries += 1


def _bounded(change: Mapping[str, str]) -> dict[str, str]:
    return {name: one_line(text, LONGEST_VALUE) for name, text in change.items()}


def forget(keys: Sequence[int]) -> int:
    """Delete old entries; the database refuses it for those of the last year."""
    # Past the manager, which refuses all of it.
    return QuerySet(AuditEntry).filter(pk__in=keys).delete()[0]


def nothing_recorded() -> bool:
    """Tell whether the present visit has left no entry yet."""
    now = _visit.get()
    return now is None or not now.entries


def name_of(about: Model | None) -> str:
    """Return what a row is called, unless that is what a caller is called."""
    if about is None or about._meta.app_label in ABOUT_CALLERS:
        return ""
    with override(None):
        return one_line(str(about), 200)


def one_line(text: str, most: int) -> str:
    """Escape what could begin a new line, or turn the text around it."""
    plain = A_CONTROL_CHARACTER.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
    return plain if len(plain) <= most else f"{plain[: most - 1]}…"


def as_text(changes: Iterable[Mapping[str, str]] | None) -> str:
    """Return an entry's changes as one line, for files and lists."""
    return "; ".join(
        f"{one['field']}: {one['old'] or '-'} → {one['new'] or '-'}"
        for one in changes or ()
    )


def _visitor(now: Visit | None) -> AbstractBaseUser | None:
    user = getattr(now.request, "user", None) if now else None
    return user if user is not None and user.is_authenticated else None


# --- What happens to users ------------------------------------------------------------


def _signed_in(sender: Any, user: User, **_: Any) -> None:
    record(Action.SIGN_IN, user, user=user)


def _signed_out(sender: Any, user: User | None, **_: Any) -> None:
    if user is not None:
        record(Action.SIGN_OUT, user, user=user)


def _failed(sender: Any, credentials: dict[str, Any], **_: Any) -> None:
    """Keep the name of a user; of another name two letters: it may be a password."""
    users = get_user_model()
    name = str(credentials.get(users.USERNAME_FIELD, ""))
    known = users._default_manager.filter(**{users.USERNAME_FIELD: name}).first()
    shown = name if known or not name else f"{name[:2]}…"
    record(Action.SIGN_IN_FAILED, known, username=shown)


def _before_save(
    sender: Any, instance: Any, raw: bool, update_fields: Any = None, **_: Any
) -> None:
    """Find out what of a user is about to change. A sign-in writes its time alone."""
    spares_rights = update_fields is not None and not set(RIGHTS) & set(update_fields)
    looks = not raw and not spares_rights
    instance._changed_rights = _changed_rights(instance) if looks else []
    # Set by set_password(), and not when a hash is merely made stronger.
    instance._new_password = instance._password is not None


def _changed_rights(user: Any) -> list[str]:
    old = type(user)._default_manager.filter(pk=user.pk).values(*RIGHTS).first()
    before = old or {"is_active": True, "is_staff": False, "is_superuser": False}
    return [name for name in RIGHTS if before[name] != getattr(user, name)]


def _after_save(
    sender: Any, instance: Any, update_fields: Any = None, **_: Any
) -> None:
    written = set(RIGHTS if update_fields is None else update_fields)
    changed = [name for name in instance._changed_rights if name in written]
    if changed:
        now = ", ".join(f"{name}={getattr(instance, name)}" for name in changed)
        record(Action.RIGHTS, instance, now)
    if instance._new_password:
        record(Action.PASSWORD, instance)


VERBS = {"post_add": "added", "post_remove": "removed", "post_clear": "removed all"}


def _rights_given(
    sender: Any,
    instance: Any,
    action: str,
    reverse: bool,
    model: Any,
    pk_set: Any,
    **_: Any,
) -> None:
    """Note groups of a user, and permissions of a user or a group."""
    if action not in VERBS or (pk_set is not None and not pk_set):
        return
    others = model._default_manager.filter(pk__in=pk_set or ())
    names = ", ".join(sorted(str(one) for one in others))
    kind = model._meta.model_name
    record(Action.RIGHTS, instance, f"{kind} {VERBS[action]}: {names}".rstrip(": "))


def listen() -> None:
    """Have the entries about users written, wherever the change comes from."""
    users: Any = get_user_model()
    user_logged_in.connect(_signed_in, dispatch_uid="audit")
    user_logged_out.connect(_signed_out, dispatch_uid="audit")
    user_login_failed.connect(_failed, dispatch_uid="audit")
    pre_save.connect(_before_save, users, dispatch_uid="audit")
    post_save.connect(_after_save, users, dispatch_uid="audit")
    for given in (users.groups, users.user_permissions, Group.permissions):
        m2m_changed.connect(_rights_given, given.through, dispatch_uid="audit")
