"""Calls that wait, are transferred, or ring where no agent is free; who took part."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from agents.decisions import as_json
from agents.models import Agent
from agents.routing import (
    RULE_VERSION,
    Candidate,
    Question,
    Rules,
    Strategy,
    Waiting,
    answer,
)
from calls.models import (
    Call,
    CallChange,
    Direction,
    Disposition,
    Leg,
    Line,
    NoteWord,
    Offer,
    RoutingDecision,
)
from calls.states import ENDINGS, Event, Result, Status, after
from permissions.models import Contact

E = Event
ID_PREFIX = "wacid.demo-story-"
DEMO = Q(wati_call_id__startswith="wacid.demo-")
NOTES = (
    "Parcel is late: asked the carrier, will hear by tomorrow.",
    "",
    "Wanted the opening hours.",
    "Changed the address of the order.",
    "",
    "Asked for the invoice once more, by e-mail.",
    "Spoke about the broken lid. Sends a picture.",
)


class Step(NamedTuple):
    """An event, so many seconds after the call came, and its agent."""

    seconds: float
    event: Event
    agent: str = ""


class StoryPart(NamedTuple):
    """An agent in the call, from answer to leaving; in seconds of the call."""

    agent: str
    takes: float
    joins: float
    leaves: float
    notes: str
    was_asked: bool = False  # consulted, before the call was theirs


@dataclass
class CallStory:
    """A call and its steps."""

    hours_ago: float
    person: str
    steps: list[Step]
    parts: list[StoryPart] = field(default_factory=list)
    # The agents' states when it began to ring, by name.
    states: dict[str, dict[str, Any]] = field(default_factory=dict)
    chosen: str = ""

    @property
    def lasts(self) -> timedelta:
        return timedelta(seconds=self.steps[-1].seconds)


FREE = {"state": "available"}
AT_LUNCH = {"state": "on_break", "reason": "Lunch"}
IN_WRAP_UP = {"state": "wrap_up"}
DEAF = {
    "state": "cannot_ring",
    "reason": "The microphone was unplugged.",
    "can_ring": False,
}

STORIES = [
    CallStory(
        5.2,
        "Carla Ferreira",
        [
            Step(0, E.OFFERED),
            Step(7, E.CLAIMED, "Ana"),
            Step(7.5, E.MEDIA_UP),
            Step(60, E.PUT_ON_HOLD, "Ana"),
            Step(95, E.RESUMED, "Ana"),
            Step(130, E.TRANSFERRED, "Ana"),
            Step(139, E.CLAIMED, "Bruno"),
            Step(139.4, E.MEDIA_UP),
            Step(310, E.CUSTOMER_ENDED),
        ],
        parts=[
            StoryPart("Ana", 7, 7.5, 130, "Wants a price for forty."),
            StoryPart("Bruno", 139, 139.4, 310, "Offer goes out today."),
        ],
        states={"Ana": FREE, "Bruno": AT_LUNCH},
        chosen="New order",
    ),
    CallStory(
        27.3,
        "Łukasz Nowak",
        [
            Step(0, E.OFFERED),
            Step(11, E.CLAIMED, "Bruno"),
            Step(11.4, E.MEDIA_UP),
            Step(80, E.PUT_ON_HOLD, "Bruno"),
            Step(121, E.HANDED_OVER, "Bruno"),
            Step(290, E.AGENT_ENDED, "Ana"),
        ],
        parts=[
            StoryPart("Bruno", 11, 11.4, 121, "Ana knows this order."),
            StoryPart(
                "Ana", 88, 88.5, 290, "Lid is replaced for free.", was_asked=True
            ),
        ],
        states={"Ana": IN_WRAP_UP, "Bruno": FREE},
        chosen="Quality",
    ),
    CallStory(
        30.1,
        "Priya Raman",
        [
            Step(0, E.OFFERED),
            Step(25, E.PARKED),
            Step(94, E.CLAIMED, "Ana"),
            Step(94.3, E.MEDIA_UP),
            Step(260, E.CUSTOMER_ENDED),
        ],
        parts=[StoryPart("Ana", 94, 94.3, 260, "Waited long, was kind all the same.")],
        states={"Ana": IN_WRAP_UP, "Bruno": DEAF},
        chosen="Solved",
    ),
    CallStory(
        9.6,
        "Amélie Dubois",
        [Step(0, E.OFFERED), Step(0.2, E.PARKED), Step(14, E.CLOSED)],
    ),
    CallStory(
        57.4,
        "Budi Santoso",
        [Step(0, E.OFFERED), Step(0.2, E.PARKED), Step(14, E.CLOSED)],
    ),
    CallStory(
        33.5,
        "Chidi Okafor",
        [Step(0, E.OFFERED), Step(0.2, E.PARKED), Step(11, E.NOBODY_THERE)],
    ),
    CallStory(
        51.8,
        "Yuki Tanaka",
        [Step(0, E.OFFERED), Step(0.3, E.PARKED), Step(9, E.QUEUE_FULL)],
    ),
]


@transaction.atomic
def make_stories(line: Line, agents: list[Agent], now: datetime) -> int:
    """Make the calls of STORIES. Return how many were made; none the second time."""
    mine = Call.objects.filter(account=line.account, wati_call_id__startswith=ID_PREFIX)
    if mine.exists():
        return 0
    _add_participants(agents)
    by_name = {agent.name: agent for agent in agents}
    for number, story in enumerate(STORIES):
        at = now - timedelta(hours=story.hours_ago)
        at = free_instant(agents, at, story.lasts)
        _tell(number, story, line, by_name, at)
    return len(STORIES)


def free_instant(agents: list[Agent], at: datetime, lasts: timedelta) -> datetime:
    """Return `at` or an earlier instant, when none of them is in another call."""
    while clash := (
        Call.objects.filter(
            Q(agent__in=agents) | Q(legs__agent__in=agents),
            created_at__lt=at + lasts,
            ended_at__gt=at,
        )
        .order_by("created_at")
        .first()
    ):
        at = clash.created_at - lasts - timedelta(minutes=2)
    return at


# --- The calls that were there before ----------------------------------------------


def _add_participants(agents: list[Agent]) -> None:
    """Add the agent, with a note, to every answered call that has none yet."""
    answered = Call.objects.filter(DEMO, agent__in=agents, legs=None)
    answered = answered.exclude(answered_at=None).order_by("created_at")
    choices = list(Disposition.objects.filter(children=None))
    legs = Leg.objects.bulk_create(
        [_participant(call, number, choices) for number, call in enumerate(answered)]
    )
    NoteWord.keep({leg.pk: leg.notes for leg in legs})


def _participant(call: Call, number: int, choices: list[Disposition]) -> Leg:
    assert call.agent is not None
    assert call.ended_at is not None
    wrap_up = timedelta(seconds=5 + number * 7 % 25)
    return Leg(
        call=call,
        agent=call.agent,
        started_at=call.claimed_at or call.created_at,
        joined_at=call.answered_at,
        ended_at=call.ended_at,
        left_because=Leg.Left.CALL_ENDED,
        notes=NOTES[number % len(NOTES)],
        disposition=choices[number % len(choices)] if choices else None,
        wrap_up_since=call.ended_at,
        wrapped_up_at=call.ended_at + wrap_up,
    )


# --- A call from its steps ---------------------------------------------------------


def _tell(
    number: int, story: CallStory, line: Line, agents: dict[str, Agent], at: datetime
) -> None:
    call = _call(number, story, line, agents, at)
    old = Status.UNMATCHED
    for step in story.steps:
        new = after(old, step.event)
        CallChange.objects.create(
            call=call,
            at=at + timedelta(seconds=step.seconds),
            event=step.event,
            old=old,
            new=new,
            user=agents[step.agent].user if step.agent else None,
            detail=call.end_text if new == Status.ENDED else "",
        )
        old = new
    for part in story.parts:
        _add_participant(call, story, part, agents[part.agent], at)
    if story.states:
        _decide(call, story, agents)


def _call(
    number: int, story: CallStory, line: Line, agents: dict[str, Agent], at: datetime
) -> Call:
    ended_by, unanswered, text = ENDINGS[story.steps[-1].event]
    queued_with_audio_at, answered_at = (
        _first(story, E.PARKED, at),
        _first(story, E.MEDIA_UP, at),
    )
    last = story.parts[-1] if story.parts else None
    return Call.objects.create(
        id=UUID(int=0xDE << 96 | number, version=4),
        account=line.account,
        wati_call_id=f"{ID_PREFIX}{number}",
        direction=Direction.INBOUND,
        line=line,
        queue=line.queue,
        contact=Contact.objects.get(name=story.person),
        agent=agents[last.agent] if last else None,
        status=Status.ENDED,
        version=len(story.steps),
        result=Result.ANSWERED if answered_at else unanswered,
        end_reason=story.steps[-1].event,
        ended_by=ended_by,
        end_text=text,
        created_at=at,
        queued_at=at,
        place_since=at,
        queue_visits=1 + _count(story, E.TRANSFERRED),
        visited_queues=[line.queue_id],
        claimed_at=at + timedelta(seconds=last.takes) if last else None,
        accepted_at=queued_with_audio_at or answered_at,
        media_at=queued_with_audio_at or answered_at,
        queued_with_audio_at=queued_with_audio_at,
        answered_at=answered_at,
        ended_at=at + story.lasts,
        holds=_count(story, E.PUT_ON_HOLD),
        hold_seconds=_held(story),
        provider_duration=round(story.lasts.total_seconds()),
    )


def _first(story: CallStory, event: Event, at: datetime) -> datetime | None:
    seconds = [step.seconds for step in story.steps if step.event == event]
    return at + timedelta(seconds=seconds[0]) if seconds else None


def _count(story: CallStory, event: Event) -> int:
    return sum(step.event == event for step in story.steps)


def _held(story: CallStory) -> int:
    """Add up the seconds on hold after an agent had talked."""
    seconds, since = 0.0, None
    for step in story.steps:
        if step.event in (E.PUT_ON_HOLD, E.TRANSFERRED):
            since = step.seconds if since is None else since
        elif step.event in (E.RESUMED, E.HANDED_OVER, E.MEDIA_UP) and since:
            seconds, since = seconds + step.seconds - since, None
    return round(seconds)


def _add_participant(
    call: Call, story: CallStory, part: StoryPart, agent: Agent, at: datetime
) -> None:
    """Add the agent's ring attempt and part in the call, with their notes."""
    takes, joins, leaves = (
        at + timedelta(seconds=seconds)
        for seconds in (part.takes, part.joins, part.leaves)
    )
    kind = Offer.Kind.CONSULT if part.was_asked else Offer.Kind.QUEUE
    begins = takes - timedelta(seconds=6)
    Offer.objects.create(
        call=call,
        agent=agent,
        kind=kind,
        offered_at=begins,
        rang_at=begins + timedelta(milliseconds=180),
        ended_at=takes,
        outcome=Offer.Outcome.ANSWERED,
    )
    chosen = Disposition.objects.filter(name=story.chosen, children=None).first()
    Leg.objects.create(
        call=call,
        agent=agent,
        started_at=takes,
        joined_at=joins,
        ended_at=leaves,
        left_because=_why_left(story, part),
        notes=part.notes,
        disposition=chosen if part is story.parts[-1] else None,
        wrap_up_since=leaves,
        wrapped_up_at=leaves + timedelta(seconds=21),
    )


