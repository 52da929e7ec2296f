"""Find calls by more than their contact: agents, dispositions, notes, Wati's ID."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from agents.models import Agent
from callcenter.models import WatiAccount
from callcenter.word_index import (
    FEW_OF_THE_LIST,
    Found,
    Term,
    Way,
    has,
    owners,
)
from calls.models import Call, Disposition, Leg, NoteWord
from permissions import folding
from permissions.search import NOWHERE, Elsewhere


def agents_named(term: Term, model: type[Model] = Call) -> Elsewhere:
    """Return the rows of the agents whose names begin like this."""
    named = Agent.objects.values_list("pk", "name")
    found = [key for key, name in named if folding.begins(term, _words(name))]
    if not found:
        return NOWHERE
    theirs = Q(agent__in=found)
    rows = model._base_manager.order_by().filter(theirs)
    return Elsewhere(theirs, [rows.values_list("pk", flat=True)])


def calls_with(term: Term) -> Elsewhere:
    """Return the calls that have a word in their agent, notes or disposition."""
    agents, found = agents_named(term), Found(*_ways(term), most=FEW_OF_THE_LIST)
    if not found:
        return agents
    either = found.q("pk") | agents.q if agents else found.q("pk")
    keys = found.keys(Call._base_manager.order_by(), "pk") + agents.keys
    return Elsewhere(either, keys, found.is_many, found.is_everywhere)


def _ways(term: Term) -> Iterator[Way]:
    notes = owners(NoteWord, "leg", [term]).keys
    legs = Leg.objects.filter(pk__in=notes)
    yield _through(legs, has(NoteWord, "leg", "pk", term), words=notes)
    known = Disposition.objects.select_related("parent")
    named = [one for one in known if folding.begins(term, _words(str(one)))]
    if named:
        chosen = Q(disposition__in=named)
        legs = Leg.objects.filter(chosen)
        yield _through(legs, chosen, words=legs)


def _through(legs: QuerySet[Leg], condition: Q, words: QuerySet[Any]) -> Way:
    def is_in(field: str) -> Q:
        theirs = Leg.objects.filter(condition, call=OuterRef(field))
        # Says the same again, and keeps PostgreSQL from gathering the calls of all
        # such notes before it looks at the first row.
        return Q(Exists(theirs.filter(call__gte=OuterRef(field))))

    return Way(legs.order_by().values_list("call_id", flat=True), is_in, words)


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
