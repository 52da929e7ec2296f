"""Celery's tasks. Each may run twice, or be killed anywhere."""

import logging
from datetime import timedelta
from functools import partial

import httpx2
from celery import shared_task
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from callcenter import connection
from callcenter.beat import only_when, when_clock_is_set
from callcenter.wati.client import Answer
from callcenter.wati.errors import WatiError
from callcenter.wati_thread import ask_wati
from calls.lifecycle import clock_jumps
from calls.lifecycle.permission_usage import pair_of
from calls.models import Line
from calls.outbound import lookup, permission_news
from calls.signaling import outbox
from calls.sweeping import steps, sweeps
from permissions import checks, marks, people, retention
from permissions import services as permissions
from permissions.facts import EventKind
from permissions.ledger import Pair
from permissions.models import CallPermission, Contact, ContactId, PermissionEvent

logger = logging.getLogger(__name__)
when_clock_is_set(clock_jumps.move_times)
IdKind = ContactId.Kind


@shared_task
@only_when(sweeps.CALLS.is_due)
def sweep() -> None:
    """Act on the calls whose deadline has passed, and on those of dead nodes."""
    sweeps.CALLS.run()


@shared_task
@only_when(sweeps.FLOOR.is_due)
def sweep_floor() -> None:
    """Expire ring attempts, open levels, sign out agents whose consoles are gone."""
    sweeps.FLOOR.run()


@shared_task
@only_when(sweeps.PLANS.is_due)
def sweep_plans() -> None:
    """Offer the calls that were allowed meanwhile, and end what ran out.

    Have WhatsApp asked about permissions that a webhook has left open.
    """
    sweeps.PLANS.run()


@shared_task
def sweep_webhooks() -> None:
    """Bring in what nodes kept on disk, and give every webhook its effect.

    Runs whatever there is to do: by that the nodes see that a worker is there.
    """
    sweeps.WEBHOOKS.run()


@shared_task
@only_when(sweeps.REQUESTS.is_due)
def sweep_requests() -> None:
    """Send what is due to Wati, and try tokens that it refused."""
    sweeps.REQUESTS.run()


@shared_task
def send_request(request_id: int) -> None:
    steps.send_request(request_id)


@shared_task
def forget_strangers() -> None:
    """Delete contacts that were looked up a day ago and neither called nor asked."""
    for contact_id in list(_strangers().values_list("pk", flat=True)[:1000]):
        with transaction.atomic():
            # Again: somebody may be calling this one since.
            locked = _strangers().select_for_update(of=("self",))
            if stranger := locked.filter(pk=contact_id).first():
                stranger.delete()


def _strangers() -> QuerySet[Contact]:
    yesterday = timezone.now() - timedelta(days=1)
    strangers = retention.without_calls(yesterday).filter(name="")
    events = PermissionEvent.objects.filter(contact=OuterRef("pk"))
    told = events.exclude(kind=EventKind.BLOCKED)
    # Of who must not be called since before an erasure the mark stays.
    is_marked = Q(do_not_call_reason=marks.REASON) & ~Exists(told)
    strangers = strangers.filter(is_marked | Q(~Exists(events), do_not_call=False))
    # A number alone was only typed; any other ID came from WhatsApp.
    return strangers.exclude(ids__kind__in=(IdKind.USER_ID, IdKind.USERNAME))


@shared_task
@only_when(sweeps.ERASURES.is_due)
def erase_contacts() -> None:
    """Erase the contacts whose data is to be erased, as soon as can be."""
    sweeps.ERASURES.run()


@shared_task
@only_when(sweeps.PURGE.is_due)
def purge() -> None:
    """Remove what is older than the settings allow, once a night."""
    sweeps.PURGE.run()


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
