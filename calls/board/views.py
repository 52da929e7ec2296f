"""The page of the live board, in the admin."""

from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from agents import led_queues
from agents.models import BreakReason, Queue
from callcenter.web.language import board_catalogue
from calls.board.scope import has_right
from calls.lifecycle import directing, stepping_in


@require_safe
@never_cache
def board(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Show the board; `context` is what every page of the admin has."""
    if not has_right(request.user):
        raise PermissionDenied
    is_wall, others = _parameters(request)
    queues = Queue.objects.of_people().in_use().order_by("name")
    context |= {
        "title": _("Live board"),
        "may_direct": request.user.has_perm(directing.RIGHT),
        "may_end": request.user.has_perm("calls.change_call"),
        "breaks": BreakReason.objects.filter(is_active=True),
        "all_queues": queues,
        "my_queues": led_queues.within(queues, request.user),
        "may_listen": request.user.has_perm(stepping_in.RIGHT),
        "catalogue": board_catalogue(get_language() or settings.LANGUAGE_CODE),
        "way_back": f"{request.path}?{others}" if others else request.path,
    }
    page = "admin/board/wall.html" if is_wall else "admin/board.html"
    return render(request, page, context)


def _parameters(request: HttpRequest) -> tuple[bool, str]:
    """Return whether it is to hang on a wall, and the rest of the address."""
    asked = request.GET.copy()
    is_wall = asked.pop("wall", ["0"])[-1] == "1"
    return is_wall, asked.urlencode()
