"""The states of a scheduled call, and the moves between them."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from calls import notify
from calls.models import Plan
from permissions.facts import REQUEST_LASTS

State = Plan.State

DUE_CALL_LASTS = timedelta(days=1)  # a callback is still wanted so long after its time


def move(
    plan: Plan,
    state: str,
    *,
    only_from: tuple[str, ...] = Plan.OPEN,
    as_read: bool = False,
    **fields: Any,
) -> bool:
    """Compare and set the state; one that is final stays.

    `as_read`: only if nothing has changed the plan since it was read. For whoever
    judges many of them, one after the other.
    """
    with transaction.atomic():
        open_plan = Plan.objects.filter(pk=plan.pk, state__in=only_from)
        if as_read:
            open_plan = open_plan.filter(version=plan.version)
        before = plan.agent_id
        fields["version"] = F("version") + 1
        if not open_plan.update(state=state, **fields):
            return False
        tell(plan)
        now = Plan.objects.get(pk=plan.pk).agent_id
        if now != before and now is not None:
            notify.plans_changed(now)
    return True


def tell(plan: Plan) -> None:
    if plan.agent_id is not None:
        notify.plans_changed(plan.agent_id)


def says(plan: Plan, sentence: str) -> dict[str, str]:
    """Return why it waits; the agent's own text on a callback stays."""
    return {} if plan.kind == Plan.Kind.CALLBACK else {"sentence": sentence}


def wait_again(plan: Plan, *, as_read: bool = False) -> None:
    """Wait for the answer to the request: what looked like one was none."""
    fields: dict[str, Any] = {"expires_at": life_ends(plan), **says(plan, "")}
    if plan.kind == Plan.Kind.REQUEST:
        fields["due_at"] = None
    had = (State.GRANTED, State.OFFERED)
    move(plan, State.WAITING, only_from=had, as_read=as_read, **fields)


def withdraw(plan: Plan, sentence: str, *, as_read: bool = False) -> bool:
    """End a call until a later yes brings it back.

    It ends and does not wait on: the agent sees why it is gone and may schedule
    another one, and a person who said no is on nobody's list.
    """
    kept: dict[str, Any] = {
        "withdrawn_at": timezone.now(),
        "kept_sentence": plan.sentence,
    }
    return move(plan, State.REFUSED, sentence=sentence, as_read=as_read, **kept)


def life_ends(plan: Plan) -> datetime:
    """Return until when a yes still means this call."""
    ends = [plan.created_at + REQUEST_LASTS]
    if plan.expires_at:
        ends.append(plan.expires_at)
    if plan.due_at:
        ends.append(plan.due_at + DUE_CALL_LASTS)
    return max(ends)


def due_at(plan: Plan) -> datetime:
    return max(timezone.now(), plan.due_at or timezone.now())
