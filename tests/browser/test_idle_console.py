"""While no call is here: Ana's own calls, finding Carla by name, and her queues."""

import re

import pytest
from playwright.sync_api import Browser, Locator, expect

from calls.models import Call, CannedNote, Leg
from permissions.models import Contact
from tests.browser.conftest import ANAS_TONE, CARLAS_TONE, Scene
from tests.browser.windows import PATIENCE_SECONDS, ConsoleWindow, PhoneWindow
from tests.cast import CARLA, Cast
from tests.servers import wait_for
from tests.stack import Stack

pytestmark = pytest.mark.browser

PATIENCE = PATIENCE_SECONDS * 1000


def field_of(ana: ConsoleWindow) -> Locator:
    return ana.page.get_by_role("textbox", name="Phone number")


def my_calls(ana: ConsoleWindow) -> Locator:
    return ana.page.get_by_role("list", name="My calls").get_by_role("listitem")


def test_a_missed_call_is_called_back_with_one_press(
    stack: Stack, ana: ConsoleWindow, carla: PhoneWindow
) -> None:
    carla.call()
    ana.reads("Ringing")
    carla.press("Hang up")
    ana.reads("Idle")
    missed = my_calls(ana).filter(has_text="Missed").first
    expect(missed).to_contain_text("Not called back yet", timeout=PATIENCE)
    expect(missed).to_contain_text("This person has not allowed calls yet.")
    expect(missed.get_by_role("button", name="Redial: Carla")).to_have_count(0)
    asks = missed.get_by_role("button", name="Ask for permission: Carla")
    expect(asks).to_be_enabled()

    stack.simulator.reply(CARLA, "temporary")
    expect(missed).to_contain_text("You can call.", timeout=PATIENCE)
    missed.get_by_role("button", name="Redial: Carla").click()
    ana.reads("Dialing")
    carla.reads("Ringing")
    carla.press("Answer")
    ana.reads("In call")
    ana.hears(CARLAS_TONE)
    carla.hears(ANAS_TONE)
    ana.press("Hang up")
    ana.reads("Idle")
    expect(missed).to_contain_text("Called back by Ana: today", timeout=PATIENCE)
    placed = my_calls(ana).filter(has_text="Placed")
    expect(placed).to_have_count(1)
    ana.page.get_by_text("Missed", exact=True).first.click()
    expect(ana.page.get_by_role("radio", name="Missed")).to_be_checked()
    expect(my_calls(ana)).to_have_count(1)


def test_carla_is_found_by_her_name_with_the_keys_and_called(
    stack: Stack, ana: ConsoleWindow, carla: PhoneWindow
) -> None:
    Contact.objects.create(name="Carla Gómez", waid=CARLA)
    stack.simulator.reply(CARLA, "temporary")
    field = field_of(ana)
    field.focus()
    field.press_sequentially("gomez")
    option = ana.page.get_by_role("option", name=re.compile("Carla Gómez"))
    expect(option).to_be_visible(timeout=PATIENCE)
    field.press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", "contact-option-0")
    field.press("Enter")
    expect(option).to_have_count(0)
    group = ana.page.get_by_role("group", name="Carla Gómez")
    expect(group).to_contain_text("You can call.", timeout=PATIENCE)
    ana.page.get_by_role("button", name="Call", exact=True).click()
    ana.reads("Dialing")
    carla.reads("Ringing")
    carla.press("Answer")
    ana.reads("In call")
    carla.hears(ANAS_TONE)


def test_a_name_that_nobody_has_is_no_faulty_number(ana: ConsoleWindow) -> None:
    field = field_of(ana)
    field.fill("Nobody")
    ana.shows("No contact found. A whole phone number can be called all the same.")
    field.blur()
    expect(ana.page.locator("#number-problem")).to_be_empty()


def test_a_contact_is_added_and_changed_and_a_double_is_refused(
    ana: ConsoleWindow,
) -> None:
    Contact.objects.create(name="Dora", waid="4915112345679")
    ana.press("Add contact")
    form = ana.page.get_by_role("form", name="Add contact")
    form.get_by_role("textbox", name="Name", exact=True).fill("Erik")
    form.get_by_role("textbox", name="Number").fill("+49 1511 2345679")
    form.get_by_role("button", name="Save").click()
    expect(form).to_contain_text("Dora has this number already.", timeout=PATIENCE)
    form.get_by_role("textbox", name="Number").fill("+49 1511 2345680")
    form.get_by_role("textbox", name="Number").press("Enter")
    group = ana.page.get_by_role("group", name="Erik")
    expect(group).to_be_visible(timeout=PATIENCE)
    group.get_by_role("button", name="Edit contact").click()
    form = ana.page.get_by_role("form", name="Edit contact")
    form.get_by_role("textbox", name="Name", exact=True).fill("Erik Berg")
    form.get_by_role("button", name="Save").click()
    expect(ana.page.get_by_role("group", name="Erik Berg")).to_be_visible(
        timeout=PATIENCE
    )
    assert Contact.objects.get(waid="4915112345680").name == "Erik Berg"


def test_a_short_key_becomes_a_note_and_the_caret_stays_behind_it(
    crew: Cast, ana: ConsoleWindow, carla: PhoneWindow
) -> None:
    text = "Transferred to Sales."
    CannedNote.objects.create(queue=crew.queue, key="tx", text=text)
    carla.call()
    ana.reads("Ringing")
    ana.press("Answer")
    ana.reads("In call")
    notes = ana.page.get_by_role("textbox", name="Notes")
    notes.press_sequentially("Angry. /tx and more")
    expect(notes).to_have_value(f"Angry. {text} and more")
    wait_for(
        lambda: Leg.objects.get().notes == f"Angry. {text} and more", "the stored note"
    )
    ana.page.get_by_text("Canned notes").click()
    ana.page.get_by_role("button", name="/tx").click()
    expect(notes).to_have_value(f"Angry. {text} and more {text} ")
    assert Call.objects.get().status == "active"


def test_the_queue_shows_who_waits_while_ana_is_on_a_break(
    ana: ConsoleWindow, carla: PhoneWindow
) -> None:
    queue = ana.page.get_by_role("row", name=re.compile("Support"))
    expect(queue.get_by_role("cell").first).to_have_text("0", timeout=PATIENCE)
    ana.press("Take a break")
    ana.is_agent("On break")
    carla.call()
    expect(queue.get_by_role("cell").first).to_have_text("1", timeout=PATIENCE)
    expect(queue.get_by_role("cell").last).to_have_text(
        re.compile(r"0:(0[3-9]|1\d)"), timeout=PATIENCE
    )
    carla.press("Hang up")
    expect(queue.get_by_role("cell").first).to_have_text("0", timeout=PATIENCE)
    missed = my_calls(ana).first
    expect(missed).to_contain_text("Not called back yet", timeout=PATIENCE)


def test_a_colleague_appears_and_can_be_consulted(
    scene: Scene, ana: ConsoleWindow, other_desk: Browser
) -> None:
    bruno = scene.console("bruno", other_desk)
    colleagues = ana.page.get_by_role("list", name="Colleagues")
    expect(colleagues).to_contain_text("Bruno", timeout=PATIENCE)
    expect(colleagues).to_contain_text("Free for a consult", timeout=PATIENCE)
    bruno.press("Take a break")
    expect(colleagues).to_contain_text("On break", timeout=PATIENCE)
    expect(colleagues).not_to_contain_text("Ana")
