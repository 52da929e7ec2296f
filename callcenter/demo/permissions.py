"""People who may and may not be called, and our calls to them, for a demo."""

from datetime import datetime, timedelta
from uuid import uuid4

from django.db import transaction

from agents.models import Agent
from callcenter.wati.events import PermissionChanged, Person
from calls.lifecycle.permission_usage import pair_of
from calls.models import Call, CallChange, Direction, Leg, Line, Plan, WatiRequest
from calls.states import Event, Result, Status, ending
from permissions import services
from permissions.facts import GRANT_LASTS, REQUEST_LASTS
from permissions.models import Contact

ID_PREFIX = "wacid.demo-out-"
TALKS = timedelta(minutes=4, seconds=12)
CONNECTS = timedelta(seconds=1)  # the agent's audio
RINGS = {
    Event.CUSTOMER_ENDED: timedelta(seconds=9),
    Event.AGENT_ENDED: timedelta(seconds=22),
    Event.REJECTED: timedelta(seconds=11),
    Event.NO_ANSWER: timedelta(seconds=60),
}


class PermissionStory:
    """One person's way through the ledger; each step is so many hours ago."""

    def __init__(self, name: str, line: Line, agent: Agent, now: datetime) -> None:
        self.contact = Contact.objects.get(name=name)
        self.line, self.agent, self.now = line, agent, now
        self.pair = pair_of(self.contact, line)

    def at(self, hours: float) -> datetime:
        return self.now - timedelta(hours=hours)

    def asked(
        self, hours: float, state: Plan.State = Plan.State.DONE
    ) -> "PermissionStory":
        at = self.at(hours)
        plan = Plan.objects.create(
            contact=self.contact,
            line=self.line,
            agent=self.agent,
            state=state,
            created_at=at,
            expires_at=at + REQUEST_LASTS,
        )
        services.ask(self.pair, key=str(plan.pk), by=self.agent.user, at=at)
        _request(self.line, WatiRequest.Verb.ASK, at, plan=plan)
        return self

    def replied(
        self, hours: float, *, granted: bool, permanent: bool = False, status: str = ""
    ) -> "PermissionStory":
        """Record the contact's reply, as WhatsApp's webhook brings it."""
        at = self.at(hours)
        word = PermissionChanged(
            Person(self.contact.waid or ""),
            granted=granted,
            permanent=permanent,
            expires_at=None if permanent or not granted else at + GRANT_LASTS,
            status=status,
        )
        key = f"demo {at.isoformat()}"
        services.permission_webhook(self.pair, word, key=key, received_at=at)
        return self

    def called(
        self, hours: float, event: Event = Event.CUSTOMER_ENDED
    ) -> "PermissionStory":
        """Record a call of ours; it was answered if the contact ended it."""
        answered = event == Event.CUSTOMER_ENDED
        lasts = RINGS[event] + (TALKS if answered else timedelta())
        at = _free_instant(self.agent, self.at(hours), lasts)
        call = _call(self, at, event, answered=answered)
        services.place_call(self.pair, call=call.pk, by=self.agent.user, at=at)
        if answered:
            services.call_connected(self.pair, call=call.pk, at=call.answered_at)
        else:
            detail, ended_at = call.end_text, call.ended_at
            services.call_unanswered(
                self.pair, call=call.pk, detail=detail, at=ended_at
            )
        return self


@transaction.atomic
def make_permissions(line: Line, agents: list[Agent], now: datetime) -> int:
    """Make a contact for each permission status. Return how many calls were made."""
    mine = Call.objects.filter(account=line.account, wati_call_id__startswith=ID_PREFIX)
    if mine.exists() or line.account.permissions.exists():
        return 0
    _tell_stories(line, agents, now)
    services.expire()
    return mine.count()


