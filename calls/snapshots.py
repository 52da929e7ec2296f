"""Whole snapshots for browsers, as docs/console-websocket.md describes them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db.models import F, FilteredRelation, Q
from django.utils import timezone

from agents.models import Agent, AgentState, BreakReason, ConsoleWindow, Queue
from agents.preferences import preferences_of
from callcenter.models import WatiAccount
from calls.models import (
    LEG_IN_WRAP_UP,
    OPEN_LEG,
    Call,
    CannedNote,
    Disposition,
    Leg,
    Line,
    Node,
    Offer,
    Plan,
    Supervision,
)
from calls.models.canned import MOST as MOST_CANNED_NOTES
from calls.models.durations import agents_on, talk_clock_of
from calls.states import LIVE, ON_NODE, WITH_AGENT
from permissions.numbers import display

Snapshot = dict[str, Any]

# The tenant of the account that training calls come through.
TRAINING = "training"


def message(kind: str, **fields: Any) -> Snapshot:
    return {"type": kind, "server_time": iso(timezone.now()), **fields}


KEPT = {
    "call": ("id", "version", "queue", "direction", "answered_at", "ended_at"),
    "agent": ("id", "version", "state", "reason"),
}


def about(content: Snapshot) -> Snapshot:
    """Return what tells whether a console is behind: the versions, and the state."""
    kind: str = content["type"]
    kept: Snapshot = {"type": kind}
    if kind in KEPT:
        kept[kind] = {name: content[kind].get(name) for name in KEPT[kind]}
    elif kind == "window":
        kept[kind] = content[kind]
    elif kind == "plans":
        plans = content["plans"]
        kept[kind] = [{"id": one["id"], "version": one["version"]} for one in plans]
    return kept


def iso(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None


def console_snapshot(agent_id: int) -> Snapshot:
    """Return everything that this agent's console shows."""
    agent = Agent.objects.get(pk=agent_id)
    calls = Call.objects.filter(pk__in=_concerned(agent_id))
    calls = calls.select_related(*SHOWN_WITH_CALL).order_by("created_at")
    return message(
        "console",
        agent=agent_snapshot(agent),
        calls=[now.snapshot() for now in calls_now(calls)],
        plans=plans_snapshot(agent_id),
        lines=_lines_snapshot(agent_id),
        breaks=_breaks_snapshot(),
        queues=_queues_snapshot(agent_id),
        work=work_snapshot(agent_id),
        window=window_snapshot(agent_id),
        preferences=preferences_snapshot(agent_id),
        training=training_account() is not None,
        echo_url=f"/ws/nodes/{settings.NODE_NAME}/echo/",
    )


def window_snapshot(agent_id: int) -> Snapshot | None:
    """Return which of this agent's windows rings; None before one has said hello."""
    windows = ConsoleWindow.objects.filter(agent=agent_id, page=F("agent__console"))
    one = windows.select_related("agent").first()
    if one is None:
        return None
    return {
        "console": one.page,
        "since": iso(one.agent.console_since),
        "opened_at": iso(one.opened_at),
        "browser": one.browser,
    }


def _concerned(agent_id: int) -> set[Any]:
    """Return calls that this agent is on, or that ring at their console."""
    calls = Call.objects.filter(status__in=LIVE)
    mine = Q(status__in=WITH_AGENT, agent=agent_id)
    rung = Q(offers__agent=agent_id, offers__outcome=Offer.Outcome.RINGING)
    joined = Q(legs__agent=agent_id, legs__ended_at=None)
    return {
        pk
        for about in (mine, rung, joined)
        for pk in calls.filter(about).values_list("pk", flat=True)
    }


class Standing(NamedTuple):
    """The versions that a console should show of an agent."""

    version: int
    state: str
    reason: str
    calls: dict[str, int]
    plans: dict[str, int]
    console: str = ""  # the window that rings


def standings(agent_ids: Collection[int]) -> dict[int, Standing]:
    """Return how these agents' consoles should stand; in two statements for all."""
    plans = FilteredRelation("plans", condition=Q(plans__state__in=Plan.OPEN))
    agents = Agent.objects.filter(pk__in=agent_ids).annotate(open_plan=plans)
    found: dict[int, Standing] = {}
    for pk, version, state, reason, console, plan, plan_version in agents.values_list(
        *("pk", "version", "state", "reason", "console"),
        *("open_plan__pk", "open_plan__version"),
    ):
        new = Standing(version, state, reason, {}, {}, console)
        mine = found.setdefault(pk, new)
        if plan is not None:
            mine.plans[str(plan)] = plan_version
    for call_id, version, concerned in _live_calls():
        for agent_id in concerned & found.keys():
            found[agent_id].calls[str(call_id)] = version
    return found


