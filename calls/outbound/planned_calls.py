"""Calls that wait for the person's permission, and those that it woke."""

import logging
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.db.models.expressions import Combinable
from django.utils import timezone
from django.utils.translation import gettext_noop

from agents import presence
from agents.models import Agent
from callcenter.wati.errors import Outcome, WatiError
from calls import notify
from calls.errors import Refused
from calls.lifecycle.permission_usage import pair_of
from calls.models import Call, Direction, Line, Plan, PlanQuerySet, WatiRequest
from calls.outbound import dialing
from calls.signaling import outbox
from calls.states import Result
from permissions import services as permissions
from permissions.evidence import SAME_END
from permissions.facts import ALLOWING, EventKind, PermissionStatus
from permissions.ledger import Change, facts_for, locked
from permissions.models import Contact
from permissions.rules import may_ask, may_call
from permissions.verdicts import Reason, Verdict

logger = logging.getLogger(__name__)

State = Plan.State

REQUEST_LASTS = timedelta(days=7)  # WhatsApp shows the question for so long
OFFER_LASTS = timedelta(minutes=5)  # then the next agent gets it
DUE_CALL_LASTS = timedelta(days=1)  # a callback is still wanted so long after its time
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
WITHOUT_PERMISSION = (
    Reason.NO_PERMISSION,
    Reason.DECLINED,
    Reason.REVOKED,
    Reason.EXPIRED,
)


def ask(by: Agent, contact: Contact, line: Line, /, **fields: Any) -> Plan:
    """Send WhatsApp's permission request and schedule the call. Raises Refused."""
    if line.account.unauthorised_since:
        raise Refused("Wati rejects our API token. A supervisor must renew it.")
    try:
        with transaction.atomic():
            plan = Plan.objects.create(
                contact=contact,
                line=line,
                expires_at=timezone.now() + REQUEST_LASTS,
                **{"agent": by, **fields},
            )
            permissions.ask(pair_of(contact, line), key=str(plan.pk), by=by.user)
            outbox.ask(plan=plan, verb=WatiRequest.Verb.ASK)
            _tell(plan)
    except IntegrityError:
        raise Refused("A call to this person is already scheduled.") from None
    except permissions.NotAllowed as no:
        raise Refused(str(no)) from None
    return plan


def call_back(
    contact: Contact,
    line: Line,
    *,
    at: datetime,
    agent: Agent | None,
    by: Agent,
    why: str,
) -> Plan:
    """Schedule a callback; where it will not be allowed, request permission now.

    `agent`: who makes the call, None for any available agent. Raises Refused.
    """
    wish = {"agent": agent, "due_at": at, "kind": Plan.Kind.CALLBACK, "sentence": why}
    pair = pair_of(contact, line)
    facts = facts_for(pair, now=at)
    verdict = may_call(facts, at)
    wants_grant = not facts.is_allowed
    if wants_grant and may_ask(facts_for(pair), timezone.now()).allowed:
        return ask(by, contact, line, **wish)
    if not verdict.allowed:
        raise Refused(verdict.sentence)
    try:
        with transaction.atomic():
            plan = Plan.objects.create(
                contact=contact,
                line=line,
                state=State.GRANTED,
                expires_at=facts.expires_at,
                **wish,
            )
            _tell(plan)
    except IntegrityError:
        raise Refused("A call to this person is already scheduled.") from None
    return plan


def asked(plan: Plan, error: WatiError | None) -> None:
    """Note the outcome of the request. A lost reply counts as sent."""
    pair = pair_of(plan.contact, plan.line)
    key = str(plan.pk)
    if error is None or error.outcome == Outcome.UNKNOWN:
        _move(plan, State.WAITING, only_from=(State.ASKING,))
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
    _move(plan, State.REFUSED, sentence=error.sentence)


# --- The person's word -------------------------------------------------------------


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
            _move(plan, plan.state, only_from=(plan.state,), expires_at=expires_at)


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
        _move(plan, State.GRANTED, due_at=_due(plan), expires_at=expires_at)
    return bool(plans)


