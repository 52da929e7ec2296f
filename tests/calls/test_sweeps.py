"""A sweep reads, then locks, then acts: what changes in between is judged again.

Each story has something that is overdue, and what somebody does about it in the instant
between the sweep's look and its lock.
"""

from collections.abc import Callable
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from django.db import connection
from django.utils import timezone

from agents import services as staff
from agents.models import Agent
from callcenter.celery import SWEEPS
from callcenter.wati.events import Kind
from calls import placement, tasks
from calls.lifecycle import reconnect, transfer
from calls.models import Call, Leg, Node, Offer, Plan, WatiRequest, WebhookDelivery
from calls.queueing import participants, ring_attempts, wrap_up
from calls.signaling import outbox
from permissions.models import CallPermission, Contact, Erasure
from tests.shift import DORA, Shift, fresh, set_state, state_of

LONG_AGO = timedelta(days=2)


class Story(NamedTuple):
    """What is done meanwhile, and what is so if the sweep then did nothing."""

    meanwhile: Callable[[], Any]
    unharmed: Callable[[], bool]


STORIES: dict[str, tuple[str, Callable[[Shift], Story]]] = {}


def story_of(sweep: str) -> Callable[[Callable[[Shift], Story]], Any]:
    def register(tell: Callable[[Shift], Story]) -> Any:
        STORIES[tell.__name__] = (sweep, tell)
        return tell

    return register


