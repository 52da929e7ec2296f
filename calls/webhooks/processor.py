"""Give stored webhooks their effect, once, and retry what failed."""

import logging
import threading
import time
from datetime import timedelta
from functools import partial
from zlib import crc32

from django.db import DatabaseError, close_old_connections, connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop

from callcenter.celery import wake
from callcenter.database import close_broken_connections
from callcenter.instruments import WEBHOOK_DELAY, WEBHOOK_EFFECT
from callcenter.logs import about
from callcenter.models import WatiAccount
from callcenter.wati import kinds, parsing
from callcenter.wati.events import (
    CallReport,
    CallTerminated,
    Event,
    InboundCall,
    Kind,
    OutboundAnswer,
    OutboundStatus,
    PermissionChanged,
    Person,
    PersonChanged,
)
from calls.errors import Conflict
from calls.lifecycle import inbound
from calls.lifecycle.permission_usage import pair_of
from calls.models import Call, Direction, Line, WebhookDelivery
from calls.outbound import dialing, lookup, permission_news
from calls.signaling.deliveries import Status, Stored, bury, claim, event_of
from calls.signaling.heard import heard
from calls.webhooks.batches import Batches
from calls.webhooks.descriptions import gated
from permissions import people
from permissions.models import Contact
from permissions.services import permission_webhook

logger = logging.getLogger(__name__)
SHADOW_LASTS = timedelta(seconds=120)
MOST_ATTEMPTS = 5
MOST_QUEUED = 1000
CATCH_UP = 100  # rows by one statement
SWEEP_LASTS = 5.0  # seconds
SWEEP_AT_ONCE = 200  # rows by one statement


class Processor:
    """Gives stored webhooks their effect at once, in this process.

    The bound keeps a flood out of memory. What does not fit is read again once there is
    room, and until then all later ones, too: what is said of one call keeps its order.
    """

    def __init__(self, threads: int = 2) -> None:
        self._lock = threading.Lock()
        self._held: set[int] = set()  # in the lanes, and not done
        self._is_behind = False
        self._left_out = 0  # ever
        # One thread each; all webhooks of a call go to the same.
        self._lanes: list[Batches[Stored | None, None]] = [
            Batches("inbox", self._run, room=2 * MOST_QUEUED, idle=_rest)
            for _ in range(threads)
        ]

    @property
    def waiting(self) -> int:
        """Return how many wait here; those that were left out are rows only."""
        return len(self._held)

    @property
    def is_behind(self) -> bool:
        """Say whether there are rows that were left out, and are taken up in turn."""
        return self._is_behind

    def holds(self, delivery: Stored) -> bool:
        """Say whether its turn comes here anyway."""
        return delivery.pk in self._held

    def soon(self, delivery: Stored) -> None:
        with self._lock:
            self._is_behind = self._is_behind or len(self._held) >= MOST_QUEUED
            if self._is_behind:
                self._left_out += 1
            else:
                self._give([delivery])

    def drain(self, seconds: float) -> None:
        """Wait until everything given so far has had its effect. Or TimeoutError."""
        until = time.monotonic() + seconds
        while True:
            for barrier in [lane.submit(None) for lane in self._lanes]:
                barrier.result(max(0.0, until - time.monotonic()))
            if not self._held and not self._is_behind:
                return

    def _give(self, deliveries: list[Stored]) -> None:
        self._held.update(delivery.pk for delivery in deliveries)
        for delivery in deliveries:
            call = crc32(delivery.wati_call_id.encode())
            self._lanes[call % len(self._lanes)].submit(delivery)

    def _run(self, deliveries: list[Stored | None]) -> list[None]:
        for delivery in deliveries:
            if delivery is not None:
                _try(delivery)
                self._done(delivery)
        return [None] * len(deliveries)

    def _done(self, delivery: Stored) -> None:
        with self._lock:
            self._held.discard(delivery.pk)
            has_room = self._is_behind and not self._held
        while has_room:
            has_room = not self._catch_up()

    def _catch_up(self) -> bool:
        """Take up the oldest of what was left out. False: there was something new."""
        before = self._left_out
        try:
            oldest = _stored(_new()[:CATCH_UP])
        except DatabaseError:
            logger.exception("webhooks wait for the next sweep")
            oldest, before = [], self._left_out
        with self._lock:
            self._give(oldest)
            if len(oldest) < CATCH_UP:
                self._is_behind = self._left_out != before
            return bool(oldest) or not self._is_behind


