"""One's own profile: password, second factor, language, sessions."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import HASH_SESSION_KEY, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from callcenter.models import SignIn
from callcenter.web import second_factor
from callcenter.web.language import console_catalogue
from callcenter.web.sign_in import address_of, attempt
from callcenter.web.sign_in_views import counted


@never_cache
@login_required
def profile(request: HttpRequest) -> HttpResponse:
    """Show the profile, or do what one of its forms says."""
    if request.method == "POST":
        action = ACTIONS.get(request.POST.get("action", ""))
        if action is not None:
            return action(request)
    renew_key(request)
    return _page(request, PasswordChangeForm(_user(request)))


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # login_required
    return request.user


def _page(request: HttpRequest, form: PasswordChangeForm) -> HttpResponse:
    user = _user(request)
    factor = second_factor.of(user)
    context = {
        "form": form,
        "offers_second_factor": settings.SECOND_FACTOR != "off",
        "factor": factor,
        "must_keep_factor": second_factor.is_required(is_staff=user.is_staff),
        "codes_left": len(factor.recovery_hashes) if factor else 0,
        "sign_ins": _lasting(user),
        "this": _this(request),
        "is_in_call": _is_in(user, IN_A_CALL),
        "catalogue": console_catalogue(get_language() or settings.LANGUAGE_CODE),
    }
    return render(request, "profile.html", context)


def _this(request: HttpRequest) -> str:
    """Return the row of the session that asks."""
    session: Any = request.session
    return str(session.row_name)


def _lasting(user: User) -> Any:
    return SignIn.objects.filter(user=user, session__expire_date__gt=timezone.now())


def change_password(request: HttpRequest) -> HttpResponse:
    user = _user(request)
    form = PasswordChangeForm(user, request.POST)
    try:
        with attempt(user.get_username(), address_of(request)):
            if not form.is_valid():
                raise ValidationError("")
            _store(request, form)
    except ValidationError as refusal:
        if refusal.messages[0]:
            form.add_error(None, refusal)
        return _page(request, form)
    messages.success(
        request, _("Your password was changed. Your other sessions were ended.")
    )
    return redirect("profile")


# With another session key the audio of a call would break off: websockets are bound to
# it. So it stays until the call is over, and is renewed with the next page.
RENEW = "renew_key"
IN_A_CALL = ("in_call", "reconnecting")
WITH_A_CALL = ("ringing", *IN_A_CALL, "wrap_up")


def _is_in(user: User, states: tuple[str, ...]) -> bool:
    agent = getattr(user, "agent", None)
    return agent is not None and agent.state in states


@transaction.atomic
def _store(request: HttpRequest, form: PasswordChangeForm) -> None:
    """Store the new password and this session's proof of it in one step.

    Between the two a websocket would be judged as signed out.
    """
    user = _user(request)
    form.save()
    if _is_in(user, WITH_A_CALL):
        request.session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        request.session[RENEW] = True
        request.session.save()
    else:
        update_session_auth_hash(request, user)
        request.session.pop(RENEW, None)


def renew_key(request: HttpRequest) -> None:
    """Give this session the new key that was put off during a call."""
    if request.session.get(RENEW) and not _is_in(_user(request), WITH_A_CALL):
        del request.session[RENEW]
        request.session.cycle_key()


def end_session(request: HttpRequest) -> HttpResponse:
    """End one session of one's own, by its sign-in."""
    mine = SignIn.objects.filter(user=_user(request), pk=request.POST.get("session"))
    return _end(request, mine)


def end_others(request: HttpRequest) -> HttpResponse:
    return _end(request, SignIn.objects.filter(user=_user(request)))


def _end(request: HttpRequest, sign_ins: Any) -> HttpResponse:
    others = sign_ins.exclude(pk=_this(request))
    Session.objects.filter(pk__in=list(others.values_list("pk", flat=True))).delete()
    messages.success(request, _("The session was ended."))
    return redirect("profile")


def remove_second_factor(request: HttpRequest) -> HttpResponse:
    user = _user(request)
    if second_factor.is_required(is_staff=user.is_staff):
        messages.error(request, _("Your account needs a second factor."))
    elif _shows_code(request):
        second_factor.remove(user)
        messages.success(request, _("The second factor was removed."))
    return redirect("profile")


def new_codes(request: HttpRequest) -> HttpResponse:
    if not _shows_code(request):
        return redirect("profile")
    codes = second_factor.new_recovery_codes(_user(request))
    context = {"codes": codes, "then": request.path}
    return render(request, "sign_in/recovery.html", context)


def _shows_code(request: HttpRequest) -> bool:
    """Check the code that these two actions ask for: the page may stand open."""
    user, typed = _user(request), request.POST.get("code", "")[:40]
    try:
        counted(request, user, lambda: second_factor.is_right(user, typed))
        return True
    except ValidationError as error:
        messages.error(request, error.messages[0])
        return False


ACTIONS: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "password": change_password,
    "end": end_session,
    "end_others": end_others,
    "remove_second_factor": remove_second_factor,
    "new_codes": new_codes,
}
