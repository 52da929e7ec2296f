"""Calls, as consoles show them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from operator import itemgetter
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from agents.models import AgentState
from calls.models import Call, Leg, Node, Offer, Supervision
from calls.models.durations import agents_on, talk_clock_of
from calls.snapshots.agents import named
from calls.snapshots.parts import Snapshot, iso
from calls.states import ON_NODE
from permissions.numbers import display

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
            "from_agent": named(call.from_agent),
            "agent": named(call.agent),
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
        "agent": named(leg.agent),
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
        "agent": named(leg.agent),
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
