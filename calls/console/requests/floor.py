"""Between an agent and the supervisors: the raised hand, and messages that are read."""

from django.db import transaction
from django.utils.translation import gettext_noop

from agents import hands, messaging
from calls import notify
from calls.console.messages import Message, Page
from calls.errors import Refused


def raise_hand(page: Page, message: Message) -> None:
    reason = " ".join(str(message.get("reason") or "").split())
    with transaction.atomic():
        if not hands.raise_hand(page.agent.pk, reason):
            raise Refused(gettext_noop("You are offline."))
        notify.agent_changed(page.agent.pk)


def lower_hand(page: Page, message: Message) -> None:
    with transaction.atomic():
        if hands.lower_hand(page.agent.pk):
            notify.agent_changed(page.agent.pk)


def read_message(page: Page, message: Message) -> None:
    message_id = message.get("message")
    if not isinstance(message_id, int):
        return
    with transaction.atomic():
        if messaging.read(message_id, page.agent.pk):
            notify.messages_changed([page.agent.pk])
