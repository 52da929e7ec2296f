"""Give stored webhooks their effect, once, and retry what failed."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from zlib import crc32

from django.conf import settings
from django.db import close_old_connections, transaction
from django.utils import timezone

from callcenter.celery import wake
from callcenter.database import keep_connections
from callcenter.wati import parsing
from callcenter.wati.events import (
    Caller,
    CallTerminated,
    Event,
    InboundCall,
    Kind,
    OutboundAnswer,
    OutboundStatus,
    PermissionChanged,
)
from calls.errors import Conflict
from calls.lifecycle import inbound
from calls.lifecycle.permission_usage import pair_of
from calls.media.transport.sdp import RefusedSdp, gate
from calls.models import Call, WebhookDelivery
from calls.outbound import dialing, planned_calls
from calls.signaling.deliveries import Status, bury
from permissions.services import permission_webhook, remember

logger = logging.getLogger(__name__)
SHADOW_LASTS = timedelta(seconds=120)
MOST_ATTEMPTS = 5
MOST_QUEUED = 1000


class Processor:
    """Gives stored webhooks their effect at once, in this process.

    The bound keeps a flood out of memory; what does not fit, the sweep finds.
    """

    def __init__(self, threads: int = 2) -> None:
        self._room = threading.BoundedSemaphore(MOST_QUEUED)
        # One thread each, so that what is said of one call keeps its order.
        self._pools = [
            ThreadPoolExecutor(1, "inbox", initializer=keep_connections)
            for _ in range(threads)
        ]

    def soon(self, delivery: WebhookDelivery) -> None:
        if self._room.acquire(blocking=False):
            call = crc32(delivery.wati_call_id.encode())
            self._pools[call % len(self._pools)].submit(self._run, delivery.pk)

    def drain(self, seconds: float) -> None:
        """Wait until everything given so far has had its effect. Or TimeoutError."""
        for barrier in [pool.submit(int) for pool in self._pools]:
            barrier.result(seconds)

    def _run(self, delivery_id: int) -> None:
        try:
            close_old_connections()
            process(delivery_id)
        except Exception:
            logger.exception("webhook %s", delivery_id)
        finally:
            close_old_connections()
            self._room.release()


processor = Processor()


def process(delivery_id: int) -> None:
    """Give one stored webhook its effect; safe to run twice and at two places."""
    try:
        with transaction.atomic():
            delivery = _take(delivery_id)
            if delivery is not None:
                _apply(delivery)
    except Conflict as conflict:
        bury(delivery_id, conflict.problem)
        logger.warning("webhook %s: %s", delivery_id, conflict.problem)
    except (parsing.NotUnderstood, parsing.NotJson) as error:  # a replay of one
        bury(delivery_id, str(error))
    except Exception as error:
        logger.exception("webhook %s", delivery_id)
        _try_again(delivery_id, type(error).__name__)


def _take(delivery_id: int) -> WebhookDelivery | None:
    deliveries = WebhookDelivery.objects.select_for_update(of=("self",))
    return (
        deliveries.select_related("account")
        .filter(pk=delivery_id, status=Status.NEW)
        .first()
    )


def _apply(delivery: WebhookDelivery) -> None:
    event = parsing.parse(Kind(delivery.kind), parsing.load(bytes(delivery.body)))
    call = _effect(delivery, event)
    if call is None or call.direction:
        delivery.status, delivery.next_attempt_at = Status.DONE, None
        inbound.webhooks_matched(delivery.account_id, delivery.wati_call_id)
    else:
        delivery.status = Status.WAITING
        delivery.next_attempt_at = delivery.received_at + SHADOW_LASTS
    delivery.problem = ""
    delivery.save()


def _effect(delivery: WebhookDelivery, event: Event) -> Call | None:
    match event:
        case InboundCall():
            return _inbound_call(delivery, event)
        case CallTerminated():
            return inbound.customer_ended(delivery.account, event)
        case OutboundAnswer():
            return _answer(delivery, event)
        case OutboundStatus():
            return dialing.status_heard(delivery.account, event)
        case PermissionChanged():
            _permission(delivery, event)
            return None


def _answer(delivery: WebhookDelivery, event: OutboundAnswer) -> Call:
    try:
        private = settings.MEDIA_ALLOW_PRIVATE_CANDIDATES
        answer = gate(event.answer, kind="answer", allow_private=private)
    except RefusedSdp as refusal:
        return dialing.answer_refused(delivery.account, event, str(refusal))
    return dialing.answered_with(delivery.account, event, answer)


def _permission(delivery: WebhookDelivery, event: PermissionChanged) -> None:
    """Record an answer to a permission request, then read it from WhatsApp."""
    line = inbound.line_of(delivery.account, event.business_number)
    contact = remember(Caller(waid=event.waid))
    assert contact is not None  # the parser lets no permission pass without a waid
    change = permission_webhook(
        pair_of(contact, line),
        event,
        key=str(delivery.pk),
        received_at=delivery.received_at,
    )
    planned_calls.permission_changed(change)
    transaction.on_commit(
        lambda: wake("calls.tasks.read_permission", 0, contact.pk, line.pk)
    )


def _inbound_call(delivery: WebhookDelivery, event: InboundCall) -> Call:
    offer, problem = "", ""
    try:
        private = settings.MEDIA_ALLOW_PRIVATE_CANDIDATES
        offer = gate(event.offer, allow_private=private)
    except RefusedSdp as refusal:
        problem = str(refusal)
    return inbound.begin(
        delivery.account,
        event,
        received_at=delivery.received_at,
        offer=offer,
        offer_problem=problem,
    )


def _try_again(delivery_id: int, problem: str) -> None:
    mine = WebhookDelivery.objects.filter(pk=delivery_id, status=Status.NEW)
    delivery = mine.first()
    if delivery is None:
        return
    attempts = delivery.attempts + 1
    if attempts >= MOST_ATTEMPTS:
        bury(delivery_id, f"It failed {attempts} times ({problem}).")
        return
    pause = timedelta(seconds=2**attempts)
    mine.update(attempts=attempts, next_attempt_at=timezone.now() + pause)


def replay(delivery_id: int) -> None:
    """Try once more what needed a look."""
    WebhookDelivery.objects.filter(pk=delivery_id, status=Status.DEAD).update(
        status=Status.NEW, attempts=0, problem="", next_attempt_at=timezone.now()
    )
    process(delivery_id)


def sweep() -> None:
    """Finish what a crash left, and stop waiting for calls that never came."""
    now = timezone.now()
    due = WebhookDelivery.objects.filter(next_attempt_at__lte=now)
    fresh = due.filter(status=Status.NEW).order_by("id")
    for delivery_id in fresh.values_list("pk", flat=True)[:200]:
        process(delivery_id)
    due.filter(status=Status.WAITING).update(
        status=Status.DEAD,
        next_attempt_at=None,
        problem="It speaks of a call that was never offered to us.",
    )
