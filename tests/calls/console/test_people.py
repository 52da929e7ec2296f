"""Agents find contacts by name, number or handle, add them, and change them."""

from typing import Any

import pytest
from django.utils import timezone

from calls.console import people
from calls.errors import Refused
from calls.lifecycle import ending
from calls.models import Call
from permissions.models import Contact, ContactId, Merge
from permissions.numbers import Ambiguous
from permissions.people import dialed, known_numbers
from tests.cast import CARLA, Cast
from tests.shift import DORA, Shift, change


@pytest.fixture
def contacts(cast: Cast) -> dict[str, Contact]:
    carla = Contact.objects.create(name="Carla Gómez", waid=CARLA)
    dora = Contact.objects.create(name="Dora", waid=DORA, username="dora.d")
    return {"carla": carla, "dora": dora}


def found(cast: Cast, text: str) -> list[dict[str, Any]]:
    return people.find(cast.ana, text, None)["people"]


def names(cast: Cast, text: str) -> list[str]:
    return [one["name"] for one in found(cast, text)]


@pytest.mark.parametrize(
    "text", ["carla", "Gomez", "car gom", "+49 1511 2345678", "0151 1234", "5678"]
)
def test_carla_is_found_by_what_people_type(cast: Cast, contacts, text: str):
    assert "Carla Gómez" in names(cast, text)


def test_a_handle_finds_its_person(cast: Cast, contacts):
    assert names(cast, "@dora.d") == ["Dora"]
    assert found(cast, "dora.d")[0]["username"] == "dora.d"


@pytest.mark.parametrize("text", ["nobody", "?", "\u3164", "x" * 5000])
def test_nobody_is_found_by_what_means_nobody(cast: Cast, contacts, text: str):
    assert found(cast, text) == []


def test_those_with_the_newest_calls_come_first(cast: Cast, shift: Shift, contacts):
    change(contacts["dora"], name="Carla Other")
    assert names(cast, "carla") == ["Carla Gómez", "Carla Other"]
    shift.begins(cast.ana)
    call = shift.talks(cast.ana, DORA)
    ending.hang_up(call.pk, cast.ana)
    first, second = found(cast, "carla")
    assert (first["name"], second["last_call"]) == ("Carla Other", None)
    assert first["last_call"]["agent"] == "Ana"
    assert not first["call"]["allowed"]
    assert first["ask"]["allowed"]


def test_an_empty_field_shows_recent_calls(cast: Cast, shift: Shift, contacts):
    assert found(cast, "") == []
    shift.begins(cast.ana)
    shift.hangs_up(shift.calls_in(DORA))
    assert names(cast, " ") == ["Dora"]


def test_no_more_are_shown_than_a_list_holds(cast: Cast):
    for number in range(people.MOST + 3):
        Contact.objects.create(name=f"Carla {number}", waid=f"49151123457{number:02}")
    answer = people.find(cast.ana, "carla", None)
    assert (len(answer["people"]), answer["more"]) == (people.MOST, True)


# --- Adding ---------------------------------------------------------------------------


def test_a_new_contact_is_shown_with_their_permission(cast: Cast):
    person = people.add(cast.ana, "  Erik \n Berg ", "+49 1511 2345680", None)
    assert (person["name"], person["number"]) == ("Erik Berg", "+49 1511 2345680")
    assert not person["call"]["allowed"]
    assert names(cast, "berg") == ["Erik Berg"]


def test_who_has_the_number_and_no_name_gets_the_name(cast: Cast):
    known = dialed(CARLA)
    person = people.add(cast.ana, "Carla", f"+{CARLA}", None)
    assert person["contact"] == known.pk
    assert Contact.objects.get().name == "Carla"


def test_the_number_of_another_contact_is_refused_with_their_name(cast: Cast, contacts):
    with pytest.raises(Refused, match="Carla Gómez has this number already."):
        people.add(cast.ana, "Somebody", f"+{CARLA}", None)
    person = people.add(cast.ana, "carla gomez", f"+{CARLA}", None)  # they are meant
    assert (person["contact"], person["name"]) == (
        contacts["carla"].pk,
        "Carla Gómez",
    )


