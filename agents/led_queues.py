"""Rows of the queues that a team lead leads; all others see all queues."""

from typing import Any

from django.db.models import Q, QuerySet

from agents.models import Agent, Queue
from callcenter import roles

# Lists that are the same for all, by the labels of their models.
SHARED = {
    "agents.breakreason",
    "agents.holiday",
    "agents.openhours",
    "agents.prompt",
    "agents.schedule",
    "calls.disposition",
}


def queues_of(user: Any) -> QuerySet[Queue] | None:
    """Return the queues that a user has to do with; None: all of them."""
    if not roles.leads_only(user):
        return None
    return Queue.objects.filter(team_leads=user.pk)


def agents_of(user: Any) -> QuerySet[Agent] | None:
    """Return the agents that a user has to do with; None: all of them."""
    queues = queues_of(user)
    if queues is None:
        return None
    return Agent.objects.filter(queues__in=queues.values("pk"))


def within(rows: QuerySet[Any], user: Any) -> QuerySet[Any]:
    """Return those of the rows that a user has to do with.

    Of rows that are not known here a team lead has none.
    """
    queues = queues_of(user)
    label = rows.model._meta.label_lower
    if queues is None or label in SHARED:
        return rows
    mine, agents = queues.values("pk"), agents_of(user)
    assert agents is not None
    theirs = agents.values("pk")
    conditions = {
        "agents.queue": Q(pk__in=mine),
        "agents.membership": Q(queue__in=mine),
        "agents.agent": Q(pk__in=theirs),
        "agents.agentstatespan": Q(agent__in=theirs),
        "agents.floormessage": Q(receipts__agent__in=theirs),
        "calls.line": Q(queue__in=mine),
        "calls.call": Q(queue__in=mine),
        "calls.plan": Q(line__queue__in=mine),
        "permissions.contact": Q(calls__queue__in=mine)
        | Q(plans__line__queue__in=mine),
    }
    if label not in conditions:
        return rows.none()
    # By their keys: a join would list a contact once for each call.
    found = rows.model._base_manager.filter(conditions[label])
    return rows.filter(pk__in=found.values("pk"))
