"""What would happen to a caller at some instant, in sentences. Looks, changes nothing.

Business hours are those of that instant; agents and callers are as they are now.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agents.admission import Floor, Outcome, Settled, WhenNobody
from agents.line_hours import opening_of
from agents.models import Prompt, Queue
from agents.routing import answer
from agents.schedule import Opening
from agents.skip_reasons import sentence
from calls.models import Call, Direction, Line
from calls.queueing.entry import settled_for
from calls.queueing.hold_queue import LONGEST_WAIT
from calls.queueing.questions import question_for


@dataclass(frozen=True)
class PreviewPerson:
    """An agent of the queue: it would ring there, or why not."""

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
    """To somebody whom no agent knows, and who calls this line at `at`."""
    opening = opening_of(line.schedule, at)
    zone = ZoneInfo(line.schedule.time_zone) if line.schedule else None
    words = _opening_words(opening, zone)
    if not opening.open:
        closed = _said_at_once(_named(line.closed_prompt, _("the closed message")))
        return Preview(line, at, False, words, hears=closed)
    settled, queue, there = settled_for(line.queue)
    way, hears = _way(line.queue, settled), _hears(queue, settled, there)
    if settled.admission.outcome != Outcome.JOIN:
        return Preview(line, at, True, words, way=way, hears=hears)
    return Preview(line, at, True, words, queue, way, _people(line, queue, at), hears)


# --- Open or closed ----------------------------------------------------------------


def _opening_words(opening: Opening, zone: ZoneInfo | None) -> str:
    if zone is None:
        return _("Always open: this business number has no business hours.")
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


def _way(first: Queue, settled: Settled) -> tuple[str, ...]:
    """The queues that were asked, and what came of it."""
    names = dict(Queue.objects.in_bulk(settled.visited).items())
    asked = [names[pk].name for pk in settled.visited]
    passed = [
        _("{queue} overflows to {other}.").format(queue=queue, other=other)
        for queue, other in zip(asked, asked[1:], strict=False)
    ]
    last = names[settled.queue_id].name
    outcome = settled.admission.outcome
    if outcome == Outcome.FULL:
        full = _("{queue} is full.")
        return (*passed, full.format(queue=last))
    if outcome == Outcome.NOBODY:
        return (*passed, _("No agent of {queue} is signed in.").format(queue=last))
    return (*passed, _("The caller enters the queue {queue}.").format(queue=last))


# --- Which agents ring ---------------------------------------------------------------


def _people(line: Line, queue: Queue, at: datetime) -> tuple[PreviewPerson, ...]:
    call = Call(
        direction=Direction.INBOUND,
        line=line,
        queue=queue,
        priority=line.priority,
        created_at=at,
        place_since=at,
    )
    question = question_for(call, at)
    decision = answer(question)
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


def _hears(queue: Queue, settled: Settled, there: Floor) -> tuple[str, ...]:
    outcome = settled.admission.outcome
    if outcome == Outcome.FULL:
        return _said_at_once(_named(None, _("the message that the queue is full")))
    if outcome == Outcome.NOBODY:
        return _said_at_once(_named(None, _("the message that no agent is signed in")))
    return (*_first(queue, there), *_last(queue, there))


def _first(queue: Queue, there: Floor) -> tuple[str, ...]:
    """Until somebody or something answers."""
    if not there.logged_in and queue.when_nobody == WhenNobody.WAIT:
        return (_("No agent is signed in: auto-answered at once."), *_music(queue))
    if not there.logged_in or not queue.system_answers:
        return (
            _(
                "WhatsApp's ringing tone for up to {seconds} seconds; the call is "
                "not auto-answered. After that it counts as not answered in time."
            ).format(seconds=queue.ring_seconds),
        )
    return (
        _(
            "WhatsApp's ringing tone; auto-answered after {seconds} seconds if no "
            "agent answers."
        ).format(seconds=queue.answer_after_seconds),
        *_music(queue),
    )


def _music(queue: Queue) -> tuple[str, ...]:
    greeting = _named(queue.greeting, _("the greeting"))
    music = _named(queue.music, _("music"))
    heard = _("First {greeting}, then {music}.")
    said = [heard.format(greeting=greeting, music=music)]
    if queue.position_every_seconds:
        position = _("The position in the queue, every {seconds} seconds.")
        said.append(position.format(seconds=queue.position_every_seconds))
    return tuple(said)


def _last(queue: Queue, there: Floor) -> tuple[str, ...]:
    """The end of the waiting."""
    waits = queue.when_nobody == WhenNobody.WAIT if not there.logged_in else True
    if not waits or (there.logged_in and not queue.system_answers):
        return ()
    longest = queue.max_wait_seconds or int(LONGEST_WAIT.total_seconds())
    after = _minutes(timedelta(seconds=longest))
    if queue.overflow_to is not None and queue.max_wait_seconds:
        text = _("After a total of {minutes} the caller overflows to {queue}.")
        return (text.format(minutes=after, queue=queue.overflow_to.name),)
    return (_("The call ends after a total of {minutes}.").format(minutes=after),)


def _minutes(span: timedelta) -> str:
    minutes, seconds = divmod(int(span.total_seconds()), 60)
    if not minutes:
        text = ngettext("{count} second", "{count} seconds", seconds)
        return text.format(count=seconds)
    text = ngettext("{count} minute", "{count} minutes", minutes)
    words = text.format(count=minutes)
    return f"{words} {seconds} s" if seconds else words
