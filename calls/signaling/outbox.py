"""Every write to Wati: a row first, then the request, then what we know of it."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.expressions import Combinable
from django.utils import timezone

from callcenter import connection
from callcenter.celery import wake
from callcenter.database import in_database
from callcenter.models import WatiAccount
from callcenter.wati.client import LONGEST, Answer, WatiClient
from callcenter.wati.errors import Outcome, WatiError
from calls.models import Call, Plan, WatiRequest
from calls.signaling import breaker
from calls.states import Status as CallStatus

logger = logging.getLogger(__name__)

Verb, Status = WatiRequest.Verb, WatiRequest.Status

# A request that was sent longer ago than any time-out gets no answer. One whose reply
# says more than yes or no has time for its rows as well.
LOST_AFTER = timedelta(seconds=20)
HANG_UP_LOST_AFTER = timedelta(seconds=LONGEST)
GIVE_UP_AFTER = timedelta(minutes=10)
# Requests in flight by one sweep, and by all of its turns: with the longest time-out
# these are a little less than the sweep may take.
AT_ONCE = 25
MOST_DUE = 100
# How long a request is worth repeating.
PATIENCE: dict[str, timedelta] = {
    Verb.TERMINATE: GIVE_UP_AFTER,
    Verb.OUTBOUND: timedelta(seconds=8),
    Verb.ASK: timedelta(hours=24),
}


def ask(
    *, verb: str, call: Call | None = None, plan: Plan | None = None
) -> WatiRequest:
    """Store a request to Wati about a call or a scheduled call, to be sent soon and
    once."""
    owner = plan.line if plan else call
    assert owner is not None
    request, created = WatiRequest.objects.get_or_create(
        account_id=owner.account_id, call=call, plan=plan, verb=verb
    )
    if created:
        _wake(request.pk)
    return request


def is_known_at_wati(call: Call) -> bool:
    """Say whether Wati has this call, or may have it soon."""
    if call.wati_call_id:
        return True
    return call.requests.filter(verb=Verb.OUTBOUND).exists()


def hurry(call: Call, verb: str) -> None:
    """Let a waiting request of this call be sent now."""
    waiting = call.requests.filter(verb=verb, status=Status.PENDING)
    if request := waiting.first():
        waiting.update(next_attempt_at=timezone.now())
        _wake(request.pk)


def _wake(request_id: int) -> None:
    transaction.on_commit(lambda: wake("calls.tasks.send_request", request_id))


def prepare_accept(call_id: UUID) -> int:
    """Create the accept's row; the node itself sends it, because it holds the audio."""
    call = Call.objects.get(pk=call_id)
    request, _ = WatiRequest.objects.get_or_create(
        account_id=call.account_id,
        call=call,
        verb=Verb.ACCEPT,
        defaults={"next_attempt_at": None},
    )
    return request.pk


def to_send(now: datetime | Combinable) -> QuerySet[WatiRequest]:
    """Select requests whose time has come, and those that a crash left half-way.

    While Wati refuses an account's token, one try now and then is enough for all.
    """
    waiting = Q(status=Status.PENDING, next_attempt_at__lte=now)
    paused = Q(account__unauthorised_since__isnull=False, account__probe_at__gt=now)
    return WatiRequest.objects.filter(_lost(now) | (waiting & ~paused))


def _lost(now: datetime | Combinable) -> Q:
    """Match the requests that were in flight when their process died."""
    hang_up = Q(verb=Verb.TERMINATE, sent_at__lt=now - HANG_UP_LOST_AFTER)
    return Q(status=Status.SENT) & (hang_up | Q(sent_at__lt=now - LOST_AFTER))


def due() -> list[int]:
    """Return the first of the requests that must be sent or settled now."""
    found = to_send(timezone.now()).order_by("created_at")
    return list(found.values_list("pk", flat=True)[:MOST_DUE])


async def send(request_id: int, http: httpx2.AsyncClient) -> WatiError | None:
    """Send one request if this process may. Returns the error, None for success.

    Raises LookupError when another process sends it, or it is no longer needed.
    """
    request = await in_database(take, request_id)
    if request is None:
        raise LookupError(request_id)
    answer, error = None, None
    try:
        answer = await _ask_wati(request, client_of(request.account, http))
    except WatiError as caught:
        error = caught
    await in_database(finish, request, answer, error)
    return error


