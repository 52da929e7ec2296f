"""The rows of the company that works while the stack is broken."""

from django.contrib.auth.models import User

from agents.models import Agent, Membership, Queue
from bench.floor.callers import number_of
from bench.floor.company import ENDINGS_AS_MEANT, hire, seats
from callcenter.models import WatiAccount
from calls.models import Line
from deploy.drills.load import AGENTS

__all__ = ["ENDINGS_AS_MEANT", "found", "seats"]
QUEUES = 2


def found() -> list[Queue]:
    """Make queues, numbers and agents, at the account that the stack has made.

    Returns the queues that are called.
    """
    account = WatiAccount.objects.get()
    *called, olgas = (_queue(account, place) for place in range(QUEUES + 1))
    hire(AGENTS, called)
    _hire_olga(olgas)
    return called


def _queue(account: WatiAccount, place: int) -> Queue:
    queue = Queue.objects.create(name=f"Drill {place}", wrap_up_seconds=30)
    Line.objects.create(
        account=account, number=number_of(place), name=queue.name, queue=queue
    )
    return queue


def _hire_olga(queue: Queue) -> None:
    """Make an agent who places calls, gets none, and has a console of her own."""
    user = User.objects.create_user("olga")
    Membership.objects.create(
        queue=queue, agent=Agent.objects.create(user=user, name="Olga")
    )
