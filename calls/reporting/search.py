"""Find calls by more than their contact: agents, dispositions, notes, Wati's ID."""

from functools import lru_cache

from django.db.models import Q

from agents.models import Agent
from callcenter.models import WatiAccount
from callcenter.word_index import Found, Term, owners
from calls.models import Call, Disposition, Leg, NoteWord
from permissions import folding
from permissions.search import NOWHERE


def agents_named(term: Term) -> Q:
    """Return the condition for rows of the agents whose names begin like this."""
    named = Agent.objects.values_list("pk", "name")
    found = [key for key, name in named if folding.begins(term, _words(name))]
    return Q(agent__in=found) if found else NOWHERE


def calls_with(term: Term) -> Q:
    """Return the condition for calls by their agent, their notes or disposition."""
    calls = Leg.objects.values_list("call_id", flat=True)
    written = calls.filter(pk__in=owners(NoteWord, "leg", [term]))
    chosen = [
        one.pk for one in _dispositions() if folding.begins(term, _words(str(one)))
    ]
    ways = [written, calls.filter(disposition__in=chosen)] if chosen else [written]
    found, agents = Found(*ways), agents_named(term)
    if not found:
        return agents
    return found.q("pk") if agents == NOWHERE else found.q("pk") | agents


def calls_at_wati(call_id: str) -> Q:
    """Return the condition for the calls to which Wati gave this ID."""
    # With the account, whose index of IDs it is.
    accounts = list(WatiAccount.objects.values_list("pk", flat=True))
    found = Call.objects.filter(account__in=accounts, wati_call_id=call_id)
    keys = list(found.values_list("pk", flat=True)) if call_id else []
    return Q(pk__in=keys) if keys else NOWHERE


def _dispositions() -> list[Disposition]:
    return list(Disposition.objects.select_related("parent"))


@lru_cache(maxsize=4096)
def _words(name: str) -> frozenset[str]:
    return frozenset(folding.words(name))