class Between:
    """Does something once, after the first look and before the first lock or write."""

    def __init__(self, act: Callable[[], Any]) -> None:
        self.act, self.has_looked, self.is_done = act, False, False

    def __call__(
        self, execute: Any, sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        looks = sql.startswith("SELECT") and not connection.in_atomic_block
        if self.has_looked and not looks and not self.is_done:
            self.is_done = True
            self.act()
        self.has_looked |= looks
        return execute(sql, params, many, context)


@contextmanager
def between(act: Callable[[], Any]) -> Any:
    one = Between(act)
    with connection.execute_wrapper(one):
        yield one


def run(sweep: str) -> None:
    if sweep == "sweep_requests":  # it has another thread, and connection, for this
        for request_id in outbox.due():
            outbox.take(request_id)
        return
    getattr(tasks, sweep)()


# --- Calls --------------------------------------------------------------------------


@story_of("sweep")
def a_deadline_that_was_moved(shift: Shift) -> Story:
    shift.begins(shift.cast.ana)
    call = shift.talks(shift.cast.ana)
    rows = Call.objects.filter(pk=call.pk)
    rows.update(deadline=timezone.now())
    later = timezone.now() + timedelta(minutes=1)
    return Story(
        lambda: rows.update(deadline=later), lambda: fresh(call).status == "active"
    )


@story_of("sweep")
def a_node_that_renews_its_lease(shift: Shift) -> Story:
    shift.begins(shift.cast.ana)
    call = shift.talks(shift.cast.ana)
    Node.objects.update(lease_until=timezone.now(), silence=60)
    return Story(
        lambda: placement.renew(shift.node, calls=1),
        lambda: fresh(call).status == "active",
    )


@story_of("sweep")
def a_call_that_has_a_node_again(shift: Shift) -> Story:
    shift.begins(shift.cast.ana)
    call = shift.talks(shift.cast.ana)
    rows, epoch = Call.objects.filter(pk=call.pk), call.node_epoch
    rows.update(node_epoch=99)
    return Story(
        lambda: rows.update(node_epoch=epoch), lambda: fresh(call).status == "active"
    )


# --- The floor ----------------------------------------------------------------------


@story_of("sweep_floor")
def a_heartbeat_that_comes_at_last(shift: Shift) -> Story:
    ana = shift.cast.ana
    shift.begins(ana)
    Agent.objects.update(ready_at=timezone.now() - timedelta(seconds=8))
    return Story(
        lambda: staff.heartbeat(ana.pk, ready=True),
        lambda: state_of(ana) == "available",
    )


@story_of("sweep_floor")
def a_console_that_was_gone_for_long(shift: Shift) -> Story:
    ana = shift.cast.ana
    set_state(ana.pk, "on_break")
    Agent.objects.update(seen_at=timezone.now() - timedelta(hours=1))
    return Story(
        lambda: staff.heartbeat(ana.pk, ready=False),
        lambda: state_of(ana) == "on_break",
    )


@story_of("sweep_floor")
def a_minute_more_of_wrap_up(shift: Shift) -> Story:
    ana = shift.cast.ana
    shift.begins(ana)
    set_state(ana.pk, "wrap_up")
    Agent.objects.update(until=timezone.now())
    return Story(lambda: wrap_up.more_time(ana.pk), lambda: state_of(ana) == "wrap_up")


def consult(shift: Shift) -> Call:
    """Bruno has agreed to help Ana with Carla's call; his audio is on its way."""
    ana, bruno = shift.cast.ana, shift.cast.bruno
    shift.begins(ana, bruno)
    call = shift.talks(ana)
    transfer.consult(call.pk, ana, bruno)
    shift.rings_are_confirmed()
    return call


@story_of("sweep_floor")
def a_guest_who_comes_late(shift: Shift) -> Story:
    call, bruno = consult(shift), shift.cast.bruno
    transfer.join(call.pk, bruno)
    guests = Leg.objects.open().filter(mode=Leg.Mode.CONSULT)
    guests.update(started_at=timezone.now() - timedelta(minutes=1))
    return Story(
        lambda: reconnect.console_joined(call.pk, bruno.pk),
        lambda: participants.guest_with_audio(call) is not None,
    )


@story_of("sweep_floor")
def a_consult_that_is_answered_late(shift: Shift) -> Story:
    call, bruno = consult(shift), shift.cast.bruno
    Offer.objects.filter(kind=Offer.Kind.CONSULT).update(ring_until=timezone.now())
    return Story(
        lambda: transfer.join(call.pk, bruno),
        lambda: participants.leg_of(call, bruno) is not None,
    )


@story_of("sweep_floor")
def a_ring_that_is_confirmed_late(shift: Shift) -> Story:
    ana = shift.cast.ana
    shift.begins(ana)
    call = shift.calls_in()
    Offer.objects.update(confirm_by=timezone.now())
    return Story(
        lambda: ring_attempts.confirm(call.pk, ana.pk),
        lambda: state_of(ana) == "ringing",
    )


@story_of("sweep_floor")
def a_console_that_comes_back_late(shift: Shift) -> Story:
    ana = shift.cast.ana
    shift.begins(ana)
    call = shift.talks(ana)
    reconnect.console_left(call.pk, ana.pk)
    Call.objects.filter(pk=call.pk).update(console_lost_until=timezone.now())
    return Story(
        lambda: reconnect.console_joined(call.pk, ana.pk),
        lambda: (fresh(call).status, fresh(call).agent) == ("active", ana),
    )


@story_of("sweep_floor")
def a_dialing_console_that_comes_back_late(shift: Shift) -> Story:
    shift.begins(shift.cast.ana)
    call = shift.talks(shift.cast.ana)
    rows = Call.objects.filter(pk=call.pk)
    rows.update(status="dialing", console_lost_until=timezone.now())
    return Story(
        lambda: rows.update(console_lost_until=None),
        lambda: fresh(call).status == "dialing",
    )


# --- Scheduled calls and permissions ------------------------------------------------


def scheduled(shift: Shift, **fields: Any) -> Any:
    contact = Contact.objects.create(waid=DORA)
    plan = Plan.objects.create(contact=contact, line=shift.cast.line, **fields)
    return Plan.objects.filter(pk=plan.pk)


@story_of("sweep_plans")
def a_scheduled_call_that_may_wait_for_longer(shift: Shift) -> Story:
    plans = scheduled(shift, state="waiting", expires_at=timezone.now())
    later = timezone.now() + timedelta(days=7)
    return Story(
        lambda: plans.update(expires_at=later, version=9),
        lambda: plans.get().state == "waiting",
    )


@story_of("sweep_plans")
def a_scheduled_call_that_is_offered_anew(shift: Shift) -> Story:
    now, ana = timezone.now(), shift.cast.ana
    plans = scheduled(shift, state="offered", offered_at=now - LONG_AGO, agent=ana)
    bruno = shift.cast.bruno
    return Story(
        lambda: plans.update(offered_at=now, agent=bruno, version=9),
        lambda: (plans.get().state, plans.get().agent) == ("offered", bruno),
    )


@story_of("sweep_plans")
def a_yes_that_comes_while_the_no_is_weighed(shift: Shift) -> Story:
    plans = scheduled(shift, state="granted", due_at=timezone.now())
    return Story(
        lambda: plans.update(version=9), lambda: plans.get().state == "granted"
    )


def permission(shift: Shift, **fields: Any) -> Any:
    contact = Contact.objects.create(waid=DORA)
    cast = shift.cast
    one = CallPermission.objects.create(
        contact=contact,
        account=cast.account,
        business_number=cast.line.number,
        **fields,
    )
    return CallPermission.objects.filter(pk=one.pk)


@story_of("sweep_plans")
def a_permission_that_is_given_again(shift: Shift) -> Story:
    ends = timezone.now()
    permissions = permission(shift, status="temporary", expires_at=ends)
    later = ends + timedelta(days=7)
    return Story(
        lambda: permissions.update(expires_at=later),
        lambda: permissions.get().status == "temporary",
    )


@story_of("sweep_plans")
def a_permission_that_another_worker_checks(shift: Shift) -> Story:
    permissions = permission(shift, check_at=timezone.now())
    later = timezone.now() + timedelta(hours=3)
    return Story(
        lambda: permissions.update(check_at=later),
        lambda: permissions.get().check_at == later,
    )


# --- Requests and webhooks ----------------------------------------------------------


def terminate(shift: Shift, **fields: Any) -> Any:
    request = outbox.ask(call=shift.calls_in(), verb=WatiRequest.Verb.TERMINATE)
    requests = WatiRequest.objects.filter(pk=request.pk)
    requests.update(**fields)
    return requests


@story_of("sweep_requests")
def a_reply_that_comes_late(shift: Shift) -> Story:
    sent_at = timezone.now() - timedelta(minutes=1)
    requests = terminate(shift, status="sent", sent_at=sent_at, attempts=1)
    return Story(
        lambda: requests.update(status="ok"), lambda: requests.get().status == "ok"
    )


@story_of("sweep_requests")
def a_request_that_another_worker_sends_again(shift: Shift) -> Story:
    sent_at = timezone.now() - timedelta(minutes=1)
    requests = terminate(shift, status="sent", sent_at=sent_at, attempts=1)
    return Story(
        lambda: requests.update(sent_at=timezone.now(), attempts=5),
        lambda: requests.get().attempts == 5,
    )


@story_of("sweep_webhooks")
def a_webhook_whose_call_comes_at_last(shift: Shift) -> Story:
    now = timezone.now()
    delivery = WebhookDelivery.objects.create(
        account=shift.cast.account, status="waiting", next_attempt_at=now
    )
    deliveries = WebhookDelivery.objects.filter(pk=delivery.pk)
    return Story(
        lambda: deliveries.update(status="done", next_attempt_at=None),
        lambda: deliveries.get().status == "done",
    )


@story_of("forget_strangers")
def a_stranger_who_is_called(shift: Shift) -> Story:
    contact = Contact.objects.create(waid=DORA)
    contacts = Contact.objects.filter(pk=contact.pk)
    contacts.update(created_at=timezone.now() - LONG_AGO)
    return Story(
        lambda: Call.objects.create(account=shift.cast.account, contact=contact),
        lambda: contacts.exists() and Call.objects.get().contact == contact,
    )


@story_of("erase_contacts")
def a_contact_who_calls(shift: Shift) -> Story:
    contact = Contact.objects.create(waid=DORA)
    Erasure.ask(contact, user=None)
    account = shift.cast.account
    return Story(
        lambda: Call.objects.create(account=account, contact=contact, status="active"),
        lambda: Contact.objects.get().waid == DORA,
    )


@story_of("purge")
def an_old_webhook_that_is_replayed(shift: Shift) -> Story:
    rows = WebhookDelivery.objects.filter(
        pk=WebhookDelivery.objects.create(
            account=shift.cast.account,
            kind=Kind.TERMINATE_CALL,
            received_at=timezone.now() - timedelta(days=31),
            body=b"{}",
            status=WebhookDelivery.Status.DEAD,
        ).pk
    )
    return Story(lambda: rows.update(status="new"), rows.exists)


# --- All of them --------------------------------------------------------------------


@pytest.mark.parametrize("name", STORIES)
def test_what_is_put_right_before_the_lock_is_left_alone(shift: Shift, name: str):
    sweep, tell = STORIES[name]
    story = tell(shift)
    with between(story.meanwhile) as change:
        run(sweep)
    assert change.is_done
    assert story.unharmed()


@pytest.mark.parametrize("name", STORIES)
def test_what_is_not_put_right_is_acted_upon(shift: Shift, name: str):
    """Else the stories would prove nothing."""
    sweep, tell = STORIES[name]
    story = tell(shift)
    run(sweep)
    assert not story.unharmed()


def test_each_sweep_has_its_story():
    assert {sweep for sweep, _ in STORIES.values()} == set(SWEEPS)
