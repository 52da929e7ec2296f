"""A webhook is checked with WhatsApp until that has settled it, whatever is lost."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from callcenter.wati.events import PermissionChanged, Person
from permissions import checks, people, services
from permissions.basis import basis_of
from permissions.ledger import Change, Pair, facts_for
from permissions.models import CallPermission, PermissionEvent
from permissions.rules import may_ask, may_call
from tests.cast import CARLA, Cast
from tests.shift import Clock

YES: dict[str, Any] = {"permission": {"status": "temporary"}}
NO: dict[str, Any] = {"permission": {"status": "no_permission"}}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("django.utils.timezone.now", clock.now)
    return clock


@pytest.fixture
def pair(cast: Cast, clock: Clock) -> Pair:
    carla = people.remember(cast.account, Person(waid=CARLA, name="Carla"))
    assert carla is not None
    return Pair(carla, cast.account, cast.line.number)


def hear(pair: Pair, clock: Clock, *, granted: bool = True, **more: Any) -> Change:
    event = PermissionChanged(Person(CARLA), granted=granted)
    now = clock.now()
    key = more.pop("key", now.isoformat())
    return services.permission_webhook(pair, event, key=key, received_at=now, **more)


def read(pair: Pair, clock: Clock, result: dict[str, Any]) -> Change:
    return services.read_from_api(pair, result, at=clock.now())


def row() -> CallPermission:
    return CallPermission.objects.get()


def due_in(clock: Clock) -> float | None:
    check_at: datetime | None = row().check_at
    return (check_at - clock.at).total_seconds() if check_at else None


def kinds() -> list[str]:
    return list(PermissionEvent.objects.order_by("id").values_list("kind", flat=True))


def basis(pair: Pair) -> str:
    return basis_of(facts_for(pair), is_pending=bool(row().check_at)).sentence


def test_a_yes_is_checked_after_2_10_and_60_seconds(pair: Pair, clock: Clock):
    hear(pair, clock)
    assert due_in(clock) == pytest.approx(2, abs=0.1)
    for pause, then in ((0.3, 1.7), (1.7, 8), (8, 50)):
        clock.forward(pause)
        assert read(pair, clock, NO).after == "temporary"
        assert due_in(clock) == pytest.approx(then, abs=0.1)
        assert basis(pair) == "Reported by WhatsApp, not confirmed yet: {when}."
    clock.forward(50)
    change = read(pair, clock, NO)
    assert (change.before, change.after) == ("temporary", "none")
    assert due_in(clock) is None
    assert kinds() == ["granted", *["checked"] * 4]
    assert may_ask(facts_for(pair), clock.at).allowed
    assert basis(pair) == "Checked with WhatsApp: {when}."


def test_an_answer_whose_webhook_is_lost_is_found(pair: Pair, clock: Clock):
    services.ask(pair, key="plan")
    assert due_in(clock) == pytest.approx(3600, abs=1)
    checked = 0
    while due := due_in(clock):
        clock.forward(due)
        assert checks.take() == [row().pk]
        read(pair, clock, NO)
        checked += 1
    assert checked == 9
    assert row().status == "requested"
    assert clock.at < row().expires_at
    assert read(pair, clock, YES).is_new_grant
    assert due_in(clock) is None


def test_what_is_confirmed_is_left_alone(pair: Pair, clock: Clock):
    hear(pair, clock)
    read(pair, clock, YES)
    assert due_in(clock) is None
    assert kinds() == ["granted", "checked"]
    read(pair, clock, YES)
    assert kinds() == ["granted", "checked"]


def test_a_stranger_who_is_read_leaves_no_history(pair: Pair, clock: Clock):
    read(pair, clock, NO)
    assert kinds() == []
    assert due_in(clock) is None


def test_a_no_that_lags_never_forbids_to_ask(pair: Pair, clock: Clock):
    services.ask(pair, key="plan")
    hear(pair, clock)
    for pause in (1, 10, 50):
        clock.forward(pause)
        read(pair, clock, NO)
    assert row().status == "requested"  # as if that yes had never come
    clock.forward(2 * 86400)
    assert may_ask(facts_for(pair), clock.at).allowed


def test_a_lost_reading_is_tried_again_and_then_left_to_the_next_look_up(
    pair: Pair, clock: Clock
):
    hear(pair, clock)
    waits = []
    while (wait := due_in(clock)) is not None:
        waits.append(round(wait))
        clock.forward(wait)
        assert checks.take() == [row().pk]
        checks.lost(pair)
    assert waits == [2, *(round(w.total_seconds()) for w in checks.LOST_WAITS)]
    assert row().status == "temporary"  # the hint is all we have
    assert may_call(facts_for(pair), clock.at).allowed
    assert basis(pair) == "Reported by WhatsApp, never confirmed: {when}."
    services.called_us(pair, call=uuid4(), started_at=clock.at)
    assert due_in(clock) is None
    read(pair, clock, YES)
    assert basis(pair) == "Checked with WhatsApp: {when}."
    assert row().failed_checks == 0


def test_whoever_dies_while_asking_is_replaced(pair: Pair, clock: Clock):
    hear(pair, clock)
    clock.forward(3)
    assert checks.take() == [row().pk]
    assert checks.take() == []
    clock.forward(checks.LASTS.total_seconds() + 1)
    assert checks.take() == [row().pk]


def test_a_new_word_is_checked_at_once_whatever_failed_before(pair: Pair, clock: Clock):
    hear(pair, clock)
    for _ in range(5):
        checks.lost(pair)
    clock.forward(1)
    hear(pair, clock, granted=False)
    assert due_in(clock) == pytest.approx(2, abs=0.1)


def test_without_a_number_the_webhook_is_all_there_is(cast: Cast, clock: Clock):
    hidden = people.remember(
        cast.account, Person(bsuids=("DE.8812345678901234568",), name="Dana")
    )
    assert hidden is not None
    pair = Pair(hidden, cast.account, cast.line.number)
    hear(pair, clock)
    assert row().check_at is None
    assert row().status == "temporary"
    assert basis(pair) == "Reported by WhatsApp, never confirmed: {when}."


def test_a_copy_says_nothing_new_unless_the_opposite_came_between(
    pair: Pair, clock: Clock
):
    hear(pair, clock, key="7")
    assert not hear(pair, clock, key="7 again", is_repeat=True).recorded
    hear(pair, clock, granted=False, key="8")
    assert hear(pair, clock, key="7 once more", is_repeat=True).after == "temporary"


def test_a_replayed_no_is_gone_once_whatsapp_has_been_read(pair: Pair, clock: Clock):
    hear(pair, clock)
    read(pair, clock, YES)
    clock.forward(3600)
    hear(pair, clock, granted=False)
    assert not may_call(facts_for(pair), clock.at).allowed
    clock.forward(61)
    read(pair, clock, YES)
    assert may_call(facts_for(pair), clock.at).allowed
    assert facts_for(pair).declined_at is None


@pytest.mark.parametrize("code", [138012, 613, 131056, None])
def test_whatsapps_own_wait_sets_the_next_time(
    pair: Pair, clock: Clock, code: int | None
):
    hear(pair, clock)
    read(pair, clock, YES)
    until = clock.at + timedelta(minutes=42)
    services.call_refused(pair, call=uuid4(), code=code, until=until)
    services.ask_refused(pair, key="plan", code=code, until=until)
    for verdict in (
        may_call(facts_for(pair), clock.at),
        may_ask(facts_for(pair), clock.at),
    ):
        assert (verdict.allowed, verdict.earliest) == (False, until)
    clock.at = until
    assert may_call(facts_for(pair), clock.now()).allowed
