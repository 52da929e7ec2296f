"""Celery's doors into the services. Each task may run twice, or be killed anywhere."""

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from typing import Any
from uuid import UUID

from celery import shared_task
from django.db import OperationalError
from django.utils import timezone

from callcenter.wati.client import Answer, new_http
from callcenter.wati.errors import WatiError
from calls import (
    consoles,
    dialing,
    floor,
    inbox,
    nodes,
    outbox,
    parts,
    people,
    plans,
    services,
    spool,
    waiting,
)
from calls.ledger_notes import pair_of
from calls.models import Announcement, Call, Line, WatiRequest
from calls.notify import person_changed
from calls.states import TALKING, Event, Status
from permissions import services as permissions
from permissions.models import Contact

import_module("calls.effects")  # what replies do to rows

logger = logging.getLogger(__name__)


@shared_task
def sweep() -> None:
    """Act on the calls whose deadline has passed, and on those of dead nodes."""
    late = Call.objects.filter(deadline__lte=timezone.now()).order_by("deadline")
    for call_id in list(late.values_list("pk", flat=True)[:200]):
        _try(overdue, call_id)
    for call in nodes.orphans():
        _try(services.end, call.pk, Event.NODE_LOST)


def _try(act: Callable[..., object], call_id: UUID, *rest: Any) -> None:
    """One call's trouble must not cost the others."""
    try:
        act(call_id, *rest)
    except OperationalError:  # the database is away: for all of them
        raise
    except Exception:
        logger.exception("call %s", call_id)


def overdue(call_id: UUID) -> None:
    """Act on a deadline, unless somebody was faster."""
    with floor.locked():
        late = Call.objects.select_for_update().filter(deadline__lte=timezone.now())
        call = late.filter(pk=call_id).first()
        if call is not None:
            _act_on(call)


def _act_on(call: Call) -> None:
    if call.status == Status.RINGING:
        _rang_out(call)
    elif call.status == Status.WAITING:
        _waited_out(call)
    elif call.status in TALKING:
        services.end(call.pk, Event.TOO_LONG)
    elif call.status == Status.DIALING:
        dialing.give_up(call)
    elif call.media_at is None and _accept_is_out(call):
        services.end(call.pk, Event.MEDIA_FAILED)
    else:
        services.release(call.pk, "The console did not open the sound connection.")


def _rang_out(call: Call) -> None:
    if not waiting.rang_long_enough(call):
        services.end(call.pk, Event.RING_TIMEOUT)


def _waited_out(call: Call) -> None:
    if call.media_at is None:
        services.end(call.pk, Event.MEDIA_FAILED)
    elif call.announcement:
        services.end(call.pk, waiting.GOODBYES[Announcement(call.announcement)])
    elif not waiting.waited_long_enough(call):
        services.end(call.pk, Event.WAIT_TIMEOUT)


def _accept_is_out(call: Call) -> bool:
    return call.requests.filter(verb=WatiRequest.Verb.ACCEPT).exists()


@shared_task
def sweep_floor() -> None:
    """Offers that nobody confirmed or answered, levels that open, consoles gone."""
    parts.watch_agents()
    parts.watch_guests()
    for call_id in waiting.left_alone():
        _try(consoles.stayed_away, call_id)
    floor.expire_offers()
    floor.look()


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
