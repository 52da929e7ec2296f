"""Requests of a supervisor's page: docs/supervision-websocket.md."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from calls.errors import Refused
from calls.lifecycle import stepping_in
from calls.models import Supervision

Message = dict[str, Any]


def step_in(user: User, message: Message) -> None:
    mode = message.get("mode")
    if mode not in Supervision.Mode.values:
        raise Refused(_("Unknown mode."))
    try:
        call_id = UUID(str(message.get("call")))
    except ValueError:
        raise Refused(_("Unknown call.")) from None
    stepping_in.step_in(call_id, user, str(mode))


REQUESTS: dict[str, Callable[[User, Message], None]] = {
    "step_in": step_in,
    "stop": lambda user, _: stepping_in.stop(user),
    "hang_up": lambda user, _: stepping_in.hang_up(user),
}
