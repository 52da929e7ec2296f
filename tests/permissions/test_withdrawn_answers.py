"""An answer that is withdrawn counts for nothing, in whatever order it is written."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

from permissions.belief import facts_of
from permissions.facts import EventKind, LedgerEntry

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def entry(kind: EventKind, seconds: int) -> LedgerEntry:
    return LedgerEntry(kind, NOON + timedelta(seconds=seconds), about="the call")


def test_a_withdrawn_answer_is_an_unanswered_call_in_every_order():
    written = [
        entry(EventKind.USED, 0),
        entry(EventKind.CONNECTED, 12),
        entry(EventKind.ANSWER_WITHDRAWN, 40),
        entry(EventKind.UNANSWERED, 40),
    ]
    for order in permutations(written):
        facts = facts_of(order, NOON + timedelta(minutes=5))
        assert (facts.connected, facts.streak) == ((), 1)
        assert facts.requests_free_since is None
        assert facts.rings_since is None


def test_other_answers_stand():
    written = [
        entry(EventKind.USED, 0),
        entry(EventKind.ANSWER_WITHDRAWN, 40),
        LedgerEntry(EventKind.USED, NOON + timedelta(hours=1), about="another"),
        LedgerEntry(EventKind.CONNECTED, NOON + timedelta(hours=2), about="another"),
    ]
    facts = facts_of(written, NOON + timedelta(hours=3))
    assert len(facts.connected) == 1
    assert facts.streak == 0
