"""Celery's doors into the services. Each task may run twice, or be killed anywhere."""

import asyncio
import logging
from datetime import timedelta
from importlib import import_module

from celery import shared_task
from django.utils import timezone

from agents import services as agent_services
from agents.models import AgentState
from callcenter.wati.client import Answer, new_http
from callcenter.wati.errors import WatiError
from calls import dialing, inbox, nodes, outbox, people, plans, services, spool
from calls.ledger_notes import pair_of
from calls.models import Call, Line, WatiRequest
from calls.notify import person_changed
from calls.states import Event, Status
from permissions import services as permissions
from permissions.models import Contact

import_module("calls.effects")  # what replies do to rows

logger = logging.getLogger(__name__)


@shared_task
def sweep() -> None:
    """Act on the calls whose deadline has passed, and on those of dead nodes."""
    for call in Call.objects.filter(deadline__lte=timezone.now())[:200]:
        overdue(call)
    for call in nodes.orphans():
        services.end(call.pk, Event.NODE_LOST)


def overdue(call: Call) -> None:
    if call.status == Status.RINGING:
        services.end(call.pk, Event.RING_TIMEOUT)
    elif call.status == Status.ACTIVE:
        services.end(call.pk, Event.TOO_LONG)
    elif call.status == Status.DIALING:
        dialing.give_up(call)
    elif call.requests.filter(verb=WatiRequest.Verb.ACCEPT).exists():
        services.end(call.pk, Event.MEDIA_FAILED)
    else:
        services.release(call.pk, "The console did not open the sound connection.")


@shared_task
def sweep_plans() -> None:
    """Offer the calls that were allowed meanwhile, and end what ran out."""
    for change in permissions.expire():
        plans.word_of(change)
    plans.sweep()


@shared_task
def forget_strangers() -> None:
    """People somebody looked up a day ago, and then neither called nor asked."""
    yesterday = timezone.now() - timedelta(days=1)
    strangers = Contact.objects.filter(
        name="",
        created_at__lt=yesterday,
        do_not_call=False,
        calls=None,
        plans=None,
        permission_events=None,
    )
    strangers.delete()


@shared_task
def read_permission(agent_id: int, contact_id: int, line_id: int) -> None:
    """Ask WhatsApp what it lets us do with a person; tell the agent who wonders."""
    contact = Contact.objects.get(pk=contact_id)
    line = Line.objects.select_related("account").get(pk=line_id)
    at = timezone.now()
    try:
        answer = asyncio.run(_read_permission(contact, line))
    except WatiError as error:
        logger.warning("permission of contact %s: %s", contact_id, error)
    else:
        pair = pair_of(contact, line)
        plans.word_of(permissions.read_from_api(pair, answer.result, at=at))
    if agent_id:
        person_changed(agent_id, people.describe(contact, line))


async def _read_permission(contact: Contact, line: Line) -> Answer:
    async with new_http() as http:
        client = outbox.client_of(line.account, http)
        return await client.read_permission(contact.waid or "", line.number)


@shared_task
def sweep_webhooks() -> None:
    spool.import_all()
    inbox.sweep()


@shared_task
def sweep_requests() -> None:
    for request_id in outbox.due():
        send_request(request_id)


@shared_task
def send_request(request_id: int) -> None:
    asyncio.run(_send(request_id))


async def _send(request_id: int) -> None:
    async with new_http() as http:
        try:
            await outbox.send(request_id, http)
        except LookupError:
            logger.debug("request %s is not ours to send now", request_id)


@shared_task
def sweep_agents() -> None:
    """Agents whose console is gone are off duty; a crash heals itself."""
    for agent_id in agent_services.gone():
        services.change_agent(
            agent_id,
            AgentState.OFFLINE,
            only_from=(AgentState.AVAILABLE, AgentState.ON_BREAK),
        )
