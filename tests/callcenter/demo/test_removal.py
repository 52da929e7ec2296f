"""The demo goes without a trace, and nothing goes with it."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.test import Client, override_settings
from django.utils import timezone

from agents.models import Agent, BreakReason, Membership, Queue
from callcenter.checks import refuse_demo, set_for_production
from callcenter.demo.logins import dangers
from callcenter.models import AuditEntry, WatiAccount
from calls.models import Call, Disposition, Leg, Line
from permissions.models import Contact

REAL = override_settings(IS_REAL=True)
DIEGO = "5491122334455"


@pytest.fixture(autouse=True)
def quick_hashes(settings: Any) -> None:
    """Passwords are hashed slowly on purpose; here that is of no interest."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def demo(transactional_db: None) -> None:
    with override_settings(DEBUG=True):
        call_command("demo", stdout=io.StringIO())


def remove() -> str:
    said = io.StringIO()
    call_command("remove_demo", stdout=said)
    return said.getvalue()


def rows() -> dict[str, int]:
    """Count what there is, but what Django makes itself and what nobody may delete."""
    kept = (Permission, ContentType, AuditEntry, Group, Group.permissions.through)
    models = [m for m in apps.get_models() if m not in kept]
    counts = {m._meta.label: m._default_manager.count() for m in models}
    return {label: count for label, count in counts.items() if count}


def real_call(agent: Agent | None = None, queue: Queue | None = None) -> Call:
    """A call at a real account; only the first makes the account."""
    account, _ = WatiAccount.objects.get_or_create(
        name="Wati",
        base_url="https://live-mt-server.wati.io",
        tenant_id="1031",
        webhook_key="a long and secret key",
    )
    contact, _ = Contact.objects.get_or_create(waid=DIEGO, defaults={"name": "Diego"})
    call = Call.objects.create(
        account=account,
        wati_call_id="wacid.real",
        direction="inbound",
        contact=contact,
        agent=agent,
        queue=queue,
        status="ended",
        ended_at=timezone.now() + timedelta(seconds=1),
    )
    if agent:
        Leg.objects.create(call=call, agent=agent)
    return call


def ana() -> Agent:
    return Agent.objects.get(user__username="ana")


def test_an_untouched_demo_leaves_nothing(demo):
    assert len(rows()) > 20
    remove()
    assert rows() == {}
    assert remove() == "Removed: nothing.\n"


def test_a_simulated_call_and_its_caller_go_too(demo):
    account = WatiAccount.objects.get(name="Simulator")
    ring = Contact.objects.create(waid="34600000001", name="Phone")
    Call.objects.create(account=account, wati_call_id="wacid.x", contact=ring)
    imported = Contact.objects.create(waid="34600000002", name="Imported")
    Contact.objects.filter(pk=imported.pk).update(
        created_at=timezone.now() - timedelta(days=1)
    )
    Call.objects.create(account=account, wati_call_id="wacid.y", contact=imported)
    remove()
    assert [contact.name for contact in Contact.objects.all()] == ["Imported"]


def test_what_was_there_before_the_demo_stays(transactional_db):
    queue = Queue.objects.create(name="Support")
    reason = BreakReason.objects.create(name="Lunch")
    solved = Disposition.objects.create(name="Solved")
    carla = Contact.objects.create(waid="5511987654321", name="Carla Ferreira")
    with override_settings(DEBUG=True):
        call_command("demo", stdout=io.StringIO())
    remove()
    left = {Queue: queue, BreakReason: reason, Disposition: solved, Contact: carla}
    for model, row in left.items():
        assert list(model._default_manager.all()) == [row]


def test_real_calls_stay_with_all_that_they_name(demo):
    support = Queue.objects.get(name="Support")
    carla = Contact.objects.get(name="Carla Ferreira")
    call = real_call(ana(), support)
    Call.objects.filter(pk=call.pk).update(contact=carla)
    said = remove()
    call.refresh_from_db()
    assert (call.agent, call.queue, call.contact) == (ana(), support, carla)
    assert "“ana” took real calls: now inactive, without a password" in said
    assert not ana().user.is_active
    assert not ana().user.has_usable_password()
    assert {user.username for user in User.objects.all()} == {"ana"}


def test_who_has_a_password_of_their_own_stays_and_keeps_the_queue(demo):
    user = ana().user
    user.set_password("a-long-and-rare-one")
    user.save()
    remove()
    assert list(User.objects.all()) == [user]
    assert User.objects.get().check_password("a-long-and-rare-one")
    assert {one.queue.name for one in Membership.objects.all()} == {"Sales", "Support"}


def test_who_was_renamed_and_kept_the_demos_password_goes(demo):
    User.objects.filter(username="supervisor").update(username="boss")
    assert any("boss" in text for text in dangers())
    remove()
    assert not User.objects.exists()


def test_settings_that_were_renamed_or_are_used_stay(demo):
    BreakReason.objects.filter(name="Lunch").update(name="Siesta")
    account = real_call().account
    sales = Queue.objects.get(name="Sales")
    Line.objects.create(account=account, number="34911111111", name="Shop", queue=sales)
    remove()
    assert [reason.name for reason in BreakReason.objects.all()] == ["Siesta"]
    assert [queue.name for queue in Queue.objects.all()] == ["Sales"]


def test_the_simulators_account_that_became_real_loses_its_public_key(demo):
    WatiAccount.objects.update(base_url="https://live-mt-server.wati.io")
    assert "The simulator's webhook key was deleted" in remove()
    assert WatiAccount.objects.get().webhook_keys() == []
    assert list(dangers()) == []


# --- Refused outside of a demo -------------------------------------------------------


@pytest.mark.parametrize("part", ["logins", "account"])
def test_nothing_starts_with_a_part_of_the_demo(demo, part: str):
    if part == "account":
        User.objects.all().delete()
        word = "“Simulator” takes webhooks"
    else:
        WatiAccount.objects.update(is_active=False)
        word = "signs in: ana, bruno, supervisor"
    with REAL:
        with pytest.raises(
            ImproperlyConfigured, match=f"{word}.*manage.py remove_demo"
        ):
            refuse_demo()
        with pytest.raises(CommandError, match=word) as refusal:
            call_command("check")
        assert "callcenter.E001" in str(refusal.value)
    refuse_demo()  # under DEBUG


def test_after_the_removal_everything_starts(demo):
    remove()
    real_call(agent=None)
    User.objects.create_user("ana", password="a-long-and-rare-one")
    with REAL:
        refuse_demo()
        call_command("check")
    answer = Client().post(
        "/sign-in/", {"username": "ana", "password": settings.DEMO_PASSWORD}
    )
    assert answer.status_code == 200


def test_a_locked_demo_user_is_no_danger(demo):
    User.objects.update(is_active=False)
    WatiAccount.objects.update(is_active=False)
    assert list(dangers()) == []


GOOD: dict[str, Any] = {
    "IS_REAL": True,
    "SECURE": True,
    "SECOND_FACTOR": "staff",
    "ENCRYPTION_KEYS": ["another"],
}


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({}, None),
        ({"SECURE": False, "PUBLIC_URL": "http://calls.example.com"}, "without https"),
        ({"SECOND_FACTOR": "optional"}, "SECOND_FACTOR is optional"),
        ({"ENCRYPTION_KEYS": ["k"], "SECRET_KEY": "k"}, "ENCRYPTION_KEYS is not set"),
    ],
)
def test_what_is_missing_for_production_is_said(
    wrong: dict[str, Any], word: str | None
):
    with override_settings(**GOOD | wrong):
        found = [warning.msg for warning in set_for_production()]
    assert found == [] if word is None else word in found[0]