def _due(plan: Plan) -> datetime:
    return max(timezone.now(), plan.due_at or timezone.now())


def _lose(plan: Plan, status: str) -> None:
    """Take back a call whose permission is gone. What expires, the sweep ends."""
    if status == PermissionStatus.REQUESTED:
        _wait_again(plan)
    elif sentence := WITHDRAWN.get(status):
        _withdraw(plan, sentence)


def _wait_again(plan: Plan) -> None:
    """Wait for the answer to the request: what looked like one was none."""
    fields: dict[str, Any] = {"expires_at": _life_ends(plan), **_says(plan, "")}
    if plan.kind == Plan.Kind.REQUEST:
        fields["due_at"] = None
    had = (State.GRANTED, State.OFFERED)
    _move(plan, State.WAITING, only_from=had, **fields)


def _withdraw(plan: Plan, sentence: str) -> bool:
    """End a call until a later yes brings it back.

    It ends and does not wait on: the agent sees why it is gone and may schedule
    another one, and a person who said no is on nobody's list.
    """
    kept: dict[str, Any] = {
        "withdrawn_at": timezone.now(),
        "kept_sentence": plan.sentence,
    }
    return _move(plan, State.REFUSED, sentence=sentence, **kept)


def _life_ends(plan: Plan) -> datetime:
    """Return until when a yes still means this call."""
    ends = [plan.created_at + REQUEST_LASTS]
    if plan.expires_at:
        ends.append(plan.expires_at)
    if plan.due_at:
        ends.append(plan.due_at + DUE_CALL_LASTS)
    return max(ends)


def _bring_back(contact: Contact, line: Line, expires_at: datetime | None) -> bool:
    """Bring back the newest scheduled call, if a no ended it and nothing else did."""
    plans = Plan.objects.filter(contact=contact, line=line).order_by("-created_at")
    plan = plans.select_related("line").first()
    is_lost = plan is not None and plan.state == State.REFUSED and plan.withdrawn_at
    if plan is None or not is_lost or _life_ends(plan) <= timezone.now():
        return False
    fields: dict[str, Any] = {
        "due_at": _due(plan),
        "expires_at": expires_at,
        "sentence": plan.kept_sentence,
        "withdrawn_at": None,
        "kept_sentence": "",
    }
    try:
        with transaction.atomic():
            return _move(plan, State.GRANTED, only_from=(State.REFUSED,), **fields)
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
    _tell(plan)


# --- Offering ----------------------------------------------------------------------


def to_sweep(
    now: datetime | Combinable,
) -> tuple[PlanQuerySet, PlanQuerySet, PlanQuerySet]:
    """Select what has expired, what was offered and not taken, and what is due."""
    return (
        Plan.objects.open().filter(expires_at__lte=now),
        Plan.objects.filter(state=State.OFFERED, offered_at__lt=now - OFFER_LASTS),
        Plan.objects.filter(state=State.GRANTED, due_at__lte=now),
    )


def sweep() -> None:
    """Offer what may be called now, pass on what was not taken, expire the rest."""
    now = timezone.now()
    expired, stale, due = to_sweep(now)
    for plan in expired:
        _move(plan, State.EXPIRED, sentence=_ran_out(plan))
    for plan in stale:
        _move(plan, State.GRANTED, only_from=(State.OFFERED,), agent=None, due_at=now)
    soonest = F("expires_at").asc(nulls_last=True)
    plans = due.select_related("contact", "line__account", "line__queue", "agent")
    for plan in plans.order_by(soonest)[:50]:
        _offer(plan)


def _ran_out(plan: Plan) -> str:
    if plan.state in (State.ASKING, State.WAITING):
        return gettext_noop("The person did not answer the request.")
    return gettext_noop("The permission expired.")


