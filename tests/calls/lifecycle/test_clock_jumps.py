"""Somebody sets the clock by an hour while people talk, ring and wait."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db.models import DateTimeField
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.models import Agent
from callcenter import beat
from calls import placement
from calls.lifecycle import clock_jumps, ending, transfer
from calls.models import Call, ClockJump, Leg, Plan, WebhookDelivery
from calls.states import Event
from permissions.models import Contact
from tests.cast import hire
from tests.shift import DORA, ERIK, Shift, change, fresh, state_of

FRANK = "4915112345681"  # calls once the clock is set
HOUR = 3600.0
JUMPS = [HOUR, -HOUR, 2 * HOUR, -2 * HOUR, 40.0, -40.0]
# Times that are told and not counted from; or a text that stands for longer, or not as
# long.
HISTORY = {
    "agents.FloorMessage",
    "agents.FloorMessageReceipt",
    "agents.Prompt",
    "calls.ClockJump",
    "calls.LineHeard",
    "calls.RoutingDecision",
    "calls.SetAsideLine",
    "calls.SpoolFile",
}


@pytest.fixture
def busy(shift: Shift) -> list[Call]:
    """Ana talks, Bruno is in wrap-up, Erik's call rings at Clara."""
    cast = shift.cast
    change(cast.queue, wrap_up_seconds=30, ring_seconds=20, system_answers=False)
    clara = hire("clara", cast.queue)
    shift.begins(cast.ana)
    talk = shift.talks(cast.ana)
    shift.begins(cast.bruno)
    over = shift.talks(cast.bruno, DORA)
    shift.hangs_up(over)
    shift.begins(clara)
    rings = shift.calls_in(ERIK)
    shift.later(2)
    assert (fresh(talk).status, fresh(rings).status) == ("active", "ringing")
    assert state_of(cast.bruno) == "wrap_up"
    return [talk, rings]


def jumps(shift: Shift, seconds: float) -> None:
    shift.clock.forward(seconds)
    assert clock_jumps.move_times(seconds)


def times() -> dict[tuple[str, Any, str], datetime]:
    """All times that count."""
    return {
        (rows.model.__name__, row["pk"], name): row[name]
        for rows in clock_jumps.going_on()
        for row in rows.values("pk", *clock_jumps.times_of(rows.model))
        for name in clock_jumps.times_of(rows.model)
        if row[name] is not None
    }


def ages() -> dict[tuple[str, Any, str], float]:
    """How far from now each of them is."""
    now = timezone.now()
    return {key: (at - now).total_seconds() for key, at in times().items()}


@pytest.mark.parametrize("seconds", JUMPS)
def test_nothing_happens_that_would_not_have_happened(
    shift: Shift, busy: list[Call], seconds: float
):
    talk, rings = busy
    before = ages()
    jumps(shift, seconds)
    after = ages()
    assert after == pytest.approx(before, abs=0.1)
    for _ in range(5):
        shift.later(1)
        assert (fresh(talk).status, fresh(rings).status) == ("active", "ringing")
        assert state_of(shift.cast.bruno) == "wrap_up"
    shift.later(30)
    assert fresh(rings).end_reason == "ring_timeout"
    assert state_of(shift.cast.bruno) == "available"
    ended = shift.hangs_up(talk)
    assert 30 < (ended.ended_at - ended.answered_at).total_seconds() < 60


@pytest.mark.parametrize("seconds", JUMPS)
def test_what_happens_before_anybody_notices_keeps_its_time(
    shift: Shift, busy: list[Call], seconds: float
):
    """The webhook that comes just then, or while the rows move, is not an hour old."""
    talk, rings = busy
    clara = next(iter(rings.offers.all())).agent
    before, shown_before = ages(), times()
    shift.clock.forward(seconds)
    placement.renew(shift.node, calls=0)
    transfer.hold(talk.pk, shift.cast.ana)
    shift.answers(clara, rings)
    frank = shift.calls_in(FRANK)
    just_now, meanwhile = (
        WebhookDelivery.objects.create(
            account=shift.cast.line.account,
            kind="terminate-call",
            body=b"{}",
            received_at=timezone.now() + timedelta(seconds=after),
            next_attempt_at=timezone.now() + timedelta(seconds=after + 2),
        )
        for after in (0, 0.3)
    )
    changed = {
        key: age for key, age in ages().items() if shown_before.get(key) != times()[key]
    }
    # What may not lie before something older shows the time of the clock before.
    written = {key: age for key, age in changed.items() if abs(age) < 30}
    assert ("WebhookDelivery", just_now.pk, "received_at") in written
    assert ("WebhookDelivery", meanwhile.pk, "received_at") in written
    assert ("Call", frank.pk, "created_at") in written
    assert ("Call", talk.pk, "held_since") in written
    assert clock_jumps.move_times(seconds)
    # When it is put forward, nobody can tell whose clock showed what lies ahead.
    unknown = clock_jumps.AHEAD if seconds > 0 else set()
    after = {
        key: age
        for key, age in ages().items()
        if key not in changed or (key in written and key[2] not in unknown)
    }
    kept = {key: age for key, age in (before | written).items() if key in after}
    assert after == pytest.approx(kept, abs=0.1)


