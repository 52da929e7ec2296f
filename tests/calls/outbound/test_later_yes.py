"""A later yes brings a waiting call back, whatever came between."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from callcenter.wati.client import Answer
from callcenter.wati.errors import Outcome, WatiError, sentence
from callcenter.wati.events import Kind, Person
from calls import errors, tasks
from calls.lifecycle.permission_usage import pair_of
from calls.models import Plan, WatiRequest, WebhookDelivery
from calls.outbound import permission_news, planned_calls
from calls.signaling import deliveries, outbox
from calls.webhooks import processor
from permissions import people
from permissions import services as permissions
from permissions.models import Contact, PermissionEvent
from tests.cast import CARLA
from tests.shift import Shift

DAY = 86400.0
YES = {"waid": CARLA, "hasPermission": True, "status": "granted"}
NO = {"waid": CARLA, "hasPermission": False, "status": "denied"}
REVOKED = {"waid": CARLA, "hasPermission": False, "status": "revoked"}
ALLOWED: dict[str, Any] = {"permission": {"status": "temporary"}}
NOT_ALLOWED: dict[str, Any] = {"permission": {"status": "no_permission"}}


@pytest.fixture
def carla(shift: Shift) -> Contact:
    shift.begins(shift.cast.ana, shift.cast.bruno)
    contact = people.remember(shift.cast.account, Person(waid=CARLA, name="Carla"))
    assert contact is not None
    return contact


def ask(shift: Shift, carla: Contact) -> Plan:
    plan = planned_calls.ask(shift.cast.ana, carla, shift.cast.line)
    request = outbox.take(WatiRequest.objects.get(plan=plan).pk)
    assert request is not None
    outbox.finish(request, Answer("done", {}), None)
    return fresh(plan)


def fresh(plan: Plan) -> Plan:
    return Plan.objects.get(pk=plan.pk)


def wati_posts(shift: Shift, body: dict[str, Any]) -> bool:
    """The webhook is stored and has its effect. False: it was a mere copy."""
    [webhook] = deliveries.read(
        deliveries.Incoming(
            account_id=shift.cast.account.pk,
            kind=Kind.CALL_PERMISSION,
            body=json.dumps(body | {"channelPhoneNumber": ""}).encode(),
            remote_address=None,
            received_at=timezone.now(),
        )
    )
    [stored] = deliveries.store_all([webhook])
    before = PermissionEvent.objects.count()
    if stored is not None:
        processor._process(stored)
    sweep(shift)
    return PermissionEvent.objects.count() > before


def whatsapp_is_read(shift: Shift, carla: Contact, result: dict[str, Any]) -> None:
    pair = pair_of(carla, shift.cast.line)
    change = permissions.read_from_api(pair, result, at=timezone.now())
    permission_news.permission_changed(change)
    sweep(shift)


def sweep(shift: Shift) -> None:
    shift.look_round()
    tasks.sweep_plans()


def test_the_same_yes_eight_days_later_proposes_the_second_call(
    shift: Shift, carla: Contact
):
    first = ask(shift, carla)
    assert wati_posts(shift, YES)
    whatsapp_is_read(shift, carla, ALLOWED)
    assert fresh(first).state == "offered"
    planned_calls.drop(first.pk, shift.cast.ana)

    shift.clock.forward(8 * DAY)
    sweep(shift)
    second = ask(shift, carla)
    assert second.state == "waiting"
    assert wati_posts(shift, YES)  # the very same body
    assert fresh(second).state == "offered"
    assert WebhookDelivery.objects.count() == 2


def test_a_copy_within_two_minutes_is_a_copy(shift: Shift, carla: Contact):
    plan = ask(shift, carla)
    assert wati_posts(shift, YES)
    shift.clock.forward(119)
    version = fresh(plan).version
    assert not wati_posts(shift, YES)
    assert WebhookDelivery.objects.get().copies == 1
    assert fresh(plan).version == version
    shift.clock.forward(2)
    assert wati_posts(shift, YES)
    assert WebhookDelivery.objects.count() == 2


def test_yes_no_yes_within_a_minute_is_a_yes(shift: Shift, carla: Contact):
    plan = ask(shift, carla)
    for body, state in ((YES, "offered"), (NO, "refused"), (YES, "offered")):
        assert wati_posts(shift, body)
        assert fresh(plan).state == state
        shift.clock.forward(10)


@pytest.mark.parametrize("between", [NO, REVOKED])
def test_a_yes_after_a_no_brings_the_call_back(
    shift: Shift, carla: Contact, between: dict[str, Any]
):
    plan = ask(shift, carla)
    wati_posts(shift, YES)
    wati_posts(shift, between)
    assert fresh(plan).state == "refused"
    assert fresh(plan).sentence
    shift.clock.forward(3 * DAY)
    wati_posts(shift, YES)
    plan = fresh(plan)
    assert (plan.state, plan.sentence, plan.withdrawn_at) == ("offered", "", None)
    call = planned_calls.call(plan.pk, shift.cast.ana)
    assert fresh(plan).call == call


def test_a_call_that_is_ready_runs_out_with_the_newest_yes(
    shift: Shift, carla: Contact
):
    plan = ask(shift, carla)
    wati_posts(shift, YES)
    first = fresh(plan).expires_at
    shift.clock.forward(3 * DAY)
    ends = (timezone.now() + timedelta(days=7)).replace(microsecond=0)
    until = {"status": "temporary", "expiration_time": int(ends.timestamp())}
    wati_posts(shift, YES)
    whatsapp_is_read(shift, carla, {"permission": until})
    shift.clock.forward(4 * DAY + 3600)
    assert first is not None
    assert first < timezone.now() < ends
    sweep(shift)
    assert (fresh(plan).state, fresh(plan).expires_at) == ("offered", ends)
    whatsapp_is_read(shift, carla, {"permission": {"status": "permanent"}})
    shift.clock.forward(8 * DAY)
    sweep(shift)
    assert (fresh(plan).state, fresh(plan).expires_at) == ("offered", None)


def test_a_reading_brings_it_back_as_well(shift: Shift, carla: Contact):
    plan = ask(shift, carla)
    wati_posts(shift, NO)
    shift.clock.forward(600)
    whatsapp_is_read(shift, carla, ALLOWED)
    assert fresh(plan).state == "offered"


def test_a_yes_that_whatsapp_refutes_leaves_the_request_waiting(
    shift: Shift, carla: Contact
):
    plan = ask(shift, carla)
    wati_posts(shift, YES)
    assert fresh(plan).state == "offered"
    whatsapp_is_read(shift, carla, NOT_ALLOWED)
    assert fresh(plan).state == "offered"  # it may lag
    shift.clock.forward(61)
    whatsapp_is_read(shift, carla, NOT_ALLOWED)
    again = fresh(plan)
    assert (again.state, again.due_at) == ("waiting", None)
    assert again.expires_at is not None
    assert abs(again.expires_at - plan.expires_at) < timedelta(minutes=2)
    wati_posts(shift, YES)
    assert fresh(plan).state == "offered"


def test_a_callback_keeps_what_the_agent_wrote(shift: Shift, carla: Contact):
    cast = shift.cast
    wati_posts(shift, YES)
    plan = planned_calls.call_back(
        carla,
        cast.line,
        at=timezone.now() + timedelta(hours=1),
        agent=cast.ana,
        by=cast.ana,
        why="The refund.",
    )
    wati_posts(shift, REVOKED)
    assert fresh(plan).sentence == "The permission was revoked."
    shift.clock.forward(300)
    wati_posts(shift, YES)
    back = fresh(plan)
    assert (back.state, back.sentence, back.due_at) == (
        "granted",
        "The refund.",
        plan.due_at,
    )


def test_a_yes_answers_a_request_for_later_while_calls_are_allowed(
    shift: Shift, carla: Contact
):
    """She allowed calls already, and was asked for the time after that."""
    wati_posts(shift, YES)
    shift.clock.forward(5 * DAY)
    plan = ask(shift, carla)
    whatsapp_is_read(shift, carla, ALLOWED)
    assert fresh(plan).state == "waiting"
    wati_posts(shift, YES)
    assert fresh(plan).state == "offered"


def test_what_the_agent_cancelled_stays_cancelled(shift: Shift, carla: Contact):
    plan = ask(shift, carla)
    planned_calls.drop(plan.pk, shift.cast.ana)
    wati_posts(shift, NO)
    shift.clock.forward(300)
    wati_posts(shift, YES)
    assert fresh(plan).state == "dropped"


def test_what_was_scheduled_anew_is_what_comes_back(shift: Shift, carla: Contact):
    old = ask(shift, carla)
    wati_posts(shift, NO)
    shift.clock.forward(25 * 3600)
    new = ask(shift, carla)  # the no does not stand in the way of asking again
    wati_posts(shift, YES)
    assert (fresh(old).state, fresh(new).state) == ("refused", "offered")
    planned_calls.drop(new.pk, shift.cast.ana)
    wati_posts(shift, REVOKED)
    shift.clock.forward(300)
    wati_posts(shift, YES)
    assert (fresh(old).state, fresh(new).state) == ("refused", "dropped")


def test_a_call_whose_time_is_over_stays_away(shift: Shift, carla: Contact):
    plan = ask(shift, carla)
    wati_posts(shift, NO)
    shift.clock.forward(7 * DAY + 60)
    wati_posts(shift, YES)
    assert fresh(plan).state == "refused"


def test_who_was_called_meanwhile_is_not_proposed(shift: Shift, carla: Contact):
    plan = ask(shift, carla)
    wati_posts(shift, NO)
    call = shift.talks(shift.cast.ana)
    planned_calls.closed_by(call)
    shift.clock.forward(300)
    wati_posts(shift, YES)
    assert fresh(plan).state == "refused"


def test_do_not_call_outweighs_the_later_yes(shift: Shift, carla: Contact):
    plan = ask(shift, carla)
    wati_posts(shift, NO)
    permissions.block(carla, user=shift.cast.sofia, reason="She wrote to us.")
    shift.clock.forward(300)
    wati_posts(shift, YES)
    assert fresh(plan).state == "refused"
    assert fresh(plan).sentence == "This person is on the do-not-call list."


def test_whatsapps_word_that_no_request_is_needed_is_a_yes(
    shift: Shift, carla: Contact
):
    plan = planned_calls.ask(shift.cast.ana, carla, shift.cast.line)
    request = outbox.take(WatiRequest.objects.get(plan=plan).pk)
    assert request is not None
    refusal = WatiError(Outcome.REFUSED, sentence(138017), 400, 138017)
    outbox.finish(request, None, refusal)
    sweep(shift)
    assert fresh(plan).state == "offered"


def test_one_person_has_one_open_call_whatever_comes_back(shift: Shift, carla: Contact):
    plan = ask(shift, carla)
    wati_posts(shift, NO)
    shift.clock.forward(25 * 3600)
    ask(shift, carla)
    with pytest.raises(errors.Refused, match="already scheduled"):
        planned_calls.ask(shift.cast.bruno, carla, shift.cast.line)
    wati_posts(shift, YES)
    assert Plan.objects.open().count() == 1
    assert fresh(plan).state == "refused"


def test_a_permission_that_fails_to_be_read_is_read_again(shift: Shift, carla: Contact):
    """Nobody answers at the account's address."""
    wati_posts(shift, YES)
    tasks.read_permission(0, carla.pk, shift.cast.line.pk)
    permission = carla.permissions.get()
    assert permission.failed_checks == 1
    assert permission.check_at > timezone.now()
    tasks.check_permission(permission.pk)
    assert carla.permissions.get().failed_checks == 2
