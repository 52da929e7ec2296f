"""Celery's doors into the services. Each task may run twice, or be killed anywhere."""

import asyncio
import logging

from celery import shared_task
from django.utils import timezone

from agents import services as agent_services
from agents.models import AgentState
from callcenter.wati.client import new_http
from calls import inbox, nodes, outbox, services, spool
from calls.models import Call, WatiRequest
from calls.states import Event, Status

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
    elif call.requests.filter(verb=WatiRequest.Verb.ACCEPT).exists():
        services.end(call.pk, Event.MEDIA_FAILED)
    else:
        services.release(call.pk, "The console did not open the sound connection.")


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
