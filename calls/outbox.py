"""Every write to Wati: a row first, then the request, then what we know of it."""

import logging
from datetime import timedelta

import httpx2
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from callcenter.celery import wake
from callcenter.database import in_database
from callcenter.models import WatiAccount
from callcenter.wati.client import WatiClient
from callcenter.wati.errors import Outcome, WatiError
from calls.models import Call, WatiRequest
from calls.states import Status as CallStatus

logger = logging.getLogger(__name__)

Verb, Status = WatiRequest.Verb, WatiRequest.Status

# Nobody answers for a request that was sent longer ago than any time-out.
LOST_AFTER = timedelta(seconds=20)
GIVE_UP_AFTER = timedelta(minutes=10)


def ask_terminate(call: Call) -> None:
    """Tell Wati that the call is over, soon and once."""
    request, created = WatiRequest.objects.get_or_create(
        account_id=call.account_id, call=call, verb=Verb.TERMINATE
    )
    if created:
        transaction.on_commit(lambda: wake("calls.tasks.send_request", request.pk))


def prepare_accept(call: Call) -> WatiRequest:
    """The accept's row; the node itself sends it, for it holds back the sound."""
    request, _ = WatiRequest.objects.get_or_create(
        account_id=call.account_id,
        call=call,
        verb=Verb.ACCEPT,
        defaults={"next_attempt_at": None},
    )
    return request


def due() -> list[int]:
    """Requests whose time has come, and those that a crash left half-way."""
    now = timezone.now()
    lost = Q(status=Status.SENT, sent_at__lt=now - LOST_AFTER)
    waiting = Q(status=Status.PENDING, next_attempt_at__lte=now)
    found = WatiRequest.objects.filter(lost | waiting)
    return list(found.order_by("created_at").values_list("pk", flat=True)[:100])


async def send(request_id: int, http: httpx2.AsyncClient) -> WatiError | None:
    """Send one request if it is ours to send. Returns the error, None for success.

    Raises LookupError when somebody else sends it, or nobody needs it any more.
    """
    request = await in_database(take, request_id)
    if request is None:
        raise LookupError(request_id)
    account, call = request.account, request.call
    client = WatiClient(account.base_url, account.tenant_id, account.api_token, http)
    error = None
    try:
        if request.verb == Verb.ACCEPT:
            await client.accept(call.wati_call_id, call.answer_sdp)
        else:
            await client.terminate(call.wati_call_id)
    except WatiError as caught:
        error = caught
    await in_database(finish, request, error)
    return error


def take(request_id: int) -> WatiRequest | None:
    """Claim the right to send, by compare-and-set."""
    requests = WatiRequest.objects.select_related("account", "call")
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
    """A terminate follows the accept of its call; after a refused one it is moot."""
    if request.verb != Verb.TERMINATE:
        return False
    mine = WatiRequest.objects.filter(pk=request.pk, status=Status.PENDING)
    accept = request.call.requests.filter(verb=Verb.ACCEPT).first()
    if accept is None or accept.status in (Status.OK, Status.UNKNOWN):
        return False
    if accept.status == Status.SENT:
        mine.update(next_attempt_at=timezone.now() + timedelta(seconds=1))
        return True
    # Never sent: it must not be sent after this. Refused: the call is over there.
    unsent = request.call.requests.filter(pk=accept.pk, status=Status.PENDING)
    if unsent.update(status=Status.DROPPED, finished_at=timezone.now()):
        return False
    if accept.status == Status.REFUSED:
        mine.update(status=Status.DROPPED, finished_at=timezone.now())
        return True
    return False


def _settle_lost(request: WatiRequest) -> bool:
    """A process died with this one in flight: its outcome is unknown."""
    if request.status != Status.SENT:
        return False
    if request.sent_at and request.sent_at < timezone.now() - LOST_AFTER:
        finish(request, WatiError(Outcome.UNKNOWN, "The process died while sending."))
    return True


def finish(request: WatiRequest, error: WatiError | None) -> None:
    """Write down what we know, and when to try again if that is safe."""
    now = timezone.now()
    retry_in = _retry_in(request, error)
    status = Status.PENDING if retry_in is not None else _final_status(error)
    WatiRequest.objects.filter(pk=request.pk, status=Status.SENT).update(
        status=status,
        next_attempt_at=now + timedelta(seconds=retry_in) if retry_in else None,
        finished_at=None if status == Status.PENDING else now,
        http_status=error.status if error else 200,
        error_code=error.code if error else None,
        problem=error.message[:300] if error else "",
    )
    _note_token(request.account, error)
    if error:
        logger.warning("call %s: %s %s", request.call_id, request.verb, error)


def _retry_in(request: WatiRequest, error: WatiError | None) -> float | None:
    """Seconds until the next try; None for no other. An accept is the node's own."""
    if error is None or request.verb == Verb.ACCEPT:
        return None
    if timezone.now() - request.created_at > GIVE_UP_AFTER:
        return None
    if error.outcome == Outcome.UNKNOWN:
        return 1.0 if request.attempts < 2 else None
    if error.outcome in (Outcome.UNREACHABLE, Outcome.UNAUTHORISED):
        return min(10.0, 0.5 * 2**request.attempts)
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
        logger.error("account %s: Wati refuses the API token", account.pk)
        mine.filter(unauthorised_since=None).update(unauthorised_since=timezone.now())


def retry_accept(request_id: int) -> None:
    """Let the node send the same answer once more (cases A-06, A-11)."""
    WatiRequest.objects.filter(
        pk=request_id,
        status__in=[Status.UNKNOWN, Status.REFUSED],
        call__status=CallStatus.CONNECTING,
    ).update(status=Status.PENDING, finished_at=None)