def _try(delivery: Stored) -> None:
    close_broken_connections()
    try:
        with WEBHOOK_EFFECT.time():
            _process(delivery)
    except Exception:
        logger.exception("webhook %s", delivery.pk)
    delay = timezone.now() - delivery.received_at
    WEBHOOK_DELAY.observe(max(0.0, delay.total_seconds()))
    heard.write_if_due()
    if connection.errors_occurred:
        close_old_connections()


def _rest() -> None:
    """Give the connection back, which is kept while there is work."""
    heard.write()
    connection.close()


processor = Processor()


def process(delivery_id: int) -> None:
    """Give one stored webhook its effect; safe to run twice and at two places."""
    for delivery in _stored(WebhookDelivery.objects.filter(pk=delivery_id)):
        _process(delivery)


def _process(delivery: Stored, *, wait: bool = True) -> bool:
    """Return False if it had its effect before, or has it elsewhere just now."""
    try:
        with transaction.atomic():
            is_ours = _is_ours(delivery, wait)
            if is_ours:
                _apply(delivery)
            return is_ours
    except Conflict as conflict:
        bury(delivery.pk, conflict.problem)
        logger.warning("webhook %s: %s", delivery.pk, conflict.problem)
    except (parsing.NotUnderstood, parsing.NotJson) as error:  # a replay of one
        bury(delivery.pk, str(error))
    except Exception as error:
        logger.exception("webhook %s", delivery.pk)
        _try_again(delivery.pk, type(error).__name__)
    return True


def _is_ours(delivery: Stored, wait: bool) -> bool:
    if delivery.is_repeat:  # what it repeats comes first
        row = WebhookDelivery.objects.filter(pk=delivery.pk, status=Status.DONE)
        return row.exists()
    return (wait or _is_free(delivery.pk)) and claim(delivery.pk)


def _is_free(delivery_id: int) -> bool:
    """Lock the row, unless it is at work elsewhere."""
    row = WebhookDelivery.objects.filter(pk=delivery_id)
    return row.select_for_update(skip_locked=True).exists()


def _apply(delivery: Stored) -> None:
    event = event_of(delivery)
    with about(account=delivery.account_id, webhook=delivery.pk):
        call = _effect(delivery, event)
    if call is not None:
        heard.note(call.line_id, parsing.kind_of(event), delivery.received_at)
        _know(delivery, call, event)
    if call is not None and not call.direction:
        WebhookDelivery.objects.filter(pk=delivery.pk).update(
            status=Status.WAITING, next_attempt_at=delivery.received_at + SHADOW_LASTS
        )


def _know(delivery: Stored, call: Call, event: Event) -> None:
    """Join the IDs that a body has for a person with those who was called."""
    person, contact = parsing.person_in(event), call.contact
    if isinstance(event, InboundCall) or contact is None:
        return
    known = {"", contact.waid, contact.bsuid, contact.username}
    if known.issuperset(person.ids) and (contact.name or not person.name):
        return  # as with nearly every status
    former = Person(contact.waid or "", bsuids=tuple(filter(None, [contact.bsuid])))
    people.changed(_account(delivery), person, former)


def _account(delivery: Stored) -> WatiAccount:
    """Return the account; what an effect needs of it is read then: seldom its keys."""
    return WatiAccount.from_db("default", ["id"], [delivery.account_id])


def _effect(delivery: Stored, event: Event) -> Call | None:
    match event:
        case InboundCall():
            return _inbound_call(delivery, event)
        case CallTerminated():
            return inbound.customer_ended(_account(delivery), event)
        case OutboundAnswer():
            return _answer(delivery, event)
        case OutboundStatus():
            return dialing.status_heard(_account(delivery), event)
        case PermissionChanged():
            _permission(delivery, event)
            return None
        case CallReport():
            return _report(delivery, event)
        case PersonChanged():
            people.changed(_account(delivery), event.person, event.previous)
            return None


def _answer(delivery: Stored, event: OutboundAnswer) -> Call:
    answer = gated(event.answer, "answer")
    if answer.problem:
        return dialing.answer_refused(_account(delivery), event, answer.problem)
    return dialing.answered_with(
        _account(delivery), event, answer.sdp, notes=answer.notes
    )