async def send_all(request_ids: Sequence[int], http: httpx2.AsyncClient) -> None:
    """Send many, a few at a time; one that fails costs none of the others."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def in_turn(request_id: int) -> None:
        async with turns:
            try:
                await send(request_id, http)
            except LookupError:
                logger.debug("request %s is not ours to send now", request_id)
            except Exception as error:
                name = type(error).__name__
                logger.error("request %s: not sent (%s)", request_id, name)

    await asyncio.gather(*map(in_turn, request_ids))


def client_of(account: WatiAccount, http: httpx2.AsyncClient) -> WatiClient:
    return account.client(http)


async def _ask_wati(request: WatiRequest, client: WatiClient) -> Answer:
    call, plan = request.call, request.plan
    if plan is not None:
        waid, number = plan.contact.waid or "", plan.line.number
        return await client.request_permission(waid, number)
    assert call is not None
    if request.verb == Verb.ACCEPT:
        return await client.accept(call.wati_call_id, call.answer_sdp)
    if request.verb == Verb.TERMINATE:
        return await client.terminate(call.wati_call_id)
    assert call.contact is not None
    assert call.line is not None
    waid = call.contact.waid or ""
    return await client.outbound_call(waid, call.offer_sdp, call.line.number)


def take(request_id: int) -> WatiRequest | None:
    """Claim the right to send, by compare-and-set."""
    requests = WatiRequest.objects.select_related(
        "account", "call__contact", "call__line", "plan__contact", "plan__line"
    )
    request = requests.filter(pk=request_id).first()
    if request is None or _must_wait(request) or _settle_lost(request):
        return None
    now = timezone.now()
    mine = requests.filter(
        pk=request_id, status=Status.PENDING, attempts=request.attempts
    )
    if not mine.exists() or _is_paused(request):
        return None
    if not mine.update(status=Status.SENT, sent_at=now, attempts=F("attempts") + 1):
        return None
    request.attempts += 1
    return request


def _is_paused(request: WatiRequest) -> bool:
    """Say whether to wait for a valid token, or for a Wati that answers at all.

    Of a refused token one request in a while may try it.

    A person waits for an accept, and for a call out: these are sent in any case.
    """
    if request.verb in (Verb.ACCEPT, Verb.OUTBOUND):
        return False
    account = request.account
    if request.verb == Verb.ASK and breaker.is_failing(account.pk):
        return True
    return account.unauthorised_since is not None and not account.may_probe()


def _must_wait(request: WatiRequest) -> bool:
    """Hold a terminate until what it ends was sent; drop it if that never began."""
    call = request.call
    if request.verb != Verb.TERMINATE or call is None:
        return False
    mine = WatiRequest.objects.filter(pk=request.pk, status=Status.PENDING)
    begun = call.requests.filter(verb__in=[Verb.ACCEPT, Verb.OUTBOUND]).first()
    if begun is None or begun.status == Status.OK:
        return False
    if begun.status == Status.SENT or (
        begun.status == Status.UNKNOWN and not call.wati_call_id
    ):
        mine.update(next_attempt_at=timezone.now() + timedelta(seconds=1))
        _drop_if_old(request)
        return True
    if begun.status == Status.UNKNOWN:
        return False
    # What was never sent must not be sent any more; then an outbound call is over,
    # while an inbound one still rings, as after an accept that was refused.
    unsent = call.requests.filter(pk=begun.pk, status=Status.PENDING)
    dropped = unsent.update(status=Status.DROPPED, finished_at=timezone.now())
    if begun.verb == Verb.ACCEPT and not begun.call_is_over:
        return False
    if dropped or begun.status in (Status.REFUSED, Status.DROPPED):
        mine.update(status=Status.DROPPED, finished_at=timezone.now())
        return True
    return False


def drop_unsent(plan: Plan) -> bool:
    """Drop the request of this scheduled call. Returns False when it has left."""
    waiting = plan.requests.filter(status=Status.PENDING)
    now = timezone.now()
    dropped = waiting.update(
        status=Status.DROPPED, finished_at=now, next_attempt_at=None
    )
    return bool(dropped)


def _drop_if_old(request: WatiRequest) -> None:
    if request.created_at < timezone.now() - GIVE_UP_AFTER:
        WatiRequest.objects.filter(pk=request.pk).update(
            status=Status.DROPPED, finished_at=timezone.now(), next_attempt_at=None
        )


def _settle_lost(request: WatiRequest) -> bool:
    """Mark a request that was in flight when its process died as unknown.

    Returns whether it must not be sent now. A hang-up goes again at once: a caller
    may have been listening to silence all the time.
    """
    if request.status != Status.SENT:
        return False
    lost = WatiRequest.objects.filter(_lost(timezone.now()), pk=request.pk)
    if not lost.exists():
        return True
    died = WatiError(Outcome.UNKNOWN, "The process died while sending.")
    finish(request, None, died)
    return request.verb != Verb.TERMINATE


Effect = Callable[[WatiRequest, Answer | None, WatiError | None], None]
_effects: dict[str, Effect] = {}


def register_effects(effects: Mapping[str, Effect]) -> None:
    """Set what a reply does to rows beyond the request itself, one for each verb.

    Raises ImproperlyConfigured: a reply without an effect would vanish in silence.
    """
    if missing := sorted(set(Verb.values) - set(effects)):
        raise ImproperlyConfigured(f"Requests without an effect: {missing}")
    _effects.update(effects)


def finish(
    request: WatiRequest, answer: Answer | None, error: WatiError | None
) -> None:
    """Write down what we know, and when to try again if that is safe."""
    now = timezone.now()
    next_at = _next_attempt(request, error, now)
    with transaction.atomic():
        if _close(request, error, next_at, now) and next_at is None:
            _effects[request.verb](request, answer, error)
        connection.note_token(request.account, error)
    if error:
        about = (
            f"call {request.call_id}" if request.call_id else f"plan {request.plan_id}"
        )
        logger.warning("%s: %s %s", about, request.verb, error)


def _close(
    request: WatiRequest,
    error: WatiError | None,
    next_at: datetime | None,
    now: datetime,
) -> bool:
    # Of this attempt: it may have been sent once more since it was read.
    mine = WatiRequest.objects.filter(
        pk=request.pk, status=Status.SENT, attempts=request.attempts
    )
    return bool(
        mine.update(
            status=Status.PENDING if next_at else _final_status(error),
            next_attempt_at=next_at,
            finished_at=None if next_at else now,
            **_facts(error, now),
        )
    )


def _facts(error: WatiError | None, now: datetime) -> dict[str, Any]:
    """Return what a request's row keeps of the reply."""
    wait = error.wait if error else None
    return {
        "http_status": error.status if error else 200,
        "error_code": error.code if error else None,
        "call_is_over": error is not None and error.call_is_over,
        "problem": error.message[:300] if error else "",
        "words": error.words[:300] if error else "",
        "not_before": now + wait if wait else None,
        "needs_admin": error is not None and error.needs_admin,
    }


