"""May we call, may we ask: told by what the ledger holds. Pure, no rows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from permissions.belief import facts_of
from permissions.facts import EventKind, Facts, LedgerEntry, PermissionStatus, Source
from permissions.reading import Action, Grant, Limit, Reading
from permissions.rules import may_ask, may_call
from permissions.verdicts import Reason

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def granted(days_ago: float, grant: str = Grant.TEMPORARY, **more) -> LedgerEntry:
    return LedgerEntry(EventKind.GRANTED, ago(days_ago), grant=grant, **more)


def refused(days_ago: float) -> LedgerEntry:
    return LedgerEntry(EventKind.DECLINED, ago(days_ago), source=Source.WEBHOOK)


def asked(days_ago: float, about: str = "") -> LedgerEntry:
    return LedgerEntry(EventKind.REQUESTED, ago(days_ago), about=about or str(days_ago))


def call(days_ago: float, outcome: EventKind) -> list[LedgerEntry]:
    name = f"call {days_ago}"
    start = ago(days_ago)
    placed = LedgerEntry(EventKind.USED, start, about=name)
    return [placed, LedgerEntry(outcome, start + timedelta(seconds=40), about=name)]


def unanswered(count: int, since: float = 3.0) -> list[LedgerEntry]:
    rows = [call(since - n / 10, EventKind.UNANSWERED) for n in range(count)]
    return [entry for row in rows for entry in row]


def facts(*entries: LedgerEntry, reading: Reading | None = None) -> Facts:
    return facts_of(entries, NOW, reading)


def test_a_stranger_may_be_asked_and_not_called():
    nobody = facts()
    assert may_call(nobody, NOW).reason == Reason.NO_PERMISSION
    assert may_call(nobody, NOW).advice == "Request permission."
    assert may_ask(nobody, NOW).allowed


def test_a_grant_lasts_a_week_and_says_until_when():
    verdict = may_call(facts(granted(3)), NOW)
    assert verdict.allowed
    assert verdict.until == ago(3) + 7 * DAY
    assert may_call(facts(granted(7.01)), NOW).reason == Reason.EXPIRED


def test_a_grant_for_good_has_no_end_and_needs_no_request():
    held = facts(granted(300, Grant.PERMANENT))
    assert (may_call(held, NOW).allowed, may_call(held, NOW).until) == (True, None)
    assert may_ask(held, NOW).reason == Reason.ALREADY_PERMANENT


@pytest.mark.parametrize("kind", [EventKind.REVOKED, EventKind.DECLINED])
def test_a_later_no_outweighs_a_yes_in_whatever_order_they_were_written(kind):
    yes, no = granted(2), LedgerEntry(kind, ago(1), source=Source.WEBHOOK)
    for entries in ((yes, no), (no, yes)):
        assert not may_call(facts(*entries), NOW).allowed


def test_one_request_a_day_and_two_a_week():
    once = may_ask(facts(asked(0.5)), NOW)
    assert once.reason == Reason.REQUEST_LIMIT
    assert once.earliest is not None
    assert timedelta() <= once.earliest - (ago(0.5) + DAY) < timedelta(minutes=5)
    assert may_ask(facts(asked(1.5)), NOW).allowed
    twice = may_ask(facts(asked(3), asked(1.5)), NOW)
    assert not twice.allowed
    assert twice.earliest is not None
    assert timedelta() <= twice.earliest - (ago(3) + 7 * DAY) < timedelta(minutes=5)
    assert may_ask(facts(asked(7.1), asked(1.5)), NOW).allowed


def test_a_connected_call_frees_the_requests():
    talked = call(0.2, EventKind.CONNECTED)
    assert may_ask(facts(asked(3), asked(0.5), granted(0.4), *talked), NOW).allowed


def test_after_a_no_we_wait_a_day():
    verdict = may_ask(facts(asked(2), refused(0.5)), NOW)
    assert verdict.reason == Reason.DECLINED
    assert verdict.earliest is not None
    assert verdict.earliest >= ago(0.5) + DAY
    assert may_ask(facts(asked(2), refused(1.1)), NOW).allowed


@pytest.mark.parametrize(
    ("count", "allowed", "advised"),
    [(0, True, False), (1, True, False), (2, True, True), (3, False, True)],
)
def test_the_streak_advises_after_two_and_blocks_the_fourth(count, allowed, advised):
    verdict = may_call(facts(granted(5), *unanswered(count)), NOW)
    assert verdict.allowed is allowed
    assert bool(verdict.advice) is advised
    assert verdict.can_override is not allowed


def test_an_answered_call_ends_the_streak():
    entries = [granted(5), *unanswered(3), *call(1, EventKind.CONNECTED)]
    assert may_call(facts(*entries), NOW).allowed


def test_a_supervisors_word_lets_one_call_through():
    override = LedgerEntry(EventKind.OVERRIDDEN, NOW - HOUR)
    blocked = [granted(5), *unanswered(3)]
    verdict = may_call(facts(*blocked, override), NOW)
    assert (verdict.allowed, verdict.reason) == (True, Reason.OVERRIDDEN)
    used = call(0.01, EventKind.UNANSWERED)
    assert not may_call(facts(*blocked, override, *used), NOW).allowed


def test_a_call_without_an_outcome_rings_and_then_counts_as_unanswered():
    ringing = LedgerEntry(EventKind.USED, NOW - timedelta(seconds=30), about="x")
    assert may_call(facts(granted(1), ringing), NOW).reason == Reason.CALL_RUNNING
    silent = LedgerEntry(EventKind.USED, NOW - timedelta(seconds=120), about="x")
    assert facts(granted(1), silent).streak == 1


def test_a_call_out_of_sight_keeps_the_next_one_waiting_and_counts_at_once():
    placed_at = NOW - timedelta(seconds=50)
    rings_until = placed_at + timedelta(seconds=90)
    lost = [
        LedgerEntry(EventKind.USED, placed_at, about="x"),
        LedgerEntry(EventKind.UNANSWERED, rings_until, about="x"),
    ]
    known = facts(granted(1), *lost)
    verdict = may_call(known, NOW)
    assert (verdict.reason, verdict.earliest) == (Reason.CALL_RUNNING, rings_until)
    assert known.streak == 1
    assert may_call(facts_of([granted(1), *lost], rings_until), rings_until).allowed


def test_a_call_that_was_never_sent_costs_nothing():
    entries = [granted(5), *unanswered(2), *call(1, EventKind.CALL_NOT_SENT)]
    assert facts(*entries).streak == 2


def test_a_hundred_connected_calls_a_day_are_the_most():
    calls = [e for n in range(100) for e in call(0.9 - n / 1000, EventKind.CONNECTED)]
    verdict = may_call(facts(granted(2), *calls), NOW)
    assert verdict.reason == Reason.CALL_LIMIT
    assert verdict.earliest is not None
    assert verdict.earliest > NOW


def test_whatsapps_own_limits_come_before_our_count():
    limits = (Limit(DAY, allowed=3, used=1), Limit(7 * DAY, allowed=9, used=1))
    reading = Reading(at=NOW - HOUR, ask=Action(can=True, limits=limits))
    assert may_ask(facts(asked(0.5), reading=reading), NOW).allowed


def test_when_whatsapp_says_no_it_is_no():
    reading = Reading(
        at=NOW - timedelta(seconds=10),
        grant=Grant.TEMPORARY,
        expires_at=NOW + DAY,
        call=Action(can=False),
    )
    verdict = may_call(facts(granted(1), reading=reading), NOW)
    assert verdict.reason == Reason.WHATSAPP_SAYS_NO


def test_do_not_call_outweighs_everything():
    blocked = replace(facts(granted(1)), do_not_call=True)
    assert may_call(blocked, NOW).reason == Reason.DO_NOT_CALL
    assert may_ask(blocked, NOW).reason == Reason.DO_NOT_CALL


def test_every_no_is_a_sentence():
    for status in (
        PermissionStatus.NONE,
        PermissionStatus.DECLINED,
        PermissionStatus.REVOKED,
        PermissionStatus.EXPIRED,
    ):
        verdict = may_call(Facts(status=status), NOW)
        assert not verdict.allowed
        assert verdict.sentence.endswith(".")