def _offer(plan: Plan) -> None:
    """Offer it to the agent who asked if they are available, else to the next one."""
    verdict = verdict_of(plan)
    if not verdict.allowed:
        _wait_or_end(plan, verdict)
        return
    agent_id = _agent_for(plan)
    if agent_id is not None:
        now = timezone.now()
        offer = {"agent_id": agent_id, "offered_at": now, **_says(plan, "")}
        _move(plan, State.OFFERED, only_from=(State.GRANTED,), **offer)


def verdict_of(plan: Plan) -> Verdict:
    return may_call(facts_for(pair_of(plan.contact, plan.line)), timezone.now())


def _wait_or_end(plan: Plan, verdict: Verdict) -> None:
    if verdict.earliest:
        later = {"due_at": verdict.earliest, **_says(plan, verdict.sentence)}
        _move(plan, State.GRANTED, only_from=(State.GRANTED,), **later)
    elif verdict.reason == Reason.REQUESTED:
        _wait_again(plan)
    elif verdict.reason in WITHOUT_PERMISSION:
        _withdraw(plan, verdict.sentence)
    else:
        says = {"sentence": verdict.sentence}
        _move(plan, State.REFUSED, only_from=(State.GRANTED,), **says)


def _says(plan: Plan, sentence: str) -> dict[str, str]:
    """Return why it waits; the agent's own text on a callback stays."""
    return {} if plan.kind == Plan.Kind.CALLBACK else {"sentence": sentence}


def _agent_for(plan: Plan) -> int | None:
    ready = presence.ready_for(plan.line.queue_id)
    busy = Plan.objects.filter(state=State.OFFERED, agent_id__in=ready)
    free = [a for a in ready if a not in set(busy.values_list("agent_id", flat=True))]
    if plan.agent_id in free:
        return plan.agent_id
    return free[0] if free else None


def call(plan_id: UUID, agent: Agent, *, near: str = "") -> Call:
    """Place the call of an offered scheduled call. Raises Refused."""
    plan = mine(plan_id, agent)
    if plan is None or plan.state != State.OFFERED:
        raise Refused("This call is no longer offered to you.")
    call = dialing.dial(agent, plan.contact, plan.line, near=near)
    _move(plan, State.DONE, call=call)
    return call


def drop(plan_id: UUID, agent: Agent) -> None:
    plan = mine(plan_id, agent)
    if plan is not None:
        cancel(plan)


def cancel(plan: Plan, *, sentence: str = "") -> bool:
    """End a scheduled call; a request that was not sent stays here. False if over."""
    pair = pair_of(plan.contact, plan.line)
    with transaction.atomic():
        locked(pair)  # before the row of the call, as when a permission changes
        if not _move(plan, State.DROPPED, sentence=sentence):
            return False
        if outbox.drop_unsent(plan):
            permissions.ask_not_sent(pair, key=str(plan.pk), detail="Cancelled before.")
    return True


def mine(plan_id: UUID, agent: Agent) -> Plan | None:
    plans = Plan.objects.open().select_related("contact", "line__account")
    return plans.filter(pk=plan_id, agent=agent).first()


def closed_by(call: Call) -> None:
    """Close the scheduled calls to a contact who is called now."""
    plans = Plan.objects.filter(contact=call.contact, line=call.line)
    plans.filter(state=State.REFUSED).update(withdrawn_at=None)  # none comes back
    for plan in plans.open():
        _move(plan, State.DONE, call=call)


def _move(
    plan: Plan, state: str, *, only_from: tuple[str, ...] = Plan.OPEN, **fields: Any
) -> bool:
    """Compare and set the state; one that is final stays."""
    with transaction.atomic():
        open_plan = Plan.objects.filter(pk=plan.pk, state__in=only_from)
        before = plan.agent_id
        fields["version"] = F("version") + 1
        if not open_plan.update(state=state, **fields):
            return False
        _tell(plan)
        now = Plan.objects.get(pk=plan.pk).agent_id
        if now != before and now is not None:
            notify.plans_changed(now)
    return True


def _tell(plan: Plan) -> None:
    if plan.agent_id is not None:
        notify.plans_changed(plan.agent_id)
