"""A supervisor steps into a call: listens, whispers, joins it or takes it over.

It takes no agent and changes no agent's state, but for the agent whose call is taken
over. Who may do so is judged at the door, at every message.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override

from agents.presence import on_duty_for
from callcenter import audit
from calls import locking
from calls.errors import Refused
from calls.lifecycle import ending
from calls.lifecycle.reconnect import CONSOLE_MUST_RETURN
from calls.models import Call, Leg, Supervision
from calls.queueing import dispatch, participants, requeue, supervisors
from calls.queueing.supervisors import Mode
from calls.states import ON_NODE, TALKING, Event, Status
from calls.transitions import bump_version, move, music_ends, record

RIGHT = "calls.listen_call"
ON_A_CALL = gettext_noop("You have taken over a call. Hang up or press Stop first.")
NOT_TAKEN_OVER = gettext_noop("You have not taken over this call.")
NO_AGENT = gettext_noop("No agent is on this call right now.")


@contextmanager
def _locked(call_id: UUID) -> Iterator[Call]:
    """Return the call of people, while nothing else changes it. Raises Refused."""
    with locking.dispatch_lock():
        calls = Call.objects.logged().select_related("queue", "agent")
        call = calls.select_for_update(of=("self",)).filter(pk=call_id).first()
        if call is None:
            raise Refused(_("Unknown call."))
        yield call


# --- Stepping in ---------------------------------------------------------------------


def step_in(call_id: UUID, user: User, mode: str) -> None:
    """Be in this call in this way from now on, and in no other. Raises Refused."""
    with _locked(call_id) as call:
        before = supervisors.here(user.pk)
        _check(call, user, mode, before)
        if before and before.call_id == call.pk and before.mode == mode:
            return
        if before and before.call_id != call.pk:
            _leave(before)
        if mode == Mode.TAKE_OVER:
            _take_over(call, user)
        else:
            _enter(call, user, mode, before)
        audit.record(audit.Action.STEPPED_IN, call, mode, user=user)


def _check(call: Call, user: User, mode: str, before: Supervision | None) -> None:
    if not supervisors.is_open_to(call, user):
        raise Refused(_("Unknown call."))
    if call.status == Status.ENDED:
        raise Refused(call.end_text or gettext_noop("The call has ended."))
    if call.status not in ON_NODE or not call.node:
        raise Refused(gettext_noop("There is nothing to hear before it is answered."))
    if before and before.mode == Mode.TAKE_OVER:
        raise Refused(ON_A_CALL)
    if call.legs.open().filter(agent__user=user).exists():
        raise Refused(gettext_noop("You are on this call as an agent."))
    if mode == Mode.LISTEN:
        return
    if call.status not in TALKING:
        raise Refused(NO_AGENT)
    if mode in (Mode.WHISPER, Mode.TAKE_OVER) and call.agent_id is None:
        raise Refused(NO_AGENT)


def _enter(call: Call, user: User, mode: str, before: Supervision | None) -> None:
    supervisors.enter(call, user, mode)
    if before is None or before.call_id != call.pk:
        with override(None):  # as all texts of the timeline
            how = str(Mode(mode).label)
        record(call, "stepped_in", user=user, detail=how)
    bump_version(call)


def _take_over(call: Call, user: User) -> None:
    """Let the agents go into their wrap-up; the caller hears the supervisor alone."""
    span = supervisors.enter(call, user, Mode.TAKE_OVER)
    participants.cancel_consults(call)
    participants.end_all(call, Leg.Left.TAKEN_OVER)
    agent = call.agent
    assert agent is not None
    move(
        call,
        Event.TAKEN_OVER,
        user=user,
        agent=None,
        muted=False,
        from_agent=None,
        console_lost_until=_must_return(span),
        detail=f"From {agent.name}.",
        **music_ends(call),
    )
    dispatch.run_soon()


def _must_return(span: Supervision) -> datetime | None:
    """Return until when the page must have the audio, as with an agent's console."""
    return timezone.now() + CONSOLE_MUST_RETURN if span.away_since else None


# --- Leaving -------------------------------------------------------------------------


def stop(user: User) -> None:
    """Leave the call, which goes on without this supervisor.

    A caller who was taken over goes to the front of the queue. Raises Refused when no
    agent could answer there.
    """
    with locking.dispatch_lock():
        span = supervisors.here(user.pk)
        if span is None:
            return
        if span.mode == Mode.TAKE_OVER:
            _hand_back(span, user)
        else:
            _leave(span)


def _hand_back(span: Supervision, user: User) -> None:
    with _locked(span.call_id) as call:
        if call.queue is None or not on_duty_for(call.queue.pk):
            raise Refused(gettext_noop("No agent of the queue is signed in."))
        supervisors.end(Supervision.objects.filter(pk=span.pk), timezone.now())
        requeue.send_to_queue(call, Event.TRANSFERRED, queue=call.queue, user=user)


def _leave(span: Supervision) -> None:
    supervisors.end(Supervision.objects.filter(pk=span.pk), timezone.now())
    record(span.call, "stepped_out", user=span.user)
    bump_version(span.call)


def hang_up(user: User) -> None:
    """End the call that this supervisor has taken over. Raises Refused."""
    with locking.dispatch_lock():
        span = supervisors.here(user.pk)
        if span is None or span.mode != Mode.TAKE_OVER:
            raise Refused(NOT_TAKEN_OVER)
        ending.end(span.call_id, Event.SUPERVISOR_ENDED, user=user)


# --- Their pages, as the node sees them ----------------------------------------------


def audio_came(call_id: UUID, user_id: int) -> None:
    with locking.dispatch_lock():
        if supervisors.audio_came(call_id, user_id):
            _set_lost(call_id, user_id, None)


def audio_left(call_id: UUID, user_id: int) -> None:
    """Keep the supervisor's place for a while, and their caller for longer."""
    with locking.dispatch_lock():
        if supervisors.audio_left(call_id, user_id):
            _set_lost(call_id, user_id, timezone.now() + CONSOLE_MUST_RETURN)


def _set_lost(call_id: UUID, user_id: int, until: datetime | None) -> None:
    call = Call.objects.get(pk=call_id)
    span = supervisors.has_taken_over(call)
    if span is not None and span.user_id == user_id and call.status in TALKING:
        Call.objects.filter(pk=call_id).update(console_lost_until=until)
        bump_version(call)


def follow_agent(call_id: UUID) -> None:
    """Begin other spans where another agent has the call now."""
    with _locked(call_id) as call:
        spans = call.supervisions.open().exclude(mode=Mode.TAKE_OVER)
        supervisors.follow_agent(call, spans.select_related("user"))


# --- The sweep -----------------------------------------------------------------------


def sweep() -> None:
    """End the spans of pages that stayed away, and those that strayed."""
    if supervisors.overdue().exists():
        _end_overdue()
    if supervisors.strayed().exists():
        with locking.dispatch_lock():
            for span in supervisors.strayed():
                assert span.user_id is not None
                supervisors.end_of_user(span.user_id)


def _end_overdue() -> None:
    """End each of them since when its page was away."""
    with locking.dispatch_lock():
        for span in supervisors.overdue().select_related("call", "user"):
            call = span.call
            at = call.ended_at or span.away_since or timezone.now()
            supervisors.end(Supervision.objects.filter(pk=span.pk), at)
            if call.ended_at is None:
                record(call, "stepped_out", user=span.user)
                bump_version(call)
