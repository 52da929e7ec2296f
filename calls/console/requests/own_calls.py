"""Pages of the agent's own calls, and the sums of their day."""

from django.utils.translation import gettext_noop

from callcenter import limits
from callcenter.buckets import Buckets
from calls.console import own_calls
from calls.console.messages import Message, Page, instant_of, uuid_of
from calls.errors import Refused
from calls.reporting import agent_day

_lists = Buckets(limits.LISTS)
TOO_OFTEN = gettext_noop("Too many requests. Wait a moment, then try again.")


def my_calls(page: Page, message: Message) -> Message:
    check_rate(page)
    at, last = instant_of(message.get("before")), None
    if at is not None:
        last = own_calls.Last(at, uuid_of(message, "last"))
    kind = str(message.get("kind") or "")
    found = own_calls.page(page.agent, kind, last)
    return {"type": "my_calls", "kind": kind, **found}


def my_day(page: Page, message: Message) -> Message:
    check_rate(page)
    day = agent_day.own_day(page.agent)
    breaks = [vars(one) for one in day.breaks]
    return {"type": "my_day", "day": {**vars(day), "breaks": breaks}}


def check_rate(page: Page) -> None:
    """Raise Refused if this agent asks for too many lists."""
    if not _lists.take(page.agent.pk):
        raise Refused(TOO_OFTEN)
