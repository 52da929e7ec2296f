"""The user behind a websocket: by the session, checked again while it is open."""

from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.http import HttpRequest

from agents.models import Agent
from agents.session_watch import Badge
from callcenter import limits
from callcenter.buckets import Buckets

NOT_SIGNED_IN, NOT_YOURS, NO_SUCH_CALL, TRY_AGAIN = 4401, 4403, 4404, 4503
TOO_MUCH = 4429  # more sockets or messages than one person may have

Scope = dict[str, Any]

_handshakes = Buckets(limits.HANDSHAKES)


def may_connect(scope: Scope) -> bool:
    """Count a handshake; False if this session opens websockets too fast."""
    return _handshakes.take(scope["session"].session_key)


def badge_of(scope: Scope, agent: Agent) -> Badge:
    """Return what the session watch needs to know of this websocket."""
    return Badge(scope["session"].session_key, agent.pk)


def signed_in(scope: Scope) -> AbstractBaseUser | AnonymousUser:
    """Return the user of this session; signing out or a new password ends it."""
    engine = import_module(settings.SESSION_ENGINE)
    request = HttpRequest()
    request.session = engine.SessionStore(scope["session"].session_key)
    return get_user(request)


def agent_of(scope: Scope) -> Agent | None:
    user = signed_in(scope)
    if not user.is_authenticated:
        return None
    return Agent.objects.select_related("user").filter(user_id=user.pk).first()
