"""A call that rings, and the one that the agent is in."""

import json
import logging

from django.conf import settings

from agents import windows
from calls.console.messages import Message, Page, call_of
from calls.lifecycle import answer as answering
from calls.lifecycle import ending, transfer
from calls.models import Offer
from calls.queueing import agent_state, ring_attempts

logger = logging.getLogger(__name__)


def answer(page: Page, message: Message) -> None:
    call_id = call_of(message)
    rings = Offer.objects.filter(call=call_id, agent=page.agent)
    asked = rings.filter(outcome=Offer.Outcome.RINGING, kind=Offer.Kind.CONSULT)
    if asked.exists():
        transfer.join(call_id, page.agent)
    else:
        answering.claim(call_id, page.agent, near=settings.NODE_NAME)


def decline(page: Page, message: Message) -> None:
    answering.decline(call_of(message), page.agent)


def hang_up(page: Page, message: Message) -> None:
    ending.hang_up(call_of(message), page.agent)


def mute(page: Page, message: Message) -> None:
    muted = message.get("muted") is True
    answering.set_muted(call_of(message), page.agent, muted)


def rings(page: Page, message: Message) -> None:
    """Confirm a ring; only the page that rings can."""
    if windows.is_primary(page.agent.pk, page.console):
        ring_attempts.confirm(call_of(message), page.agent.pk)


def test_rang(page: Page, message: Message) -> None:
    """Confirm a test ring; only the page that rings can."""
    if windows.is_primary(page.agent.pk, page.console):
        agent_state.test_rang(page.agent.pk)


def quality(page: Page, message: Message) -> None:
    report = json.dumps(message.get("report"))[:500]
    logger.debug("call %s: quality %s", call_of(message), report)
