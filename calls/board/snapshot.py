"""The live board as its pages receive it (docs/board-websocket.md). Pure, from rows."""

from collections.abc import Iterable
from datetime import datetime
from operator import itemgetter
from uuid import UUID

from agents.models import AgentState, Queue
from agents.targets import levels_of
from calls.board.reading import AgentRow, Rows
from calls.board.scope import Scope
from calls.models import Call, Leg, Offer
from calls.reporting.service_level import Service, Services
from calls.snapshots import Snapshot, hand_snapshot, iso
from calls.states import FOR_ANYBODY, TALKING, WITH_AGENT, Event, Status
from permissions.numbers import display

MOST_STEPS = 12  # of a call's way, the newest
# How a step of a call's way is named; the page has a sentence for each.
STEPS = {
    Event.PARKED: "music",
    Event.RETURNED: "back",
    Event.PUT_ON_HOLD: "hold",
    Event.RESUMED: "resumed",
    Event.TRANSFERRED: "transferred",
    Event.REQUEUED: "requeued",
}
RANG = {
    Offer.Outcome.RINGING: "rings",
    Offer.Outcome.NO_ANSWER: "no_answer",
    Offer.Outcome.DECLINED: "declined",
    Offer.Outcome.CONSOLE: "console",
}
# An agent's states that are a part of "busy" in a queue's tile.
BUSY = (
    AgentState.RINGING,
    AgentState.IN_CALL,
    AgentState.RECONNECTING,
    AgentState.WRAP_UP,
)


def board_of(rows: Rows) -> Snapshot:
    """Return everything but the alerts, for somebody who sees all queues."""
    return {
        "queues": [_queue(queue, rows) for queue in rows.queues],
        # Calls of no queue: those of closed hours, and of queues that are gone.
        "elsewhere": _counts(rows, [queue.pk for queue in rows.queues]),
        "agents": _agents(rows),
        "calls": [_call(call, rows) for call in rows.calls],
    }


def within(board: Snapshot, scope: Scope) -> Snapshot:
    """Return what somebody sees of it who may see these queues."""
    if scope is None:
        return board
    agents = [one for one in board["agents"] if scope & set(one["queues"])]
    seen = {one["id"] for one in agents}
    return board | {
        "queues": [one for one in board["queues"] if one["id"] in scope],
        "elsewhere": _figures(Service(), Service()),
        "agents": agents,
        "calls": [
            one
            for one in board["calls"]
            if one["queue"] in scope
            or (one["queue"] is None and one["agent"] and one["agent"]["id"] in seen)
        ],
    }


# --- Queues --------------------------------------------------------------------------


def _queue(queue: Queue, rows: Rows) -> Snapshot:
    waiting = [one for one in rows.calls if one.queue_id == queue.pk and waits(one)]
    longest = min((waits_since(one) for one in waiting), default=None)
    members = [one for one in rows.agents if queue.pk in rows.queues_of[one.pk]]
    return {
        "id": queue.pk,
        "name": queue.name,
        "waiting": len(waiting),
        "waits_since": iso(longest),
        "available": sum(is_available(one, rows) for one in members),
        "busy": sum(one.state in BUSY for one in members),
        "signed_in": sum(one.state != AgentState.OFFLINE for one in members),
        "thresholds": levels_of(queue),
        "service_seconds": queue.service_seconds,
        **_figures(
            rows.hour.get(queue.pk, Service()), rows.today.get(queue.pk, Service())
        ),
    }


def _figures(hour: Service, today: Service) -> Snapshot:
    return {"hour": _service(hour), "today": _service(today)}


def _service(of: Service) -> Snapshot:
    """Return counts, and shares as pairs, which add up over several queues."""
    return {
        "offered": of.offered,
        "answered": of.answered,
        "abandoned": of.abandoned,
        "service": [of.in_time, of.counted],
        "gave_up": [of.gave_up, of.expected],
    }


def _counts(rows: Rows, queue_ids: Iterable[int]) -> Snapshot:
    known = set(queue_ids)

    def others(found: Services) -> Service:
        rest = (one for queue, one in found.items() if queue not in known)
        return sum(rest, start=Service())

    return _figures(others(rows.hour), others(rows.today))


def waits(call: Call) -> bool:
    """Say whether the caller waits for an agent, ringing or with music."""
    return call.status in FOR_ANYBODY and not call.announcement


def waits_since(call: Call) -> datetime:
    """Return since when: from the start, or from when they came back into a queue."""
    if call.answered_at is None:
        return call.created_at
    return call.queued_at or call.created_at


# --- Agents --------------------------------------------------------------------------


