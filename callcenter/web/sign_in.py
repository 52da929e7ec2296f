"""Sign in, but not as often and as fast as a machine can guess.

Only wrong passwords count: by user name and address, by address, and by user name. The
last one is generous, for otherwise anybody could lock a colleague out from elsewhere.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _

from callcenter import limits
from callcenter.buckets import Buckets, Places
from callcenter.instruments import SIGN_INS
from callcenter.web.one_time_passwords import require_valid

_wrong = (
    Buckets(limits.WRONG_FOR_A_NAME_AT_AN_ADDRESS),
    Buckets(limits.WRONG_AT_AN_ADDRESS),
    Buckets(limits.WRONG_FOR_A_NAME),
)
_at_once = Places(limits.SIGN_INS_AT_ONCE, limits.SIGN_INS_AT_ONCE)


def address_of(request: HttpRequest | None) -> str:
    """Return where a request comes from (callcenter.web.proxy)."""
    return str(request.META.get("REMOTE_ADDR", "")) if request else ""


class SignInForm(AuthenticationForm):
    """Refuses what is too much before a password is looked at."""

    def clean(self) -> dict[str, Any]:
        username = self.cleaned_data.get("username")
        if username is None or not self.cleaned_data.get("password"):
            return super().clean()
        with attempt(username, address_of(self.request)):
            return super().clean()

    def confirm_login_allowed(self, user: Any) -> None:
        super().confirm_login_allowed(user)
        require_valid(user)


@contextmanager
def attempt(username: str, address: str) -> Iterator[None]:
    """Allow one attempt. It counts as wrong until it has turned out right."""
    name = username.casefold()
    keys = ((name, address), address, name)
    for number, (bucket, key) in enumerate(zip(_wrong, keys, strict=True)):
        if not bucket.take(key):
            _give_back(keys, number)
            SIGN_INS.labels("throttled").inc()
            raise ValidationError(
                _("Too many failed sign-ins. Wait a few minutes, then try again.")
            )
    if not _at_once.take(None):
        _give_back(keys)
        SIGN_INS.labels("throttled").inc()
        raise ValidationError(
            _("Many people are signing in right now. Try again in a few seconds.")
        )
    try:
        yield
    finally:
        _at_once.leave(None)
    _give_back(keys)


def _give_back(keys: tuple[Any, ...], how_many: int = len(_wrong)) -> None:
    for bucket, key in list(zip(_wrong, keys, strict=True))[:how_many]:
        bucket.give_back(key)
