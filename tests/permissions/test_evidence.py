"""What webhooks and readings are worth together, in whatever order they are written."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from permissions.belief import facts_of
from permissions.evidence import HINT_IS_FRESH, Statement, judge
from permissions.facts import EventKind, Facts, LedgerEntry, PermissionStatus, Source
from permissions.reading import Grant, Reading
from permissions.rules import may_ask, may_call

START = datetime(2026, 3, 10, 12, tzinfo=UTC)
WEEK = timedelta(days=7)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def said(seconds: float, kind: EventKind) -> LedgerEntry:
    grant = Grant.TEMPORARY if kind == EventKind.GRANTED else ""
    return LedgerEntry(kind, at(seconds), source=Source.WEBHOOK, grant=grant)


def yes(seconds: float) -> LedgerEntry:
    return said(seconds, EventKind.GRANTED)


def no(seconds: float) -> LedgerEntry:
    return said(seconds, EventKind.DECLINED)


def read(seconds: float, grant: Grant) -> LedgerEntry:
    kind = EventKind.CHECKED
    return LedgerEntry(kind, at(seconds), source=Source.API, grant=grant)


def asked(seconds: float) -> LedgerEntry:
    return LedgerEntry(EventKind.REQUESTED, at(seconds), about=f"plan {seconds}")


def believed(*entries: LedgerEntry, now: float = 3600) -> Facts:
    return facts_of(entries, at(now))


NONE, TEMPORARY = Grant.NONE, Grant.TEMPORARY


def test_a_yes_stands_until_it_is_read():
    facts = believed(yes(0), now=1)
    assert facts.is_allowed
    assert (facts.reported_at, facts.checked_at) == (at(0), None)
    assert facts.check_due == at(2)


def test_a_reading_that_agrees_settles_it():
    facts = believed(yes(0), read(0.3, TEMPORARY), now=1)
    assert facts.is_allowed
    assert (facts.reported_at, facts.checked_at) == (None, at(0.3))
    assert facts.check_due is None


@pytest.mark.parametrize(
    ("read_at", "due"), [(0.3, 2), (2, 10), (5, 10), (10.1, 60), (59.9, 60)]
)
def test_a_no_that_lags_behind_a_yes_is_asked_again(read_at: float, due: float):
    facts = believed(yes(0), read(read_at, NONE), now=read_at)
    # The reading is the newest one as well.
    newest = Reading(at(read_at), NONE)
    assert facts_of([yes(0)], at(read_at), newest).check_due == at(due)
    assert facts.is_allowed
    assert facts.checked_at is None


def test_the_last_reading_counts():
    lagging = [yes(0), read(0.3, NONE), read(2, NONE), read(10, NONE)]
    assert believed(*lagging, read(60, TEMPORARY)).is_allowed
    refuted = believed(*lagging, read(60, NONE))
    assert not refuted.is_allowed
    assert refuted.check_due is None
    assert refuted.checked_at == at(60)


def test_a_yes_that_lags_behind_a_no_is_asked_again():
    held = [yes(-3600), read(-3599, TEMPORARY)]
    facts = believed(*held, no(0), read(0.3, TEMPORARY), now=1)
    assert facts.status == PermissionStatus.REVOKED
    settled = believed(*held, no(0), read(0.3, TEMPORARY), read(60, TEMPORARY))
    assert settled.is_allowed
    assert settled.declined_at is None  # nobody said no
    assert settled.expires_at == at(-3600) + WEEK


PERMANENT = Grant.PERMANENT


def given_until(seconds: float, grant: Grant, ends: float | None) -> LedgerEntry:
    """WhatsApp's answer, with the end of the permission in seconds."""
    until = None if ends is None else at(ends)
    return replace(read(seconds, grant), expires_at=until)


def permanently(seconds: float) -> LedgerEntry:
    return replace(yes(seconds), grant=PERMANENT)


WEEK_LATER = WEEK.total_seconds()
YESTERDAY = -86400.0
OLDER = given_until(0.3, TEMPORARY, YESTERDAY + WEEK_LATER)


@pytest.mark.parametrize(
    ("hint", "lagging", "read_at_last"),
    [
        (yes(0), OLDER, given_until(10, TEMPORARY, WEEK_LATER)),
        (yes(0), read(0.3, PERMANENT), given_until(10, TEMPORARY, WEEK_LATER)),
        (permanently(0), OLDER, read(10, PERMANENT)),
    ],
    ids=["a renewal", "a permanent one that was limited", "a permanent one"],
)
def test_a_yes_before_a_yes_may_lag_too(
    hint: LedgerEntry, lagging: LedgerEntry, read_at_last: LedgerEntry
):
    held = [yes(YESTERDAY), given_until(YESTERDAY + 1, TEMPORARY, WEEK_LATER)]
    facts = believed(*held, hint, lagging, now=1)
    assert facts.is_allowed
    assert facts.check_due == at(2)
    settled = believed(*held, hint, lagging, read_at_last, now=11)
    assert settled.check_due is None
    assert (settled.status, settled.expires_at) == (
        read_at_last.grant,
        read_at_last.expires_at,
    )


def test_a_permanent_yes_is_kept_from_an_answer_that_lags():
    facts = believed(permanently(0), OLDER, now=1)
    assert (facts.status, facts.expires_at) == (PERMANENT, None)
    counted = given_until(60, TEMPORARY, WEEK_LATER)
    settled = believed(permanently(0), OLDER, counted, now=61)
    assert (settled.status, settled.expires_at) == (TEMPORARY, at(WEEK_LATER))
    assert settled.check_due is None