def _permission(delivery: Stored, event: PermissionChanged) -> None:
    """Record what the person said, then read it from WhatsApp, which settles it."""
    account = _account(delivery)
    line = inbound.line_of(account, event.business_number)
    heard.note(line.pk, Kind.CALL_PERMISSION, delivery.received_at)
    contact = people.remember(account, event.person)
    if contact is None:
        raise Conflict(gettext_noop("The permission has no contact."))
    key = str(delivery.pk)
    change = permission_webhook(
        pair_of(contact, line),
        event,
        key=f"{key} {delivery.received_at.isoformat()}" if delivery.is_repeat else key,
        received_at=delivery.received_at,
        is_repeat=delivery.is_repeat,
    )
    permission_news.permission_changed(change)
    transaction.on_commit(partial(_read_again, contact, line))


def _read_again(contact: Contact, line: Line) -> None:
    lookup.tell(contact, line)
    if contact.waid:
        wake("calls.tasks.read_permission", 0, contact.pk, line.pk)


def _report(delivery: Stored, event: CallReport) -> Call | None:
    """Follow Wati's own event. Only the word for an end ends a call."""
    account, call_id = _account(delivery), event.call_id
    if event.status in kinds.IS_OVER or event.status == "unanswered":
        end = CallTerminated(call_id, event.duration, event.status)
        return inbound.customer_ended(account, end)
    calls = Call.objects.filter(account=account, wati_call_id=call_id)
    known = calls.exclude(direction="").values_list("direction", flat=True).first()
    if (known or event.direction) != Direction.OUTBOUND:
        return None  # an inbound call rings and is answered here
    status = OutboundStatus(call_id, event.status, event.person, event.sent_at)
    return dialing.status_heard(account, status)


def _inbound_call(delivery: Stored, event: InboundCall) -> Call:
    offer = gated(event.offer, "offer")
    call = inbound.begin(
        _account(delivery),
        event,
        received_at=delivery.received_at,
        offer=offer.sdp,
        offer_problem=offer.problem,
        notes=offer.notes,
    )
    inbound.webhooks_matched(delivery.account_id, delivery.wati_call_id)
    return call


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


def _new() -> QuerySet[WebhookDelivery]:
    """Return those without an effect whose turn it is; in order of their arrival."""
    is_due = Q(attempts=0) | Q(next_attempt_at__lte=timezone.now())
    new = WebhookDelivery.objects.filter(is_due, status=Status.NEW)
    return new.order_by("next_attempt_at", "part", "id")


def _stored(rows: QuerySet[WebhookDelivery]) -> list[Stored]:
    columns = ("pk", "wati_call_id", "account_id", "received_at")
    return [Stored(*row) for row in rows.values_list(*columns)]


def sweep() -> None:
    """Finish what a crash left, and stop waiting for calls that never came."""
    heard.write_if_due()
    now = timezone.now()
    _sweep_new(_new().filter(next_attempt_at__lte=now))
    due = WebhookDelivery.objects.filter(next_attempt_at__lte=now)
    due.filter(status=Status.WAITING).update(
        status=Status.DEAD,
        next_attempt_at=None,
        problem="It speaks of a call that was never offered to us.",
    )


def act_on_new() -> None:
    """Give their effect to all that are stored, however short a time ago."""
    _sweep_new(_new())


_sweeping = threading.Lock()


def _sweep_new(due: QuerySet[WebhookDelivery]) -> None:
    """Go on until nothing is due, or for five seconds.

    What is at work elsewhere is left alone, and later webhooks of the same call with
    it, so that they keep their order.
    """
    if processor.is_behind:  # and works its way through them, in this process
        return
    if not _sweeping.acquire(blocking=False):
        return
    try:
        until, left_alone = time.monotonic() + SWEEP_LASTS, set[str]()
        while time.monotonic() < until:
            rows = due.exclude(wati_call_id__in=left_alone)[:SWEEP_AT_ONCE]
            if not _process_all(_stored(rows), left_alone):
                return
    finally:
        _sweeping.release()


def _process_all(deliveries: list[Stored], left_alone: set[str]) -> int:
    done = 0
    for delivery in deliveries:
        call = delivery.wati_call_id
        if call not in left_alone:
            if not processor.holds(delivery) and _process(delivery, wait=False):
                done += 1
            elif call:
                left_alone.add(call)
    return done
