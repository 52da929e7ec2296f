"""Celery's tasks. Each may run twice, or be killed anywhere."""

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import httpx2
from celery import shared_task
from django.db import OperationalError, transaction
from django.utils import timezone

from callcenter import connection
from callcenter.beat import only_when
from callcenter.celery import wake
from callcenter.models import WatiAccount
from callcenter.wati.client import Answer
from callcenter.wati.errors import WatiError
from callcenter.wati_thread import ask_wati
from calls import deadlines, placement
from calls.lifecycle import ending, reconnect
from calls.lifecycle.permission_usage import pair_of
from calls.models import Call, Line
from calls.outbound import lookup, permission_news, planned_calls
from calls.queueing import agent_state, dispatch, participants, requeue
from calls.signaling import outbox
from calls.states import Event
from calls.webhooks import processor, spool
from permissions import checks, people
from permissions import services as permissions
from permissions.ledger import Pair
from permissions.models import CallPermission, Contact, ContactId

logger = logging.getLogger(__name__)
IdKind = ContactId.Kind


@shared_task
@only_when(deadlines.calls_are_due)
def sweep() -> None:
    """Act on the calls whose deadline has passed, and on those of dead nodes."""
    late = Call.objects.filter(deadline__lte=timezone.now()).order_by("deadline")
    for call_id in list(late.values_list("pk", flat=True)[:200]):
        _try(deadlines.overdue, call_id)
    for call in placement.orphans():
        _try(ending.end, call.pk, Event.NODE_LOST)


def _try(act: Callable[..., object], call_id: UUID, *rest: Any) -> None:
    """Run one call's task; its failure must not cost the others."""
    try:
        act(call_id, *rest)
    except OperationalError:  # the database is away: for all of them
        raise
    except Exception:
        logger.exception("call %s", call_id)


@shared_task
@only_when(deadlines.floor_is_due)
def sweep_floor() -> None:
    """Expire ring attempts, open levels, sign out agents whose consoles are gone."""
    agent_state.watch_agents()
    participants.watch_guests()
    for call_id in requeue.abandoned_by_console():
        _try(reconnect.console_stayed_away, call_id)
    dispatch.expire_attempts()
    dispatch.run()


@shared_task
@only_when(deadlines.plans_are_due)
def sweep_plans() -> None:
    """Offer the calls that were allowed meanwhile, and end what ran out.

    Have WhatsApp asked about permissions that a webhook has left open.
    """
    for change in permissions.expire():
        permission_news.permission_changed(change)
    planned_calls.sweep()
    for permission_id in checks.take():
        wake("calls.tasks.check_permission", permission_id)


@shared_task
def forget_strangers() -> None:
    """Delete contacts that were looked up a day ago and neither called nor asked."""
    yesterday = timezone.now() - timedelta(days=1)
    strangers = Contact.objects.filter(
        name="",
        created_at__lt=yesterday,
        do_not_call=False,
        calls=None,
        plans=None,
        permission_events=None,
        merges=None,
    )
    # A number alone was only typed; any other ID came from WhatsApp.
    strangers.exclude(ids__kind__in=(IdKind.USER_ID, IdKind.USERNAME)).delete()


@shared_task
def read_permission(agent_id: int, contact_id: int, line_id: int) -> None:
    """Ask WhatsApp what it allows with a contact; push it to those who look at them.

    `agent_id`: who looked the contact up, 0 for nobody.
    """
    contact = people.contact_with(contact_id)
    if contact is None:  # forgotten meanwhile
        return
    line = Line.objects.select_related("account").get(pk=line_id)
    pair = pair_of(contact, line)
    _read(pair)
    lookup.tell(contact, line, agent_id)


@shared_task
def check_permission(permission_id: int) -> None:
    """Ask WhatsApp about a permission, of which it is due to be asked again."""
    rows = CallPermission.objects.select_related("contact", "account")
    permission = rows.filter(pk=permission_id).first()
    if permission is None:
        return
    number = permission.business_number
    _read(Pair(permission.contact, permission.account, number))
    line = Line.objects.filter(account=permission.account, number=number).first()
    if line is not None:
        lookup.tell(permission.contact, line)


def _read(pair: Pair) -> None:
    """Read a permission from WhatsApp; the row says when again if that fails."""
    checks.begin(pair)
    at = timezone.now()
    try:
        answer = ask_wati(partial(_read_permission, pair))
    except (WatiError, TimeoutError) as error:
        logger.warning("permission of contact %s: %s", pair.contact.pk, error)
        checks.lost(pair)
        if isinstance(error, WatiError):
            connection.note_token(pair.account, error)
        return
    connection.note_token(pair.account, None)
    with transaction.atomic():  # a crash in between would leave the calls asleep
        change = permissions.read_from_api(pair, answer.result, at=at)
        permission_news.permission_changed(change)


async def _read_permission(pair: Pair, http: httpx2.AsyncClient) -> Answer:
    client = outbox.client_of(pair.account, http)
    return await client.read_permission(pair.contact.waid or "", pair.business_number)


@shared_task
def sweep_webhooks() -> None:
    spool.import_all()
    processor.sweep()


@shared_task
@only_when(deadlines.requests_are_due)
def sweep_requests() -> None:
    for request_id in outbox.due():
        send_request(request_id)
    for account in outbox.to_probe(timezone.now()):
        _probe(account)


def _probe(account: WatiAccount) -> None:
    """Try a token that Wati has refused by a reading, unless a request does so."""
    line = account.lines.order_by("pk").first()
    if line is not None and account.may_probe():
        connection.check(account, line.number)


@shared_task
def send_request(request_id: int) -> None:
    try:
        ask_wati(partial(outbox.send, request_id))
    except LookupError:
        logger.debug("request %s is not ours to send now", request_id)