def _live_calls() -> Iterator[tuple[Any, int, set[int]]]:
    """Yield each live call's id, version, and those whom it concerns."""
    ringing = Q(offers__outcome=Offer.Outcome.RINGING)
    calls = Call.objects.filter(status__in=LIVE).annotate(
        ring=FilteredRelation("offers", condition=ringing),
        part=FilteredRelation("legs", condition=Q(legs__ended_at=None)),
    )
    rows = calls.order_by("pk").values_list(
        "pk", "version", "status", "agent_id", "ring__agent_id", "part__agent_id"
    )
    for (call_id, version), same in groupby(rows, key=itemgetter(0, 1)):
        concerned = {
            agent_id
            for _, _, status, agent, ring, part in same
            for agent_id in (agent if status in WITH_AGENT else None, ring, part)
            if agent_id is not None
        }
        yield call_id, version, concerned


# --- Agents ------------------------------------------------------------------------


SHOWN_OF_AGENT = (
    "version",
    "name",
    "state",
    "state_since",
    "reason",
    "until",
    "next_state",
    "next_reason",
)


def agent_snapshot(agent: Agent) -> Snapshot:
    following = {"state": agent.next_state, "reason": agent.next_reason}
    return {
        "id": agent.pk,
        "version": agent.version,
        "name": agent.name,
        "state": agent.state,
        "state_since": iso(agent.state_since),
        "reason": agent.reason,
        "until": iso(agent.until),
        "next_state": following if agent.next_state else None,
    }


def training_account() -> WatiAccount | None:
    """Return the account of training calls while something places them."""
    return WatiAccount.objects.filter(tenant_id=TRAINING, is_active=True).first()


def preferences_snapshot(agent_id: int) -> Snapshot:
    chosen = preferences_of(agent_id)
    return {"keys": chosen.keys, "notifies": chosen.notifies}


def _breaks_snapshot() -> list[Snapshot]:
    offered = BreakReason.objects.filter(is_active=True)
    return [{"id": one.pk, "name": one.name, "minutes": one.minutes} for one in offered]


def _named(agent: Agent | None) -> Snapshot | None:
    return {"id": agent.pk, "name": agent.name} if agent else None


# --- Calls -------------------------------------------------------------------------

# A ring attempt that ended so recently may still show at its console. Whoever misses
# the push within that time reads the rows with the next beat.
JUST_RANG = timedelta(seconds=10)
SHOWN_WITH_CALL = ("agent", "queue", "contact", "from_agent")


class Attempt(NamedTuple):
    """A ring attempt that goes on or has just ended."""

    call_id: UUID
    agent_id: int
    name: str
    kind: str
    outcome: str

    @property
    def is_ringing(self) -> bool:
        return self.outcome == Offer.Outcome.RINGING

    @property
    def is_over(self) -> bool:
        """Tell whether it ended without an answer: with one, the leg says the rest."""
        return self.outcome not in (Offer.Outcome.RINGING, Offer.Outcome.ANSWERED)


@dataclass(frozen=True)
class CallNow:
    """A call with every agent whom it concerns."""

    call: Call
    attempts: list[Attempt]
    legs: list[Leg]
    supervisors: list[dict[str, str]]
    audio_url: str | None

    def audience(self) -> set[int]:
        """Return the agents whose consoles show this call, or did until just now."""
        found = {attempt.agent_id for attempt in self.attempts}
        found |= {leg.agent_id for leg in self.legs}
        return found | ({self.call.agent_id} if self.call.agent_id else set())

    def snapshot(self) -> Snapshot:
        """Return the call as its agents may see it."""
        call = self.call
        ringing = [attempt for attempt in self.attempts if attempt.is_ringing]
        talk = talk_clock_of(call)
        return {
            "id": str(call.pk),
            "version": call.version,
            "direction": call.direction,
            "status": call.status,
            "progress": call.progress if call.direction == "outbound" else "",
            "contact": _contact(call),
            "queue": call.queue.name if call.queue else "",
            "rewind": bool(call.queue and call.queue.rewind),
            "training": call.is_canary,
            "offered_to": [attempt.agent_id for attempt in ringing],
            "offer_kinds": {str(one.agent_id): one.kind for one in ringing},
            "from_agent": _named(call.from_agent),
            "agent": _named(call.agent),
            "legs": [_joined(leg) for leg in self.legs if leg.ended_at is None]
            + [_asked(one) for one in ringing if one.kind == Offer.Kind.CONSULT],
            "ring_ends": {
                str(one.agent_id): one.outcome for one in self.attempts if one.is_over
            },
            "left": self._left(),
            "agents_on_call": self._agents_on(),
            "supervisors": self.supervisors,
            "audio_url": self.audio_url,
            "muted": call.muted,
            "created_at": iso(call.created_at),
            "queued_at": iso(call.queued_at),
            "answered_at": iso(call.answered_at),
            "talk_seconds": talk.seconds,
            "talk_since": iso(talk.since),
            "held_since": iso(call.held_since),
            "hold_seconds": call.hold_seconds,
            "console_lost_until": iso(call.console_lost_until),
            "ended_at": iso(call.ended_at),
            "ended_by": call.ended_by,
            "end_reason": call.end_reason,
            "end_text": call.end_text,
            "retry_at": iso(call.retry_at),
        }

    def _left(self) -> list[Snapshot]:
        """Return the agents' parts that are over, oldest first."""
        parts = [_left(leg) for leg in self.legs if leg.ended_at is not None]
        return sorted(parts, key=itemgetter("at"))

    def _agents_on(self) -> int:
        return agents_on((leg.agent_id, leg.joined_at) for leg in self.legs)


