"""After the erasure of a person nothing tells who they were, and every figure stays."""

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from callcenter.models import AuditEntry
from callcenter.wati.events import Kind, Person
from calls import tasks
from calls.models import Call, Leg, Plan, WebhookDelivery
from calls.privacy import erasing, known
from calls.queueing import wrap_up
from calls.reporting import figures
from permissions import marks, merging, people, services
from permissions.models import Contact, DoNotCallMark, Erasure, PermissionEvent
from tests.calls.admin.users import staff
from tests.calls.privacy.life import (
    NEEDLES,
    USER_ID,
    Life,
    found,
    posted,
    settle_requests,
)
from tests.cast import CARLA, Cast
from tests.shift import DORA, Shift


@pytest.fixture
def life(shift: Shift, settings, tmp_path: Path) -> Life:
    settings.SPOOL_DIR = tmp_path
    return Life(shift)


def counted() -> list[object]:
    now = timezone.now()
    span = now - timedelta(days=2), now + timedelta(days=2)
    calls = Call.objects.order_by("created_at", "pk").values_list(
        "pk", "result", "contact"
    )
    kinds = PermissionEvent.objects.order_by("pk").values_list("pk", "kind", "at")
    return [
        figures.tally(*span),
        figures.outbound_tally(*span),
        list(calls),
        list(kinds),
        WebhookDelivery.objects.filter(kind="call-permission").count(),
    ]


def erased(contact: Contact) -> Contact:
    settle_requests()
    erasing.run(Erasure.ask(contact, user=None))
    contact.refresh_from_db()
    return contact


def test_after_a_whole_life_nothing_is_found_anywhere(life: Life):
    carla = life.is_lived()
    assert {one for one in NEEDLES if not found(one)} == set()  # it would be found
    settle_requests()
    before = counted()
    client = Client()
    client.force_login(life.cast.sofia)
    client.get(f"/admin/permissions/contact/{carla.pk}/change/")
    assert posted(client, carla) == 302
    tasks.erase_contacts()
    assert found(*NEEDLES) == []
    assert counted() == before
    entry = AuditEntry.objects.filter(action="erased").latest("pk")
    assert (entry.username, entry.object_pk) == ("supervisor", str(carla.pk))
    page = client.get(f"/admin/permissions/contact/{carla.pk}/change/")
    assert "was erased on" in page.content.decode()


def test_notes_about_somebody_else_lose_the_number_alone(life: Life):
    erased(life.is_lived())
    theirs = Leg.objects.get(call__contact__waid=DORA)
    assert theirs.notes == "Her sister is [erased], or [erased], or [erased]."


def test_scheduled_calls_end(life: Life):
    carla = life.is_lived()
    assert Plan.objects.open().filter(contact=carla).exists()
    erased(carla)
    assert not Plan.objects.open().exists()


# --- Not to be called -----------------------------------------------------------------


def test_who_must_not_be_called_is_not_when_they_come_back(life: Life):
    carla = erased(life.is_lived())
    assert not carla.do_not_call
    again = people.remember(life.cast.account, Person(CARLA, name="Carla"))
    assert again is not None
    assert again.pk != carla.pk
    assert again.do_not_call
    assert again.do_not_call_reason == marks.REASON


def test_nor_if_they_come_back_by_another_id(life: Life):
    erased(life.is_lived())
    person = Person(bsuids=(USER_ID,))
    again = people.remember(life.cast.account, person)
    assert again is not None
    assert again.do_not_call
    assert people.dialed(CARLA).do_not_call


def test_nor_from_a_file(life: Life):
    erased(life.is_lived())
    people.add_all([Contact(waid=CARLA), Contact(waid="4915112345681")])
    on_the_list = Contact.objects.filter(do_not_call=True)
    assert [one.waid for one in on_the_list] == [CARLA]


def test_the_wish_is_over_when_they_are_taken_off_the_list(life: Life):
    erased(life.is_lived())
    again = people.dialed(CARLA)
    services.unblock(again, user=life.cast.sofia)
    assert not DoNotCallMark.objects.filter(
        digest__in=[
            marks._digest(marks._key() or "", n) for n in marks.names_of([again])
        ]
    )
    erased(again)
    assert not people.dialed(CARLA).do_not_call


def test_no_wish_is_lost_because_the_key_cannot_be_read(
    life: Life, settings, caplog: pytest.LogCaptureFixture
):
    carla = life.is_lived()
    settle_requests()
    marks.pseudonym("something")
    settings.ENCRYPTION_KEYS = ["another"]
    erasure = Erasure.ask(carla, user=None)
    tasks.erase_contacts()
    erasure.refresh_from_db()
    assert erasure.problem == marks.UNREADABLE
    assert Contact.objects.get(pk=carla.pk).do_not_call
    assert people.dialed("4915112345695").waid  # calls come in all the same
    assert marks.UNREADABLE in caplog.text