def _tell_stories(line: Line, agents: list[Agent], now: datetime) -> None:
    ana, bruno = agents[0], agents[-1]

    def of(name: str, agent: Agent) -> PermissionStory:
        return PermissionStory(name, line, agent, now)

    of("Oliver Schmidt", ana).asked(50).replied(49, granted=True).called(26)
    of("Aisha Khan", bruno).replied(200, granted=True, permanent=True).called(98)
    of("Wei Chen", ana).asked(3, Plan.State.WAITING)
    refused = of("Fatima Zahra El Idrissi", ana).asked(31, Plan.State.REFUSED)
    refused.replied(30, granted=False)
    of("Juan Pérez", bruno).asked(165).replied(163, granted=True).called(120)
    missed = of("Siobhán O’Brien", ana).replied(75, granted=True)
    missed.called(52, Event.NO_ANSWER).called(1.5, Event.REJECTED)
    blocked = of("Priya Raman", bruno).asked(70).replied(69, granted=True)
    blocked.called(53, Event.NO_ANSWER).called(28, Event.AGENT_ENDED)
    blocked.called(2.5, Event.NO_ANSWER)
    revoked = of("Yuki Tanaka", ana).replied(150, granted=True)
    revoked.called(101, Event.NO_ANSWER)
    revoked.replied(100, granted=False, status="revoked")
    of("Nguyễn Thị Lan", bruno).replied(220, granted=True).called(190)
    zeynep = of("Zeynep Yılmaz", bruno)
    services.block(zeynep.contact, user=bruno.user, reason="Asked us not to call.")


def _free_instant(agent: Agent, at: datetime, lasts: timedelta) -> datetime:
    """Return `at` or an earlier instant, when the agent is in no other call."""
    while clash := (
        Call.objects.filter(agent=agent, claimed_at__lt=at + lasts, ended_at__gt=at)
        .order_by("claimed_at")
        .first()
    ):
        at = (clash.claimed_at or clash.created_at) - lasts - timedelta(minutes=1)
    return at


def _call(
    story: PermissionStory, at: datetime, event: Event, *, answered: bool
) -> Call:
    status = Status.ACTIVE if answered else Status.DIALING
    ended_by, result, text = ending(status, event)
    answered_at = at + RINGS[event] if answered else None
    ended_at = at + RINGS[event] + (TALKS if answered else timedelta())
    call = Call.objects.create(
        account=story.line.account,
        wati_call_id=f"{ID_PREFIX}{uuid4().hex[:12]}",
        direction=Direction.OUTBOUND,
        line=story.line,
        queue=story.line.queue,
        contact=story.contact,
        agent=story.agent,
        status=Status.ENDED,
        result=Result.ANSWERED if answered else result,
        end_reason=event,
        ended_by=ended_by,
        end_text=text,
        created_at=at,
        claimed_at=at,
        answered_at=answered_at,
        ended_at=ended_at,
    )
    _changes(call, story.agent, event)
    # With the notes of the answered ones, callcenter/demo/stories.py adds their agents.
    if not answered:
        Leg.objects.create(
            call=call,
            agent=story.agent,
            started_at=at,
            joined_at=at + CONNECTS,
            ended_at=ended_at,
        )
    _request(story.line, WatiRequest.Verb.OUTBOUND, at, call=call)
    return call


def _changes(call: Call, agent: Agent, event: Event) -> None:
    steps = [(Event.DIALED, Status.DIALING, call.created_at)]
    if call.answered_at:
        steps.append((Event.ANSWERED, Status.ACTIVE, call.answered_at))
    assert call.ended_at is not None
    old = Status.UNMATCHED
    for step, new, at in [*steps, (event, Status.ENDED, call.ended_at)]:
        by_agent = step in (Event.DIALED, Event.AGENT_ENDED)
        CallChange.objects.create(
            call=call,
            at=at,
            event=step,
            old=old,
            new=new,
            user=agent.user if by_agent else None,
            detail=call.end_text if new == Status.ENDED else "",
        )
        old = new


def _request(
    line: Line,
    verb: str,
    at: datetime,
    *,
    call: Call | None = None,
    plan: Plan | None = None,
) -> None:
    WatiRequest.objects.create(
        account=line.account,
        call=call,
        plan=plan,
        verb=verb,
        status=WatiRequest.Status.OK,
        attempts=1,
        created_at=at,
        sent_at=at,
        finished_at=at + timedelta(milliseconds=240),
        next_attempt_at=None,
        http_status=200,
    )
