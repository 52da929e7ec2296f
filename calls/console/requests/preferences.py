"""The choices of an agent that hold in all their consoles."""

from django.db import transaction
from django.utils.translation import gettext as _

from agents.preferences import KeyMode, choose_keys
from calls import notify
from calls.console.messages import Message, Page
from calls.errors import Refused


def keys(page: Page, message: Message) -> None:
    """Choose what makes a key count."""
    mode = message.get("keys")
    if mode not in KeyMode.values:
        raise Refused(_("Unknown choice of keys."))
    with transaction.atomic():
        choose_keys(page.agent.pk, mode)
        notify.preferences_changed(page.agent.pk)
