"""Two contacts who turn out to be one person, and the way back."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core import serializers
from django.utils import timezone

from callcenter.refusals import Refused
from callcenter.wati.events import PermissionChanged, Person
from calls.lifecycle.permission_usage import pair_of
from calls.models import Call, Direction, Plan
from calls.outbound import permission_news, planned_calls
from calls.states import Status
from permissions import ledger, merging, people, services
from permissions.facts import PermissionStatus
from permissions.models import CallPermission, Contact, Merge, PermissionEvent
from tests.cast import CARLA, Cast

CARLAS_ID = "DE.8812345678901234568"


@pytest.fixture
def carla(cast: Cast) -> Contact:
    return remembered(cast, Person(CARLA, name="Carla"))


@pytest.fixture
def hidden(cast: Cast) -> Contact:
    return remembered(cast, Person(bsuids=(CARLAS_ID,), username="carla"))


def remembered(cast: Cast, person: Person) -> Contact:
    contact = people.remember(cast.account, person)
    assert contact is not None
    return contact


def allowed(cast: Cast, contact: Contact, **said: Any) -> None:
    event = PermissionChanged(Person(), granted=True, **said)
    now, pair = timezone.now(), pair_of(contact, cast.line)
    services.permission_webhook(pair, event, key=str(uuid4()), received_at=now)


def missed(cast: Cast, contact: Contact, hours: float) -> None:
    call, at = uuid4(), timezone.now() - timedelta(hours=hours)
    pair = pair_of(contact, cast.line)
    services.call_unanswered(pair, call=call, at=at)


def merged(kept: Contact, lost: Contact) -> Contact:
    merging.merge(kept, lost, reason="One person.")
    kept.refresh_from_db()
    return kept


def streak_of(contact: Contact) -> int:
    return contact.permissions.get().streak


def everything() -> list[str]:
    models = (Contact, CallPermission, PermissionEvent, Call)
    return [
        serializers.serialize("json", model.objects.order_by("pk")) for model in models
    ]


def test_calls_ids_and_ledger_pass_to_the_one(cast: Cast, carla: Contact, hidden):
    call = Call.objects.create(
        account=cast.account,
        direction=Direction.INBOUND,
        contact=hidden,
        status=Status.ENDED,
    )
    allowed(cast, hidden)
    merged(carla, hidden)
    assert not Contact.objects.filter(pk=hidden.pk).exists()
    assert list(carla.calls.all()) == [call]
    assert carla.bsuid == CARLAS_ID
    assert carla.permissions.get().status == PermissionStatus.TEMPORARY
    assert people.remember(cast.account, Person(bsuids=(CARLAS_ID,))) == carla


@pytest.mark.parametrize("on_list", ["kept", "lost"])
def test_do_not_call_holds_for_all_of_the_person(
    cast: Cast, carla: Contact, hidden: Contact, on_list: str
):
    one = carla if on_list == "kept" else hidden
    services.block(one, user=cast.sofia, reason="Asked us to stop.")
    merged(carla, hidden)
    assert carla.do_not_call
    assert carla.do_not_call_reason == "Asked us to stop."
    assert carla.do_not_call_by == cast.sofia


def test_unanswered_calls_of_both_are_one_streak(cast: Cast, carla: Contact, hidden):
    allowed(cast, carla, permanent=True)
    allowed(cast, hidden, permanent=True)
    missed(cast, carla, -0.1)
    missed(cast, hidden, -0.2)
    merged(carla, hidden)
    assert streak_of(carla) == 2


def test_the_fresher_reading_counts(cast: Cast, carla: Contact, hidden: Contact):
    now = timezone.now()
    yes = {"permission": {"status": "permanent"}}
    for contact, result, at in (
        (carla, {"permission": {"status": "no_permission"}}, now - timedelta(days=2)),
        (hidden, yes, now),
    ):
        services.read_from_api(pair_of(contact, cast.line), result, at=at)
    merged(carla, hidden)
    assert carla.permissions.get().status == PermissionStatus.PERMANENT


def test_of_two_scheduled_calls_the_nearer_one_stays(cast: Cast, carla, hidden):
    waiting = Plan.objects.create(
        contact=carla, line=cast.line, state=Plan.State.WAITING
    )
    granted = Plan.objects.create(
        contact=hidden, line=cast.line, state=Plan.State.GRANTED
    )
    merged(carla, hidden)
    assert Plan.objects.open().get() == granted
    waiting.refresh_from_db()
    assert waiting.sentence == "Cancelled: another call to this person is scheduled."


@pytest.mark.parametrize("who_waits", ["kept", "lost"])
def test_the_call_of_the_one_without_a_permission_is_woken(
    cast: Cast, carla, hidden, who_waits: str
):
    waits, allows = (carla, hidden) if who_waits == "kept" else (hidden, carla)
    plan = planned_calls.ask(cast.ana, carla, cast.line)
    permission_news.asked(plan, None)
    if waits == hidden:
        Plan.objects.filter(pk=plan.pk).update(contact=hidden)
        CallPermission.objects.update(contact=hidden)
    allowed(cast, allows)
    merged(carla, hidden)
    plan.refresh_from_db()
    assert (plan.contact, plan.state) == (carla, Plan.State.GRANTED)


def test_they_wait_while_both_are_being_called(cast: Cast, carla, hidden):
    for contact in (carla, hidden):
        Call.objects.create(
            account=cast.account,
            direction=Direction.OUTBOUND,
            line=cast.line,
            contact=contact,
            status=Status.DIALING,
        )
    with pytest.raises(merging.NotNow):
        merging.merge(carla, hidden, reason="One person.")
    assert Contact.objects.count() == 2
    both = Person(CARLA, bsuids=(CARLAS_ID,))
    assert people.remember(cast.account, both) == carla
    Call.objects.update(status=Status.ENDED)
    assert people.remember(cast.account, both) == carla
    assert Contact.objects.count() == 1


def test_a_merge_can_be_undone(cast: Cast, carla: Contact, hidden: Contact):
    for contact in (carla, hidden):
        allowed(cast, contact)
        missed(cast, contact, -0.1)
        Call.objects.create(account=cast.account, contact=contact)
    services.read_from_api(
        pair_of(hidden, cast.line),
        {"permission": {"status": "permanent"}},
        at=timezone.now(),
    )
    services.block(hidden, user=cast.sofia, reason="Asked us to stop.")
    before = everything()
    row = merging.merge(carla, hidden, reason="One person.", user=cast.sofia)
    assert streak_of(carla) == 2
    merging.undo(row, user=cast.sofia)
    for model_before, model_after in zip(before, everything(), strict=True):
        assert without_versions(model_before) == without_versions(model_after)
    assert people.remember(cast.account, Person(bsuids=(CARLAS_ID,))) == hidden
    with pytest.raises(Refused):
        merging.undo(row, user=cast.sofia)


def without_versions(rows: str) -> list[Any]:
    loaded: list[Any] = json.loads(rows)
    for row in loaded:
        row["fields"].pop("version", None)
    return loaded


def test_what_was_changed_since_stays_when_it_is_undone(cast, carla, hidden):
    services.block(hidden, user=cast.sofia, reason="Asked us to stop.")
    row = merging.merge(carla, hidden, reason="One person.")
    carla.refresh_from_db()
    services.unblock(carla, user=cast.sofia)
    services.block(carla, user=cast.sofia, reason="Rude to Ana.")
    merging.undo(row, user=cast.sofia)
    carla.refresh_from_db()
    assert carla.do_not_call_reason == "Rude to Ana."


def test_merges_of_merges_can_be_undone(cast: Cast, carla: Contact, hidden: Contact):
    third = remembered(cast, Person("4915100000003", name="Carla at home"))
    first = merging.merge(hidden, third, reason="One person.")
    second = merging.merge(carla, hidden, reason="One person.")
    assert set(Merge.objects.filter(contact=carla)) == {first, second}
    merging.undo(first, user=cast.sofia)
    assert people.dialed("4915100000003") == third
    assert people.remember(cast.account, Person(bsuids=(CARLAS_ID,))) == carla


def test_the_ledger_is_whole_after_it(cast: Cast, carla: Contact, hidden: Contact):
    for contact in (carla, hidden):
        allowed(cast, contact)
        missed(cast, contact, -0.1)
    events = PermissionEvent.objects.count()
    merged(carla, hidden)
    permission = carla.permissions.get()
    assert permission.events.count() == PermissionEvent.objects.count() == events
    facts = ledger.facts_for(pair_of(carla, cast.line))
    assert facts.streak == permission.streak == 2


def test_whatsapp_is_asked_about_a_grant_once_the_number_is_known(cast, carla, hidden):
    allowed(cast, hidden)
    assert hidden.permissions.get().check_at is None  # there is no number to ask about
    merged(carla, hidden)
    assert carla.permissions.get().check_at is not None
    both = Contact.objects.get()
    Merge.objects.all().delete()
    other = remembered(cast, Person(bsuids=("DE.2",)))
    allowed(cast, other)
    merged(other, both)
    assert other.permissions.get().check_at is not None
