"""The agent's part of the profile page: keys and notifications."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from agents.preferences import KeyMode, choose_keys, choose_notices
from calls import notify


@login_required
@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Keep what one of the page's forms says, and tell the open consoles."""
    agent = getattr(request.user, "agent", None)
    if agent is None:
        raise PermissionDenied
    form = FORMS.get(request.POST.get("form", ""))
    with transaction.atomic():
        said = form(agent.pk, request.POST) if form else None
        if said:
            notify.preferences_changed(agent.pk)
    if said:
        messages.success(request, said)
    else:
        messages.error(request, _("Nothing was changed. Please try again."))
    return redirect("profile")


def _keys(agent_id: int, form: QueryDict) -> str | None:
    mode = form.get("keys", "")
    if mode not in KeyMode.values:
        return None
    choose_keys(agent_id, mode)
    return _("Your choice of keys was saved. It holds in every console you open.")


def _notices(agent_id: int, form: QueryDict) -> str:
    choose_notices(agent_id, form.getlist("notify"))
    return _("Your choice of notifications was saved.")


FORMS: dict[str, Callable[[int, QueryDict], str | None]] = {
    "keys": _keys,
    "notices": _notices,
}
