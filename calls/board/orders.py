"""Orders that a supervisor gives from the board: each a POST, answered by a sentence.

200 with what was done, 409 with why it was not; 403 without the right, 404 for what is
not of the supervisor's queues.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from agents import led_queues, messaging
from agents.floor_messages import LONGEST_MESSAGE
from agents.models import Agent, AgentState, BreakReason, Queue
from callcenter import audit
from calls import notify
from calls.errors import Refused
from calls.lifecycle import directing, ending
from calls.lifecycle.directing import RIGHT, Wish
from calls.models import Call
from calls.queueing import moving
from calls.states import Event

# An order takes who asks, what they chose, and about whom or what it is.
Order = Callable[..., str]
Chosen = dict[str, Any]


def agent_of(user: User, agent_id: int) -> int:
    """Return the key, if this is an agent that the user has to do with."""
    agents = led_queues.within(Agent.objects.people(), user)
    return int(get_object_or_404(agents, pk=agent_id).pk)


def call_of(user: User, call_id: UUID) -> UUID:
    """Return the key, if this is a call of the user's queues."""
    calls = led_queues.within(Call.objects.logged(), user)
    return UUID(str(get_object_or_404(calls.only("pk"), pk=call_id).pk))


def order(
    *,
    about: Callable[..., Any] = lambda user: None,
    right: str = RIGHT,
    form: type[forms.Form] = forms.Form,
) -> Callable[[Order], Any]:
    """Make an order a view: of who has the right, with what the form lets through."""

    def decorate(do: Order) -> Any:
        @require_POST
        @never_cache
        @wraps(do)
        def view(request: HttpRequest, **address: Any) -> JsonResponse:
            if not request.user.has_perm(right):
                raise PermissionDenied
            user = cast(User, request.user)
            target = about(user, **address)
            filled = form(request.POST)
            if not filled.is_valid():
                return _answer(_problems(filled), done=False)
            try:
                return _answer(do(user, filled.cleaned_data, target))
            except Refused as refusal:
                return _answer(_(str(refusal)), done=False)

        return view

    return decorate


def _answer(text: str, *, done: bool = True) -> JsonResponse:
    return JsonResponse({"text": text}, status=200 if done else 409)


def _problems(form: forms.Form) -> str:
    """Return one sentence for each field that is not as it should be."""
    found = []
    for name, problems in form.errors.items():
        label = form.fields[name].label if name in form.fields else ""
        found += [f"{label}: {problem}" if label else problem for problem in problems]
    return " ".join(map(str, found))


# --- Agents -----------------------------------------------------------------------


class StateForm(forms.Form):
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        choices=[
            (one.value, one.label)
            for one in (AgentState.AVAILABLE, AgentState.ON_BREAK, AgentState.OFFLINE)
        ],
    )
    reason = forms.ModelChoiceField(
        BreakReason.objects.filter(is_active=True), required=False
    )
    after_call = forms.BooleanField(required=False)


@order(about=agent_of, form=StateForm)
def set_state(user: User, chosen: Chosen, agent_id: int) -> str:
    state, reason = chosen["state"], chosen["reason"]
    is_break = state == AgentState.ON_BREAK and reason is not None
    wish = Wish(state, reason.name if is_break else "", chosen["after_call"])
    return directing.set_state(agent_id, wish, user)


@order(about=agent_of)
def release(user: User, chosen: Chosen, agent_id: int) -> str:
    return directing.release(agent_id, user)


@order(about=agent_of)
def lower_hand(user: User, chosen: Chosen, agent_id: int) -> str:
    return directing.lower_hand(agent_id, user)


# --- Calls ------------------------------------------------------------------------


class MoveForm(forms.Form):
    queue = forms.ModelChoiceField(
        Queue.objects.of_people().in_use(),
        label=gettext_lazy("Queue"),
        required=False,
    )
    to_front = forms.BooleanField(required=False)


@order(about=call_of, form=MoveForm)
def move(user: User, chosen: Chosen, call_id: UUID) -> str:
    queue, to_front = chosen["queue"], chosen["to_front"]
    return moving.move(call_id, user, queue=queue, to_front=to_front)


@order(about=call_of, right="calls.change_call")
def end(user: User, chosen: Chosen, call_id: UUID) -> str:
    if not ending.end(call_id, Event.SUPERVISOR_ENDED, user=user):
        raise Refused(_("This call had already ended."))
    audit.record(audit.Action.CHANGED, Call(pk=call_id), "ended", user=user)
    return _("The call was ended.")


# --- Messages ---------------------------------------------------------------------

MINUTES = [(60, 60), (240, 240), (720, 720)]


class MessageForm(forms.Form):
    text = forms.CharField(label=gettext_lazy("Message"), max_length=LONGEST_MESSAGE)
    agent = forms.IntegerField(required=False)
    queue = forms.IntegerField(required=False)
    minutes = forms.TypedChoiceField(choices=MINUTES, coerce=int)


@order(form=MessageForm)
def send_message(user: User, chosen: Chosen, _nobody: None) -> str:
    agents = led_queues.within(Agent.objects.in_use(), user)
    sent_to = capfirst(_("all agents"))
    if (queue_id := chosen["queue"]) is not None:
        queues = led_queues.within(Queue.objects.of_people(), user)
        queue = get_object_or_404(queues, pk=queue_id)
        agents, sent_to = agents.filter(queues=queue), queue.name
    if (agent_id := chosen["agent"]) is not None:
        agent = get_object_or_404(agents, pk=agent_id)
        agents, sent_to = agents.filter(pk=agent.pk), agent.name
    ids = list(agents.values_list("pk", flat=True))
    if not ids:
        raise Refused(_("No agent would get this message."))
    return _send(user, chosen, ids, sent_to)


def _send(user: User, chosen: Chosen, agent_ids: list[int], sent_to: str) -> str:
    lasts = timedelta(minutes=chosen["minutes"])
    message = messaging.send(chosen["text"], user, agent_ids, sent_to, lasts)
    notify.messages_changed(agent_ids)
    audit.record(audit.Action.ADDED, message, f"to {sent_to}", user=user)
    count = len(agent_ids)
    text = ngettext("Sent to {count} agent.", "Sent to {count} agents.", count)
    return text.format(count=count)


# In the admin: the address, what answers there, and its name.
ADDRESSES = (
    ("board/agents/<int:agent_id>/state/", set_state, "board-state"),
    ("board/agents/<int:agent_id>/release/", release, "board-release"),
    ("board/agents/<int:agent_id>/hand/", lower_hand, "board-hand"),
    ("board/calls/<uuid:call_id>/move/", move, "board-move"),
    ("board/calls/<uuid:call_id>/end/", end, "board-end"),
    ("board/messages/", send_message, "board-message"),
)
