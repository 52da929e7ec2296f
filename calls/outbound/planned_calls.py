"""Calls that wait for the person's permission, and those that it woke."""

import logging
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.expressions import Combinable
from django.utils import timezone
from django.utils.translation import gettext_noop

from agents import presence
from agents.models import Agent
from calls.errors import Refused
from calls.lifecycle.permission_usage import pair_of
from calls.models import Call, Line, Plan, PlanQuerySet, WatiRequest
from calls.outbound import dialing
from calls.outbound.plan_states import (
    State,
    move,
    says,
    tell,
    wait_again,
    withdraw,
)
from calls.signaling import breaker, outbox
from permissions import services as permissions
from permissions.facts import REQUEST_LASTS
from permissions.ledger import facts_for, locked
from permissions.models import Contact
from permissions.rules import may_ask, may_call
from permissions.verdicts import Reason, Verdict

logger = logging.getLogger(__name__)

OFFER_LASTS = timedelta(minutes=5)  # then the next agent gets it
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
    breaker.refuse_if_failing(line.account_id)
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
            tell(plan)
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
            tell(plan)
    except IntegrityError:
        raise Refused("A call to this person is already scheduled.") from None
    return plan


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
        move(plan, State.EXPIRED, as_read=True, sentence=_ran_out(plan))
    for plan in stale:
        move(plan, State.GRANTED, as_read=True, agent=None, due_at=now)
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
        offer: dict[str, Any] = {"agent_id": agent_id, "offered_at": now}
        offer |= says(plan, "")
        move(plan, State.OFFERED, as_read=True, **offer)


def verdict_of(plan: Plan) -> Verdict:
    return may_call(facts_for(pair_of(plan.contact, plan.line)), timezone.now())


def _wait_or_end(plan: Plan, verdict: Verdict) -> None:
    if verdict.earliest:
        later: dict[str, Any] = {"due_at": verdict.earliest}
        later |= says(plan, verdict.sentence)
        move(plan, State.GRANTED, as_read=True, **later)
    elif verdict.reason == Reason.REQUESTED:
        wait_again(plan, as_read=True)
    elif verdict.reason in WITHOUT_PERMISSION:
        withdraw(plan, verdict.sentence, as_read=True)
    else:
        move(plan, State.REFUSED, as_read=True, sentence=verdict.sentence)


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
    move(plan, State.DONE, call=call)
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
        if not move(plan, State.DROPPED, sentence=sentence):
            return False
        if outbox.drop_unsent(plan):
            permissions.ask_not_sent(pair, key=str(plan.pk), detail="Cancelled before.")
    return True


def reassign(plan: Plan, agent: Agent | None) -> bool:
    """Have another agent make it; None: any available one. False if it is over.

    One that is offered already goes back, and is offered to them.
    """
    state = State.GRANTED if plan.state == State.OFFERED else plan.state
    fields: dict[str, Any] = {"agent": agent}
    if plan.state == State.OFFERED:
        fields |= {"offered_at": None, "due_at": timezone.now()}
    return move(plan, state, as_read=True, **fields)


def mine(plan_id: UUID, agent: Agent) -> Plan | None:
    plans = Plan.objects.open().select_related("contact", "line__account")
    return plans.filter(pk=plan_id, agent=agent).first()


def closed_by(call: Call) -> None:
    """Close the scheduled calls to a contact who is called now."""
    plans = Plan.objects.filter(contact=call.contact, line=call.line)
    plans.filter(state=State.REFUSED).update(withdrawn_at=None)  # none comes back
    for plan in plans.open():
        move(plan, State.DONE, call=call)