@pytest.mark.parametrize("name", ["", " ", "\u3164", "\0"])
def test_a_contact_without_a_name_is_refused(cast: Cast, name: str):
    with pytest.raises(Refused, match="Enter a name first"):
        people.add(cast.ana, name, f"+{CARLA}", None)
    assert not Contact.objects.exists()


@pytest.mark.parametrize("number", ["12", "carla", "+49 151"])
def test_what_is_no_number_is_refused_and_nobody_is_stored(cast: Cast, number: str):
    with pytest.raises((Refused, Ambiguous)):
        people.add(cast.ana, "Carla", number, None)
    assert not Contact.objects.exists()


def test_an_emoji_is_a_name(cast: Cast):
    assert people.add(cast.ana, "😀", f"+{CARLA}", None)["name"] == "😀"


# --- Changing -------------------------------------------------------------------------


def test_a_name_is_changed_and_found_at_once(cast: Cast, contacts):
    carla = contacts["carla"]
    person = people.change(cast.ana, carla.pk, "Carla Berg", f"+{CARLA}", None)
    assert (person["name"], person["checking"]) == ("Carla Berg", True)
    assert names(cast, "berg") == ["Carla Berg"]
    assert names(cast, "gomez") == []


def test_a_new_number_is_the_one_to_call_and_the_old_one_still_finds_them(
    cast: Cast, contacts
):
    carla = contacts["carla"]
    person = people.change(cast.ana, carla.pk, "Carla", "+49 1511 2345699", None)
    assert person["number"] == "+49 1511 2345699"
    assert person["checking"]  # what WhatsApp said was about the old number
    assert names(cast, f"+{CARLA}") == ["Carla"]
    assert names(cast, "+4915112345699") == ["Carla"]
    assert known_numbers([CARLA]).popitem()[1] == carla


def test_a_number_whose_contact_has_no_name_joins_with_all_their_calls(
    cast: Cast, contacts, shift: Shift
):
    nameless = "4915112345699"
    shift.begins(cast.ana)
    call = shift.talks(cast.ana, nameless)
    ending.hang_up(call.pk, cast.ana)
    Contact.objects.filter(waid=nameless).update(name="")
    carla = contacts["carla"]
    person = people.change(cast.ana, carla.pk, "Carla", f"+{nameless}", None)
    assert person["contact"] == carla.pk
    assert Call.objects.get().contact_id == carla.pk
    assert Merge.objects.get().contact_id == carla.pk
    assert set(carla.ids.values_list("value", flat=True)) == {CARLA, nameless}


def test_a_number_of_another_named_contact_is_refused(cast: Cast, contacts):
    carla = contacts["carla"]
    with pytest.raises(Refused, match="Dora has this number already."):
        people.change(cast.ana, carla.pk, "Carla", f"+{DORA}", None)
    assert not Merge.objects.exists()
    assert Contact.objects.get(pk=carla.pk).waid == CARLA


def test_someone_known_by_name_alone_gets_a_number(cast: Cast):
    unknown = Contact.objects.create(name="Erik")
    person = people.change(cast.ana, unknown.pk, "Erik", f"+{CARLA}", None)
    assert (person["contact"], person["number"]) == (unknown.pk, "+49 1511 2345678")
    assert ContactId.objects.get().contact_id == unknown.pk


def test_a_merge_that_a_supervisor_undid_is_refused(cast: Cast, contacts):
    carla, dora = contacts["carla"], contacts["dora"]
    now = timezone.now()
    Merge.objects.create(
        contact=carla, merged_id=dora.pk, merged_name="Dora", reason="", undone_at=now
    )
    change(dora, name="")
    with pytest.raises(Refused, match="A supervisor has undone their merge"):
        people.change(cast.ana, carla.pk, "Carla", f"+{DORA}", None)


def test_the_chat_is_linked_where_the_account_says_how(cast: Cast, contacts):
    assert found(cast, "carla")[0]["chat"] == ""
    change(cast.account, chat_link="https://live.wati.io/7/teamInbox?phone={number}")
    link = f"https://live.wati.io/7/teamInbox?phone={CARLA}"
    assert found(cast, "carla")[0]["chat"] == link
