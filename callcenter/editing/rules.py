"""Reasons that keep a row of the admin from being deleted: the one table of them.

A relation that is new needs a line here; until then it keeps the row.
"""

from collections.abc import Callable, Iterator
from typing import Any

from django.apps import apps
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

# What refers to a row, and is either a part of it and goes with it, or needs it: then
# this is the sentence.
Rule = str
PART = ""

CALLS = gettext_noop("Calls in the log: {count}.")
ATTEMPTS = gettext_noop("Ring attempts in the log: {count}.")
DECISIONS = gettext_noop("Routing decisions in the log: {count}.")
PARTICIPANTS = gettext_noop("Calls in the log in which it was used: {count}.")
ACTIVITY = gettext_noop("Intervals of agent activity: {count}.")
PLANS = gettext_noop("Scheduled calls: {count}.")
EVENTS = gettext_noop("Entries of the permission history: {count}.")
LEDGER = gettext_noop("Call permissions: {count}.")
NUMBERS = gettext_noop("Business numbers that use it: {names}.")
QUEUES = gettext_noop("Queues that use it: {names}.")
OVERFLOWS = gettext_noop("Queues that overflow into it: {names}.")
DISPOSITIONS = gettext_noop("Dispositions that are offered for it: {names}.")
PEOPLE = gettext_noop("People who have it: {count}.")
WEBHOOKS = gettext_noop("Stored webhooks: {count}.")
REQUESTS = gettext_noop("Requests to Wati: {count}.")
DO_NOT_CALL = gettext_noop("Contacts whom they put on the do-not-call list: {count}.")
MERGES = gettext_noop("Merges of contacts: {count}.")
ERASURES = gettext_noop("Erasures: {count}.")
SUPERVISED = gettext_noop("Supervised calls in the log: {count}.")
STEPS = gettext_noop("Steps of calls in the log: {count}.")
IDS = gettext_noop("IDs of contacts: {count}.")
UNKNOWN = gettext_noop("Other rows that refer to it: {count}.")

# By the name of the relation's field.
RULES: dict[str, Rule] = {
    # of a queue
    "calls.call.queue": CALLS,
    "calls.routingdecision.queue": DECISIONS,
    "calls.line.queue": NUMBERS,
    "calls.disposition.queues": DISPOSITIONS,
    "agents.queue.overflow_to": OVERFLOWS,
    "agents.membership.queue": PART,
    "calls.cannednote.queue": PART,
    # of an agent
    "calls.call.agent": CALLS,
    "calls.call.wanted_agent": CALLS,
    "calls.call.from_agent": CALLS,
    "calls.leg.agent": CALLS,
    "calls.offer.agent": ATTEMPTS,
    "calls.plan.agent": PLANS,
    "agents.agentstatespan.agent": ACTIVITY,
    "agents.membership.agent": PART,
    "agents.queue.agents": PART,
    "agents.consolewindow.agent": PART,
    "agents.preferences.agent": PART,
    "agents.floormessagereceipt.agent": PART,
    "calls.supervision.agent": SUPERVISED,
    # of a user
    "agents.agent.user": PART,
    "agents.queue.team_leads": PART,
    "agents.floormessage.sender": PART,
    "calls.callchange.user": STEPS,
    "calls.supervision.user": SUPERVISED,
    "permissions.permissionevent.user": EVENTS,
    "permissions.contact.do_not_call_by": DO_NOT_CALL,
    "permissions.merge.user": MERGES,
    "permissions.merge.undone_by": MERGES,
    "permissions.erasure.asked_by": ERASURES,
    "admin.logentry.user": PART,
    "callcenter.onetimepassword.user": PART,
    "callcenter.signin.user": PART,
    "callcenter.secondfactor.user": PART,
    # of a group
    "auth.user.groups": PEOPLE,
    # of business hours and prompts
    "calls.line.schedule": NUMBERS,
    "calls.line.closed_prompt": NUMBERS,
    "agents.queue.schedule": QUEUES,
    "agents.queue.greeting": QUEUES,
    "agents.queue.music": QUEUES,
    "agents.openhours.schedule": PART,
    "agents.holiday.schedule": PART,
    # of a disposition
    "calls.leg.disposition": PARTICIPANTS,
    "calls.disposition.parent": PART,
    # of a Wati account and its business numbers
    "calls.line.account": PART,
    "calls.call.account": CALLS,
    "calls.call.line": CALLS,
    "calls.plan.line": PLANS,
    "calls.lineheard.line": PART,
    "calls.webhookdelivery.account": WEBHOOKS,
    "calls.watirequest.account": REQUESTS,
    "permissions.callpermission.account": LEDGER,
    "permissions.contactid.account": IDS,
}


def _is_on_call(agent: Any) -> Iterator[str]:
    if agent.state != "offline":
        yield _("This agent is signed in.")


def _was_a_break(reason: Any) -> Iterator[str]:
    """Past breaks keep the name; whether it was productive is looked up by it."""
    spans = apps.get_model("agents", "AgentStateSpan").objects
    if count := spans.filter(state="on_break", reason=reason.name).count():
        yield _("Breaks in the agent activity: {count}.").format(count=count)


def _is_in_use(account: Any) -> Iterator[str]:
    for line in account.lines.filter(queue__is_canary=True):
        yield _("The canary uses it: {name}.").format(name=line)


# What else keeps a row, by the label of its model.
CHECKS: dict[str, list[Callable[[Any], Iterator[str]]]] = {
    "agents.agent": [_is_on_call],
    "agents.breakreason": [_was_a_break],
    "callcenter.watiaccount": [_is_in_use],
}

_UNTICK = gettext_lazy("Untick “Active” instead: it is no longer offered.")
_OF_A_PERSON = gettext_lazy(
    "Untick “Active” on the page of the user instead: they can no longer sign in, and "
    "the log keeps their name."
)
_ELSEWHERE = gettext_lazy("Choose another one there first.")
# What to do instead, by the label of the model.
INSTEAD: dict[str, Any] = {
    "agents.queue": gettext_lazy(
        "Choose other queues there, then untick “Active” instead: it takes no calls, "
        "and the log keeps its name."
    ),
    "agents.agent": _OF_A_PERSON,
    "auth.user": _OF_A_PERSON,
    "auth.group": gettext_lazy("Remove them from it first."),
    "agents.breakreason": _UNTICK,
    "calls.disposition": _UNTICK,
    "agents.schedule": _ELSEWHERE,
    "agents.prompt": _ELSEWHERE,
    "calls.line": gettext_lazy("Let it stay: the log keeps its name."),
    "callcenter.watiaccount": gettext_lazy(
        "Untick “Active” instead: no calls come in or go out through it."
    ),
}
