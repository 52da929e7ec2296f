"""Every write to Wati: a row first, then the request, then what we know of it."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import httpx2
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.expressions import Combinable
from django.utils import timezone

from callcenter.celery import wake
from callcenter.database import in_database
from callcenter.models import WatiAccount
from callcenter.wati.client import Answer, WatiClient
from callcenter.wati.errors import Outcome, WatiError
from calls.models import Call, Plan, WatiRequest
from calls.states import Status as CallStatus

logger = logging.getLogger(__name__)

Verb, Status = WatiRequest.Verb, WatiRequest.Status

# A request that was sent longer ago than any time-out gets no answer.
LOST_AFTER = timedelta(seconds=20)
GIVE_UP_AFTER = timedelta(minutes=10)
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


def prepare_accept(call: Call) -> WatiRequest:
    """Create the accept's row; the node itself sends it, because it holds the audio."""
    request, _ = WatiRequest.objects.get_or_create(
        account_id=call.account_id,
        call=call,
        verb=Verb.ACCEPT,
        defaults={"next_attempt_at": None},
    )
    return request


def to_send(now: datetime | Combinable) -> QuerySet[WatiRequest]:
    """Select requests whose time has come, and those that a crash left half-way."""
    lost = Q(status=Status.SENT, sent_at__lt=now - LOST_AFTER)
    waiting = Q(status=Status.PENDING, next_attempt_at__lte=now)
    return WatiRequest.objects.filter(lost | waiting)


def due() -> list[int]:
    """Return the first of the requests that must be sent or settled now."""
    found = to_send(timezone.now()).order_by("created_at")
    return list(found.values_list("pk", flat=True)[:100])


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


def client_of(account: WatiAccount, http: httpx2.AsyncClient) -> WatiClient:
    return WatiClient(account.base_url, account.tenant_id, account.api_token, http)


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
    mine = requests.filter(pk=request_id, status=Status.PENDING)
    if not mine.update(status=Status.SENT, sent_at=now, attempts=F("attempts") + 1):
        return None
    request.attempts += 1
    return request


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
    # while an inbound one still rings.
    unsent = call.requests.filter(pk=begun.pk, status=Status.PENDING)
    dropped = unsent.update(status=Status.DROPPED, finished_at=timezone.now())
    if dropped and begun.verb == Verb.ACCEPT:
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
    """Mark a request that was in flight when its process died as unknown."""
    if request.status != Status.SENT:
        return False
    if request.sent_at and request.sent_at < timezone.now() - LOST_AFTER:
        died = WatiError(Outcome.UNKNOWN, "The process died while sending.")
        finish(request, None, died)
    return True


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
    retry_in = _retry_in(request, error)
    with transaction.atomic():
        if _close(request, error, retry_in) and retry_in is None:
            _effects[request.verb](request, answer, error)
        _note_token(request.account, error)
    if error:
        about = (
            f"call {request.call_id}" if request.call_id else f"plan {request.plan_id}"
        )
        logger.warning("%s: %s %s", about, request.verb, error)


def _close(
    request: WatiRequest, error: WatiError | None, retry_in: float | None
) -> bool:
    now = timezone.now()
    status = Status.PENDING if retry_in is not None else _final_status(error)
    mine = WatiRequest.objects.filter(pk=request.pk, status=Status.SENT)
    return bool(
        mine.update(
            status=status,
            next_attempt_at=now + timedelta(seconds=retry_in) if retry_in else None,
            finished_at=None if status == Status.PENDING else now,
            http_status=error.status if error else 200,
            error_code=error.code if error else None,
            problem=error.message[:300] if error else "",
        )
    )


def _retry_in(request: WatiRequest, error: WatiError | None) -> float | None:
    """Return the seconds until the next attempt; None for no other.

    An accept is the node's own. What may have reached a phone is never sent twice.
    """
    if error is None or request.verb == Verb.ACCEPT:
        return None
    if timezone.now() - request.created_at > PATIENCE[request.verb]:
        return None
    match error.outcome:
        case Outcome.UNREACHABLE:
            return float(min(10.0, 0.5 * 2**request.attempts))
        case Outcome.UNAUTHORISED:
            # Nothing was done: the work goes on once the token is changed.
            return None if request.verb == Verb.OUTBOUND else 5.0
        case Outcome.UNKNOWN:
            again = request.verb == Verb.TERMINATE and request.attempts < 2
            return 1.0 if again else None
    return (error.retry_after or 2.0) if error.status == 429 else None


def _final_status(error: WatiError | None) -> str:
    if error is None:
        return Status.OK
    return Status.UNKNOWN if error.outcome == Outcome.UNKNOWN else Status.REFUSED


def _note_token(account: WatiAccount, error: WatiError | None) -> None:
    mine = WatiAccount.objects.filter(pk=account.pk)
    if error is None:
        mine.exclude(unauthorised_since=None).update(unauthorised_since=None)
    elif error.outcome == Outcome.UNAUTHORISED:
        if mine.get().api_token != account.api_token:
            return  # it was replaced while this request was on its way
        logger.error("account %s: Wati refuses the API token", account.pk)
        mine.filter(unauthorised_since=None).update(unauthorised_since=timezone.now())


def retry_accept(request_id: int) -> None:
    """Let the node send the same answer once more (cases A-06, A-11)."""
    WatiRequest.objects.filter(
        pk=request_id,
        status__in=[Status.UNKNOWN, Status.REFUSED],
        call__status__in=[CallStatus.CONNECTING, CallStatus.WAITING],
    ).update(status=Status.PENDING, finished_at=None)
