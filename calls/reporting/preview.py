"""Tell what would happen to a caller at some instant. Changes nothing.

Business hours are those of that instant; agents and callers are as they are now.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agents.admission import Action, EntryOutcome, Resolution, resolve_overflow
from agents.line_hours import opening_of_all
from agents.models import Prompt, Queue
from agents.routing import Decision, Question
from agents.schedule import Opening
from agents.skip_reasons import sentence
from calls import placement
from calls.models import Call, Direction, Line
from calls.queueing.dispatch import would_ring
from calls.queueing.queue_state import limits_of, queues_now
from calls.reporting.forecast import Forecast, forecast_of


@dataclass(frozen=True)
class PreviewPerson:
    """Name an agent of the queue: it would ring there, or why not."""

    name: str
    rings: bool
    reason: str


@dataclass(frozen=True)
class Preview:
    line: Line
    at: datetime
    is_open: bool
    opening: str
    queue: Queue | None = None  # where the caller ends up; None: nowhere
    way: tuple[str, ...] = ()  # which queue, and over which others
    people: tuple[PreviewPerson, ...] = ()
    hears: tuple[str, ...] = ()


def what_would_happen(line: Line, at: datetime) -> Preview:
    """Preview an inbound call from a new caller to this number at `at`."""
    hours = [one for one in (line.schedule, line.queue.schedule) if one]
    opening = opening_of_all(hours, at)
    zone = ZoneInfo(hours[0].time_zone) if hours else None
    words = _opening_words(opening, zone)
    has_room = placement.choose() is not None
    if not opening.open:
        closed = _named(line.closed_prompt, _("the closed message"))
        hears = _said_at_once(closed) if has_room else _rings_out(_timeout(line.queue))
        return Preview(line, at, False, words, hears=hears)
    queues = queues_now([line.queue])
    found = resolve_overflow(line.queue.pk, queues)
    queue = Queue.objects.select_related("greeting", "music").get(pk=found.queue_id)
    way = _way(found)
    if found.outcome != EntryOutcome.JOIN:
        hears = _refusal(found.outcome) if has_room else _rings_out(_timeout(queue))
        return Preview(line, at, True, words, way=way, hears=hears)
    question, decision = would_ring(_call(line, queue))
    forecast = forecast_of(question, decision, queues, found, has_room=has_room)
    hears = (*_first(queue, forecast), *_last(forecast))
    return Preview(
        line, at, True, words, queue, way, _people(question, decision), hears
    )


def _call(line: Line, queue: Queue) -> Call:
    """Make a call that came this instant; it is not saved."""
    return Call(
        direction=Direction.INBOUND,
        line=line,
        queue=queue,
        priority=line.priority,
        place_since=timezone.now(),
    )


# --- Open or closed ----------------------------------------------------------------


def _opening_words(opening: Opening, zone: ZoneInfo | None) -> str:
    if zone is None:
        return _(
            "Always open: neither the business number nor its queue has business hours."
        )
    reason = opening.sentence(_)
    if opening.until is None:
        always = _("Open, with no closing time.")
        never = _("Closed, with no opening hours ahead.")
        return f"{always if opening.open else never} {reason}"
    local = date_format(opening.until.astimezone(zone), _("D, j M Y, H:i"))
    until = f"{local} ({zone.key})"
    text = _("Open until {until}.") if opening.open else _("Closed until {until}.")
    return f"{text.format(until=until)} {reason}"


# --- Which queue -------------------------------------------------------------------


def _way(found: Resolution) -> tuple[str, ...]:
    """Name the queues that were asked, and what came of it."""
    names = Queue.objects.in_bulk(found.visited)
    asked = [names[pk].name for pk in found.visited]
    passed = [
        _("{queue} overflows to {other}.").format(queue=queue, other=other)
        for queue, other in zip(asked, asked[1:], strict=False)
    ]
    last = asked[-1]
    if found.outcome == EntryOutcome.FULL:
        full = _("{queue} is full.")
        return (*passed, full.format(queue=last))
    if found.outcome == EntryOutcome.NO_AGENTS:
        return (*passed, _("No agent of {queue} is signed in.").format(queue=last))
    return (*passed, _("The caller enters the queue {queue}.").format(queue=last))


# --- Which agents ring --------------------------------------------------------------


def _people(question: Question, decision: Decision) -> tuple[PreviewPerson, ...]:
    names = {one.agent_id: one.name for one in question.candidates}
    rings = [
        PreviewPerson(names[pk], True, _("Rings at this agent."))
        for pk in decision.ring
    ]
    zone = timezone.get_current_timezone()
    others = [
        PreviewPerson(names[one.agent_id], False, sentence(one, zone, _))
        for one in decision.skipped
    ]
    return (*rings, *others)


# --- What the caller hears ---------------------------------------------------------


def _named(prompt: Prompt | None, shipped: str) -> str:
    if prompt is not None:
        return f"“{prompt.name}”"
    return _("{what} (default prompt)").format(what=shipped)


def _said_at_once(what: str) -> tuple[str, ...]:
    return (
        _("Auto-answered at once with {what}.").format(what=what),
        _("Then the call ends."),
    )


def _refusal(outcome: EntryOutcome) -> tuple[str, ...]:
    if outcome == EntryOutcome.FULL:
        return _said_at_once(_named(None, _("the message that the queue is full")))
    return _said_at_once(_named(None, _("the message that no agent is signed in")))


def _timeout(queue: Queue) -> int:
    return limits_of(queue).ring_timeout


def _rings_out(seconds: int) -> tuple[str, ...]:
    text = _(
        "WhatsApp's ringing tone for up to {seconds} seconds; the call is "
        "not auto-answered. After that it counts as not answered in time."
    )
    return (text.format(seconds=seconds),)


def _first(queue: Queue, forecast: Forecast) -> tuple[str, ...]:
    """Tell how it goes until an agent or the system answers."""
    if forecast.after_ringing.action == Action.TIME_OUT:
        return _rings_out(forecast.rings_for)
    if other := _other_queue(forecast.after_ringing.resolution):
        text = _(
            "WhatsApp's ringing tone; the caller overflows to {queue} after {seconds} "
            "seconds if no agent answers."
        )
        return (text.format(seconds=forecast.rings_for, queue=other),)
    return (_answered(forecast), *_music(queue))


def _answered(forecast: Forecast) -> str:
    if forecast.rings_for:
        text = _(
            "WhatsApp's ringing tone; auto-answered after {seconds} seconds if no "
            "agent answers."
        )
        return text.format(seconds=forecast.rings_for)
    if forecast.is_staffed:
        return _("No agent is free: auto-answered at once.")
    return _("No agent is signed in: auto-answered at once.")


def _other_queue(found: Resolution | None) -> str:
    return Queue.objects.get(pk=found.queue_id).name if found else ""


def _music(queue: Queue) -> tuple[str, ...]:
    greeting = _named(queue.greeting, _("the greeting"))
    music = _named(queue.music, _("music"))
    heard = _("First {greeting}, then {music}.")
    said = [heard.format(greeting=greeting, music=music)]
    if queue.position_every_seconds:
        position = _("The position in the queue, every {seconds} seconds.")
        said.append(position.format(seconds=queue.position_every_seconds))
    return tuple(said)


def _last(forecast: Forecast) -> tuple[str, ...]:
    """Tell how the waiting ends."""
    if forecast.after_ringing.action != Action.AUTO_ANSWER:
        return ()
    minutes = _minutes(timedelta(seconds=forecast.waits_for))
    if other := _other_queue(forecast.after_wait.resolution):
        text = _("After a total of {minutes} the caller overflows to {queue}.")
        return (text.format(minutes=minutes, queue=other),)
    return (_("The call ends after a total of {minutes}.").format(minutes=minutes),)


def _minutes(span: timedelta) -> str:
    minutes, seconds = divmod(int(span.total_seconds()), 60)
    if not minutes:
        text = ngettext("{count} second", "{count} seconds", seconds)
        return text.format(count=seconds)
    text = ngettext("{count} minute", "{count} minutes", minutes)
    words = text.format(count=minutes)
    return f"{words} {seconds} s" if seconds else words