def calls_now(calls: Iterable[Call]) -> list[CallNow]:
    """Return these calls with whom they concern; four queries, however many calls."""
    calls = list(calls)
    attempts, legs = _attempts(calls), _legs(calls)
    nodes, told = _nodes(calls), _supervisors(calls)
    return [
        CallNow(
            call,
            attempts[call.pk],
            legs[call.pk],
            told.get(call.pk, []),
            _audio_url(call, nodes),
        )
        for call in calls
    ]


def call_snapshot(call: Call) -> Snapshot:
    return calls_now([call])[0].snapshot()


def _attempts(calls: list[Call]) -> dict[UUID, list[Attempt]]:
    found: dict[UUID, list[Attempt]] = defaultdict(list)
    just_now = Q(ended_at__gt=timezone.now() - JUST_RANG)
    attempts = Offer.objects.filter(
        Q(outcome=Offer.Outcome.RINGING) | just_now, call__in=calls
    )
    names = ("call_id", "agent_id", "agent__name", "kind", "outcome")
    for row in attempts.order_by("pk").values_list(*names):
        attempt = Attempt(*row)
        found[attempt.call_id].append(attempt)
    return found


def _legs(calls: list[Call]) -> dict[UUID, list[Leg]]:
    found: dict[UUID, list[Leg]] = defaultdict(list)
    for leg in Leg.objects.filter(call__in=calls).select_related("agent"):
        found[leg.call_id].append(leg)
    return found


def _supervisors(calls: list[Call]) -> dict[UUID, list[dict[str, str]]]:
    heard = [call.pk for call in calls if call.status in ON_NODE]
    return Supervision.objects.told(heard) if heard else {}


def _nodes(calls: list[Call]) -> dict[str, Node]:
    names = {call.node for call in calls if call.status in ON_NODE}
    return Node.objects.in_bulk(names, field_name="name") if names else {}


def _contact(call: Call) -> Snapshot:
    contact = call.contact
    return {
        "id": contact.pk if contact else None,
        "name": contact.called if contact else "",
        "number": display(contact.waid or "") if contact else "",
    }


def _joined(leg: Leg) -> Snapshot:
    return {
        "agent": _named(leg.agent),
        "mode": leg.mode,
        "state": "joined",
        "joined_at": iso(leg.joined_at),
        "audio": _audio_of(leg),
    }


def _audio_of(leg: Leg) -> str:
    if leg.joined_at is None:
        return "connecting"
    return "lost" if leg.agent.state == AgentState.RECONNECTING else "connected"


def _left(leg: Leg) -> Snapshot:
    return {
        "agent": _named(leg.agent),
        "mode": leg.mode,
        "because": leg.left_because,
        "at": iso(leg.ended_at),
        "seconds": leg.seconds,
    }


def _asked(attempt: Attempt) -> Snapshot:
    return {
        "agent": {"id": attempt.agent_id, "name": attempt.name},
        "mode": Leg.Mode.CONSULT,
        "state": "ringing",
        "joined_at": None,
        "audio": "connecting",
    }


def _audio_url(call: Call, nodes: dict[str, Node]) -> str | None:
    node = nodes.get(call.node) if call.status in ON_NODE else None
    return node.audio_url(call.pk) if node else None


# --- Planned calls -----------------------------------------------------------------


def plans_snapshot(agent_id: int) -> list[Snapshot]:
    plans = Plan.objects.open().filter(agent_id=agent_id).select_related("contact")
    return [_plan_snapshot(plan) for plan in plans.order_by("created_at")]


