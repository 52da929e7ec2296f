"""Past calls for a demo, so that lists and figures are not empty."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from django.db import transaction

from agents.models import Agent
from calls.models import Call, CallChange, Direction, Line, Offer, WatiRequest
from calls.states import ENDINGS, Event, Result, Status
from permissions.models import Contact

CALLS = 60
# The newest of them fall into the last hours, so that today has some.
RECENT = 9
ID_PREFIX = "wacid.demo-"

PEOPLE = [
    ("Carla Ferreira", "5511987654321"),
    ("Oliver Schmidt", "4915112345678"),
    ("Aisha Khan", "923001234567"),
    ("Wei Chen", "8613812345678"),
    ("Fatima Zahra El Idrissi", "212612345678"),
    ("Juan Pérez", "5215512345678"),
    ("Siobhán O’Brien", "353851234567"),
    ("Priya Raman", "919876543210"),
    ("Yuki Tanaka", "819012345678"),
    ("Nguyễn Thị Lan", "84912345678"),
    ("Łukasz Nowak", "48501234567"),
    ("Chidi Okafor", "2348031234567"),
    ("Zeynep Yılmaz", "905321234567"),
    ("Amélie Dubois", "33612345678"),
    ("Mohammed Al Harbi", "966501234567"),
    ("Budi Santoso", "6281234567890"),
    ("", "34612345678"),
    ("", "447400123456"),
]

# How a call ends, and how often in a hundred.
ENDS = {
    Event.CUSTOMER_ENDED: 52,
    Event.AGENT_ENDED: 22,
    Event.RING_TIMEOUT: 9,
    Event.DECLINED: 6,
    Event.CALLER_GONE: 5,
    Event.MEDIA_FAILED: 4,
    Event.SUPERVISOR_ENDED: 2,
}
CLAIMED_FIRST = (Event.CALLER_GONE, Event.MEDIA_FAILED)
HUNG_UP_WHILE_RINGING = 0.15


@dataclass(frozen=True)
class PastCall:
    """One past call, decided before any row is written."""

    number: int
    at: datetime
    contact: Contact | None
    agent: Agent
    event: Event
    rings: timedelta
    connects: timedelta
    talks: timedelta
    call_id: UUID

    @property
    def answered(self) -> bool:
        return bool(self.talks)

    @property
    def claimed(self) -> bool:
        return self.answered or self.event in CLAIMED_FIRST

    @property
    def claimed_at(self) -> datetime:
        return self.at + self.rings

    @property
    def sound_at(self) -> datetime:
        return self.claimed_at + self.connects

    @property
    def ended_at(self) -> datetime:
        return (self.sound_at if self.claimed else self.claimed_at) + self.talks


@transaction.atomic
def make_past_calls(line: Line, agents: list[Agent], now: datetime) -> int:
    """Make two weeks of calls, the same ones each time. Return how many."""
    mine = Call.objects.filter(account=line.account, wati_call_id__startswith=ID_PREFIX)
    if mine.exists():
        return 0
    plans = list(_plans(agents, _contacts(), now))
    Call.objects.bulk_create([_call(plan, line) for plan in plans])
    Offer.objects.bulk_create(
        [_offer(plan, agent) for plan in plans for agent in agents]
    )
    CallChange.objects.bulk_create(
        [change for plan in plans for change in _changes(plan)]
    )
    WatiRequest.objects.bulk_create(
        [request for plan in plans for request in _requests(plan, line)]
    )
    return len(plans)


def _contacts() -> list[Contact]:
    return [
        Contact.objects.get_or_create(waid=waid, defaults={"name": name})[0]
        for name, waid in PEOPLE
    ]


def _plans(
    agents: list[Agent], contacts: list[Contact], now: datetime
) -> Iterator[PastCall]:
    random = Random(2026)
    # Far enough apart that no agent is in two calls at once.
    at = now - timedelta(minutes=20)
    for number in range(CALLS):
        event = random.choices(list(ENDS), list(ENDS.values()))[0]
        yield PastCall(
            number=number,
            at=at - timedelta(seconds=random.randrange(300)),
            contact=random.choice(contacts) if random.random() > 0.07 else None,
            agent=random.choice(agents),
            event=event,
            rings=_rings(event, random),
            connects=timedelta(milliseconds=random.randrange(350, 900)),
            talks=_talks(event, random),
            call_id=UUID(int=random.getrandbits(128), version=4),
        )
        apart = 25 if number < RECENT else random.randrange(180, 700)
        at -= timedelta(minutes=apart)


def _rings(event: Event, random: Random) -> timedelta:
    if event == Event.RING_TIMEOUT:
        return timedelta(seconds=45)
    return timedelta(seconds=min(40.0, random.lognormvariate(2.0, 0.6)))


def _talks(event: Event, random: Random) -> timedelta:
    """Draw the talk time; zero for a call that was not answered."""
    if event not in (
        Event.CUSTOMER_ENDED,
        Event.AGENT_ENDED,
        Event.SUPERVISOR_ENDED,
    ):
        return timedelta()
    if event == Event.CUSTOMER_ENDED and random.random() < HUNG_UP_WHILE_RINGING:
        return timedelta()
    return timedelta(seconds=min(840.0, 12 + random.lognormvariate(4.9, 0.8)))


def _call(plan: PastCall, line: Line) -> Call:
    ended_by, unanswered, text = ENDINGS[plan.event]
    talked = round(plan.talks.total_seconds())
    return Call(
        id=plan.call_id,
        account=line.account,
        wati_call_id=f"{ID_PREFIX}{plan.number}",
        direction=Direction.INBOUND,
        line=line,
        queue=line.queue,
        contact=plan.contact,
        agent=plan.agent if plan.claimed else None,
        status=Status.ENDED,
        version=len(_steps(plan)),
        result=Result.ANSWERED if plan.answered else unanswered,
        end_reason=plan.event,
        ended_by=ended_by,
        end_text=text,
        created_at=plan.at,
        claimed_at=plan.claimed_at if plan.claimed else None,
        accepted_at=plan.sound_at if plan.answered else None,
        answered_at=plan.sound_at if plan.answered else None,
        ended_at=plan.ended_at,
        provider_duration=talked + 1 if plan.answered else None,
    )


def _offer(plan: PastCall, agent: Agent) -> Offer:
    return Offer(
        call_id=plan.call_id,
        agent=agent,
        offered_at=plan.at,
        rang_at=plan.at + timedelta(milliseconds=150),
        ended_at=plan.claimed_at,
        outcome=_outcome(plan, agent),
    )


def _outcome(plan: PastCall, agent: Agent) -> str:
    if plan.claimed:
        mine = plan.agent.pk == agent.pk
        return Offer.Outcome.ANSWERED if mine else Offer.Outcome.TAKEN
    return {
        Event.RING_TIMEOUT: Offer.Outcome.NO_ANSWER,
        Event.DECLINED: Offer.Outcome.DECLINED,
    }.get(plan.event, Offer.Outcome.CALLER_LEFT)


def _steps(plan: PastCall) -> list[tuple[Event, Status, datetime]]:
    """Return each event with the status after it, and when."""
    steps = [(Event.OFFERED, Status.RINGING, plan.at)]
    if plan.claimed:
        steps.append((Event.CLAIMED, Status.CONNECTING, plan.claimed_at))
    if plan.answered:
        steps.append((Event.MEDIA_UP, Status.ACTIVE, plan.sound_at))
    return [*steps, (plan.event, Status.ENDED, plan.ended_at)]


def _changes(plan: PastCall) -> Iterator[CallChange]:
    old = Status.UNMATCHED
    by_agent = (Event.CLAIMED, Event.AGENT_ENDED, Event.DECLINED)
    for event, new, at in _steps(plan):
        yield CallChange(
            call_id=plan.call_id,
            at=at,
            event=event,
            old=old,
            new=new,
            user=plan.agent.user if event in by_agent else None,
            detail=ENDINGS[event][2] if event in ENDINGS else "",
        )
        old = new


def _requests(plan: PastCall, line: Line) -> Iterator[WatiRequest]:
    verbs = []
    if plan.answered or plan.event == Event.MEDIA_FAILED:
        verbs.append((WatiRequest.Verb.ACCEPT, plan.claimed_at))
    if plan.event not in (Event.CUSTOMER_ENDED, Event.CALLER_GONE):
        verbs.append((WatiRequest.Verb.TERMINATE, plan.ended_at))
    for verb, at in verbs:
        yield WatiRequest(
            account=line.account,
            call_id=plan.call_id,
            verb=verb,
            status=WatiRequest.Status.OK,
            attempts=1,
            created_at=at,
            sent_at=at,
            finished_at=at + timedelta(milliseconds=220),
            next_attempt_at=None,
            http_status=200,
        )