def _next_attempt(
    request: WatiRequest, error: WatiError | None, now: datetime
) -> datetime | None:
    """Return when to send it once more; None for never, or if nobody waits so long.

    An accept is the node's own. What may have reached a phone is never sent twice.
    """
    pause = _pause(request, error) if error else None
    if pause is None or request.verb == Verb.ACCEPT:
        return None
    too_late = request.created_at + PATIENCE[request.verb]
    return now + pause if now + pause <= too_late else None


def _pause(request: WatiRequest, error: WatiError) -> timedelta | None:
    match error.outcome:
        case Outcome.UNREACHABLE:
            return _growing(request)
        case Outcome.UNAUTHORISED:
            # Nothing was done: it goes on once the account has a valid token.
            return None if request.verb == Verb.OUTBOUND else timedelta()
        case Outcome.UNKNOWN:
            # To end a call again does no harm; one that goes on is somebody's silence.
            again = request.verb == Verb.TERMINATE
            return (error.wait or _growing(request)) if again else None
        case Outcome.WAIT:
            return error.wait or timedelta(seconds=5)
    return None


def _growing(request: WatiRequest) -> timedelta:
    return timedelta(seconds=min(10.0, 0.5 * 2 ** min(request.attempts, 5)))


def _final_status(error: WatiError | None) -> str:
    if error is None:
        return Status.OK
    return Status.UNKNOWN if error.outcome == Outcome.UNKNOWN else Status.REFUSED


def to_probe(now: datetime | Combinable) -> QuerySet[WatiAccount]:
    """Select accounts whose refused token should be tried, with one of their lines."""
    return WatiAccount.objects.to_probe(now).exclude(lines=None)


def retry_accept(call_id: UUID) -> None:
    """Let the node send the same answer once more (cases A-06, A-11)."""
    WatiRequest.objects.filter(
        call=call_id,
        verb=Verb.ACCEPT,
        status__in=[Status.UNKNOWN, Status.REFUSED],
        call__status__in=[CallStatus.CONNECTING, CallStatus.WAITING],
    ).update(status=Status.PENDING, finished_at=None)