def _why_left(story: CallStory, part: StoryPart) -> Leg.Left:
    last = story.parts[-1]
    if part is last:
        return Leg.Left.CALL_ENDED
    return Leg.Left.HANDED_OVER if last.was_asked else Leg.Left.TRANSFERRED


# --- Routing decisions -------------------------------------------------------------


def _decide(call: Call, story: CallStory, agents: dict[str, Agent]) -> None:
    """Record how the call was routed when it came, and whenever it rang."""
    if story.states[story.parts[0].agent] != FREE:
        _record(call, story.states, agents, call.created_at)
    others = story.states
    for part in story.parts:
        if part.was_asked:
            continue
        rings_at = call.created_at + timedelta(seconds=part.takes - 6)
        row = _record(call, {**others, part.agent: FREE}, agents, rings_at)
        call.offers.filter(agent=agents[part.agent]).update(decision=row)
        others = {**others, part.agent: IN_WRAP_UP}


def _record(
    call: Call,
    states: dict[str, dict[str, Any]],
    agents: dict[str, Agent],
    now: datetime,
) -> RoutingDecision:
    """Decide by the rules that route real calls, and record it."""
    assert call.queue is not None
    question = Question(
        waiting=Waiting(str(call.pk), call.queue.pk, since=call.created_at),
        rules=Rules(Strategy(call.queue.strategy)),
        candidates=tuple(
            Candidate(agents[name].pk, name, since=now - timedelta(minutes=9), **how)
            for name, how in states.items()
        ),
        now=now,
    )
    return RoutingDecision.objects.create(
        call=call,
        queue=call.queue,
        at=now,
        rule_version=RULE_VERSION,
        callers_waiting=1,
        facts=as_json(question, answer(question)),
    )