@pytest.mark.parametrize("late", [0.0, 59.0])
def test_a_yes_that_was_given_just_now_is_asked_no_more(late: float):
    fresh = given_until(0.3, TEMPORARY, WEEK_LATER - late)
    assert believed(yes(0), fresh, now=1).check_due is None


@pytest.mark.parametrize(
    ("before", "status"),
    [
        ([], PermissionStatus.NONE),
        ([asked(-60)], PermissionStatus.REQUESTED),
        ([asked(-7200), no(-3600)], PermissionStatus.DECLINED),
    ],
)
def test_a_yes_that_whatsapp_never_confirms_changes_nothing(
    before: list[LedgerEntry], status: PermissionStatus
):
    untouched = believed(*before)
    refuted = believed(*before, yes(0), read(61, NONE))
    assert refuted.status == untouched.status == status
    for one in ("expires_at", "requested_at", "declined_at", "streak"):
        assert getattr(refuted, one) == getattr(untouched, one)


def test_a_confirmed_yes_that_is_gone_was_revoked():
    facts = believed(yes(0), read(1, TEMPORARY), read(600, NONE))
    assert facts.status == PermissionStatus.REVOKED
    assert facts.declined_at is None
    assert may_ask(facts, at(3600)).allowed


def test_a_yes_that_ran_out_was_not_refuted():
    day = 86400
    facts = believed(yes(0), read(8 * day, NONE), now=8 * day + 1)
    assert facts.status == PermissionStatus.EXPIRED


def test_the_same_yes_a_week_later_is_a_yes():
    day = 86400
    story = [asked(-60), yes(0), read(1, TEMPORARY), asked(8 * day), yes(8 * day + 60)]
    assert believed(*story, now=8 * day + 61).is_allowed


def test_a_refusal_of_our_call_may_lag_too():
    refused = LedgerEntry(EventKind.CALL_REFUSED, at(5), about="x", code=138006)
    facts = believed(yes(0), read(1, TEMPORARY), refused, now=6)
    assert facts.is_allowed
    assert facts.check_due == at(2)  # at once: nobody has asked since
    assert not may_call(facts, at(6)).allowed
    assert may_call(facts, at(20)).allowed
    late = LedgerEntry(EventKind.CALL_REFUSED, at(500), about="x", code=138006)
    assert not believed(yes(0), read(1, TEMPORARY), late).is_allowed


# --- Whatever is said, and in whatever order it is written ---------------------------

moments = st.integers(0, 300)
words = st.builds(
    said,
    moments,
    st.sampled_from(
        [EventKind.GRANTED, *[EventKind.DECLINED, EventKind.REVOKED, EventKind.EXPIRED]]
    ),
)
readings = st.builds(read, moments, st.sampled_from(list(Grant)))
requests = st.builds(asked, moments)
entries = st.lists(words | readings | requests, max_size=12)


@given(entries=entries, data=st.data(), now=moments)
def test_the_order_of_writing_does_not_matter(entries, data, now):
    shuffled = data.draw(st.permutations(entries))
    assert facts_of(entries, at(now)) == facts_of(shuffled, at(now))


@given(entries=entries, lag=st.floats(0, 59.9))
def test_a_lagging_no_never_takes_a_fresh_yes_away(entries, lag):
    story = [*entries, yes(400), read(400 + lag, NONE)]
    facts = believed(*story, now=400 + lag)
    assert facts.is_allowed
    assert facts.declined_at is None


@given(entries=st.lists(readings | requests | st.builds(yes, moments), max_size=12))
def test_no_reading_is_ever_a_word_of_the_person(entries):
    assert believed(*entries).declined_at is None


@given(
    entries=entries, truth=st.sampled_from([NONE, TEMPORARY]), lag=st.integers(0, 90)
)
def test_asking_when_due_ends_soon_and_with_what_whatsapp_says(entries, truth, lag):
    """However long its answers lag; the last one is asked a minute after the hint."""
    stale = NONE if truth == TEMPORARY else TEMPORARY
    told = list(entries)
    newest = Reading(at(400), stale if lag else truth)
    hint_at = max((e.at for e in told if e.source == Source.WEBHOOK), default=None)
    for _ in range(6):
        told.append(
            LedgerEntry(
                EventKind.CHECKED,
                newest.at,
                source=Source.API,
                grant=newest.grant or "",
            )
        )
        due = facts_of(told, newest.at, newest).check_due
        if due is None or due > at(3000):  # an answer may come as late as that
            break
        now = max(due, newest.at + timedelta(seconds=1))
        newest = Reading(now, stale if now < at(400 + lag) else truth)
    facts = facts_of(told, newest.at, newest)
    assert (due is None) == (facts.requested_at is None)
    assert facts.reported_at is None
    assert facts.is_allowed is (newest.grant == TEMPORARY)
    assert hint_at is None or newest.at <= max(at(401), hint_at + HINT_IS_FRESH)


@given(
    statements=st.lists(
        st.builds(Statement, st.builds(at, moments), st.booleans(), st.booleans())
    )
)
def test_what_is_ignored_was_contradicted(statements):
    judgement = judge(statements, None)
    for one in judgement.ignored:
        others = [other for other in statements if other.is_hint is not one.is_hint]
        assert any(other.allows is not one.allows for other in others)
    due = [judge(statements, at(s)).check_due for s in range(0, 400, 10)]
    # Whoever has asked later is due later, or not at all.
    known = [instant for instant in due if instant]
    assert all(one <= other for one, other in pairwise(known))
