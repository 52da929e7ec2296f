"""Consoles that come, leave and stay away while their agents are in a call."""

from datetime import timedelta
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from calls import locking, notify
from calls.lifecycle.ending import end
from calls.models import Call, Leg, Unheard
from calls.queueing import participants, requeue
from calls.states import TALKING, WITH_AGENT, Event, Status
from calls.transitions import bump_version

DIALER_MUST_RETURN = timedelta(seconds=20)  # while it rings out
# A reload takes seconds; after this the caller goes to another agent.
CONSOLE_MUST_RETURN = timedelta(seconds=60)


def console_joined(call_id: UUID, agent_id: int) -> None:
    """Note that an agent's console has the audio of their call."""
    with locking.dispatch_lock():
        call = Call.objects.select_for_update().get(pk=call_id)
        participants.audio_back(call, agent_id)
        if call.status in TALKING:
            participants.audio_up(call, agent_id)
        if call.agent_id == agent_id and call.console_lost_until:
            back = {
                "console_lost_until": None,
                "reattach_count": call.reattach_count + 1,
            }
            Call.objects.filter(pk=call.pk).update(**back)
        bump_version(call)


def console_left(call_id: UUID, agent_id: int) -> None:
    """Keep the call for an agent whose console went away, for a while."""
    with locking.dispatch_lock():
        call = Call.objects.select_for_update().get(pk=call_id)
        if call.status not in WITH_AGENT:
            return
        if call.agent_id == agent_id:
            dials = call.status == Status.DIALING
            patience = DIALER_MUST_RETURN if dials else CONSOLE_MUST_RETURN
            until = timezone.now() + patience
            Call.objects.filter(pk=call.pk).update(console_lost_until=until)
        participants.audio_lost(call, agent_id)
        bump_version(call)


def console_stayed_away(call_id: UUID) -> None:
    """Return the caller to the front of the queue, or end a call that still dials."""
    with locking.dispatch_lock():
        call = Call.objects.select_for_update().get(pk=call_id)
        lost = call.console_lost_until
        if call.status != Status.DIALING:
            requeue.requeue(call_id)
        elif lost is not None and lost <= timezone.now():
            end(call_id, Event.CONSOLE_LOST)


def guest_left(call_id: UUID, agent_id: int) -> None:
    """Remove a consulted agent whose console stayed away."""
    with locking.dispatch_lock():
        call = Call.objects.select_for_update().get(pk=call_id)
        leg = call.legs.open().filter(agent=agent_id, mode=Leg.Mode.CONSULT).first()
        if leg is not None:
            leg.call = call
            participants.leave(leg, Leg.Left.CONSOLE)
            bump_version(call)


def note_audio_figures(call_id: UUID, figures: dict[str, float]) -> None:
    """Store the audio of the whole call in numbers, for whoever looks into it later."""
    Call.objects.filter(pk=call_id).update(audio_figures=figures)


def note_one_way_audio(call_id: UUID, one_way_seconds: float) -> None:
    """Store what the node measured over the whole call."""
    mine = Call.objects.filter(pk=call_id)
    mine.update(one_way_seconds=F("one_way_seconds") + round(one_way_seconds))


def note_unheard(
    call_id: UUID, *, customer_heard: bool, participant_heard: bool
) -> None:
    """Store who is not heard now, for whoever watches the floor."""
    unheard = {
        (True, True): "",
        (False, True): Unheard.CUSTOMER,
        (True, False): Unheard.AGENT,
        (False, False): Unheard.BOTH,
    }[customer_heard, participant_heard]
    mine = Call.objects.filter(pk=call_id).exclude(unheard=unheard)
    mine.update(unheard=unheard, unheard_since=timezone.now() if unheard else None)
    notify.boards_changed()
