"""Whether a sweep would find anything; tests.shift asks the same before each sweep."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from callcenter.beat import has_work
from calls import deadlines, placement, tasks
from calls.models import Node, Plan, WatiRequest
from calls.signaling import outbox
from permissions.models import Contact
from tests.cast import CARLA, Cast
from tests.shift import Shift

CHECKS = {
    "calls": deadlines.calls_are_due,
    "floor": deadlines.floor_is_due,
    "plans": deadlines.plans_are_due,
    "requests": deadlines.requests_are_due,
}


def who_has_work() -> set[str]:
    return {name for name, check in CHECKS.items() if check()}


def test_an_idle_floor_has_no_work_for_anybody(shift: Shift):
    shift.begins(shift.cast.ana)
    assert who_has_work() == set()


@pytest.mark.parametrize("check", CHECKS.values(), ids=list(CHECKS))
def test_one_statement_tells(shift: Shift, check: Callable[[], bool]):
    with CaptureQueriesContext(connection) as statements:
        check()
    assert len(statements) == 1


def test_each_sweep_but_that_of_the_spool_is_checked(shift: Shift):
    sweeps = (tasks.sweep, tasks.sweep_floor, tasks.sweep_plans, tasks.sweep_requests)
    assert not any(has_work(sweep.name) for sweep in sweeps)
    # The files may be on another machine than the clock.
    assert has_work(tasks.sweep_webhooks.name)


def test_whoever_waits_is_work_for_the_floor(shift: Shift):
    shift.calls_in()
    assert who_has_work() == {"floor"}


def test_a_deadline_that_passed_is_work(shift: Shift):
    call = shift.calls_in()
    shift.clock.at = call.deadline
    assert who_has_work() == {"calls", "floor"}


def test_a_node_that_died_is_work(shift: Shift):
    shift.begins(shift.cast.ana)
    shift.talks(shift.cast.ana)
    assert who_has_work() == set()
    Node.objects.update(lease_until=timezone.now())
    assert who_has_work() == {"calls"}
    placement.renew(shift.node, calls=1)
    assert who_has_work() == set()
    placement.register()  # started anew: another epoch
    assert who_has_work() == {"calls"}


def test_a_console_that_is_silent_is_work(shift: Shift):
    shift.begins(shift.cast.ana)
    shift.clock.forward(8)
    assert who_has_work() == {"floor"}


def test_a_request_to_wati_is_work_when_its_time_has_come(shift: Shift):
    call = shift.calls_in()
    outbox.ask(call=call, verb=WatiRequest.Verb.TERMINATE)
    shift.clock.forward(60)  # ahead of the clock that the row was written by
    assert deadlines.requests_are_due()
    now = timezone.now()
    waits = {"next_attempt_at": now + timedelta(seconds=5)}
    WatiRequest.objects.update(**waits)
    assert not deadlines.requests_are_due()
    lost = now - outbox.LOST_AFTER - timedelta(seconds=1)
    WatiRequest.objects.update(status=WatiRequest.Status.SENT, sent_at=lost)
    assert deadlines.requests_are_due()


def test_a_scheduled_call_is_work_when_it_is_due(cast: Cast):
    contact = Contact.objects.create(waid=CARLA)
    now = timezone.now()
    later = now + timedelta(minutes=1)
    plan = Plan.objects.create(
        contact=contact, line=cast.line, state=Plan.State.GRANTED, due_at=later
    )
    assert not deadlines.plans_are_due()
    Plan.objects.filter(pk=plan.pk).update(due_at=now)
    assert deadlines.plans_are_due()