def _agents(rows: Rows) -> list[Snapshot]:
    calls = _calls_of_agents(rows)
    return [_agent(one, calls.get(one.pk), rows) for one in rows.agents]


def _agent(agent: AgentRow, call: UUID | None, rows: Rows) -> Snapshot:
    return {
        "id": agent.pk,
        "name": agent.name,
        "state": agent.state,
        "since": iso(agent.state_since),
        "until": iso(agent.until),
        "reason": agent.reason,
        "next": agent.next_state,
        "hand": hand_snapshot(agent.hand_raised_at, agent.hand_reason),
        "is_there": rows.is_there(agent),
        "queues": rows.queues_of[agent.pk],
        "call": str(call) if call else None,
    }


def is_available(agent: AgentRow, rows: Rows) -> bool:
    """Count as calls.reporting.figures does: in the state, and the console is there."""
    return agent.state == AgentState.AVAILABLE and rows.is_there(agent)


def _calls_of_agents(rows: Rows) -> dict[int, UUID]:
    """Return by agent the live call that they are in, or else that rings there."""
    found: dict[int, UUID] = {}
    for call in rows.calls:
        for attempt in rows.attempts.get(call.pk, ()):
            if attempt.outcome == Offer.Outcome.RINGING:
                found.setdefault(attempt.agent_id, call.pk)
    for call in rows.calls:
        if call.status in WITH_AGENT and call.agent_id:
            found[call.agent_id] = call.pk
        for part in rows.parts.get(call.pk, ()):
            if part.ended_at is None:
                found[part.agent_id] = call.pk
    return found


# --- Calls ---------------------------------------------------------------------------


def _call(call: Call, rows: Rows) -> Snapshot:
    contact, agent = call.contact, call.agent
    return {
        "id": str(call.pk),
        "version": call.version,
        "direction": call.direction,
        "status": "announcement" if call.announcement else call.status,
        "name": contact.called if contact else "",
        "number": display(contact.waid or "") if contact else "",
        "line": call.line.name if call.line else "",
        "queue": call.queue_id,
        "agent": {"id": agent.pk, "name": agent.name} if agent else None,
        "others": _others(call, rows),
        "rings_at": [
            one.agent__name
            for one in rows.attempts.get(call.pk, ())
            if one.outcome == Offer.Outcome.RINGING
        ],
        "since": iso(call.created_at),
        **_in_state(call),
        "muted": call.muted and call.status in TALKING,
        "unheard": call.unheard if call.status in TALKING else "",
        "console_lost_until": iso(call.console_lost_until),
        "way": _way(call, rows),
    }


def _in_state(call: Call) -> Snapshot:
    """Return since when the call is as it is, and the threshold that counts from then.

    Talk time is counted from the answer, without the holds.
    """
    if waits(call):
        return _timed(waits_since(call), "wait")
    if call.status == Status.HELD:
        return _timed(call.held_since, "hold")
    if call.status == Status.ACTIVE:
        return _timed(call.answered_at, "talk", call.hold_seconds)
    if call.status == Status.CONNECTING:
        return _timed(call.claimed_at)
    return _timed(call.created_at)


def _timed(since: datetime | None, figure: str = "", without: int = 0) -> Snapshot:
    return {"state_since": iso(since), "figure": figure, "without": without}


def _others(call: Call, rows: Rows) -> list[str]:
    """Return the agents who are in the call besides the one whose call it is."""
    return [
        one.agent__name
        for one in rows.parts.get(call.pk, ())
        if one.ended_at is None and one.agent_id != call.agent_id
    ]


def _way(call: Call, rows: Rows) -> list[Snapshot]:
    """Return the call's way so far: one step after the other, oldest first."""
    steps = [
        *_rang(call, rows),
        *_talked(call, rows),
        *(
            (change.at, STEPS[Event(change.event)], "")
            for change in rows.changes.get(call.pk, ())
        ),
    ]
    steps.sort(key=itemgetter(0))
    begins = (call.created_at, call.direction, call.line.name if call.line else "")
    shown = [begins, *steps[-(MOST_STEPS - 1) :]]
    return [{"at": iso(at), "what": what, "who": who} for at, what, who in shown]


Step = tuple[datetime, str, str]


def _rang(call: Call, rows: Rows) -> list[Step]:
    return [
        (one.offered_at, RANG[Offer.Outcome(one.outcome)], one.agent__name)
        for one in rows.attempts.get(call.pk, ())
        if one.outcome in RANG
    ]


def _talked(call: Call, rows: Rows) -> list[Step]:
    return [
        (
            one.joined_at or one.started_at,
            "consulted" if one.mode == Leg.Mode.CONSULT else "agent",
            one.agent__name,
        )
        for one in rows.parts.get(call.pk, ())
    ]