def test_who_may_be_called_leaves_no_mark(cast: Cast):
    erased(people.dialed(CARLA))
    assert not DoNotCallMark.objects.exists()
    assert not people.dialed(CARLA).do_not_call


def test_a_mere_look_up_does_not_keep_the_number_again(life: Life):
    erased(life.is_lived())
    people.dialed(CARLA)
    life.shift.clock.forward(2 * 24 * 3600)
    tasks.forget_strangers()
    assert found(CARLA) == []
    assert people.dialed(CARLA).do_not_call


def test_an_id_that_comes_meanwhile_is_looked_for_as_well(
    life: Life, monkeypatch: pytest.MonkeyPatch
):
    carla = life.is_lived()
    settle_requests()
    erasure = Erasure.ask(carla, user=None)
    other = people.dialed("4915112345690")
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(
            erasing.texts,
            "remove_everywhere",
            lambda _: len([merging.merge(carla, other, reason="The same.")]),
        )
        tasks.erase_contacts()
    erasure.refresh_from_db()
    assert erasure.problem == "The contact has got another ID just now."
    tasks.erase_contacts()
    assert found(*NEEDLES, "4915112345690") == []


# --- Not now --------------------------------------------------------------------------


def test_a_call_is_not_erased_while_it_goes_on(shift: Shift):
    ana = shift.cast.ana
    ana.queues.update(wrap_up_seconds=60)
    shift.begins(ana)
    call = shift.talks(ana)
    erasure = Erasure.ask(call.contact, user=None)
    tasks.erase_contacts()
    erasure.refresh_from_db()
    assert erasure.problem == "The contact is in a call."
    shift.hangs_up(call)
    settle_requests()
    tasks.erase_contacts()
    erasure.refresh_from_db()
    assert erasure.problem == "An agent is in wrap-up after a call."
    wrap_up.finish_wrap_up(ana.pk)
    tasks.erase_contacts()
    erasure.refresh_from_db()
    assert erasure.done_at is not None
    assert found(CARLA) == []


def test_an_erasure_may_break_anywhere_and_is_done_again(
    life: Life, monkeypatch: pytest.MonkeyPatch
):
    carla = life.is_lived()
    settle_requests()
    erasure = Erasure.ask(carla, user=None)
    for step in ("_erase_calls", "_end_plans", "_erase_identity"):
        with monkeypatch.context() as broken:
            broken.setattr(erasing, step, lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                tasks.erase_contacts()
        erasure.refresh_from_db()
        assert (erasure.problem, erasure.done_at) == ("ZeroDivisionError", None)
        assert Contact.objects.get(pk=carla.pk).waid == CARLA
    tasks.erase_contacts()
    assert found(*NEEDLES) == []


# --- Who may --------------------------------------------------------------------------


def test_it_takes_a_right_of_its_own(cast: Cast):
    carla = people.dialed(CARLA)
    assert posted(staff("view_contact", "change_contact"), carla) == 403
    assert not Erasure.objects.exists()
    User.objects.get(username="rui").delete()
    assert posted(staff("view_contact", "erase_contact"), carla) == 302
    assert Erasure.objects.get().contact == carla


# --- The command ----------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["+49 1511 2345678", CARLA, USER_ID, "@carla_quinta"])
def test_the_command_takes_any_id(cast: Cast, typed: str):
    person = Person(CARLA, bsuids=(USER_ID,), username="carla_quinta", name="Carla")
    people.remember(cast.account, person)
    out = StringIO()
    call_command("erase_contact", typed, "--yes", stdout=out)
    assert "is erased." in out.getvalue()
    assert known.contact_named(typed) is None
    with pytest.raises(CommandError, match="No contact has this ID"):
        call_command("erase_contact", typed, "--yes")


def test_a_number_without_a_contact_is_looked_for_in_webhooks(life: Life):
    life.hears(Kind.CALL_PERMISSION, {"what": "is this?", "waId": DORA})
    assert found(DORA)
    call_command("erase_contact", DORA, "--unknown", "--yes", stdout=StringIO())
    assert found(DORA) == []


def test_the_command_asks_first(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    people.dialed(CARLA)
    monkeypatch.setattr("builtins.input", lambda _: "no")
    with pytest.raises(CommandError, match=r"Nothing was erased\."):
        call_command("erase_contact", CARLA)
    assert known.contact_named(CARLA) is not None
