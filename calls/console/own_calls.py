"""An agent's own calls, newest first: missed, answered and placed.

Missed calls are those of the agent's queues that no agent answered, and those that rang
at this agent in vain. Of colleagues the list says who called back, when, and whether
it was answered; what they wrote is on the caller card of a call, not here.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from agents.models import Agent, Membership
from calls.models import Call, Direction, Leg, Line, Offer
from calls.outbound.lookup import lines_of
from calls.outbound.verdicts import Verdicts, verdicts_for
from calls.reporting import missed
from calls.snapshots import iso
from permissions.models import Contact
from permissions.numbers import display

INBOUND, OUTBOUND = Direction.INBOUND, Direction.OUTBOUND

PAGE = 20
LASTS = timedelta(days=30)  # older ones are in the call log
# A ring attempt or a part of a call begins with it, or long before it is over.
LONGEST_CALL = timedelta(days=1)
KINDS = ("missed", "answered", "placed")


class Last(NamedTuple):
    """The last call of the page before."""

    at: datetime
    call_id: UUID


def page(agent: Agent, kind: str = "", last: Last | None = None) -> dict[str, Any]:
    """Return one page of them: the newest, or those before the last one shown."""
    since = timezone.now() - LASTS
    calls = _older_than(last, Call.objects.logged().filter(created_at__gte=since))
    wanted = (kind,) if kind in KINDS else KINDS
    sources = chain.from_iterable(SOURCES[one](agent, calls) for one in wanted)
    found = _newest(sources)
    return {
        "calls": _described(found[:PAGE], agent),
        "more": len(found) > PAGE,
    }


def _older_than(last: Last | None, calls: QuerySet[Call]) -> QuerySet[Call]:
    if last is None:
        return calls
    same = Q(created_at=last.at, pk__lt=last.call_id)
    return calls.filter(Q(created_at__lt=last.at) | same)


def _newest(sources: Iterable[QuerySet[Call]]) -> list[Call]:
    """Return the newest of all; each source is cut by an index of its own."""
    related = ("contact", "queue", "agent", "line__account")
    rows = chain.from_iterable(
        source.select_related(*related)
        .defer("offer_sdp", "answer_sdp")
        .order_by("-created_at", "-pk")[: PAGE + 1]
        for source in sources
    )
    found = {call.pk: call for call in rows}
    newest = sorted(found.values(), key=lambda c: (c.created_at, c.pk), reverse=True)
    return newest[: PAGE + 1]


# --- Which calls ---------------------------------------------------------------------


def _parts(agent: Agent) -> QuerySet[Leg]:
    since = timezone.now() - LASTS - LONGEST_CALL
    return Leg.objects.filter(
        agent=agent, started_at__gte=since, ended_at__isnull=False
    )


def _placed_by(agent: Agent) -> QuerySet[Any, Any]:
    """Select the outbound calls that began with this agent."""
    earlier = Leg.objects.filter(call=OuterRef("call"), pk__lt=OuterRef("pk"))
    outbound = _parts(agent).filter(~Exists(earlier), call__direction=OUTBOUND)
    return outbound.values("call")


def _placed(agent: Agent, calls: QuerySet[Call]) -> Iterator[QuerySet[Call]]:
    yield calls.filter(pk__in=_placed_by(agent))


def _answered(agent: Agent, calls: QuerySet[Call]) -> Iterator[QuerySet[Call]]:
    joined = _parts(agent).exclude(joined_at=None).values("call")
    yield calls.filter(pk__in=joined).exclude(pk__in=_placed_by(agent))


def _missed(agent: Agent, calls: QuerySet[Call]) -> Iterator[QuerySet[Call]]:
    queues = list(
        Membership.objects.filter(agent=agent).values_list("queue", flat=True)
    )
    yield calls.filter(missed.MISSED, queue__in=queues)
    since = timezone.now() - LASTS - LONGEST_CALL
    in_vain = Offer.objects.filter(
        agent=agent, outcome=Offer.Outcome.NO_ANSWER, offered_at__gte=since
    ).exclude(kind=Offer.Kind.CONSULT)
    is_over = Q(ended_at__isnull=False) | Q(answered_at__isnull=False)
    mine = _parts(agent).exclude(joined_at=None).values("call")
    rang = calls.filter(is_over, pk__in=in_vain.values("call"), direction=INBOUND)
    yield rang.exclude(pk__in=mine)  # answered later, at another ring


SOURCES: dict[str, Callable[[Agent, QuerySet[Call]], Iterator[QuerySet[Call]]]] = {
    "missed": _missed,
    "answered": _answered,
    "placed": _placed,
}


# --- What is said of each ------------------------------------------------------------


@dataclass(frozen=True)
class Known:
    """The rows about the calls of one page, read for all of them together."""

    parts: dict[UUID, list[Leg]]  # this agent's own
    placed: set[UUID]
    rang: set[UUID]
    called_back: dict[UUID, Call]
    lines: dict[int, Line]  # those that the agent may call from
    verdicts: dict[Any, Verdicts]

    def line_for(self, call: Call) -> Line | None:
        """Return the number to call back from: the one of the call, if they may."""
        return self.lines.get(call.line_id or 0) or next(
            iter(self.lines.values()), None
        )


def _described(calls: Sequence[Call], agent: Agent) -> list[dict[str, Any]]:
    known = _known(calls, agent)
    return [_row(call, known) for call in calls]


def _known(calls: Sequence[Call], agent: Agent) -> Known:
    ids = [call.pk for call in calls]
    parts: dict[UUID, list[Leg]] = defaultdict(list)
    legs = Leg.objects.filter(agent=agent, call__in=ids).order_by("pk")
    for leg in legs.select_related("disposition__parent"):
        parts[leg.call_id].append(leg)
    rings = Offer.objects.filter(agent=agent, call__in=ids)
    known = Known(
        parts=parts,
        placed=set(
            _placed_by(agent).filter(call__in=ids).values_list("call", flat=True)
        ),
        rang=set(rings.values_list("call", flat=True)),
        called_back=missed.called_back(calls),
        lines={line.pk: line for line in lines_of(agent)},
        verdicts={},
    )
    pairs = {
        (c.contact, line) for c in calls if c.contact and (line := known.line_for(c))
    }
    return replace(known, verdicts=verdicts_for(pairs))


def _row(call: Call, known: Known) -> dict[str, Any]:
    parts, line = known.parts[call.pk], known.line_for(call)
    kind = _kind(call, known)
    later = known.called_back.get(call.pk)
    dispositions = [leg.disposition for leg in parts if leg.disposition]
    verdicts = known.verdicts.get((call.contact_id, line.pk)) if line else None
    return {
        "id": str(call.pk),
        "kind": kind,
        "at": iso(call.created_at),
        "direction": call.direction,
        "contact": contact_fields(call.contact),
        "queue": call.queue.name if call.queue else "",
        "result": call.get_result_display(),
        "agent": _answerer(call) if kind == "missed" else "",
        "seconds": call.talk_seconds,
        "rang_here": call.pk in known.rang,
        "disposition": str(dispositions[-1]) if dispositions else "",
        "notes": "\n".join(leg.notes for leg in parts if leg.notes),
        "called_back": _later(later) if later else None,
        "to_call_back": _waits(call, kind) and later is None,
        "line": line.pk if line else None,
        "call": verdicts["call"] if verdicts else None,
        "ask": verdicts["ask"] if verdicts else None,
        "chat": chat_of(call.contact, call.line or line),
    }


def _kind(call: Call, known: Known) -> str:
    if call.pk in known.placed:
        return "placed"
    joined = any(leg.joined_at for leg in known.parts[call.pk])
    return "answered" if joined else "missed"


def _answerer(call: Call) -> str:
    """Return who talked to the contact; whoever only pressed Answer did not."""
    return call.agent.name if call.agent and call.answered_at else ""


def _waits(call: Call, kind: str) -> bool:
    """Say whether somebody should call back, as missed.not_called_back() has it."""
    contact = call.contact
    can_be = contact is not None and bool(contact.waid) and not contact.do_not_call
    return kind == "missed" and call.answered_at is None and can_be


def _later(call: Call) -> dict[str, Any]:
    return {
        "at": iso(call.created_at),
        "direction": call.direction,
        "agent": call.agent.name if call.agent else "",
        "answered": call.answered_at is not None,
    }


def recent_contacts(agent: Agent) -> list[Contact]:
    """Return the contacts of the newest of these calls, each once."""
    calls = Call.objects.logged().filter(created_at__gte=timezone.now() - LASTS)
    sources = chain.from_iterable(SOURCES[one](agent, calls) for one in KINDS)
    known = [call.contact for call in _newest(sources) if call.contact]
    return list(dict.fromkeys(known))


def contact_fields(contact: Contact | None) -> dict[str, Any]:
    return {
        "id": contact.pk if contact else None,
        "name": contact.called if contact else "",
        "number": display(contact.waid or "") if contact else "",
    }


def chat_of(contact: Contact | None, line: Line | None) -> str:
    """Return the link of the chat in Wati, in the account of this business number."""
    return line.account.chat_with(contact.waid) if contact and line else ""
