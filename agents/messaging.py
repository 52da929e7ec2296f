"""Send messages to agents, and keep who has read them. Pushing is the caller's work."""

from collections import defaultdict
from collections.abc import Collection
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from agents.models import Agent, FloorMessage, FloorMessageReceipt
from callcenter.sets import insert_for_each
from callcenter.users import shown_name

MOST_SHOWN = 20  # of one agent, the newest


def send(
    text: str, sender: User, agents: Collection[int], sent_to: str, lasts: timedelta
) -> FloorMessage:
    """Let this stand in the consoles of these agents until they have read it."""
    now = timezone.now()
    with transaction.atomic():
        message = FloorMessage.objects.create(
            text=text,
            sender=sender,
            sender_name=shown_name(sender),
            sent_to=sent_to,
            sent_at=now,
            until=now + lasts,
        )
        insert_for_each(
            FloorMessageReceipt, "agent_id", Agent, agents, message_id=message.pk
        )
        _renew(agents)
    return message


def unread(agent_ids: Collection[int]) -> dict[int, list[FloorMessage]]:
    """Return by agent what they have not read, oldest first; one statement."""
    receipts = FloorMessageReceipt.objects.filter(
        agent_id__among=list(agent_ids),
        read_at=None,
        message__until__gt=timezone.now(),
    )
    found: defaultdict[int, list[FloorMessage]] = defaultdict(list)
    for receipt in receipts.select_related("message").order_by("message_id"):
        found[receipt.agent_id].append(receipt.message)
    return {pk: found[pk][-MOST_SHOWN:] for pk in agent_ids}


def read(message_id: int, agent_id: int) -> bool:
    """Note that an agent has read it; the first time counts."""
    mine = FloorMessageReceipt.objects.filter(
        message__pk=message_id, agent=agent_id, read_at=None
    )
    with transaction.atomic():
        is_new = bool(mine.update(read_at=timezone.now()))
        if is_new:
            _renew([agent_id])
    return is_new


def withdraw(message: FloorMessage) -> list[int]:
    """Take it out of the consoles. Returns the agents who had it there."""
    with transaction.atomic():
        current = FloorMessage.objects.current().filter(pk=message.pk)
        if not current.update(until=timezone.now()):
            return []
        waiting = message.receipts.filter(read_at=None)
        agents = list(waiting.values_list("agent", flat=True))
        _renew(agents)
    return agents


def _renew(agent_ids: Collection[int]) -> None:
    """Let a console that misses the push see that it is behind."""
    agents = Agent.objects.filter(pk__among=list(agent_ids))
    agents.update(version=F("version") + 1)
