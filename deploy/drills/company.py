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
    """Make queues, numbers and agents, at the account that the stack has made."""
    account = WatiAccount.objects.get()
    queues = [
        Queue.objects.create(name=f"Drill {place}", wrap_up_seconds=30)
        for place in range(QUEUES)
    ]
    for place, queue in enumerate(queues):
        Line.objects.create(
            account=account, number=number_of(place), name=queue.name, queue=queue
        )
    hire(AGENTS, queues)
    _hire_olga(queues[0])
    return queues


def _hire_olga(queue: Queue) -> None:
    """Make an agent who places calls, and whose console no load opens."""
    user = User.objects.create_user("olga")
    Membership.objects.create(
        queue=queue, agent=Agent.objects.create(user=user, name="Olga")
    )
