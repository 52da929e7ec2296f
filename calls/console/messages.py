"""Read a console's message with care: a page may send anything."""

import json
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.utils.translation import gettext as _

from agents.models import Agent, BreakReason, Queue
from calls.errors import Refused

LARGEST_MESSAGE = 32 * 1024

Message = dict[str, Any]


class Page(NamedTuple):
    """The agent who sends a request, from one load of their console."""

    agent: Agent
    console: str  # the id of that load; empty before its hello


def decode(text: str | None) -> Message | None:
    if text is None or len(text) > LARGEST_MESSAGE:
        return None
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return None
    known = isinstance(message, dict) and isinstance(message.get("type"), str)
    return message if known else None


def call_of(message: Message) -> UUID:
    return uuid_of(message, "call")


def call_named_in(message: Message) -> str:
    """Return the ID of the call that a message is about; empty without one."""
    try:
        return str(UUID(str(message.get("call"))))
    except ValueError:
        return ""


def uuid_of(message: Message, name: str) -> UUID:
    try:
        return UUID(str(message.get(name)))
    except ValueError:
        raise Refused(_("Unknown {name}.").format(name=_(name))) from None


def instant_of(text: Any) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return at if at.tzinfo else None


def queue_of(queue_id: Any) -> Queue:
    known = isinstance(queue_id, int)
    queue = Queue.objects.in_use().filter(pk=queue_id).first() if known else None
    if queue is None:
        raise Refused("Unknown queue.")
    return queue


def break_named(reason_id: Any) -> str:
    """Return the break's name; anything else is a break without one."""
    known = isinstance(reason_id, int)
    reason = BreakReason.objects.filter(pk=reason_id).first() if known else None
    return reason.name if reason else ""
