"""Signing in, in one or two steps, and out. Nobody is signed in between the steps."""

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model, login
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView, LogoutView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from callcenter import audit
from callcenter.web import second_factor
from callcenter.web.at_work import (
    agent_at_work,
    is_in_a_call,
    what_signing_in_costs,
    what_signing_out_costs,
)
from callcenter.web.sign_in import SignInForm, address_of, attempt

PENDING = "pending"  # who gave a right password, in a session of nobody
PENDING_LASTS = 600  # seconds
# Where one may go who owes a second factor.
STEPS = ("sign-in-code", "sign-in-set-up", "sign-in-instead")
OPEN_TO_ALL = ("login", "logout", "language", *STEPS)

WRONG_CODE = gettext_noop("This code is not right. Enter the one your app shows now.")


class SignIn(LoginView):
    """The sign-in page of agents and supervisors alike."""

    authentication_form = SignInForm

    def form_valid(self, form: Any) -> HttpResponse:
        user, then = form.get_user(), self.get_success_url()
        if agent := agent_at_work(self.request):
            if agent.user_id == user.pk:  # a new session would break off the call
                return redirect(then)
            _remember(self.request, user, then)
            return redirect("sign-in-instead")
        step = next_step(user)
        if step is None:
            return super().form_valid(form)
        _remember(self.request, user, then)
        return redirect(step)

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        if agent := agent_at_work(self.request):
            context["costs"] = what_signing_in_costs(agent)
        if settings.SIMULATOR:
            context["demo_users"] = settings.DEMO_USERS
            context["demo_password"] = settings.DEMO_PASSWORD
        return super().get_context_data(**context, ended="ended" in self.request.GET)


class SignOut(LogoutView):
    """Sign out, and leave no page of it in the browser's memory."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        agent = agent_at_work(request) if request.method == "POST" else None
        if agent and not request.POST.get("anyway"):
            costs = {"agent": agent, "sentence": what_signing_out_costs(agent)}
            return render(request, "sign_in/sign_out.html", costs)
        response = super().dispatch(request, *args, **kwargs)
        # Not "storage": it holds which microphone and speaker this desk has.
        response.headers["Clear-Site-Data"] = '"cache"'
        return response


def next_step(user: User) -> str | None:
    if second_factor.of(user) is not None:
        return "sign-in-code"
    is_required = second_factor.is_required(is_staff=user.is_staff)
    return "sign-in-set-up" if is_required else None


def _remember(request: HttpRequest, user: User, then: str) -> None:
    request.session[PENDING] = {
        "user": user.pk,
        "hash": user.get_session_auth_hash(),
        "until": time.time() + PENDING_LASTS,
        "then": then,
    }


def pending_user(request: HttpRequest) -> User | None:
    """Return who has given a right password a moment ago, and still has it."""
    pending = request.session.get(PENDING)
    if pending is None or pending["until"] < time.time():
        return None
    user = get_user_model().objects.filter(pk=pending["user"], is_active=True).first()
    if user is None:
        return None
    is_same = constant_time_compare(user.get_session_auth_hash(), pending["hash"])
    return user if is_same else None


def sign_in_with_both(request: HttpRequest, user: User) -> HttpResponse:
    """Sign in, after the last step."""
    then = str(request.session.pop(PENDING, {}).get("then") or reverse("home"))
    login(request, user, settings.AUTHENTICATION_BACKENDS[0])
    request.session[second_factor.GIVEN] = True
    request.session.cycle_key()
    return HttpResponseRedirect(then)


def may_sign_in(request: HttpRequest, user: User) -> bool:
    """Tell whether nobody loses a call by it, unless that was confirmed.

    A call may have begun between the two steps. Then the question comes next.
    """
    pending = request.session.get(PENDING) or {}
    agent = agent_at_work(request)
    if agent is None or agent.user_id == user.pk or pending.get("confirmed"):
        return True
    request.session[PENDING] = {**pending, "both": True}
    return False


def counted(request: HttpRequest, user: User, check: Callable[[], Any]) -> Any:
    """Check a code; wrong ones count as wrong passwords do, apart from them."""
    name = f"second factor of {user.pk}"
    with attempt(name, address_of(request)):
        found = check()
        if not found:
            failed = audit.Action.SIGN_IN_FAILED
            audit.record(failed, user, "second factor", user=user)
            raise ValidationError(_(WRONG_CODE))
        return found


@never_cache
@require_http_methods(["GET", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Ask for a code of the app, or a recovery code."""
    user = pending_user(request)
    if user is None or second_factor.of(user) is None:
        return redirect("login")
    problem = ""
    if request.method == "POST":
        typed = request.POST.get("code", "")[:40]
        try:
            counted(request, user, lambda: second_factor.is_right(user, typed))
            if not may_sign_in(request, user):
                return redirect("sign-in-instead")
            return sign_in_with_both(request, user)
        except ValidationError as error:
            problem = error.messages[0]
    return render(request, "sign_in/code.html", {"problem": problem})


@never_cache
@require_http_methods(["GET", "POST"])
def set_up(request: HttpRequest) -> HttpResponse:
    """Set up an authenticator app: because the sign-in needs one, or by choice."""
    pending = pending_user(request)
    user: Any = pending or request.user
    if not user.is_authenticated or settings.SECOND_FACTOR == "off":
        return redirect("login")
    if second_factor.of(user) is not None:
        return redirect("profile" if pending is None else "sign-in-code")
    if pending is None and is_in_a_call(user):  # it ends with a new session
        messages.error(request, _("Finish your call first, then set it up."))
        return redirect("profile")
    factor, problem = second_factor.begin(user), ""
    if request.method == "POST":
        typed = request.POST.get("code", "")[:40]
        try:
            codes = counted(request, user, lambda: second_factor.confirm(user, typed))
            return _done(request, user, codes)
        except ValidationError as error:
            problem = error.messages[0]
    context = {"factor": factor, "qr": second_factor.qr_code(factor)}
    return render(request, "sign_in/set_up.html", {**context, "problem": problem})


def _done(request: HttpRequest, user: User, codes: list[str]) -> HttpResponse:
    then = reverse("sign-in-instead")
    if may_sign_in(request, user):
        then = sign_in_with_both(request, user).headers["Location"]
    return render(request, "sign_in/recovery.html", {"codes": codes, "then": then})


class SecondFactorFirst(MiddlewareMixin):
    """Keeps out who must have a second factor, and signed in before they had to.

    Websockets have the same rule in agents.sessions.
    """

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        name = request.resolver_match.view_name if request.resolver_match else ""
        # Health is asked of without the database, too.
        if name in OPEN_TO_ALL or name.startswith("callcenter.health."):
            return None
        if not second_factor.is_missing(request.user, request.session):
            return None
        user: Any = request.user
        _remember(request, user, request.get_full_path())
        return redirect(next_step(user) or "login")
