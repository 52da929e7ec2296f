"""What is old goes by night; what is still needed stays, however old it is."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from agents.models import AgentStateSpan
from callcenter.models import AuditEntry
from callcenter.shared_clock import SharedNow
from callcenter.wati.events import Kind, PermissionChanged, Person
from calls import tasks
from calls.lifecycle.permission_usage import pair_of
from calls.models import (
    Call,
    Leg,
    NoteWord,
    Plan,
    SetAsideLine,
    SweepRun,
    WatiRequest,
    WebhookDelivery,
)
from calls.privacy import purging
from permissions import ledger, people, services
from permissions.facts import EventKind
from permissions.models import Contact, PermissionEvent
from permissions.rules import may_ask, may_call
from tests.cast import CARLA, Cast
from tests.shift import DORA, Clock, Shift, fresh

Status = WebhookDelivery.Status
OLD, YOUNG = timedelta(days=800), timedelta(days=1)


@pytest.fixture(autouse=True)
def short_retention(settings) -> None:
    for one in purging.CLASSES:
        setattr(settings, one.setting, 400)


def ago(age: timedelta) -> datetime:
    return timezone.now() - age


def webhook(cast: Cast, age: timedelta, status: str) -> WebhookDelivery:
    return WebhookDelivery.objects.create(
        account=cast.account,
        kind=Kind.TERMINATE_CALL,
        received_at=ago(age),
        body=b"{}",
        status=status,
    )


def call(cast: Cast, age: timedelta, **fields: Any) -> Call:
    at = ago(age)
    ended = {"status": "ended", "result": "answered", "ended_at": at}
    return Call.objects.create(
        account=cast.account,
        line=cast.line,
        created_at=at,
        offer_sdp="v=0",
        **{"direction": "inbound", **ended, **fields},
    )


# --- Webhooks -------------------------------------------------------------------------


def test_old_webhooks_go_unless_they_still_have_an_effect(cast: Cast):
    for status in Status:
        webhook(cast, OLD, status)
        webhook(cast, YOUNG, status)
    SetAsideLine.objects.create(file="f", line=b"{", problem="x", found_at=ago(OLD))
    assert purging.run()["webhooks"] == 3
    old = WebhookDelivery.objects.filter(received_at__lt=ago(timedelta(days=400)))
    assert {row.status for row in old} == {Status.NEW, Status.WAITING}
    assert WebhookDelivery.objects.count() == 2 + len(Status)


def test_many_go_in_small_steps(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(purging, "PAGE", 10)
    for days in range(25):
        webhook(cast, OLD + timedelta(days=days), Status.DONE)
    assert set(purging.webhooks(ago(timedelta(days=400)))) == {10, 5}
    assert not WebhookDelivery.objects.exists()


def test_what_a_night_does_not_finish_the_next_one_does(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(purging, "PAGE", 10)
    monkeypatch.setattr(purging, "LASTS", 0.0)
    for days in range(25):
        webhook(cast, OLD + timedelta(days=days), Status.DONE)
    left = []
    for _night in range(3):
        purging.run()
        left.append(WebhookDelivery.objects.count())
    assert left[-1] == 0
    assert left[0] > 0
    assert "more next night" in caplog.text


# --- Calls ----------------------------------------------------------------------------


def test_a_call_goes_with_everything_that_hangs_on_it(cast: Cast):
    contact = people.dialed(CARLA)
    gone, stays = call(cast, OLD, contact=contact), call(cast, YOUNG, contact=contact)
    for one in (gone, stays):
        leg = Leg.objects.create(
            call=one, agent=cast.ana, started_at=one.created_at, ended_at=one.ended_at
        )
        leg.write("She likes tea.")
        WatiRequest.objects.create(
            account=cast.account, call=one, verb="accept", status="ok"
        )
    done = purging.run()
    assert done["calls"] == 1
    assert list(Call.objects.all()) == [stays]
    assert Leg.objects.count() == WatiRequest.objects.count() == 1
    assert set(NoteWord.objects.values_list("leg__call", flat=True)) == {stays.pk}


def test_live_calls_and_work_after_them_stay_whole(cast: Cast, shift: Shift):
    live = call(cast, OLD, status="active", result="", ended_at=None)
    in_wrap_up, unsent, planned = (call(cast, OLD) for _ in range(3))
    Leg.objects.create(
        call=in_wrap_up,
        agent=cast.ana,
        started_at=ago(OLD),
        ended_at=ago(OLD),
        wrap_up_since=ago(OLD),
    )
    request = {"account": cast.account, "verb": "terminate", "status": "pending"}
    WatiRequest.objects.create(call=unsent, **request)
    contact = people.dialed(CARLA)
    Plan.objects.create(contact=contact, line=cast.line, state="waiting", call=planned)
    assert not purging.run()
    assert {live, in_wrap_up, unsent, planned} == set(Call.objects.all())
    assert set(Call.objects.values_list("offer_sdp", flat=True)) == {"v=0"}


def test_sdp_goes_before_its_call(cast: Cast, settings):
    settings.RETENTION_CALL_DAYS = 0
    old, young = call(cast, OLD), call(cast, YOUNG)
    assert purging.run()["SDP of calls"] == 1
    assert fresh(old).offer_sdp == ""
    assert fresh(young).offer_sdp == "v=0"


# --- Permissions ----------------------------------------------------------------------


class Ledger:
    """What somebody and we said to each other, days ago."""

    def __init__(self, cast: Cast, waid: str = CARLA) -> None:
        self.cast, self.contact = cast, people.dialed(waid)
        self.pair = pair_of(self.contact, cast.line)

    def says(self, granted: bool, days: float, **said: Any) -> None:
        at = ago(timedelta(days=days))
        event = PermissionChanged(Person(self.contact.waid), granted=granted, **said)
        key = str(uuid4())
        services.permission_webhook(self.pair, event, key=key, received_at=at)

    def misses(self, days: float) -> None:
        at = ago(timedelta(days=days))
        services.call_unanswered(self.pair, call=uuid4(), at=at)

    def answers(self, days: float) -> None:
        at = ago(timedelta(days=days))
        services.call_connected(self.pair, call=uuid4(), at=at)

    def kinds(self) -> list[str]:
        events = PermissionEvent.objects.order_by("at", "pk")
        return list(events.values_list("kind", flat=True))

    def verdict(self) -> tuple[Any, ...]:
        facts, now = ledger.facts_for(self.pair), timezone.now()
        call, ask = may_call(facts, now), may_ask(facts, now)
        return call.allowed, call.until, ask.allowed, ask.earliest, facts.streak


@pytest.fixture
def book(cast: Cast) -> Ledger:
    return Ledger(cast)


def test_a_permission_that_was_over_long_ago_is_forgotten(book: Ledger):
    book.says(True, 900)
    book.answers(899)
    services.expire()
    before = book.verdict()
    assert purging.run()["permission history"] >= 2
    assert book.kinds() == []
    assert book.verdict() == before


def test_a_permanent_permission_stays_and_what_was_before_it_goes(book: Ledger):
    book.says(False, 1000)
    book.says(True, 900, permanent=True)
    before = book.verdict()
    purging.run()
    assert book.kinds() == ["granted"]
    assert book.verdict() == before
    assert before[0] is True


def test_a_no_stays(book: Ledger):
    book.says(True, 1000)
    book.says(False, 900)
    before = book.verdict()
    purging.run()
    assert EventKind.REVOKED in book.kinds() or EventKind.DECLINED in book.kinds()
    assert book.verdict() == before


def test_calls_without_an_answer_in_a_row_stay(book: Ledger):
    book.says(True, 1000, permanent=True)
    for days in (950, 900, 850):
        book.misses(days)
    book.answers(840)
    for days in (830, 820, 810):
        book.misses(days)
    before = book.verdict()
    purging.run()
    assert book.verdict() == before
    assert before[-1] == 3
    assert book.kinds() == ["granted", "connected", *["unanswered"] * 3]


def test_each_pair_is_judged_by_itself_wherever_a_night_begins(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    """Some with much to say and some with nothing, in steps of two."""
    monkeypatch.setattr(purging, "PAIRS_AT_ONCE", 2)
    books = [Ledger(cast, f"49151123457{number:02}") for number in range(7)]
    for number, book in enumerate(books):
        for days in range(900, 900 + number):
            book.says(bool(number % 3), days, permanent=number % 2 == 0)
        book.says(True, 1)
    before = [book.verdict() for book in books]
    pairs = sorted(PermissionEvent.objects.values_list("permission", flat=True))
    left = PermissionEvent.objects.count()
    for first in (0, pairs[-1] // 2, pairs[-1]):
        monkeypatch.setattr(purging.random, "randint", lambda *_, at=first: at)
        done = purging.run()["permission history"]
        left -= done
        assert PermissionEvent.objects.count() == left
        assert [book.verdict() for book in books] == before
    assert left < 7 + sum(range(7))


def test_who_must_not_be_called_stays_on_the_list_with_the_reason(book: Ledger):
    for at in (1000, 900):
        services.block(book.contact, user=None, reason=f"Asked {at} days ago.")
        services.unblock(book.contact, user=None)
    services.block(book.contact, user=None, reason="Asked again.")
    PermissionEvent.objects.update(at=ago(OLD))
    Contact.objects.update(created_at=ago(OLD))
    purging.run()
    assert Contact.objects.get().do_not_call
    assert [event.detail for event in PermissionEvent.objects.all()] == ["Asked again."]


def test_contacts_go_of_whom_nothing_is_known(cast: Cast):
    known, planned, unknown = (people.dialed(n) for n in (CARLA, DORA, "4915112345699"))
    call(cast, YOUNG, contact=known)
    Plan.objects.create(contact=planned, line=cast.line, state="waiting")
    Contact.objects.update(created_at=ago(OLD))
    assert purging.run()["contacts"] == 1
    assert set(Contact.objects.all()) == {known, planned}
    assert not Contact.objects.filter(pk=unknown.pk).exists()


# --- Agents, and the audit log --------------------------------------------------------


def test_agent_activity_goes_but_not_the_present_interval(cast: Cast):
    spans = AgentStateSpan.objects
    for begun, ended in ((OLD, OLD), (YOUNG, YOUNG)):
        spans.create(
            agent=cast.ana, state="break", started_at=ago(begun), ended_at=ago(ended)
        )
    spans.create(agent=cast.ana, state="available", started_at=ago(OLD))
    assert purging.run()["agent activity"] == 1
    assert spans.count() == 2


def test_audit_entries_go_after_more_than_a_year(cast: Cast):
    AuditEntry.objects.create(action="viewed", at=ago(OLD), username="old")
    AuditEntry.objects.create(action="viewed", at=ago(YOUNG), username="young")
    purging.run()
    names = set(AuditEntry.objects.values_list("username", flat=True))
    assert "young" in names
    assert "old" not in names


# --- In all ---------------------------------------------------------------------------


def test_nothing_goes_where_everything_is_to_be_kept(cast: Cast, settings):
    for one in purging.CLASSES:
        setattr(settings, one.setting, 0)
    webhook(cast, OLD, Status.DONE)
    call(cast, OLD)
    assert purging.run() == {}
    assert fresh(Call.objects.get()).offer_sdp
    assert WebhookDelivery.objects.exists()


def test_it_says_what_it_has_removed(cast: Cast, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)
    webhook(cast, OLD, Status.DONE)
    call(cast, OLD)
    tasks.purge()
    entry = AuditEntry.objects.filter(action="erased").latest("pk")
    assert entry.details == "by age: webhooks: 1, SDP of calls: 1, calls: 1"
    assert "purge: removed webhooks: 1" in caplog.text


def due_instants(
    monkeypatch: pytest.MonkeyPatch, looks: int, every: timedelta
) -> list[datetime]:
    """Look so often from a noon on, purge where it is due; return when it was."""
    clock = Clock()
    clock.at = datetime(2026, 12, 1, 12, tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", clock.now)
    monkeypatch.setattr(SharedNow, "as_postgresql", SharedNow.as_sql)
    done = []
    for _ in range(looks):
        if purging.is_due():
            done.append(clock.at)
            SweepRun.objects.filter(name="purge").update(ran_at=clock.at)
        clock.forward(every.total_seconds())
    return done


def test_it_is_done_once_a_night(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    done = due_instants(monkeypatch, 72, timedelta(hours=1))
    # The first night is left for the settings.
    assert [at.hour for at in done] == [2, 2]


def test_it_is_done_by_day_where_no_machine_runs_at_night(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    done = due_instants(monkeypatch, 5, timedelta(days=1))
    assert [at.day for at in done] == [3, 5]