def test_without_that_the_hour_would_be_noticed(shift: Shift, busy: list[Call]):
    """Else the story above would prove nothing."""
    shift.clock.forward(HOUR)
    shift.look_round()
    assert fresh(busy[1]).status == "ended"


def test_two_clocks_of_the_sweeps_move_them_once(shift: Shift, busy: list[Call]):
    before = ages()
    jumps(shift, HOUR)
    assert not clock_jumps.move_times(HOUR + 0.3)
    assert ages() == pytest.approx(before, abs=0.1)
    jumps(shift, -HOUR)
    assert ages() == pytest.approx(before, abs=0.1)
    assert ClockJump.objects.count() == 2


def test_what_people_have_fixed_by_the_wall_stays(shift: Shift):
    tomorrow = timezone.now() + timedelta(days=1)
    plan = Plan.objects.create(
        contact=Contact.objects.create(waid=DORA), line=shift.cast.line, due_at=tomorrow
    )
    jumps(shift, HOUR)
    plan.refresh_from_db()
    assert plan.due_at == tomorrow


def test_history_stays(shift: Shift, busy: list[Call]):
    over = Call.objects.get(status="ended")
    jumps(shift, HOUR)
    assert fresh(over).ended_at == over.ended_at


def test_each_model_with_times_goes_on_or_is_history():
    moved = {rows.model._meta.label for rows in clock_jumps.going_on()}
    with_times = {
        model._meta.label
        for app in ("agents", "calls")
        for model in apps.get_app_config(app).get_models()
        if any(isinstance(field, DateTimeField) for field in model._meta.fields)
    }
    assert moved | HISTORY == with_times


a_jump = st.sampled_from([0.0, 1.0, *JUMPS])


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(leaps=st.lists(a_jump, min_size=4, max_size=4))
def test_no_duration_is_below_nought_wherever_the_clock_is_set(
    shift: Shift, leaps: list[float]
):
    """Also where nobody has moved the rows yet."""
    ana, at = shift.cast.ana, shift.clock.at
    placement.renew(shift.node, calls=0)
    shift.begins(ana)
    call = shift.calls_in()
    shift.clock.forward(leaps[0])
    placement.renew(shift.node, calls=0)
    shift.begins(ana)
    call = shift.answers(ana, call)
    shift.clock.forward(leaps[1])
    transfer.hold(call.pk, ana)
    shift.clock.forward(leaps[2])
    transfer.resume(call.pk, ana)
    shift.clock.forward(leaps[3])
    ending.end(call.pk, Event.CUSTOMER_ENDED)
    call, leg = fresh(call), Leg.objects.get(call=call)
    assert call.created_at <= call.answered_at <= call.ended_at
    assert call.hold_seconds >= 0
    assert leg.started_at <= leg.joined_at <= leg.ended_at
    spans = ana.spans.exclude(ended_at=None)
    assert all(span.started_at <= span.ended_at for span in spans)
    Call.objects.all().delete()
    Agent.objects.update(state="offline", state_since=at)
    ana.spans.all().delete()
    shift.clock.at = at


# --- Who notices ---------------------------------------------------------------------


class Machine:
    """Its clock on the wall, one that nobody can set, and how far both are apart."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.wall, self.steady, self.offset = 1e9, 50.0, 0.0
        self.told: list[float] = []
        monkeypatch.setattr(beat, "_on_jump", [self.told.append])
        monkeypatch.setattr(beat, "offset", lambda: self.offset)
        monkeypatch.setattr(beat, "awake", lambda: self.steady)
        monkeypatch.setattr(
            beat.timezone, "now", lambda: datetime.fromtimestamp(self.wall).astimezone()
        )
        self.watch = beat.ClockWatch()

    def passes(self, seconds: float, *, shows: float) -> None:
        self.steady, self.wall = self.steady + seconds, self.wall + shows
        self.watch.look()


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine(monkeypatch)
    machine.watch.look()
    return machine


def test_a_clock_that_ntp_steers_has_not_been_set(machine: Machine):
    for seconds, shows in ((0.5, 0.4), (0.5, 0.9), (30.0, 29.0), (600.0, 601.5)):
        machine.passes(seconds, shows=shows)
    assert machine.told == []


@pytest.mark.parametrize("seconds", JUMPS)
def test_a_clock_that_was_set_is_noticed_once(machine: Machine, seconds: float):
    machine.passes(0.5, shows=0.5 + seconds)
    machine.passes(0.5, shows=0.5)
    assert machine.told == [pytest.approx(seconds)]


def test_where_the_database_did_not_follow_no_row_is_wrong(machine: Machine):
    machine.offset = HOUR
    machine.passes(0.5, shows=0.5 + HOUR)
    assert machine.told == []
    machine.offset = 0.0
    machine.passes(0.5, shows=0.5 - HOUR)
    assert machine.told == []


def test_what_could_not_be_written_is_tried_again(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
):
    def is_away() -> float:
        raise OSError("away")

    monkeypatch.setattr(beat, "offset", is_away)
    with pytest.raises(OSError, match="away"):
        machine.passes(0.5, shows=0.5 + HOUR)
    monkeypatch.setattr(beat, "offset", lambda: 0.0)
    machine.passes(0.5, shows=0.5)
    assert machine.told == [pytest.approx(HOUR)]
