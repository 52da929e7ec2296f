"""The page of the agents' console."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie

from callcenter.web.language import console_catalogue
from callcenter.web.profile import renew_key


@login_required
@ensure_csrf_cookie
@never_cache
def console(request: HttpRequest) -> HttpResponse:
    """Show the agent's console; tell other users where they belong."""
    if hasattr(request.user, "agent"):
        renew_key(request)
        texts = console_catalogue(get_language() or settings.LANGUAGE_CODE)
        return render(request, "console/console.html", {"catalogue": texts})
    if request.user.is_staff:
        messages.info(
            request,
            _(
                "Your user is not an agent, so it has no console. To get one, add "
                "an agent for your user under Agents."
            ),
        )
        return redirect("admin:index")
    return render(request, "calls/no_agent.html", status=403)
