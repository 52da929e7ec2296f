"""Ana types a number: one person, a question, or a sentence."""

from typing import Any

import pytest

from calls.console.messages import Page
from calls.console.requests import dialing
from calls.errors import Refused
from calls.outbound import lookup
from permissions.models import Contact
from permissions.numbers import Ambiguous
from tests.cast import CARLA, Cast

BERLIN, MADRID = "4930123456", "34912345678"


def move(cast: Cast, number: str) -> None:
    """The business gets a number of another country."""
    cast.line.number = number
    cast.line.save()


def look_up(cast: Cast, typed: Any) -> dict[str, Any]:
    message = {"number": typed, "line": cast.line.pk}
    answer = dialing.look_up(Page(cast.ana, "a page"), message)
    assert answer is not None
    return answer


def test_a_number_that_may_be_two_is_asked_for_with_who_has_it(cast: Cast):
    move(cast, BERLIN)
    Contact.objects.create(waid=CARLA, name="Carla")
    assert look_up(cast, CARLA) == {
        "type": "readings",
        "readings": [
            {"number": "+49 491 5112345678", "country": "DE", "name": ""},
            {"number": "+49 1511 2345678", "country": "DE", "name": "Carla"},
        ],
    }
    assert Contact.objects.count() == 1


@pytest.mark.parametrize("line", [BERLIN, MADRID, "15550100000"])
def test_the_number_that_is_chosen_is_the_one_that_is_looked_up(cast: Cast, line: str):
    move(cast, line)
    chosen = look_up(cast, "+49 1511 2345678")
    assert chosen["person"]["number"] == "+49 1511 2345678"
    assert Contact.objects.get().waid == CARLA


def test_a_number_of_another_country_is_asked_for_too(cast: Cast):
    move(cast, MADRID)
    [reading] = look_up(cast, "6598765432")["readings"]
    assert (reading["number"], reading["country"]) == ("+65 9876 5432", "SG")
    with pytest.raises(Ambiguous):
        lookup.look_up(cast.ana, "6598765432", cast.line.pk)
    assert not Contact.objects.exists()


def test_a_form_of_whatsapp_knows_its_contact_by_name(cast: Cast):
    move(cast, MADRID)
    Contact.objects.create(waid="553188887766", name="Ana Paula")
    [reading] = look_up(cast, "5531988887766")["readings"]
    assert reading == {
        "number": "+55 31 98888-7766",
        "country": "BR",
        "name": "Ana Paula",
    }


def test_who_wrote_to_us_is_found_though_the_phone_library_does_not_know_the_number(
    cast: Cast,
):
    new_range = "49151000000"
    with pytest.raises(Refused, match="not a valid phone number"):
        look_up(cast, f"+{new_range}")
    Contact.objects.create(waid=new_range, name="Carla")
    assert look_up(cast, "+49 151 000000")["person"]["name"] == "Carla"


@pytest.mark.parametrize(
    "link",
    [
        f"https://wa.me/{CARLA}",
        f"https://api.whatsapp.com/send/?text={'Hi' * 99}&phone={CARLA}",
    ],
)
def test_a_pasted_link_is_read_to_its_end(cast: Cast, link: str):
    assert look_up(cast, link)["type"] == "person"
    assert Contact.objects.get().waid == CARLA


@pytest.mark.parametrize("typed", [None, 7, ["+49"], {"a": 1}, "+49" + "1" * 20_000])
def test_nonsense_of_a_page_is_refused(cast: Cast, typed: Any):
    with pytest.raises(Refused, match="number"):
        look_up(cast, typed)
    assert not Contact.objects.exists()
