"""Ana calls people whose number WhatsApp writes in another way than they do."""

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from calls.models import Call
from permissions.models import Contact
from tests.browser.conftest import ANAS_TONE, CARLAS_TONE, Scene
from tests.browser.windows import ConsoleWindow, PhoneWindow
from tests.cast import Cast
from tests.stack import Stack

pytestmark = pytest.mark.browser


@dataclass(frozen=True)
class Abroad:
    """Somebody, near a business number of their own country."""

    name: str
    line: str
    waid: str  # as WhatsApp has it
    typed: tuple[str, ...]  # as they write it themselves


ROSA = Abroad(
    "Rosa",
    "525541234567",
    "5215512345678",
    ("55 1234 5678", "+52 1 55 1234 5678", "+52 55 1234 5678"),
)
BIA = Abroad(
    "Bia",
    "551140001234",
    "553188887766",
    ("(31) 98888-7766", "+55 31 98888-7766", "+55 31 8888-7766"),
)
TOMAS = Abroad(
    "Tomás",
    "541143210000",
    "5491123456789",
    ("011 15-2345-6789", "+54 9 11 2345-6789", "+54 11 15-2345-6789"),
)


@pytest.fixture(params=[ROSA, BIA, TOMAS], ids=lambda person: person.name)
def person(request: pytest.FixtureRequest, stack: Stack, crew: Cast) -> Abroad:
    """Allows calls, to a line near them; webhooks name them by all their ids."""
    person: Abroad = request.param
    crew.line.number = person.line
    crew.line.save()
    stack.simulator.add_user(waid=person.waid, habits={"name": person.name})
    stack.simulator.behave(dialect="meta", ids="both")
    stack.simulator.reply(person.waid, "temporary", person.line)
    stack.simulator.settle()
    return person


@pytest.fixture
def phone(scene: Scene, person: Abroad) -> PhoneWindow:
    return scene.phone(person.waid, person.name)


@pytest.fixture
def ana(scene: Scene, person: Abroad) -> ConsoleWindow:
    return scene.console("ana")


def look_up(ana: ConsoleWindow, typed: str) -> None:
    field = ana.page.get_by_role("textbox", name="Phone number")
    field.fill(typed)
    field.press("Enter")


def test_a_number_as_people_write_it_rings_at_its_owner(
    stack: Stack, ana: ConsoleWindow, phone: PhoneWindow, person: Abroad
) -> None:
    look_up(ana, person.typed[0])
    ana.shows("You can call.")
    ana.press("Call")
    ana.reads("Dialing")
    phone.reads("Ringing")
    phone.press("Answer")
    ana.reads("In call")
    phone.reads("In call")
    ana.hears(CARLAS_TONE)
    phone.hears(ANAS_TONE)
    ana.press("Hang up")
    phone.reads("Ended")
    ana.reads("Idle")
    stack.simulator.settle()

    told = str(stack.simulator.webhooks(kind="outbound-call-status"))
    assert f"'{person.waid}'" in told
    belief = stack.simulator.belief(person.waid, person.line)
    assert (belief["connected_in_a_day"], belief["unanswered"]) == (1, 0)
    assert belief["refused"] == {"call": {}, "request": {}}
    assert Call.objects.get().result == "answered"
    assert Contact.objects.get().waid == person.waid


def test_every_way_to_write_it_finds_the_same_person(
    ana: ConsoleWindow, person: Abroad
) -> None:
    for typed in person.typed:
        look_up(ana, typed)
        found = ana.page.get_by_role("group", name=re.compile(person.name))
        expect(found).to_be_visible()
        ana.shows("You can call.")
        ana.page.reload()
        ana.is_agent("Available")
    assert Contact.objects.get().waid == person.waid
