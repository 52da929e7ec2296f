"""What agents write about their calls, plan after them, and know of the person."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from callcenter.wati.events import InboundCall, PermissionChanged, Person
from calls import snapshots
from calls.console import caller_card, notes
from calls.errors import Refused
from calls.lifecycle import ending, inbound, reconnect, transfer
from calls.lifecycle.permission_usage import pair_of
from calls.models import Call, Disposition, Plan
from calls.outbound import permission_news, planned_calls
from permissions import services as permissions
from permissions.models import Contact
from tests.cast import CARLA, Cast
from tests.shift import DORA, OFFER, Shift, change, fresh


@pytest.fixture
def talk(cast: Cast, shift: Shift) -> Call:
    """Ana talks to Carla; Bruno is there, too."""
    shift.begins(cast.ana)
    call = shift.talks(cast.ana)
    shift.begins(cast.bruno)
    return call


def notes_of(call: Call) -> list[str]:
    return list(call.legs.values_list("notes", flat=True))


def allow(cast: Cast, contact: Contact) -> None:
    """For seven days from now."""
    permissions.permission_webhook(
        pair_of(contact, cast.line),
        PermissionChanged(Person(CARLA), granted=True),
        key=f"grant {timezone.now()}",
        received_at=timezone.now(),
    )


def at(shift: Shift, **later: float) -> str:
    return (shift.clock.at + timedelta(**later)).isoformat()


# --- Notes -------------------------------------------------------------------------


def test_notes_are_kept_as_they_are_typed(cast: Cast, shift: Shift, talk: Call):
    notes.write_note(talk.pk, cast.ana, "Wants a ref")
    notes.write_note(talk.pk, cast.ana, "Wants a refund.\nOrder 7 😀")
    assert notes_of(talk) == ["Wants a refund.\nOrder 7 😀"]
    shown = snapshots.work_snapshot(cast.ana.pk)
    assert shown is not None
    assert (shown["notes"], shown["over"]) == ("Wants a refund.\nOrder 7 😀", False)


def test_a_long_note_is_kept_to_its_limit(cast: Cast, shift: Shift, talk: Call):
    notes.write_note(talk.pk, cast.ana, "x" * 5001)
    assert notes_of(talk) == ["x" * 5000]


@pytest.mark.parametrize("broken", ["a\0b", "a\ud83d"])
def test_a_note_that_no_database_keeps_is_mended(
    cast: Cast, shift: Shift, talk: Call, broken: str
):
    notes.write_note(talk.pk, cast.ana, broken)
    assert notes_of(talk)[0].startswith("a")
    notes.name_person(talk.pk, cast.ana, broken)
    assert fresh(talk).contact.name.startswith("a")


def test_nobody_writes_about_a_colleagues_call(cast: Cast, shift: Shift, talk: Call):
    for act in (notes.write_note, notes.name_person, notes.set_disposition):
        with pytest.raises(Refused, match="You are not on this call"):
            act(talk.pk, cast.bruno, "Mine")
    assert notes_of(talk) == [""]


def test_everybody_in_a_call_has_notes_of_their_own(
    cast: Cast, shift: Shift, talk: Call
):
    notes.write_note(talk.pk, cast.ana, "Ana's")
    shift.asks(cast.ana, cast.bruno, talk)
    notes.write_note(talk.pk, cast.bruno, "Bruno's")
    assert notes_of(talk) == ["Ana's", "Bruno's"]


def test_notes_may_be_mended_after_the_wrap_up(cast: Cast, shift: Shift, talk: Call):
    ending.hang_up(talk.pk, cast.ana)
    assert snapshots.work_snapshot(cast.ana.pk) is None
    notes.write_note(talk.pk, cast.ana, "What I forgot.")
    assert notes_of(talk) == ["What I forgot."]


def test_what_was_typed_before_the_console_was_lost_is_there_for_the_next(
    cast: Cast, shift: Shift, talk: Call
):
    notes.write_note(talk.pk, cast.ana, "Half a sen")
    reconnect.console_left(talk.pk, cast.ana.pk)
    shift.console_dies(cast.ana)
    shift.later(62, step=2)
    shift.answers(cast.bruno, talk)
    notes.write_note(talk.pk, cast.bruno, "The rest.")
    assert notes_of(talk) == ["Half a sen", "The rest."]


# --- Dispositions ------------------------------------------------------------------


@pytest.fixture
def sold(cast: Cast) -> Disposition:
    return Disposition.objects.create(name="Sold")


def disposition_of(call: Call) -> Disposition | None:
    return call.legs.get().disposition


def test_a_disposition_may_be_a_finer_one_and_may_be_taken_back(
    cast: Cast, shift: Shift, talk: Call, sold: Disposition
):
    finer = Disposition.objects.create(name="At a discount", parent=sold)
    shown = snapshots.work_snapshot(cast.ana.pk)
    assert shown is not None
    assert shown["choices"] == [
        {
            "id": sold.pk,
            "name": "Sold",
            "children": [{"id": finer.pk, "name": "At a discount"}],
        }
    ]
    for chosen in (sold, finer):
        notes.set_disposition(talk.pk, cast.ana, chosen.pk)
        assert disposition_of(talk) == chosen
    notes.set_disposition(talk.pk, cast.ana, None)
    assert disposition_of(talk) is None


def test_only_what_is_offered_for_the_queue_can_be_chosen(
    cast: Cast, shift: Shift, talk: Call, sold: Disposition
):
    queues = type(cast.queue).objects
    elsewhere = Disposition.objects.create(name="Paid")
    elsewhere.queues.add(queues.create(name="Accounts"))
    retired = Disposition.objects.create(name="Faxed", is_active=False)
    below = Disposition.objects.create(name="Twice", parent=retired)
    for one in (elsewhere.pk, retired.pk, below.pk, 10**30, "Sold", True, [1]):
        with pytest.raises(Refused, match="no longer available"):
            notes.set_disposition(talk.pk, cast.ana, one)
    assert disposition_of(talk) is None
    elsewhere.queues.add(cast.queue)
    notes.set_disposition(talk.pk, cast.ana, elsewhere.pk)
    assert disposition_of(talk) == elsewhere


# --- Who is it ---------------------------------------------------------------------


def test_an_unknown_caller_with_a_whatsapp_id_is_named_for_all_their_calls(
    cast: Cast, shift: Shift
):
    shift.begins(cast.ana)
    call = shift.answers(cast.ana, shift.calls_in(DORA, name=""))
    notes.name_person(call.pk, cast.ana, "  Dora   of  the bakery ")
    assert fresh(call).contact.name == "Dora of the bakery"
    shift.hangs_up(call)
    assert str(shift.calls_in(DORA, name="").contact) == "Dora of the bakery"


def test_a_caller_without_any_id_gets_a_row_of_their_own(cast: Cast, shift: Shift):
    shift.begins(cast.ana)
    event = InboundCall("wacid.hidden", OFFER, cast.line.number)
    now = timezone.now()
    call = inbound.begin(cast.account, event, received_at=now, offer=OFFER)
    assert call.contact is None
    shift.answers(cast.ana, call)
    assert caller_card.card(call.pk, cast.ana)["contact"] is None
    notes.name_person(call.pk, cast.ana, "The man with the dog")
    contact = fresh(call).contact
    assert (contact.name, contact.waid) == ("The man with the dog", None)
    version = fresh(call).version
    notes.name_person(call.pk, cast.ana, "Erik")
    assert Contact.objects.get(pk=contact.pk).name == "Erik"
    assert fresh(call).version > version
    with pytest.raises(Refused, match="cannot be called back"):
        notes.plan_callback(
            call.pk, cast.ana, at=at(shift, hours=1), mine=True, text=""
        )


def test_a_name_is_something(cast: Cast, shift: Shift, talk: Call):
    with pytest.raises(Refused, match="Enter a name first"):
        notes.name_person(talk.pk, cast.ana, "  ")
    assert fresh(talk).contact.name == "Carla"


# --- Callbacks ---------------------------------------------------------------------


def test_a_callback_that_is_allowed_then_waits_for_its_time(
    cast: Cast, shift: Shift, talk: Call
):
    allow(cast, talk.contact)
    notes.plan_callback(
        talk.pk, cast.ana, at=at(shift, hours=2), mine=True, text=" The refund. "
    )
    plan = Plan.objects.get()
    assert (plan.state, plan.agent, plan.kind) == ("granted", cast.ana, "callback")
    assert plan.due_at == pytest.approx(
        shift.clock.at + timedelta(hours=2), abs=timedelta(seconds=1)
    )
    ending.hang_up(talk.pk, cast.ana)
    planned_calls.sweep()
    assert Plan.objects.get().state == "granted"
    shift.clock.forward(7200)
    shift.beat()
    planned_calls.sweep()
    plan = Plan.objects.get()
    assert (plan.state, plan.agent, plan.sentence) == (
        "offered",
        cast.ana,
        "The refund.",
    )


def test_a_callback_for_whoever_is_free_then(cast: Cast, shift: Shift, talk: Call):
    allow(cast, talk.contact)
    notes.plan_callback(
        talk.pk, cast.ana, at=at(shift, hours=1), mine=False, text="The refund."
    )
    assert Plan.objects.get().agent is None
    shift.clock.forward(3601)
    shift.beat()
    planned_calls.sweep()
    assert Plan.objects.get().agent == cast.bruno


def test_a_callback_that_is_not_allowed_asks_the_person_first(
    cast: Cast, shift: Shift, talk: Call
):
    notes.plan_callback(
        talk.pk, cast.ana, at=at(shift, hours=2), mine=True, text="The refund."
    )
    plan = Plan.objects.get()
    assert (plan.state, plan.sentence) == ("asking", "The refund.")
    assert plan.requests.get().verb == "ask"
    due_at = plan.due_at
    event = PermissionChanged(Person(CARLA), granted=True)
    pair, now = pair_of(talk.contact, cast.line), timezone.now()
    permission_news.permission_changed(
        permissions.permission_webhook(pair, event, key="yes", received_at=now)
    )
    plan = Plan.objects.get()
    assert (plan.state, plan.due_at, plan.sentence) == (
        "granted",
        due_at,
        "The refund.",
    )


def test_a_callback_for_after_the_permission_asks_for_a_longer_one(
    cast: Cast, shift: Shift, talk: Call
):
    allow(cast, talk.contact)
    notes.plan_callback(
        talk.pk, cast.ana, at=at(shift, days=10), mine=True, text="The refund."
    )
    assert Plan.objects.get().state == "asking"
    shift.clock.forward(4 * 86400)
    pair, now = pair_of(talk.contact, cast.line), timezone.now()
    event = PermissionChanged(
        Person(CARLA), granted=True, expires_at=now + timedelta(days=7)
    )
    permission_news.permission_changed(
        permissions.permission_webhook(pair, event, key="yes", received_at=now)
    )
    plan = Plan.objects.get()
    assert plan.state == "granted"
    assert plan.due_at < plan.expires_at


def test_outside_of_the_persons_hours_nobody_is_asked_for_anything(
    cast: Cast, shift: Shift, talk: Call
):
    allow(cast, talk.contact)
    two, three = (shift.clock.at + timedelta(hours=h) for h in (2, 3))
    change(
        talk.contact,
        time_zone="UTC",
        calls_from=two.time().replace(microsecond=0),
        calls_until=three.time().replace(microsecond=0),
    )
    with pytest.raises(Refused, match="outside this person's calling hours"):
        notes.plan_callback(
            talk.pk, cast.ana, at=at(shift, hours=1), mine=True, text=""
        )
    assert not Plan.objects.exists()
    notes.plan_callback(talk.pk, cast.ana, at=at(shift, hours=2.5), mine=True, text="")
    plan = Plan.objects.get()
    assert plan.expires_at > plan.due_at + timedelta(days=1)  # not at closing time


def test_who_opted_out_is_not_called_back(cast: Cast, shift: Shift, talk: Call):
    permissions.block(talk.contact, user=cast.sofia, reason="She wrote to us.")
    with pytest.raises(Refused, match="do-not-call"):
        notes.plan_callback(
            talk.pk, cast.ana, at=at(shift, hours=1), mine=True, text=""
        )
    assert not Plan.objects.exists()


def test_one_person_is_called_back_once(cast: Cast, shift: Shift, talk: Call):
    allow(cast, talk.contact)
    notes.plan_callback(talk.pk, cast.ana, at=at(shift, hours=1), mine=True, text="")
    with pytest.raises(Refused, match="already scheduled"):
        notes.plan_callback(
            talk.pk, cast.ana, at=at(shift, hours=2), mine=True, text=""
        )


@pytest.mark.parametrize(
    ("when", "sentence"),
    [
        ("2020-01-01T10:00:00+00:00", "This time is in the past."),
        ("9999-12-31T23:59:59-14:00", "Choose a date and time."),
        ("2999-01-01T10:00:00Z", "Choose a date within the next year."),
        ("tomorrow", "Choose a date and time."),
        (None, "Choose a date and time."),
        (7, "Choose a date and time."),
    ],
)
def test_a_time_that_cannot_be_is_refused_with_a_sentence(
    cast: Cast, shift: Shift, talk: Call, when: object, sentence: str
):
    allow(cast, talk.contact)
    with pytest.raises(Refused) as refused:
        notes.plan_callback(talk.pk, cast.ana, at=when, mine=True, text="")
    assert str(refused.value) == sentence


# --- The card ----------------------------------------------------------------------


def test_the_card_tells_of_earlier_calls_and_what_was_written(
    cast: Cast, shift: Shift, talk: Call, sold: Disposition
):
    notes.write_note(talk.pk, cast.ana, "Wants a refund.")
    notes.set_disposition(talk.pk, cast.ana, sold.pk)
    allow(cast, talk.contact)
    notes.plan_callback(
        talk.pk, cast.ana, at=at(shift, hours=1), mine=True, text="The refund."
    )
    ending.hang_up(talk.pk, cast.ana)
    shift.hangs_up(shift.talks(cast.ana, DORA))  # somebody else's business
    again = shift.talks(cast.bruno)
    person = caller_card.card(again.pk, cast.bruno)
    assert (person["name"], person["notes_count"]) == ("Carla", 1)
    (earlier,) = person["calls"]
    assert (earlier["id"], earlier["notes"]) == (str(talk.pk), "Wants a refund.")
    assert (earlier["agent"], earlier["disposition"]) == ("Ana", "Sold")
    (callback,) = person["callbacks"]
    assert (callback["agent"], callback["sentence"]) == ("Ana", "The refund.")
    assert person["permission"]["allowed"] is True  # once this call is over


def test_the_card_is_for_those_whom_the_call_concerns(
    cast: Cast, shift: Shift, talk: Call
):
    with pytest.raises(Refused, match="You are not on this call"):
        caller_card.card(talk.pk, cast.bruno)
    transfer.consult(talk.pk, cast.ana, cast.bruno)
    assert caller_card.card(talk.pk, cast.bruno)["name"] == "Carla"
    with pytest.raises(Refused, match="You are not on this call"):
        caller_card.card(uuid4(), cast.ana)


def test_strangers_have_nothing_in_common(cast: Cast, shift: Shift):
    shift.begins(cast.ana)
    cards = []
    for number in range(2):
        event = InboundCall(f"wacid.hidden{number}", OFFER, cast.line.number)
        now = timezone.now()
        call = inbound.begin(cast.account, event, received_at=now, offer=OFFER)
        shift.answers(cast.ana, call)
        notes.write_note(call.pk, cast.ana, "Somebody.")
        cards.append(caller_card.card(call.pk, cast.ana))
        ending.hang_up(call.pk, cast.ana)
    assert cards[1]["calls"] == cards[1]["callbacks"] == []
    assert cards[1]["notes_count"] == 0


def test_who_takes_a_call_over_reads_what_the_colleague_wrote_about_it(
    cast: Cast, shift: Shift, talk: Call
):
    notes.write_note(talk.pk, cast.ana, "Wants a refund.")
    assert caller_card.card(talk.pk, cast.ana)["calls"] == []
    cast.bruno.refresh_from_db()
    transfer.transfer_to_agent(talk.pk, cast.ana, cast.bruno)
    (part,) = caller_card.card(talk.pk, cast.bruno)["calls"]
    assert (part["id"], part["notes"]) == (str(talk.pk), "Wants a refund.")


def test_the_card_tells_of_the_next_call_not_of_this_one(
    cast: Cast, shift: Shift, talk: Call
):
    sentence = caller_card.card(talk.pk, cast.ana)["permission"]["sentence"]
    assert "running" not in sentence
