"""The question before somebody signs in where an agent is on a call."""

from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from callcenter.users import shown_name
from callcenter.web.at_work import agent_at_work, what_signing_in_costs
from callcenter.web.sign_in_views import (
    PENDING,
    next_step,
    pending_user,
    sign_in_with_both,
)


@never_cache
@require_http_methods(["GET", "POST"])
def instead(request: HttpRequest) -> HttpResponse:
    """Ask whether the agent at work here is to be signed out; then sign in."""
    user = pending_user(request)
    if user is None:
        return redirect("login")
    if "cancel" in request.POST:
        request.session.pop(PENDING)
        return redirect("profile")  # another console would take the call over
    if request.method == "POST":
        return _go_on(request, user)
    agent = agent_at_work(request)
    context = {
        "agent": agent,
        "sentence": what_signing_in_costs(agent) if agent else "",
        "name": shown_name(user),
    }
    return render(request, "sign_in/instead.html", context)


def _go_on(request: HttpRequest, user: User) -> HttpResponse:
    pending: dict[str, Any] = request.session[PENDING]
    if pending.get("both"):
        return sign_in_with_both(request, user)
    if step := next_step(user):
        request.session[PENDING] = {**pending, "confirmed": True}
        return redirect(step)
    then = str(pending["then"] or reverse("home"))
    request.session.pop(PENDING)
    login(request, user, settings.AUTHENTICATION_BACKENDS[0])
    return redirect(then)
