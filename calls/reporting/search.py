"""Find calls by more than their contact: agents, dispositions, notes, Wati's ID."""

from collections.abc import Iterator
from functools import lru_cache
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from agents.models import Agent
from callcenter.models import WatiAccount
from callcenter.word_index import (
    FEW_WITH_LONG_KEYS,
    Found,
    Term,
    Way,
    has,
    owners,
)
from calls.models import Call, Disposition, Leg, NoteWord
from permissions import folding
from permissions.search import NOWHERE, Elsewhere


def agents_named(term: Term) -> Elsewhere:
    """Return the rows of the agents whose names begin like this."""
    named = Agent.objects.values_list("pk", "name")
    found = [key for key, name in named if folding.begins(term, _words(name))]
    theirs = Q(agent__in=found)
    return Elsewhere(theirs, [theirs]) if found else NOWHERE


def calls_with(term: Term) -> Elsewhere:
    """Return the calls that have a word in their agent, notes or disposition."""
    agents, found = agents_named(term), Found(*_ways(term), most=FEW_WITH_LONG_KEYS)
    if not found:
        return agents
    either = found.q("pk") | agents.q if agents else found.q("pk")
    return Elsewhere(either, found.sets("pk") + agents.sets, found.is_many)


def _ways(term: Term) -> Iterator[Way]:
    notes = owners(NoteWord, "leg", [term]).keys
    yield _through(Leg.objects.filter(pk__in=notes), has(NoteWord, "leg", "pk", term))
    known = Disposition.objects.select_related("parent")
    named = [one for one in known if folding.begins(term, _words(str(one)))]
    if named:
        chosen = Q(disposition__in=named)
        yield _through(Leg.objects.filter(chosen), chosen)


def _through(legs: QuerySet[Leg], condition: Q) -> Way:
    def is_in(field: str) -> Q:
        theirs = Leg.objects.filter(condition, call=OuterRef(field))
        # Says the same again, and keeps PostgreSQL from gathering the calls of all
        # such notes before it looks at the first row.
        return Q(Exists(theirs.filter(call__gte=OuterRef(field))))

    return Way(legs.order_by().values_list("call_id", flat=True), is_in)


def calls_at_wati(call_id: str) -> list[UUID]:
    """Return the calls to which Wati gave this ID."""
    # With the account and not empty: as the index of IDs has them.
    accounts = list(WatiAccount.objects.values_list("pk", flat=True))
    named = Call.objects.exclude(wati_call_id="")
    found = named.filter(account__in=accounts, wati_call_id=call_id)
    return list(found.values_list("pk", flat=True)) if call_id else []


@lru_cache(maxsize=4096)
def _words(name: str) -> frozenset[str]:
    return frozenset(folding.words(name))