def _plan_snapshot(plan: Plan) -> Snapshot:
    # Allowed, but outside calling hours or with no agent free: to the agent it waits.
    waits = plan.state == Plan.State.GRANTED
    return {
        "id": str(plan.pk),
        "version": plan.version,
        "state": Plan.State.WAITING if waits else plan.state,
        "contact": plan.contact_id,
        "name": plan.contact.called,
        "number": display(plan.contact.waid or ""),
        "line": plan.line_id,
        "kind": plan.kind,
        "created_at": iso(plan.created_at),
        "due_at": iso(plan.due_at),
        "expires_at": iso(plan.expires_at),
        "sentence": plan.sentence,
    }


def _lines_snapshot(agent_id: int) -> list[Snapshot]:
    lines = Line.objects.filter(queue__agents=agent_id, account__is_active=True)
    return [
        {"id": line.pk, "name": line.name, "number": display(line.number)}
        for line in lines.distinct().order_by("name")
    ]


def _queues_snapshot(agent_id: int) -> list[Snapshot]:
    queues = Queue.objects.of_people().filter(agents=agent_id).order_by("name")
    return [{"id": pk, "name": name} for pk, name in queues.values_list("pk", "name")]


# --- What an agent writes about a call ---------------------------------------------


def leg_at_work(agent_id: int) -> Leg | None:
    """Return the agent's part in a call now, or the one in wrap-up."""
    return legs_at_work([agent_id]).get(agent_id)


def legs_at_work(agent_ids: Iterable[int]) -> dict[int, Leg]:
    """Return by agent the part in a call now, or else the newest one in wrap-up."""
    legs = Leg.objects.filter(OPEN_LEG | LEG_IN_WRAP_UP, agent__in=list(agent_ids))
    related = [f"call__{name}" for name in SHOWN_WITH_CALL]
    found: dict[int, Leg] = {}
    for leg in legs.select_related("agent", *related).order_by("pk"):
        before = found.get(leg.agent_id)
        if before is None or before.ended_at is not None:
            found[leg.agent_id] = leg
    return found


def work_snapshot(agent_id: int) -> Snapshot | None:
    return works_now([agent_id])[agent_id]


def works_now(agent_ids: Iterable[int]) -> dict[int, Snapshot | None]:
    """Return by agent what they may write about a call; five queries for a queue."""
    agent_ids = list(agent_ids)
    legs = legs_at_work(agent_ids)
    calls = {leg.call_id: leg.call for leg in legs.values()}
    seen = {now.call.pk: now.snapshot() for now in calls_now(calls.values())}
    queues = {call.queue_id for call in calls.values()}
    choices = {queue: choices_of(queue) for queue in queues}
    canned = canned_notes_of(queues)
    return {
        agent_id: _work(leg, seen[leg.call_id], choices, canned)
        if (leg := legs.get(agent_id))
        else None
        for agent_id in agent_ids
    }


Offered = dict[int | None, list[Snapshot]]


def _work(leg: Leg, seen: Snapshot, choices: Offered, canned: Offered) -> Snapshot:
    queue = leg.call.queue
    wrapping_up = leg.agent.state == AgentState.WRAP_UP
    return {
        "call": str(leg.call_id),
        "call_snapshot": seen,
        "notes": leg.notes,
        "disposition": leg.disposition_id,
        "required": bool(queue and queue.disposition_required),
        "choices": choices[leg.call.queue_id],
        "canned_notes": canned.get(leg.call.queue_id, []),
        "until": iso(leg.agent.until) if wrapping_up else None,
        "over": leg.ended_at is not None,
    }


def canned_notes_of(queue_ids: Iterable[int | None]) -> Offered:
    """Return by queue the texts for its notes, as many as a list can show."""
    notes = CannedNote.objects.filter(queue__in=[pk for pk in queue_ids if pk])
    found: Offered = defaultdict(list)
    for queue, key, text in notes.order_by("key").values_list("queue", "key", "text"):
        if len(found[queue]) < MOST_CANNED_NOTES:
            found[queue].append({"key": key, "text": text})
    return found


def choices_of(queue_id: int | None) -> list[Snapshot]:
    """Return a queue's dispositions, with their sub-dispositions below."""
    offered = Disposition.objects.filter(is_active=True)
    of_queue = Q(queues=None) | Q(queues=queue_id)
    roots: list[Snapshot] = []
    finer: dict[int | None, list[Snapshot]] = defaultdict(list)
    for one in offered.filter(Q(parent__isnull=False) | of_queue).distinct():
        if one.parent_id is None:
            roots.append({"id": one.pk, "name": one.name, "children": finer[one.pk]})
        else:
            finer[one.parent_id].append({"id": one.pk, "name": one.name})
    return roots
