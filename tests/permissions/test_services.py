"""Facts are written once, whoever says them and however often."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from callcenter.refusals import Refused
from callcenter.wati.events import PermissionChanged, Person
from permissions import people, services
from permissions.ledger import Change, Pair
from permissions.models import CallPermission, PermissionEvent
from tests.cast import CARLA, Cast


@pytest.fixture
def pair(cast: Cast) -> Pair:
    carla = people.remember(cast.account, Person(waid=CARLA, name="Carla"))
    assert carla is not None
    return Pair(carla, cast.account, cast.line.number)


def allow(pair: Pair) -> Change:
    yes = PermissionChanged(Person(CARLA), granted=True)
    now = timezone.now()
    return services.permission_webhook(pair, yes, key="grant", received_at=now)


def kinds() -> list[str]:
    return list(PermissionEvent.objects.order_by("id").values_list("kind", flat=True))


def test_one_delivery_counts_once(pair: Pair):
    assert allow(pair).is_new_grant
    assert not allow(pair).is_new_grant
    assert kinds() == ["granted"]


def test_a_call_is_reserved_once(pair: Pair):
    allow(pair)
    call = uuid4()
    services.place_call(pair, call=call)
    services.place_call(pair, call=call)
    assert kinds() == ["granted", "used"]


def test_a_second_call_waits_for_the_first(pair: Pair):
    allow(pair)
    services.place_call(pair, call=uuid4())
    with pytest.raises(services.NotAllowed):
        services.place_call(pair, call=uuid4())


def test_a_request_is_reserved_once_and_the_next_is_refused(pair: Pair):
    services.ask(pair, key="plan 1")
    services.ask(pair, key="plan 1")
    with pytest.raises(services.NotAllowed) as caught:
        services.ask(pair, key="plan 2")
    assert caught.value.verdict.earliest is not None
    assert kinds() == ["requested"]


def test_what_ran_out_is_noted_once(pair: Pair, monkeypatch: pytest.MonkeyPatch):
    allow(pair)
    next_week = timezone.now() + timedelta(days=8)
    monkeypatch.setattr(timezone, "now", lambda: next_week)
    services.expire()
    services.expire()
    assert kinds() == ["granted", "expired"]
    assert CallPermission.objects.get().status == "expired"


def test_an_older_answer_of_the_api_is_not_kept(pair: Pair):
    now = timezone.now()
    yes = {"permission": {"status": "permanent"}}
    no = {"permission": {"status": "no_permission"}}
    services.read_from_api(pair, yes, at=now)
    services.read_from_api(pair, no, at=now - timedelta(seconds=5))
    assert CallPermission.objects.get().status == "permanent"


def test_a_grant_nobody_asked_for_counts(pair: Pair):
    assert allow(pair).after == "temporary"


def test_only_a_supervisor_overrides_and_says_why(cast: Cast, pair: Pair):
    with pytest.raises(Refused):
        services.override(pair, user=cast.ana.user, reason="please")
    with pytest.raises(Refused):
        services.override(pair, user=cast.sofia, reason=" ")
    services.override(pair, user=cast.sofia, reason="He asked me to.")
    assert kinds() == ["overridden"]


def test_the_ledger_is_only_added_to(pair: Pair):
    allow(pair)
    event = PermissionEvent.objects.get()
    event.kind = "revoked"
    with pytest.raises(TypeError):
        event.save()
