"""Effects of a permission, and of the reply to a request, on scheduled calls."""

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_noop

from callcenter.wati.errors import Outcome, WatiError
from calls.lifecycle.permission_usage import pair_of
from calls.models import Call, Direction, Line, Plan
from calls.outbound.plan_states import (
    State,
    due_at,
    life_ends,
    move,
    tell,
    wait_again,
    withdraw,
)
from calls.states import Result
from permissions import services as permissions
from permissions.evidence import SAME_END
from permissions.facts import ALLOWING, EventKind, PermissionStatus
from permissions.ledger import Change
from permissions.models import Contact

MISSED = (
    Result.ABANDONED,
    Result.TIMEOUT,
    Result.DECLINED,
    Result.AFTER_HOURS,
    Result.TURNED_AWAY,
)
MISSED_CALL_COUNTS = timedelta(days=1)
WITHDRAWN: dict[str, str] = {
    PermissionStatus.DECLINED: gettext_noop("The person declined the request."),
    PermissionStatus.REVOKED: gettext_noop("The permission was revoked."),
    PermissionStatus.NONE: gettext_noop("WhatsApp did not confirm the permission."),
}


def asked(plan: Plan, error: WatiError | None) -> None:
    """Note the outcome of the request. A lost reply counts as sent."""
    pair = pair_of(plan.contact, plan.line)
    key = str(plan.pk)
    if error is None or error.outcome == Outcome.UNKNOWN:
        move(plan, State.WAITING, only_from=(State.ASKING,))
        return
    if error.outcome in (Outcome.REFUSED, Outcome.WAIT):
        change = permissions.ask_refused(
            pair,
            key=key,
            code=error.code,
            detail=error.message,
            until=timezone.now() + error.wait if error.wait else None,
        )
        if change.after in ALLOWING:  # no request is needed: WhatsApp says so
            permission_changed(change)
            return
    else:
        permissions.ask_not_sent(pair, key=key, detail=error.message)
    move(plan, State.REFUSED, sentence=error.sentence)


def permission_changed(change: Change) -> None:
    """Wake, end or bring back the calls that this permission is about."""
    permission = change.permission
    contact, expires_at = permission.contact, permission.expires_at
    line = Line.objects.filter(
        account=permission.account, number=permission.business_number
    ).first()
    if line is None:
        return
    waiting = Plan.objects.open().filter(contact=contact, line=line)
    if change.after in ALLOWING:
        _expire_with_permission(waiting, expires_at)
    if change.is_new_grant:
        if not (_wake(waiting, expires_at) or _bring_back(contact, line, expires_at)):
            _callback(contact, line, expires_at)
    elif change.kind == EventKind.GRANTED and change.after in ALLOWING:
        if not _wake(_for_later(waiting, expires_at), expires_at):
            _bring_back(contact, line, expires_at)
    elif change.is_loss or (change.recorded and change.after in WITHDRAWN):
        for plan in waiting:
            _lose(plan, change.after)


def _expire_with_permission(waiting: Any, expires_at: datetime | None) -> None:
    for plan in waiting.filter(state__in=(State.GRANTED, State.OFFERED)):
        if not _ends_with(plan, expires_at):
            move(plan, plan.state, only_from=(plan.state,), expires_at=expires_at)


def _ends_with(plan: Plan, expires_at: datetime | None) -> bool:
    if plan.expires_at is None or expires_at is None:
        return plan.expires_at == expires_at
    return abs(plan.expires_at - expires_at) <= SAME_END


def _for_later(waiting: Any, expires_at: datetime | None) -> Any:
    """Return calls that the last permission did not cover, and this one does."""
    asked = waiting.filter(state__in=(State.ASKING, State.WAITING))
    covered = Q(due_at=None) | Q(due_at__lt=expires_at) if expires_at else Q()
    return asked.filter(covered)


def _wake(waiting: Any, expires_at: datetime | None) -> bool:
    plans = list(waiting)
    for plan in plans:
        move(plan, State.GRANTED, due_at=due_at(plan), expires_at=expires_at)
    return bool(plans)


def _lose(plan: Plan, status: str) -> None:
    """Take back a call whose permission is gone. What expires, the sweep ends."""
    if status == PermissionStatus.REQUESTED:
        wait_again(plan)
    elif sentence := WITHDRAWN.get(status):
        withdraw(plan, sentence)


def _bring_back(contact: Contact, line: Line, expires_at: datetime | None) -> bool:
    """Bring back the newest scheduled call, if a no ended it and nothing else did."""
    plans = Plan.objects.filter(contact=contact, line=line).order_by("-created_at")
    plan = plans.select_related("line").first()
    is_lost = plan is not None and plan.state == State.REFUSED and plan.withdrawn_at
    if plan is None or not is_lost or life_ends(plan) <= timezone.now():
        return False
    fields: dict[str, Any] = {
        "due_at": due_at(plan),
        "expires_at": expires_at,
        "sentence": plan.kept_sentence,
        "withdrawn_at": None,
        "kept_sentence": "",
    }
    try:
        with transaction.atomic():
            return move(plan, State.GRANTED, only_from=(State.REFUSED,), **fields)
    except IntegrityError:  # another one was scheduled at the same moment
        return False


def _callback(contact: Contact, line: Line, expires_at: datetime | None) -> None:
    """Schedule a callback for a missed call that came with a permission."""
    missed = Call.objects.filter(
        contact=contact,
        line=line,
        direction=Direction.INBOUND,
        result__in=MISSED,
        created_at__gt=timezone.now() - MISSED_CALL_COUNTS,
    )
    if not missed.exists():
        return
    plan = Plan.objects.create(
        contact=contact,
        line=line,
        kind=Plan.Kind.CALLBACK,
        state=State.GRANTED,
        due_at=timezone.now(),
        expires_at=expires_at,
        sentence="We missed this person's call, and they allowed a call back.",
    )
    tell(plan)
