"""One-time passwords: good for signing in, and then for nothing but a new password."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser, User
from django.contrib.auth.signals import user_logged_in
from django.core.exceptions import ValidationError
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import Resolver404, resolve, reverse
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext as _

from callcenter.models import OneTimePassword

MUST_CHANGE = "must_change_password"  # in the session
CHANGE = "admin:password_change"
ALLOWED = {
    CHANGE,
    "admin:password_change_done",
    "admin:jsi18n",
    "admin:logout",
    "login",
    "sign-in-code",  # a second factor comes first
    "sign-in-set-up",
    "logout",
    "language",
}


def has_one(user: Any) -> bool:
    return OneTimePassword.objects.filter(user=user).exists()


def require_valid(user: Any) -> None:
    """Refuse to sign in with a one-time password that is too old."""
    mark = OneTimePassword.objects.filter(user=user).first()
    if mark and mark.has_expired:
        raise ValidationError(
            _("This one-time password has expired. Ask for a new one.")
        )


@receiver(user_logged_in)
def note_at_sign_in(request: HttpRequest | None, user: User, **_rest: Any) -> None:
    """Mark the session, so that no other session costs a look."""
    if request is not None and has_one(user):
        request.session[MUST_CHANGE] = True
        text = _("This was a one-time password. Choose a password of your own.")
        messages.warning(request, text)


class OneTimePasswordMiddleware(MiddlewareMixin):
    """Leads a session with a one-time password to the page that changes it."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        if not request.session.get(MUST_CHANGE):
            return None
        if not has_one(request.user.pk):  # they changed it
            del request.session[MUST_CHANGE]
            return None
        if _name_of(request.path_info) in ALLOWED:
            return None
        return HttpResponseRedirect(reverse(CHANGE))


def _name_of(path: str) -> str:
    try:
        return resolve(path).view_name
    except Resolver404:
        return _("Your password can’t be a one-time password that you were given.")


class OneTimePasswordValidator:
    """Ends a one-time password with the next one, whoever changes it and where.

    Django tells the validators of passwords about every change.
    """

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        if user is None or not user.pk or not has_one(user.pk):
            return
        if user.check_password(password):
            text = _("This is the one-time password. Choose another one.")
            raise ValidationError(text)

    def password_changed(self, password: str, user: AbstractBaseUser) -> None:
        OneTimePassword.objects.filter(user=user.pk).delete()

    def get_help_text(self) -> str:
        return ""
