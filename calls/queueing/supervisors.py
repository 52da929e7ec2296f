"""Supervisors in calls, as rows: spans that begin, change and end."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Greatest
from django.utils import timezone

from agents.models import Queue
from callcenter import roles
from callcenter.beat import Instant
from calls.models import Call, Supervision, SupervisionQuerySet
from calls.transitions import bump_versions

Mode = Supervision.Mode

# A reload takes seconds. Of who took over, the call's row says for how long.
AWAY_FOR = timedelta(seconds=15)


def here(user_id: int) -> Supervision | None:
    """Return the span that this user is in now."""
    return Supervision.objects.open().filter(user=user_id).first()


def taken_over() -> SupervisionQuerySet:
    """Select the spans in which a supervisor talks in place of an agent."""
    return Supervision.objects.open().filter(mode=Mode.TAKE_OVER)


def has_taken_over(call: Call) -> Supervision | None:
    """Return the span of the supervisor who talks in place of an agent."""
    if call.agent_id is not None:
        return None
    return taken_over().filter(call=call).first()


def is_open_to(call: Call, user: User) -> bool:
    """Say whether this call is one that a user may step into.

    A team lead's are those of the queues that they lead, whatever else they may see.
    """
    leads = roles.team_leads_without(roles.SUPERVISOR).filter(pk=user.pk)
    queue = call.queue
    leads_it = queue is not None and queue.team_leads.filter(pk=user.pk).exists()
    return leads_it or not leads.exists()


def strayed() -> SupervisionQuerySet:
    """Select spans of team leads in calls that are not of their queues any more."""
    led = Queue.objects.filter(pk=OuterRef("call__queue"), team_leads=OuterRef("user"))
    leads = roles.team_leads_without(roles.SUPERVISOR)
    spans = Supervision.objects.open().filter(user__in=leads)
    return spans.filter(~Exists(led))


def enter(call: Call, user: User, mode: str) -> Supervision:
    """Begin a span; the one that this user was in ends in the same instant."""
    now, before = timezone.now(), here(user.pk)
    away_since: datetime | None = now
    if before is not None:
        end(Supervision.objects.filter(pk=before.pk), now)
        if before.call_id == call.pk:  # their page has the audio, or has it not
            away_since = before.away_since
    return Supervision.objects.create(
        call=call,
        user=user,
        agent=call.agent,
        mode=mode,
        was_told=tells(call) or mode != Mode.LISTEN,
        started_at=now,
        away_since=away_since,
    )


def tells(call: Call) -> bool:
    """Say whether agents of this call see that somebody listens."""
    return call.queue is None or call.queue.tells_of_listeners


def end(spans: SupervisionQuerySet, at: datetime) -> int:
    return spans.open().update(ended_at=Greatest("started_at", at))


def end_all(call: Call) -> None:
    """End all spans with the call; a call that was taken over counts for its agent."""
    span = has_taken_over(call)
    if span is not None:
        Call.objects.filter(pk=call.pk).update(agent=span.agent)
    end(call.supervisions.all(), timezone.now())


def drop(call: Call) -> None:
    """End the part of a supervisor who took over and did not come back."""
    if (span := has_taken_over(call)) is not None:
        end(call.supervisions.filter(pk=span.pk), span.away_since or timezone.now())


def end_of_user(user_id: int) -> None:
    """End the span that this user is in, because they may not be in it any more."""
    mine = Supervision.objects.open().filter(user=user_id)
    spans = list(mine.select_related("call"))
    alone = [span.call_id for span in spans if span.mode == Mode.TAKE_OVER]
    # Their callers go to another agent with the next sweep.
    Call.objects.filter(pk__in=alone).update(console_lost_until=timezone.now())
    end(mine, timezone.now())
    bump_versions(span.call for span in spans)


def follow_agent(call: Call, spans: Iterable[Supervision]) -> None:
    """Begin other spans for those that name another agent than the call has now."""
    for span in spans:
        if span.agent_id != call.agent_id and span.user is not None:
            enter(call, span.user, span.mode)


def audio_came(call_id: UUID, user_id: int) -> bool:
    """Note that this supervisor's page has the audio. False if that was known."""
    away = Supervision.objects.open().filter(call=call_id, user=user_id)
    return bool(away.exclude(away_since=None).update(away_since=None))


def audio_left(call_id: UUID, user_id: int) -> bool:
    there = Supervision.objects.open().filter(call=call_id, user=user_id)
    return bool(there.filter(away_since=None).update(away_since=timezone.now()))


def overdue(now: datetime | Instant | None = None) -> SupervisionQuerySet:
    """Select spans of pages that stayed away, of calls that are over, of no user."""
    now = now or timezone.now()
    gone = Q(away_since__lte=now - AWAY_FOR) & ~Q(mode=Mode.TAKE_OVER)
    return Supervision.objects.open().filter(
        gone | Q(call__ended_at__isnull=False) | Q(user=None)
    )
